//! `/metrics` of an agent, where its settings ask for it.

use axum::Router;
use axum::routing::get;
use eyre::{Result, WrapErr};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves `registry` at `address` until it is cancelled; nothing without an address. Gives the address taken.
pub async fn serve(
    registry: Registry,
    address: Option<SocketAddr>,
    cancel: CancellationToken,
) -> Result<Option<SocketAddr>> {
    let Some(address) = address else { return Ok(None) };
    let listener = TcpListener::bind(address).await;
    let listener = listener.wrap_err_with(|| format!("cannot listen on {address} for metrics"))?;
    let taken = listener.local_addr().wrap_err("cannot tell the address of the metrics")?;
    let registry = Arc::new(registry);
    let render = move || {
        let registry = registry.clone();
        async move {
            let mut text = String::new();
            match encode(&mut text, &registry) {
                Ok(()) => Ok(text),
                Err(_) => Err(axum::http::StatusCode::INTERNAL_SERVER_ERROR),
            }
        }
    };
    let router = Router::new().route("/metrics", get(render)).route("/livez", get(|| async { "ok" }));
    tokio::spawn(async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(cancel.cancelled_owned()).await;
        if let Err(error) = served {
            tracing::error!(%error, "the metrics endpoint ended");
        }
    });
    Ok(Some(taken))
}
