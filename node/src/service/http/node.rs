//! The node itself: readiness, metrics, peers, operators, trust, events.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use nonos_api::types::{ChainInfo, NodeInfo, OperatorView, Operators, Peer, Peers, Ready, TrustView};

use super::reply::{Answer, Failure, word};
use crate::mesh::MeshError;
use crate::service::app::App;
use crate::service::metrics;

const KEEP_ALIVE: Duration = Duration::from_secs(15);

pub async fn live() -> &'static str {
    "alive\n"
}

pub async fn ready(State(app): State<Arc<App>>) -> Response {
    let store = app.store(|store| store.receipts()).await.is_ok();
    let listeners = app.listening.load(Ordering::Relaxed);
    let chain = app.chain.reachable();
    let ready = store && listeners && chain;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Ready { ready, store, listeners, chain })).into_response()
}

pub async fn metrics(State(app): State<Arc<App>>) -> Answer<Response> {
    let (receipts, batches) = app.store(|store| Ok((store.receipts()?, store.batches()?))).await?;
    let text = metrics::render(&app, receipts, batches);
    let media = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, media)], text).into_response())
}

pub async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], nonos_api::openapi::json()).into_response()
}

fn stopped(error: MeshError) -> Failure {
    Failure::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
}

pub async fn node(State(app): State<Arc<App>>) -> Answer<Json<NodeInfo>> {
    let (receipts, batches) = app.store(|store| Ok((store.receipts()?, store.batches()?))).await?;
    let listen = app.mesh.listeners().await.map_err(stopped)?;
    let id = &app.identity;
    let head = app.chain.head();
    Ok(Json(NodeInfo {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        peer_id: Some(app.mesh.peer_id().to_string()),
        listen: listen.iter().map(ToString::to_string).collect(),
        operator: id.operator,
        verifier_key: id.verifier_key.into(),
        chain: ChainInfo {
            chain_id: id.chain_id,
            anchor: id.anchor,
            operator_registry: id.operator_registry,
            capsule_registry: id.capsule_registry,
            reachable: app.chain.reachable(),
            head: head.map(|head| head.number),
            head_time: head.map(|head| head.time),
            fault: app.chain.fault(),
        },
        receipts,
        batches,
    }))
}

pub async fn peers(State(app): State<Arc<App>>) -> Answer<Json<Peers>> {
    let peers = app.mesh.peers().await.map_err(stopped)?;
    let peers = peers.into_iter().map(|peer| Peer {
        peer_id: peer.peer,
        addresses: vec![peer.address],
        operator: peer.operator,
        trust: peer.operator.and_then(|operator| app.trust.get(&operator)).map(|score| score.score),
    });
    Ok(Json(Peers { peers: peers.collect() }))
}

async fn all_operators(app: &App) -> Answer<Vec<OperatorView>> {
    let known = app.mesh.operators().await.map_err(stopped)?;
    let mut operators: Vec<_> = known
        .into_iter()
        .map(|info| OperatorView {
            operator_id: info.operator,
            peer_id: info.peer,
            addresses: info.addresses,
            beacon_at: info.issued_at,
            trust: app.trust.get(&info.operator).map(|score| score.score),
        })
        .collect();
    operators.sort_by(|a, b| (a.operator_id, &a.peer_id).cmp(&(b.operator_id, &b.peer_id)));
    Ok(operators)
}

pub async fn operators(State(app): State<Arc<App>>) -> Answer<Json<Operators>> {
    Ok(Json(Operators { operators: all_operators(&app).await? }))
}

pub async fn operator(State(app): State<Arc<App>>, Path(id): Path<String>) -> Answer<Json<OperatorView>> {
    let id = word(&id)?;
    let found = all_operators(&app).await?.into_iter().find(|operator| operator.operator_id == id);
    found.map(Json).ok_or_else(|| Failure::not_found(format!("no beacon of operator {id} is known")))
}

pub async fn trust(State(app): State<Arc<App>>, Path(id): Path<String>) -> Answer<Json<TrustView>> {
    let operator_id = word(&id)?;
    let unavailable = |reason: String| Failure::new(StatusCode::SERVICE_UNAVAILABLE, reason);
    let block = app.chain.head().map(|head| head.number);
    let block = block.ok_or_else(|| unavailable("the chain was not read yet".to_owned()))?;
    let read = app.trust.read(&*app.source, block, &[operator_id]).await;
    let read = read.map_err(|fault| unavailable(fault.to_string()))?;
    match read.first() {
        Some((_, score)) => Ok(Json(TrustView { operator_id, score: *score, block })),
        None => Err(unavailable("the chain gave no score".to_owned())),
    }
}

pub async fn events(
    State(app): State<Arc<App>>,
) -> Answer<Sse<impl Stream<Item = Result<SseEvent, Infallible>>>> {
    let permit = app.reading.clone().try_acquire_owned().map_err(|_| Failure::busy("readers of events"))?;
    let (listener, cancel) = (app.events.listen(), app.cancel.clone());
    let stream =
        futures::stream::unfold((listener, cancel, permit), |(mut listener, cancel, permit)| async {
            let event = tokio::select! {
                () = cancel.cancelled() => return None,
                event = listener.next() => event?,
            };
            let data = serde_json::to_string(&event).unwrap_or_default();
            Some((Ok(SseEvent::default().event(event.name()).data(data)), (listener, cancel, permit)))
        });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}
