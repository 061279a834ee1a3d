//! Answers that are not a success, and how requests are read.

use alloy_primitives::B256;
use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nonos_api::openapi::OCTETS;
use nonos_api::types::{DEFAULT_PAGE, ErrorBody, MAX_PAGE};
use serde::Deserialize;

use crate::mesh::MeshError;
use crate::store::StoreError;
use crate::verify::{AdmissionFault, Refusal};

/// An answer that says what was wrong.
#[derive(Debug)]
pub struct Failure {
    status: StatusCode,
    error: String,
    hint: Option<String>,
}

pub type Answer<T> = Result<T, Failure>;

impl Failure {
    pub fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, error: error.into(), hint: None }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub fn bad(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    pub fn not_found(error: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, error)
    }

    /// What nobody has: not here, and not with the peers that were asked.
    pub fn nowhere(what: &str, error: &MeshError) -> Self {
        let failure = Self::not_found(format!("{what} is not here, and the mesh does not have it: {error}"));
        match error {
            MeshError::NoPeers => failure.hint("connect the node to peers (--peer)"),
            _ => failure,
        }
    }

    pub fn busy(what: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, format!("too many {what} at once"))
            .hint("try again in a moment")
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.status, Json(ErrorBody { error: self.error, hint: self.hint })).into_response()
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let status = match &error {
            StoreError::Receipt(_) | StoreError::Batch(_) | StoreError::Package(_) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            StoreError::BlobSize { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            StoreError::Full { .. } | StoreError::Io { .. } => StatusCode::INSUFFICIENT_STORAGE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let failure = Self::new(status, error.to_string());
        match error {
            StoreError::Io { .. } => {
                failure.hint("make room on the disk; nothing that was acknowledged is lost")
            }
            _ => failure,
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let failure = Self::new(StatusCode::UNPROCESSABLE_ENTITY, refusal.to_string());
        match refusal {
            Refusal::Admission(AdmissionFault::Source(_)) => {
                let failure = Self { status: StatusCode::SERVICE_UNAVAILABLE, ..failure };
                failure.hint("this says nothing about the receipt; try again when the chain answers")
            }
            Refusal::Admission(AdmissionFault::UnknownRoot { .. }) => {
                failure.hint("if the root is younger than a block, try again")
            }
            _ => failure,
        }
    }
}

/// The whole body, at most `limit` bytes, if the request says that it is octets.
pub async fn octets(headers: &HeaderMap, body: Body, limit: usize) -> Answer<Vec<u8>> {
    let media = headers.get(header::CONTENT_TYPE).map(|value| value.as_bytes());
    if !media.is_some_and(|media| media.eq_ignore_ascii_case(OCTETS.as_bytes())) {
        return Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body is taken as octets only")
            .hint(format!("send it with content-type: {OCTETS}")));
    }
    let bytes = to_bytes(body, limit).await.map_err(|_| {
        Failure::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the body is broken off, or larger than {limit} bytes"),
        )
    })?;
    Ok(bytes.into())
}

/// A 32-byte word of a path.
pub fn word(text: &str) -> Answer<B256> {
    text.parse()
        .map_err(|_| Failure::bad(format!("`{text}` is not 32 bytes as hex")).hint("0x and 64 digits"))
}

/// A query string that may not be one.
pub type Asked<T> = Result<Query<T>, QueryRejection>;

/// Its parameters.
pub fn asked<T>(query: Asked<T>) -> Answer<T> {
    query.map(|Query(parameters)| parameters).map_err(|error| Failure::bad(error.body_text()))
}

/// `from` and `limit` of a list.
#[derive(Debug, Default, Deserialize)]
pub struct Page {
    from: Option<String>,
    limit: Option<String>,
}

impl Page {
    pub fn read(query: Asked<Self>) -> Answer<(u64, usize)> {
        let page = asked(query)?;
        let number = |name: &str, text: Option<String>, default: u64| match text {
            None => Ok(default),
            Some(text) => {
                text.parse::<u64>().map_err(|_| Failure::bad(format!("{name}: `{text}` is no number")))
            }
        };
        let from = number("from", page.from, 0)?;
        let limit = number("limit", page.limit, DEFAULT_PAGE as u64)?;
        if limit == 0 || limit > MAX_PAGE as u64 {
            return Err(Failure::bad(format!("limit: {limit} is not within 1 to {MAX_PAGE}")));
        }
        Ok((from, limit as usize))
    }
}

/// Octets as an answer.
pub fn raw(bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, OCTETS)], bytes).into_response()
}
