//! Batches: handed in by relayers, listed, found.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use nonos_api::types::{BatchAccepted, BatchEntry, BatchList, BatchStatus, BatchView, Outcome};
use nonos_core::BatchId;
use nonos_core::batch::{BatchRecord, MAX_BATCH_BYTES};

use super::reply::{Answer, Asked, Failure, Page, octets, word};
use crate::service::app::App;
use crate::service::intake;
use crate::store::PutBatch;

/// How long the chain may take to say where a batch stands.
const ASKED: Duration = Duration::from_secs(5);

/// Where a batch stands: status, time of anchoring, time of finality. The contract is asked, because demands and a stopped
/// verifier change what an event said.
pub async fn standing(app: &App, id: &BatchId) -> (BatchStatus, Option<u64>, Option<u64>) {
    match tokio::time::timeout(ASKED, app.source.batch(id)).await {
        Ok(Ok(Some(found))) => (found.status, Some(found.anchored_at), Some(found.final_at)),
        Ok(Ok(None)) => (BatchStatus::Announced, None, None),
        Ok(Err(_)) | Err(_) => match app.chain.batch(id) {
            Some(seen) => (BatchStatus::Unknown, Some(seen.anchored_at), Some(seen.final_at)),
            None => (BatchStatus::Unknown, None, None),
        },
    }
}

pub async fn post(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Json<BatchAccepted>> {
    let bytes = octets(&headers, body, MAX_BATCH_BYTES).await?;
    let unprocessable = |error: String| Failure::new(StatusCode::UNPROCESSABLE_ENTITY, error);
    let record = BatchRecord::decode(&bytes).map_err(|error| unprocessable(error.to_string()))?;
    let (expected, found) = ((app.identity.chain_id, app.identity.anchor), (record.chainId, record.anchor));
    if expected != found {
        return Err(unprocessable(format!(
            "the batch is for anchor {} on chain {}, this node serves {} on chain {}",
            found.1, found.0, expected.1, expected.0
        )));
    }
    let (id, outcome) = match intake::put_batch(&app, record).await? {
        PutBatch::Stored(id) => (id, Outcome::Stored),
        PutBatch::Known(id) => (id, Outcome::Known),
    };
    // It may have been anchored a moment ago.
    app.wake.notify_one();
    Ok(Json(BatchAccepted { batch_id: id.into(), outcome }))
}

pub async fn list(State(app): State<Arc<App>>, page: Asked<Page>) -> Answer<Json<BatchList>> {
    let (from, limit) = Page::read(page)?;
    let found = app.store(move |store| store.list_batches(from, limit)).await?;
    let next = found.last().map_or(from, |(number, _)| number + 1);
    let batches = found.into_iter().map(|(number, id)| BatchEntry { number, batch_id: id.into() }).collect();
    Ok(Json(BatchList { batches, next }))
}

pub async fn one(State(app): State<Arc<App>>, Path(id): Path<String>) -> Answer<Json<BatchView>> {
    let id = BatchId(word(&id)?);
    let record = match app.store(move |store| store.batch(&id)).await? {
        Some(record) => record,
        None => {
            let fetched = app.mesh.fetch_batch(id).await;
            fetched.map_err(|error| Failure::nowhere(&format!("batch {id}"), &error))?
        }
    };
    let (status, anchored_at, final_at) = standing(&app, &id).await;
    Ok(Json(BatchView {
        batch_id: id.into(),
        chain_id: record.chainId,
        anchor: record.anchor,
        batch: record.batch,
        leaves: record.leaves,
        status,
        anchored_at,
        final_at,
    }))
}
