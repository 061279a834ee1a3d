//! The relayer: collects verified receipts, batches them, anchors the batches and follows them to finality.
//!
//! ```text
//!            collect         verify          batch            submit            track
//! node  ──►  waiting  ──►   queued   ──►   batched   ──►   submitted   ──►   mined ──► confirmed ──► final ──► released
//!  ▲                  │                                        ▲                │          │  │
//!  │ publish          └► (refused)                             └── vanished ◄───┴──────────┘  └► fallen, frozen
//!  └── batch records, from mined on
//! ```
//!
//! Every arrow is one fsynced commit of the [`queue`] file. Stages share nothing else: each step reads the file and the
//! chain, and moves what can be moved, so that a restart is a step like any other. A receipt is known by its leaf for ever,
//! and a leaf is in one batch at most; a batch is known by an id that the anchor takes once. Together that is "anchored
//! exactly once", whatever nodes answer and whenever the process dies (`docs/decisions/0017-exactly-once-anchoring.md`).
//!
//! Architecture invariant: imports `nonos-core`, `nonos-contracts` and `nonos-api` only. The node is behind
//! [`collect::ReceiptSource`] and [`publish::BatchSink`]; proofs and the chain's knowledge behind [`verify::ProofCheck`] and
//! [`verify::Admission`].

pub mod batch;
pub mod bond;
pub mod chain;
pub mod collect;
mod config;
mod http;
mod node;
pub mod publish;
pub mod queue;
mod service;
mod stage;
pub mod submit;
mod telemetry;
pub mod track;
pub mod verify;

pub use config::{Config, GWEI};
pub use http::HttpError;
pub use node::Node;
pub use service::{Parts, Relayer, RelayerError};
pub use stage::{Progress, Stage, StageError};
pub use telemetry::{StageStatus, Telemetry};
