//! The HTTP API: every route of `nonos_api::routes`, JSON errors, bounded bodies, a time limit per request.
//!
//! Closed to web pages: the `Host` must be an address or `localhost` (DNS rebinding), and what is handed in must say that it is
//! octets, which a page cannot send to another origin without asking.

mod batches;
mod blobs;
mod limited;
mod node;
mod proofs;
mod receipts;
mod reply;
mod server;

pub use server::{Listening, bind};
