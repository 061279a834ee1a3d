//! Receipts: handed in, listed, found, judged.

use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::B256;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use nonos_api::types::{
    Inclusion, MAX_PAGE, Outcome, PeerVerdict, ReceiptAccepted, ReceiptEntry, ReceiptList, ReceiptView,
    Verdict, VerifyReply,
};
use nonos_core::receipt::{MAX_RECEIPT_BYTES, Receipt};
use nonos_core::{MessageId, ReceiptLeaf};
use serde::Deserialize;

use super::batches::standing;
use super::reply::{Answer, Asked, Failure, Page, asked, octets, raw, word};
use crate::mesh::Judge;
use crate::mesh::exchange::{MeshVerdict, Opinion};
use crate::service::app::App;
use crate::service::intake;
use crate::store::Put;
use crate::verify::{AdmissionFault, Refusal, RootSource, Verdicts};

/// Peers asked for their verdicts.
const PEERS_ASKED: usize = 3;
/// How long the chain may take to say what a block is.
const BLOCK: Duration = Duration::from_secs(2);
/// Batches looked at for the best place of a leaf.
const MAX_PLACES: usize = 16;

pub async fn post(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Json<ReceiptAccepted>> {
    let bytes = octets(&headers, body, MAX_RECEIPT_BYTES).await?;
    // What is here was verified before: a repetition costs no pairing, however old it is.
    let id = MessageId(alloy_primitives::keccak256(&bytes));
    if let Some(receipt) = app.store(move |store| store.get(&id)).await? {
        return Ok(Json(accepted(&receipt, Put::Known(id))));
    }
    let receipt = verified(&app, bytes).await.inspect_err(|_| app.counters.receipts_refused.up())?;
    let copy = receipt.clone();
    let put = app.store(move |store| store.put(&copy)).await?;
    intake::stored(&app, &receipt, put);
    if let Put::Stored(_) = put
        && let Err(error) = app.mesh.publish_receipt(&receipt).await
    {
        // Peers that connect later ask for what is recent.
        tracing::warn!(%error, "a receipt was stored, but not gossiped");
    }
    Ok(Json(accepted(&receipt, put)))
}

fn accepted(receipt: &Receipt, put: Put) -> ReceiptAccepted {
    let (outcome, first) = match put {
        Put::Stored(_) => (Outcome::Stored, None),
        Put::Known(_) => (Outcome::Known, None),
        Put::Repeated { first } => (Outcome::Repeated, Some(first.into())),
    };
    ReceiptAccepted { message_id: receipt.message_id().into(), outcome, first, leaf: receipt.leaf().into() }
}

/// The receipt, if all verdicts are positive. A root that is not known may be younger than the last poll.
async fn verified(app: &Arc<App>, bytes: Vec<u8>) -> Answer<Receipt> {
    learn_block(app, &bytes).await;
    let bytes = Arc::new(bytes);
    match accept(app, bytes.clone()).await? {
        Err(Refusal::Admission(AdmissionFault::UnknownRoot { .. })) => {
            app.wake.notify_one();
            tokio::time::sleep(Duration::from_millis(300)).await;
            Ok(accept(app, bytes).await??)
        }
        verdict => Ok(verdict?),
    }
}

/// Asks the chain for the block that a receipt names as earlier than its launch, so that the verdict can use it. Without an
/// answer that part of the verdict stays open.
async fn learn_block(app: &App, bytes: &[u8]) {
    let Ok(receipt) = Receipt::decode(bytes) else { return };
    let number = receipt.header.notBeforeBlock;
    let known = matches!(app.chain.block(number), Ok(Some(_)));
    let head = app.chain.head().map_or(0, |head| head.number);
    if known || receipt.header.notBeforeHash.is_zero() || number > head {
        return;
    }
    if let Ok(Ok(Some(block))) = tokio::time::timeout(BLOCK, app.source.block(number)).await {
        app.chain.learn_block(block);
    }
}

async fn accept(app: &Arc<App>, bytes: Arc<Vec<u8>>) -> Answer<Result<Receipt, Refusal>> {
    let judge = app.judge.clone();
    on_threads(app, move || judge.accept(&bytes)).await
}

/// Runs a verification, a few at a time.
async fn on_threads<T: Send + 'static>(app: &App, work: impl FnOnce() -> T + Send + 'static) -> Answer<T> {
    let _permit = app.verifying.acquire().await.map_err(|_| Failure::busy("verifications"))?;
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| {
        Failure::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, "the verification broke off")
    })
}

pub async fn list(State(app): State<Arc<App>>, page: Asked<Page>) -> Answer<Json<ReceiptList>> {
    let (from, limit) = Page::read(page)?;
    let found = app.store(move |store| store.list(from, limit)).await?;
    let next = found.last().map_or(from, |(number, _)| number + 1);
    Ok(Json(ReceiptList { receipts: entries(found), next }))
}

fn entries(found: Vec<(u64, MessageId)>) -> Vec<ReceiptEntry> {
    found.into_iter().map(|(number, id)| ReceiptEntry { number, message_id: id.into() }).collect()
}

pub async fn by_request(
    State(app): State<Arc<App>>,
    Path(request): Path<String>,
) -> Answer<Json<ReceiptList>> {
    let request = word(&request)?;
    let found = app.store(move |store| store.by_request(&request, MAX_PAGE)).await?;
    let next = found.last().map_or(0, |(number, _)| number + 1);
    Ok(Json(ReceiptList { receipts: entries(found), next }))
}

async fn here(app: &App, id: MessageId) -> Answer<Option<Receipt>> {
    Ok(app.store(move |store| store.get(&id)).await?)
}

pub async fn one(State(app): State<Arc<App>>, Path(id): Path<String>) -> Answer<Json<ReceiptView>> {
    let id = MessageId(word(&id)?);
    let receipt = here(&app, id).await?;
    receipt.map(|receipt| Json(receipt.into())).ok_or_else(|| {
        Failure::not_found(format!("receipt {id} is not here")).hint("/raw asks the mesh as well")
    })
}

pub async fn one_raw(State(app): State<Arc<App>>, Path(id): Path<String>) -> Answer<Response> {
    let id = MessageId(word(&id)?);
    if let Some(receipt) = here(&app, id).await? {
        return Ok(raw(receipt.encode()));
    }
    let fetched = app.mesh.fetch_receipt(id).await;
    let receipt = fetched.map_err(|error| Failure::nowhere(&format!("receipt {id}"), &error))?;
    Ok(raw(receipt.encode()))
}

pub async fn by_leaf(State(app): State<Arc<App>>, Path(leaf): Path<String>) -> Answer<Json<ReceiptView>> {
    let leaf = ReceiptLeaf(word(&leaf)?);
    let found = app
        .store(move |store| match store.by_leaf(&leaf)? {
            Some(id) => store.get(&id),
            None => Ok(None),
        })
        .await?;
    let receipt = match found {
        Some(receipt) => receipt,
        None => {
            let fetched = app.mesh.fetch_receipt_by_leaf(leaf).await;
            fetched.map_err(|error| Failure::nowhere(&format!("the receipt with leaf {leaf}"), &error))?
        }
    };
    Ok(Json(receipt.into()))
}

pub async fn inclusion(State(app): State<Arc<App>>, Path(id): Path<String>) -> Answer<Json<Inclusion>> {
    let id = MessageId(word(&id)?);
    let receipt =
        here(&app, id).await?.ok_or_else(|| Failure::not_found(format!("receipt {id} is not here")))?;
    let leaf = receipt.leaf();
    let places = app.store(move |store| store.places(&leaf, MAX_PLACES)).await?;
    // Anybody can put anybody's leaf in a batch: the one that stands on chain, and of those the first, counts.
    let mut standings = Vec::with_capacity(places.len());
    for place in places {
        standings.push((place, standing(&app, &place.batch).await));
    }
    let best = standings
        .into_iter()
        .min_by_key(|(_, (status, anchored_at, _))| (rank(*status), anchored_at.unwrap_or(u64::MAX)));
    let Some((place, (status, anchored_at, final_at))) = best else {
        return Err(Failure::not_found(format!("no batch with receipt {id} is known"))
            .hint("a relayer anchors it later"));
    };
    let record = app.store(move |store| store.batch(&place.batch)).await?;
    let record = record.ok_or_else(|| Failure::not_found(format!("batch {} is not here", place.batch)))?;
    let path = record
        .path(place.index as usize)
        .map_err(|error| Failure::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    Ok(Json(Inclusion {
        batch: record.batch,
        batch_id: place.batch.into(),
        index: place.index,
        leaf: leaf.into(),
        path,
        status,
        anchored_at,
        final_at,
    }))
}

fn rank(status: nonos_api::types::BatchStatus) -> u8 {
    use nonos_api::types::BatchStatus::*;
    match status {
        Final => 0,
        Pending => 1,
        Announced | Unknown => 2,
        Frozen | Fallen => 3,
    }
}

/// `?mesh=true`.
#[derive(Debug, Default, Deserialize)]
pub struct VerifyQuery {
    mesh: Option<String>,
}

pub async fn verify(
    State(app): State<Arc<App>>,
    query: Asked<VerifyQuery>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Json<VerifyReply>> {
    let query = asked(query)?;
    let mesh = match query.mesh.as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => return Err(Failure::bad(format!("mesh: `{other}` is neither true nor false"))),
    };
    let bytes = octets(&headers, body, MAX_RECEIPT_BYTES).await?;
    learn_block(&app, &bytes).await;
    let (judge, copy) = (app.judge.clone(), bytes.clone());
    let verdicts = on_threads(&app, move || judge.answer(&copy)).await?;
    let mut reply = reply_of(&verdicts);
    if mesh {
        let asked = app.mesh.ask_verify(&bytes, PEERS_ASKED).await;
        let asked = asked
            .map_err(|error| Failure::new(axum::http::StatusCode::SERVICE_UNAVAILABLE, error.to_string()))?;
        reply.mesh = asked.iter().map(|(peer, verdict)| opinion(peer.to_string(), verdict)).collect();
    }
    Ok(Json(reply))
}

fn reply_of(verdicts: &Verdicts) -> VerifyReply {
    let no_receipt = || Verdict { ok: None, reason: "the bytes are no receipt".to_owned() };
    VerifyReply {
        message_id: verdicts.receipt.as_ref().map(|receipt| B256::from(receipt.message_id())),
        leaf: verdicts.receipt.as_ref().map(|receipt| B256::from(receipt.leaf())),
        proof_valid: match &verdicts.proof {
            Ok(()) => Verdict { ok: Some(true), reason: "proof and signatures hold".to_owned() },
            Err(fault) => Verdict { ok: Some(false), reason: fault.to_string() },
        },
        admitted: match &verdicts.admission {
            None => no_receipt(),
            Some(Ok(())) => Verdict { ok: Some(true), reason: "the roots are the chain's".to_owned() },
            // An unreachable chain says nothing about a receipt.
            Some(Err(fault @ AdmissionFault::Source(_))) => Verdict { ok: None, reason: fault.to_string() },
            Some(Err(fault)) => Verdict { ok: Some(false), reason: fault.to_string() },
        },
        fresh: match &verdicts.freshness {
            None => no_receipt(),
            Some(Ok(checkpoint)) => {
                Verdict { ok: Some(true), reason: format!("not-before block: {checkpoint:?}") }
            }
            Some(Err(fault)) => Verdict { ok: Some(false), reason: fault.to_string() },
        },
        mesh: vec![],
    }
}

fn opinion(peer_id: String, verdict: &MeshVerdict) -> PeerVerdict {
    let word = |opinion: &Opinion| match opinion {
        Opinion::Yes => Some(true),
        Opinion::No(_) => Some(false),
        Opinion::NotGiven => None,
    };
    let reason = [&verdict.proof, &verdict.admission, &verdict.freshness].into_iter().find_map(|o| match o {
        Opinion::No(reason) => Some(reason.clone()),
        _ => None,
    });
    PeerVerdict {
        peer_id,
        proof_valid: word(&verdict.proof),
        admitted: word(&verdict.admission),
        fresh: word(&verdict.freshness),
        error: reason,
    }
}
