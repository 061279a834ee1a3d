//! Installs and digest proofs made by the STARK.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use nonos_api::types::{ProofState, ProofView};
use serde::Deserialize;

use super::reply::{Answer, Asked, Failure, asked, octets, word};
use crate::mesh::WantedProof;
use crate::service::app::App;
use crate::service::proofs::{self, Unbegun};

fn unreadable(reason: String) -> Failure {
    Failure::new(StatusCode::INTERNAL_SERVER_ERROR, reason)
}

/// Which file of a context is meant.
#[derive(Debug, Default, Deserialize)]
pub struct Which {
    hash: Option<String>,
}

fn wanted(context: &str, query: Asked<Which>) -> Answer<WantedProof> {
    let hash = asked(query)?.hash.as_deref().map(word).transpose()?;
    Ok(WantedProof { context: word(context)?, hash })
}

pub async fn one(
    State(app): State<Arc<App>>,
    Path(context): Path<String>,
    query: Asked<Which>,
) -> Answer<Json<ProofView>> {
    let view = proofs::view(&app, wanted(&context, query)?).await.map_err(unreadable)?;
    if view.state == ProofState::Absent {
        let hint = "POST to the same path has it fetched from the mesh";
        return Err(Failure::not_found(format!("the proof {context} is not here")).hint(hint));
    }
    Ok(Json(view))
}

pub async fn fetch(
    State(app): State<Arc<App>>,
    Path(context): Path<String>,
    query: Asked<Which>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Json<ProofView>> {
    // Nothing is handed in, but a web page must not be able to ask for it either.
    octets(&headers, body, 0).await?;
    match proofs::fetch(&app, wanted(&context, query)?).await {
        Ok(view) => Ok(Json(view.map_err(unreadable)?)),
        Err(Unbegun::Busy) => Err(Failure::busy("proofs are being fetched")),
    }
}
