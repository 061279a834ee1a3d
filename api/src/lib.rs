//! The node's HTTP API: request and response types, the OpenAPI document, a typed client.
//!
//! | module | noun |
//! |---|---|
//! | [`routes`] | every route once: the server mounts it, the client calls it, the document describes it |
//! | [`types`] | what travels as JSON |
//! | [`openapi`] | the OpenAPI 3.1 document, built from the two above |
//! | [`client`] | [`NodeClient`] |
//!
//! JSON names are camelCase. 32-byte words, addresses and byte strings are hex with `0x`; times are Unix seconds.
//! Receipts, batch records, blobs and packages travel as their own octets.
//!
//! Architecture invariant: types and a client only; the server lives in `node`, so that relayer and market depend on no node.

pub mod client;
pub mod openapi;
pub mod routes;
pub mod types;

pub use client::{ClientError, NodeClient};
