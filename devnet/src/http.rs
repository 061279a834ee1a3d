//! JSON-RPC 2.0 over HTTP. Loopback only unless the configuration says otherwise, and closed to web pages: the `Host`
//! must be an address or `localhost` (DNS rebinding) and the body `application/json` (cross-site form posts).

use std::net::{IpAddr, SocketAddr};

use alloy::rpc::json_rpc::{Id, Response, ResponsePayload};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response as HttpResponse},
    routing::post,
};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    Devnet,
    error::{INVALID_REQUEST, PARSE_ERROR, RpcError, ServeError},
    rpc,
    transport::error_payload,
};

#[derive(Deserialize)]
struct Call<'a> {
    jsonrpc: String,
    method: String,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
    /// Absent for notifications; null is an id.
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
}

/// Keeps null apart from absent, which serde's `Option` does not.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

impl Devnet {
    /// Serves JSON-RPC on `addr` (port 0 picks one) until `cancel` fires; requests in flight are finished.
    /// Returns the address bound and the task to await.
    pub async fn serve(
        &self,
        addr: SocketAddr,
        cancel: CancellationToken,
    ) -> Result<(SocketAddr, JoinHandle<()>), ServeError> {
        if !addr.ip().is_loopback() && !self.config().allow_remote {
            return Err(ServeError::NotLoopback(addr));
        }
        let bind = |source| ServeError::Bind { addr, source };
        let listener = TcpListener::bind(addr).await.map_err(bind)?;
        let bound = listener.local_addr().map_err(bind)?;
        let app = Router::new().route("/", post(request)).with_state(self.clone());
        let task = tokio::spawn(async move {
            // axum retries failed accepts itself; with a shutdown signal this ends only when told to.
            let _ = axum::serve(listener, app).with_graceful_shutdown(cancel.cancelled_owned()).await;
        });
        Ok((bound, task))
    }
}

async fn request(State(devnet): State<Devnet>, headers: HeaderMap, body: Body) -> HttpResponse {
    if let Err((status, message)) = check_origin(&devnet, &headers) {
        return (status, message).into_response();
    }
    let limit = devnet.config().max_body;
    let Ok(body) = to_bytes(body, limit).await else {
        let error =
            RpcError::new(INVALID_REQUEST, format!("request body too large: the limit is {limit} bytes"));
        return json(StatusCode::PAYLOAD_TOO_LARGE, &failure(Id::None, error));
    };
    match tokio::task::spawn_blocking(move || answer(&devnet, &body)).await {
        Ok(Some(text)) => json_text(StatusCode::OK, text),
        Ok(None) => StatusCode::NO_CONTENT.into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn check_origin(devnet: &Devnet, headers: &HeaderMap) -> Result<(), (StatusCode, String)> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let host = text(header::HOST);
    let local =
        host.parse::<SocketAddr>().is_ok() || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() || {
            let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
            name.eq_ignore_ascii_case("localhost")
        };
    if !local && !devnet.config().allow_remote {
        let message = format!("host {host:?} is not allowed: use an IP address or localhost\n");
        return Err((StatusCode::FORBIDDEN, message));
    }
    let kind = text(header::CONTENT_TYPE);
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        let message = format!("content type {kind:?} is not supported: send application/json\n");
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    Ok(())
}

/// Answers a body: one request or a batch. `None` when there is nothing to say (notifications only).
fn answer(devnet: &Devnet, body: &[u8]) -> Option<String> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first != Some(&b'[') {
        let raw: &RawValue = match serde_json::from_slice(body) {
            Ok(raw) => raw,
            Err(error) => {
                return text(&failure(Id::None, RpcError::new(PARSE_ERROR, format!("parse error: {error}"))));
            }
        };
        return text(&single(devnet, raw)?);
    }
    let batch: Vec<&RawValue> = match serde_json::from_slice(body) {
        Ok(batch) => batch,
        Err(error) => {
            return text(&failure(Id::None, RpcError::new(PARSE_ERROR, format!("parse error: {error}"))));
        }
    };
    let limit = devnet.config().max_batch;
    if batch.is_empty() || batch.len() > limit {
        let message = match batch.len() {
            0 => "invalid request: empty batch".to_owned(),
            n => format!("invalid request: {n} requests in one batch, the limit is {limit}"),
        };
        return text(&failure(Id::None, RpcError::new(INVALID_REQUEST, message)));
    }
    let answers: Vec<_> = batch.into_iter().filter_map(|raw| single(devnet, raw)).collect();
    if answers.is_empty() { None } else { serde_json::to_string(&answers).ok() }
}

/// Answers one request object; `None` for a notification.
fn single(devnet: &Devnet, raw: &RawValue) -> Option<Response> {
    let refuse = |id, message: String| Some(failure(id, RpcError::new(INVALID_REQUEST, message)));
    let call: Call<'_> = match serde_json::from_str(raw.get()) {
        Ok(call) => call,
        Err(error) => return refuse(Id::None, format!("invalid request: {error}")),
    };
    let id = match call.id.map(|id| serde_json::from_str::<Id>(id.get())) {
        None => None,
        Some(Ok(id)) => Some(id),
        Some(Err(_)) => {
            return refuse(Id::None, "invalid request: id must be a string, a whole number or null".into());
        }
    };
    if call.jsonrpc != "2.0" {
        let message = format!("invalid request: jsonrpc is {:?}, this server speaks \"2.0\"", call.jsonrpc);
        return refuse(id.unwrap_or(Id::None), message);
    }
    let outcome = rpc::handle(devnet, &call.method, call.params);
    let id = id?;
    Some(match outcome {
        Ok(value) => Response { id, payload: ResponsePayload::Success(value) },
        Err(error) => failure(id, error),
    })
}

fn failure(id: Id, error: RpcError) -> Response {
    Response { id, payload: ResponsePayload::Failure(error_payload(error)) }
}

fn text(response: &Response) -> Option<String> {
    serde_json::to_string(response).ok()
}

fn json(status: StatusCode, response: &Response) -> HttpResponse {
    json_text(status, text(response).unwrap_or_default())
}

fn json_text(status: StatusCode, body: String) -> HttpResponse {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
