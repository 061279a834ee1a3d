//! The node as a service: one supervisor over store, mesh, chain and HTTP, and one way to stop.
//!
//! ```text
//!            mesh events            facts of the chain
//!   mesh  ---------------> intake <--------------------- chain watcher
//!    ^                       |                                 |
//!    | receipts, batches     v                                 v  roots, batches (in memory)
//!   HTTP  <------------->  store                            verdicts (HTTP and mesh ask the same judge)
//! ```
//!
//! | module | noun |
//! |---|---|
//! | [`chain`] | what the chain says: roots with their life, batches; survives outages, lies and reorganisations |
//! | [`clock`] | the time that verdicts use, which no jump of the system's clock moves |
//! | `judge`, `shelf` | verdicts and answers for the mesh |
//! | `intake` | what arrives, to disk |
//! | `proofs` | files of the STARK, kept and fetched |
//! | `http` | the API |
//! | [`Node`] | the supervisor |
//!
//! Architecture invariant: everything here is bounded (channels, requests, readers), and whatever was acknowledged is on disk.

mod app;
pub mod chain;
pub mod clock;
mod events;
mod http;
mod intake;
mod judge;
mod metrics;
mod node;
mod proofs;
mod shelf;

pub use judge::NodeJudge;
pub use node::{Node, NodeConfig, NodeError, Started};
pub use proofs::MakeLinks;
