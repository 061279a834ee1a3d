//! What travels as JSON. Unknown fields are ignored by clients, so that a node may say more than an older client knows.

mod batch;
mod error;
mod event;
mod node;
mod operator;
mod proof;
mod receipt;
mod verdict;

pub use batch::{
    BatchAccepted, BatchEntry, BatchList, BatchStatus, BatchView, BlobStored, Inclusion, PackageStored,
};
pub use error::ErrorBody;
pub use event::Event;
pub use node::{ChainInfo, NodeInfo, Peer, Peers, Ready};
pub use operator::{OperatorView, Operators, TrustView};
pub use proof::{ProofKind, ProofState, ProofView};
pub use receipt::{Outcome, ReceiptAccepted, ReceiptEntry, ReceiptList, ReceiptView};
pub use verdict::{PeerVerdict, Verdict, VerifyReply};

/// Most entries of one page of a list.
pub const MAX_PAGE: usize = 1000;
/// Entries of a page if nobody says.
pub const DEFAULT_PAGE: usize = 100;
/// Largest blob in bytes: the input of a capsule.
pub const MAX_BLOB_BYTES: usize = 1 << 20;
