//! Inputs of capsules, and capsules.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use nonos_api::types::{BlobStored, MAX_BLOB_BYTES, PackageStored};
use nonos_core::CapsuleLeaf;
use nonos_core::package::{MAX_PACKAGE_BYTES, Package};

use super::reply::{Answer, Failure, octets, raw, word};
use crate::service::app::App;

pub async fn post_blob(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Json<BlobStored>> {
    let bytes = octets(&headers, body, MAX_BLOB_BYTES).await?;
    let size = bytes.len() as u64;
    let hash = app.store(move |store| store.put_blob(&bytes)).await?;
    Ok(Json(BlobStored { hash, size }))
}

pub async fn blob(State(app): State<Arc<App>>, Path(hash): Path<String>) -> Answer<Response> {
    let hash = word(&hash)?;
    if let Some(bytes) = app.store(move |store| store.blob(&hash)).await? {
        return Ok(raw(bytes));
    }
    let fetched = app.mesh.fetch_blob(hash).await;
    Ok(raw(fetched.map_err(|error| Failure::nowhere(&format!("blob {hash}"), &error))?))
}

pub async fn post_package(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Json<PackageStored>> {
    let bytes = octets(&headers, body, MAX_PACKAGE_BYTES).await?;
    let size = bytes.len() as u64;
    let package = Package::decode(&bytes)
        .map_err(|error| Failure::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))?;
    let leaf = app.store(move |store| store.put_package(&package)).await?;
    Ok(Json(PackageStored { capsule_leaf: leaf.into(), size }))
}

pub async fn package(State(app): State<Arc<App>>, Path(leaf): Path<String>) -> Answer<Response> {
    let leaf = CapsuleLeaf::from_be(&word(&leaf)?.0)
        .map_err(|error| Failure::bad(format!("`{leaf}` is no capsule leaf: {error}")))?;
    if let Some(bytes) = app.store(move |store| store.package(&leaf)).await? {
        return Ok(raw(bytes));
    }
    let fetched = app.mesh.fetch_package(leaf, None).await;
    let package =
        fetched.map_err(|error| Failure::nowhere(&format!("the package of capsule {leaf}"), &error))?;
    Ok(raw(package.encode()))
}
