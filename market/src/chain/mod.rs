//! The chain as the agents see it: a trait each for the market and for the anchor's batches, so that every failure can be
//! played in a test.

mod evm;
mod evm_batches;
mod evm_opinions;
mod sender;
mod types;

pub use evm::EvmChain;
pub use sender::{Patience, Sender};
pub use types::{
    AnchoredBatch, BatchStanding, Claim, Demand, Head, JobStanding, JobState, LeafState, Lock, Mined, Place,
    PostedJob, RequestState, Revealed, Stake, Submission,
};

use crate::error::SendError;
use crate::node::Inclusion;
use alloy_primitives::{Address, B256, Bytes, U256};
use async_trait::async_trait;
use nonos_contracts::ChainError;
use nonos_core::batch::BatchRef;
use nonos_core::receipt::{Receipt, ReceiptHeader};
use nonos_core::request::ProofRequest;

/// Blocks.
#[async_trait]
pub trait Blocks: Send + Sync {
    /// The newest block.
    async fn head(&self) -> Result<Head, ChainError>;

    /// The hash of a block; `None` if the chain does not have it (any more).
    async fn hash_of(&self, number: u64) -> Result<Option<B256>, ChainError>;
}

/// The proof market, and what an operator needs of the anchor.
#[async_trait]
pub trait Market: Blocks {
    /// The account that sends.
    fn account(&self) -> Address;

    /// Requests submitted in these blocks, both ends included.
    async fn submissions(&self, from: u64, to: u64) -> Result<Vec<Submission>, ChainError>;

    /// Requests that our account locked in these blocks.
    async fn own_locks(&self, from: u64, to: u64) -> Result<Vec<B256>, ChainError>;

    /// The submission of one request, wherever it is.
    async fn submission(&self, id: B256) -> Result<Option<Submission>, ChainError>;

    /// Where a request stands at the newest block.
    async fn state_of(&self, id: B256, request: &ProofRequest) -> Result<RequestState, ChainError>;

    /// The verifier key is in use: not removed, and the router not stopped.
    async fn key_in_use(&self, key: B256) -> Result<bool, ChainError>;

    /// The capsule is in its publisher's catalog, not revoked.
    async fn is_listed(&self, request: &ProofRequest) -> Result<bool, ChainError>;

    /// What locking would take.
    async fn stake(&self, request: &ProofRequest, operator: B256) -> Result<Stake, ChainError>;

    /// What the requester has free in the market: the price comes out of it.
    async fn balance_of(&self, account: Address) -> Result<U256, ChainError>;

    /// Whether the anchor has recorded exactly this header, and when.
    async fn recorded_at(&self, header: &ReceiptHeader) -> Result<Option<u64>, ChainError>;

    /// Waits until nothing that this account sent earlier is still to be mined: a transaction of a former life counts.
    async fn settle(&self) -> Result<(), ChainError>;

    /// Locks at the present price; the signature is empty for a request that was submitted.
    async fn lock(
        &self,
        request: &ProofRequest,
        signature: &Bytes,
        operator: B256,
    ) -> Result<Mined, SendError>;

    /// Claims with an anchored leaf.
    async fn claim(
        &self,
        request: &ProofRequest,
        receipt: &Receipt,
        inclusion: &Inclusion,
    ) -> Result<Mined, SendError>;

    /// Collects for a claim whose leaf is final.
    async fn fulfil(&self, id: B256, request: &ProofRequest) -> Result<Mined, SendError>;

    /// Collects for a receipt that is recorded, or is verified and recorded in the same transaction.
    async fn fulfil_recorded(&self, request: &ProofRequest, receipt: &Receipt) -> Result<Mined, SendError>;

    /// Gives up a claim whose leaf is void.
    async fn drop_claim(&self, id: B256, request: &ProofRequest) -> Result<Mined, SendError>;

    /// Slashes a lock whose time is over.
    async fn slash(&self, id: B256, request: &ProofRequest) -> Result<Mined, SendError>;

    /// Ends a lock neutrally after a stop or a removal.
    async fn unwind(&self, id: B256, request: &ProofRequest) -> Result<Mined, SendError>;
}

/// Batches, and what a challenger does to them.
#[async_trait]
pub trait Batches: Blocks {
    /// The account that sends.
    fn account(&self) -> Address;

    /// Batches anchored in these blocks, both ends included.
    async fn anchored(&self, from: u64, to: u64) -> Result<Vec<AnchoredBatch>, ChainError>;

    /// Leaves revealed in these blocks.
    async fn revealed(&self, from: u64, to: u64) -> Result<Vec<Revealed>, ChainError>;

    /// Where a batch stands now.
    async fn standing(&self, batch: B256) -> Result<BatchStanding, ChainError>;

    /// The leaves that the anchoring transaction of this block published; `None` if it published none.
    async fn published_leaves(&self, batch: &AnchoredBatch) -> Result<Option<Vec<B256>>, ChainError>;

    /// The leaf of a header and proof under this anchor and chain.
    fn leaf_of(&self, header: &ReceiptHeader, proof: &[u8]) -> B256;

    /// Whether the proof verifies under the wrapper that the anchor itself would ask.
    async fn proof_holds(&self, header: &ReceiptHeader, proof: &Bytes) -> Result<bool, ChainError>;

    /// Sends the commitment to a challenge.
    async fn commit(&self, batch: B256, index: u32, salt: B256) -> Result<Mined, SendError>;

    /// The block in which that commitment was mined; `None` if it was not, or is used up.
    async fn committed_in(&self, batch: B256, index: u32, salt: B256) -> Result<Option<u64>, ChainError>;

    /// Challenges a leaf. Simulated first: a leaf that turns out valid is a refusal and costs nothing.
    async fn challenge(&self, leaf: &LeafProof, salt: B256) -> Result<Mined, SendError>;

    /// What a demand costs as bond, in wei.
    async fn demand_bond(&self) -> Result<U256, ChainError>;

    /// Demands that a leaf be revealed; the bond goes with it.
    async fn demand(&self, batch: &BatchRef, index: u32, bond: U256) -> Result<Mined, SendError>;

    /// Where the demand for a leaf stands.
    async fn demand_of(&self, batch: B256, index: u32) -> Result<Demand, ChainError>;

    /// Closes an unanswered demand: the batch falls. Of a batch that fell before, it only returns the bond.
    async fn close_demand(&self, batch: &BatchRef, index: u32) -> Result<Mined, SendError>;
}

/// The verification market, as who vouches for batches needs it.
#[async_trait]
pub trait Opinions: Batches {
    /// Jobs on batches that were posted in these blocks, both ends included.
    async fn posted(&self, from: u64, to: u64) -> Result<Vec<PostedJob>, ChainError>;

    /// A batch by its id, wherever it was anchored; `None` if it was not.
    async fn anchored_batch(&self, batch: B256) -> Result<Option<AnchoredBatch>, ChainError>;

    /// Where a job stands now.
    async fn job(&self, id: B256) -> Result<JobStanding, ChainError>;

    /// What our account has free in the verification market: stakes come out of it.
    async fn free(&self) -> Result<U256, ChainError>;

    /// Bids for a place.
    async fn bid(&self, id: B256, fee: u128) -> Result<Mined, SendError>;

    /// Says Valid, once and for all.
    async fn vouch(&self, id: B256) -> Result<Mined, SendError>;

    /// Ends a job whose batch is decided.
    async fn settle(&self, id: B256) -> Result<Mined, SendError>;

    /// Ends a job with too few bids, or that a stop made useless.
    async fn give_up(&self, id: B256) -> Result<Mined, SendError>;
}

/// A leaf with everything that shows what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafProof {
    /// The batch.
    pub batch: BatchRef,
    /// Place of the leaf.
    pub index: u32,
    /// Siblings, bottom first.
    pub path: Vec<B256>,
    /// The header.
    pub header: ReceiptHeader,
    /// The proof.
    pub proof: Bytes,
}
