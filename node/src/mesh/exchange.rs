//! `/nonos/exchange/1`: what one peer asks of another outside of gossip.
//!
//! | question | answer |
//! |---|---|
//! | receipt by message id, by batch leaf | its bytes |
//! | batch by id | the encoded record |
//! | blob by keccak256 | its bytes (at most 1 MiB) |
//! | package by capsule leaf | the signed package |
//! | piece of a STARK install or digest proof | its bytes |
//! | verify these bytes | three verdicts, kept apart |
//! | what came last | message ids, newest first |
//!
//! Every frame is `kind (1) ‖ length (4, big endian) ‖ payload`, one per direction, and nothing follows it. A length is
//! checked against what this kind may have, and an answer against what was asked, before anything is read.

mod check;
mod codec;
mod message;
mod verdict;

pub use check::{
    ResponseFault, check_batch, check_blob, check_package, check_receipt, check_receipt_by_leaf,
};
pub(super) use codec::ExchangeCodec;
pub use message::{FrameError, MAX_BLOB_BYTES, MAX_RECENT, Request, Response};
pub use verdict::{MeshVerdict, Opinion};

/// Protocol name.
pub const PROTOCOL: &str = "/nonos/exchange/1";
