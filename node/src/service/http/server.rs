//! Mounting, binding, and what every request goes through.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Router, serve};
use nonos_api::routes::{self, Route};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::limited::Limited;
use super::reply::Failure;
use super::{batches, blobs, node, proofs, receipts};
use crate::service::app::App;

/// How long an answer may take. The event stream has no end.
const LIMIT: Duration = Duration::from_secs(30);

/// A bound listener.
pub struct Listening {
    listener: TcpListener,
    remote: bool,
    /// Where.
    pub address: SocketAddr,
}

/// Binds `address`; other machines are let in only if `remote` is allowed.
pub async fn bind(address: SocketAddr, remote: bool) -> std::io::Result<Listening> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    Ok(Listening { listener, remote, address })
}

/// All routes, each exactly once.
fn handlers() -> [(Route, MethodRouter<Arc<App>>); 27] {
    [
        (routes::LIVEZ, get(node::live)),
        (routes::READYZ, get(node::ready)),
        (routes::METRICS, get(node::metrics)),
        (routes::OPENAPI, get(node::openapi)),
        (routes::NODE, get(node::node)),
        (routes::PEERS, get(node::peers)),
        (routes::EVENTS, get(node::events)),
        (routes::POST_RECEIPT, post(receipts::post)),
        (routes::RECEIPTS, get(receipts::list)),
        (routes::RECEIPT, get(receipts::one)),
        (routes::RECEIPT_RAW, get(receipts::one_raw)),
        (routes::RECEIPT_BY_LEAF, get(receipts::by_leaf)),
        (routes::RECEIPTS_BY_REQUEST, get(receipts::by_request)),
        (routes::INCLUSION, get(receipts::inclusion)),
        (routes::VERIFY, post(receipts::verify)),
        (routes::POST_BATCH, post(batches::post)),
        (routes::BATCHES, get(batches::list)),
        (routes::BATCH, get(batches::one)),
        (routes::POST_BLOB, post(blobs::post_blob)),
        (routes::BLOB, get(blobs::blob)),
        (routes::POST_PACKAGE, post(blobs::post_package)),
        (routes::PACKAGE, get(blobs::package)),
        (routes::POST_PROOF, post(proofs::fetch)),
        (routes::PROOF, get(proofs::one)),
        (routes::OPERATORS, get(node::operators)),
        (routes::OPERATOR, get(node::operator)),
        (routes::TRUST, get(node::trust)),
    ]
}

fn router(app: Arc<App>, remote: bool) -> Router {
    let mut router = Router::new();
    for (route, handler) in handlers() {
        router = router.route(route.path, handler);
    }
    router
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(middleware::from_fn_with_state((app.clone(), remote), every_request))
        .with_state(app)
}

async fn no_route(uri: Uri) -> Failure {
    Failure::not_found(format!("there is nothing at {}", uri.path()))
        .hint("/openapi.json lists what there is")
}

async fn no_method(uri: Uri) -> Failure {
    let error = format!("{} does not take this method", uri.path());
    Failure::new(StatusCode::METHOD_NOT_ALLOWED, error).hint("/openapi.json lists what there is")
}

/// Host check, time limit, counters.
async fn every_request(
    State((app, remote)): State<(Arc<App>, bool)>,
    request: Request,
    next: Next,
) -> Response {
    let endless = request.uri().path() == routes::EVENTS.path;
    let response = match check_host(request.headers(), remote) {
        Err(failure) => failure.into_response(),
        Ok(()) if endless => next.run(request).await,
        Ok(()) => match tokio::time::timeout(LIMIT, next.run(request)).await {
            Ok(response) => response,
            Err(_) => {
                let error = format!("no answer within {} s", LIMIT.as_secs());
                Failure::new(StatusCode::GATEWAY_TIMEOUT, error).into_response()
            }
        },
    };
    app.counters.requests.up();
    if response.status().is_client_error() {
        app.counters.requests_refused.up();
    } else if response.status().is_server_error() {
        app.counters.requests_failed.up();
    }
    response
}

/// A web page that points its own name at this address still sends that name.
fn check_host(headers: &HeaderMap, remote: bool) -> Result<(), Failure> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    if remote || name == "localhost" || name.parse::<IpAddr>().is_ok() {
        return Ok(());
    }
    Err(Failure::new(StatusCode::FORBIDDEN, format!("requests for the host `{host}` are not answered"))
        .hint("use an address or localhost"))
}

impl Listening {
    /// Answers until it is told to stop; requests in flight are finished.
    pub async fn serve(self, app: Arc<App>, cancel: CancellationToken) -> std::io::Result<()> {
        let router = router(app, self.remote);
        serve(Limited::new(self.listener), router).with_graceful_shutdown(cancel.cancelled_owned()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_route_has_a_handler_and_every_handler_a_route() {
        let mounted: BTreeSet<_> =
            handlers().iter().map(|(route, _)| format!("{:?} {}", route.method, route.path)).collect();
        let routes: BTreeSet<_> =
            routes::ALL.iter().map(|route| format!("{:?} {}", route.method, route.path)).collect();
        assert_eq!(mounted, routes);
    }

    #[test]
    fn names_other_than_localhost_are_refused_on_loopback() {
        let check = |host: &str, remote| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            check_host(&headers, remote).is_ok()
        };
        for good in ["localhost", "localhost:8090", "127.0.0.1:1", "[::1]:8090", "10.0.0.1"] {
            assert!(check(good, false), "{good}");
        }
        for bad in ["evil.example", "evil.example:8090", "", "localhost.evil.example"] {
            assert!(!check(bad, false), "{bad}");
        }
        assert!(check("node.example", true));
    }
}
