//! What the relayer serves: is it alive, is it ready, how is it. Loopback only, and nothing that changes anything.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::queue::{Identity, Queue};
use crate::stage::on_disk;
use crate::telemetry::Telemetry;

/// The server cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Another machine could read it.
    #[error("{0} is not a loopback address: the relayer's status is for this machine; put a proxy before it")]
    NotLoopback(SocketAddr),
    /// The system refused.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
}

/// Binds; the answers come once the server runs.
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener, HttpError> {
    if !address.ip().is_loopback() {
        return Err(HttpError::NotLoopback(address));
    }
    TcpListener::bind(address).await.map_err(|source| HttpError::Bind { address, source })
}

struct App {
    queue: Arc<Queue>,
    telemetry: Arc<Telemetry>,
    identity: Identity,
}

/// Serves until `cancel` fires.
pub(crate) fn serve(
    listener: TcpListener,
    queue: Arc<Queue>,
    telemetry: Arc<Telemetry>,
    cancel: CancellationToken,
) -> impl Future<Output = std::io::Result<()>> {
    let identity = queue.identity();
    let app = Router::new()
        .route("/livez", get(async || "alive\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/v1/status", get(status))
        .with_state(Arc::new(App { queue, telemetry, identity }));
    axum::serve(listener, app).with_graceful_shutdown(cancel.cancelled_owned()).into_future()
}

/// Ready: every stage made a step, and none of the last ones failed.
async fn ready(State(app): State<Arc<App>>) -> Response {
    let stages = app.telemetry.stages();
    let bad: Vec<String> = stages
        .iter()
        .filter(|(_, stage)| !stage.ok || stage.blocked.is_some())
        .map(|(name, stage)| {
            let reason = stage.blocked.as_ref().filter(|_| stage.ok).or(stage.last_error.as_ref());
            format!("{name}: {}\n", reason.map_or("no step yet", String::as_str))
        })
        .collect();
    if stages.is_empty() {
        (StatusCode::SERVICE_UNAVAILABLE, "starting\n").into_response()
    } else if bad.is_empty() {
        "ready\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, bad.concat()).into_response()
    }
}

async fn metrics(State(app): State<Arc<App>>) -> Response {
    let text = match on_disk(&app.queue, Queue::counts).await {
        Ok(counts) => app.telemetry.render(&counts).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match text {
        Ok(text) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
            (headers, text).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error).into_response(),
    }
}

async fn status(State(app): State<Arc<App>>) -> Response {
    match on_disk(&app.queue, Queue::counts).await {
        Ok(counts) => Json(json!({
            "chainId": app.identity.chain_id,
            "anchor": app.identity.anchor,
            "relayer": app.identity.relayer,
            "queue": counts,
            "stages": app.telemetry.stages(),
        }))
        .into_response(),
        Err(error) => {
            (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "error": error.to_string() }))).into_response()
        }
    }
}
