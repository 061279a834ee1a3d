//! Batches on chain: anchoring, what became of them, and whether a leaf stands.

use alloy::providers::Provider;
use alloy_primitives::{Address, B256, Bytes, TxHash, U256};
use alloy_sol_types::SolCall;
use nonos_core::batch::BatchRef as Core;
use nonos_core::ids::{BatchId, ReceiptLeaf};

use crate::{
    abi::ReceiptAnchor::{self, BatchRef as Binding, ReceiptAnchorInstance, anchorBatchCall},
    blob::LeafBlob,
    deployment::Deployment,
    error::ChainError,
    transact::transact,
};

/// Most leaves of a batch in mesh mode: the anchor's `maxSize(0)`.
pub const MAX_MESH_LEAVES: usize = 2_048;
/// Most leaves of a batch in calldata mode: the anchor's `maxSize(1)`.
pub const MAX_CALLDATA_LEAVES: usize = 1_024;

impl From<&Core> for Binding {
    fn from(batch: &Core) -> Self {
        let Core { relayer, root, size, dataCommitment } = *batch;
        Self { relayer, root, size, dataCommitment }
    }
}

impl From<&Binding> for Core {
    fn from(batch: &Binding) -> Self {
        let Binding { relayer, root, size, dataCommitment } = *batch;
        Self { relayer, root, size, dataCommitment }
    }
}

/// An enumeration that the ABI knows as a number.
macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident { $($(#[$member:meta])* $variant:ident = $value:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub enum $name { $($(#[$member])* $variant = $value,)* }

        impl $name {
            /// The variant of this number; a number without one is an error.
            pub fn read(value: u8) -> Result<Self, ChainError> {
                match value {
                    $($value => Ok(Self::$variant),)*
                    _ => Err(ChainError::UnknownValue { what: stringify!($name), value }),
                }
            }
        }
    };
}

numbered! {
    /// What the anchor says of one leaf.
    LeafStatus {
        /// No such batch is anchored.
        Unknown = 0,
        /// Anchored, not final yet, or frozen for ever by a stop of the router.
        Pending = 1,
        /// Nothing can void it any more.
        Final = 2,
        /// Proven fraudulent, or its batch fell.
        Void = 3,
    }
}

numbered! {
    /// State of a batch.
    BatchState {
        /// Never anchored.
        Unknown = 0,
        /// Can be challenged.
        Pending = 1,
        /// Its leaves stand, but for the ones voided before.
        Final = 2,
        /// The router was stopped first: it never becomes final.
        Frozen = 3,
        /// Every leaf is void.
        Fallen = 4,
    }
}

numbered! {
    /// Where the leaves of a batch can be had.
    DataMode {
        /// From nodes.
        Mesh = 0,
        /// From the log of the anchoring transaction.
        Calldata = 1,
        /// From a blob of the anchoring transaction (EIP-4844).
        Blob = 2,
    }
}

numbered! {
    /// State of a demand to show a leaf.
    DemandState {
        /// The place was never demanded.
        None = 0,
        /// Waits for an answer.
        Open = 1,
        /// The receipt was shown.
        Answered = 2,
        /// It was not, or the batch fell before.
        Closed = 3,
    }
}

/// What the anchor keeps of a batch. Times in unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// State now.
    pub state: BatchState,
    /// Where its leaves can be had.
    pub mode: DataMode,
    /// Anchoring block.
    pub anchored_at: u64,
    /// Last second in which a leaf can be demanded.
    pub demandable_until: u64,
    /// From when it is final, unless a demand is open.
    pub final_at: u64,
    /// Last second in which its slice can be slashed; it can be released after it.
    pub liable_until: u64,
    /// Wei of bond locked for it; 0 once released or slashed.
    pub slice: U256,
    /// Demands without an answer.
    pub open_demands: u16,
    /// Places voided one by one.
    pub voided: u16,
}

/// What the anchor says of a leaf. Times in unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeafFacts {
    /// Status now.
    pub status: LeafStatus,
    /// Anchoring block of its batch; 0 if that is unknown.
    pub anchored_at: u64,
    /// From when its batch is final.
    pub final_at: u64,
}

/// A batch that the anchor holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchAnchored {
    /// By our transaction.
    Now(TxHash),
    /// By an earlier one: a restart, a replaced transaction that was mined after all.
    Before {
        /// Unix seconds of the anchoring block.
        anchored_at: u64,
    },
}

pub(crate) fn contract<P: Provider>(provider: P, deployment: &Deployment) -> ReceiptAnchorInstance<P> {
    ReceiptAnchor::new(deployment.addresses.receipt_anchor, provider)
}

/// Calldata of `anchorBatch`, for whoever manages transactions itself. The sender must be `batch.relayer`.
pub fn anchor_batch_calldata(batch: &Core) -> Bytes {
    let Core { root, size, dataCommitment, .. } = *batch;
    anchorBatchCall { root, size, dataCommitment }.abi_encode().into()
}

/// Anchors a batch in mesh mode from its relayer's account: asks first, then sends and waits until it is mined.
///
/// The name of a batch contains its relayer, and the anchor takes a name once. So a refusal is success if the batch is
/// there, however it came there.
pub async fn anchor_batch(
    provider: &impl Provider,
    deployment: &Deployment,
    batch: &Core,
) -> Result<BatchAnchored, ChainError> {
    let id = batch.id();
    if let Some(found) = batch_of(provider, deployment, id).await? {
        return Ok(BatchAnchored::Before { anchored_at: found.anchored_at });
    }
    let anchor = contract(provider, deployment);
    let call = anchor.anchorBatch(batch.root, batch.size, batch.dataCommitment).from(batch.relayer);
    match transact("anchoring a batch", call).await {
        Ok(mined) => Ok(BatchAnchored::Now(mined.transaction_hash)),
        Err(error @ (ChainError::Reverted { .. } | ChainError::Failed { .. })) => {
            let found = batch_of(provider, deployment, id).await?.ok_or(error)?;
            Ok(BatchAnchored::Before { anchored_at: found.anchored_at })
        }
        Err(error) => Err(error),
    }
}

/// Anchors a batch with its leaves on chain, as [`anchor_batch`] does. At most [`MAX_CALLDATA_LEAVES`].
pub async fn anchor_batch_with_leaves(
    provider: &impl Provider,
    deployment: &Deployment,
    batch: &Core,
    leaves: &[B256],
) -> Result<BatchAnchored, ChainError> {
    if let Some(found) = batch_of(provider, deployment, batch.id()).await? {
        return Ok(BatchAnchored::Before { anchored_at: found.anchored_at });
    }
    let anchor = contract(provider, deployment);
    let call = anchor.anchorBatchWithLeaves(batch.root, leaves.concat().into()).from(batch.relayer);
    let mined = transact("anchoring a batch with its leaves", call).await?;
    Ok(BatchAnchored::Now(mined.transaction_hash))
}

/// Anchors a batch with its leaves in a blob of the same transaction, as [`anchor_batch`] does. What the batch commits to is the
/// blob's versioned hash; the anchor cannot look into it, so a blob with other leaves costs the relayer its slice.
pub async fn anchor_batch_in_blob(
    provider: &impl Provider,
    deployment: &Deployment,
    batch: &Core,
    blob: &LeafBlob,
) -> Result<BatchAnchored, ChainError> {
    let committed = blob.versioned_hash();
    if batch.dataCommitment != committed {
        return Err(ChainError::OtherBlob { committed: batch.dataCommitment, blob: committed });
    }
    if let Some(found) = batch_of(provider, deployment, batch.id()).await? {
        return Ok(BatchAnchored::Before { anchored_at: found.anchored_at });
    }
    let anchor = contract(provider, deployment);
    let call = anchor.anchorBatchInBlob(batch.root, batch.size, committed, U256::ZERO).from(batch.relayer);
    let mined = transact("anchoring a batch in a blob", call.sidecar_7594(blob.sidecar()?)).await?;
    Ok(BatchAnchored::Now(mined.transaction_hash))
}

/// What the anchor keeps of a batch; `None` if it was never anchored.
pub async fn batch_of(
    provider: &impl Provider,
    deployment: &Deployment,
    id: BatchId,
) -> Result<Option<Batch>, ChainError> {
    let found = contract(provider, deployment).batchOf(id.into()).call().await;
    let found = found.map_err(|error| ChainError::call("reading a batch", error))?;
    let state = BatchState::read(found.state)?;
    if state == BatchState::Unknown {
        return Ok(None);
    }
    Ok(Some(Batch {
        state,
        mode: DataMode::read(found.mode)?,
        anchored_at: found.anchoredAt,
        demandable_until: found.demandableUntil,
        final_at: found.finalAt,
        liable_until: found.liableUntil,
        slice: found.slice,
        open_demands: found.openDemands,
        voided: found.voided,
    }))
}

/// What the anchor says of a leaf at `index`; refused if the path does not prove it to be there.
pub async fn leaf_facts(
    provider: &impl Provider,
    deployment: &Deployment,
    batch: &Core,
    index: u32,
    leaf: ReceiptLeaf,
    path: Vec<B256>,
) -> Result<LeafFacts, ChainError> {
    let anchor = contract(provider, deployment);
    let facts = anchor.leafStatus(batch.into(), index, leaf.into(), path).call().await;
    let facts = facts.map_err(|error| ChainError::call("reading the status of a leaf", error))?;
    let status = LeafStatus::read(facts.status)?;
    Ok(LeafFacts { status, anchored_at: facts.anchoredAt, final_at: facts.finalAt })
}

/// Returns the slice of a batch that can no longer be slashed to its relayer.
pub async fn release_slice(
    provider: &impl Provider,
    deployment: &Deployment,
    batch: &Core,
) -> Result<TxHash, ChainError> {
    let anchor = contract(provider, deployment);
    let call = anchor.releaseSlice(batch.into());
    Ok(transact("releasing a slice", call).await?.transaction_hash)
}

/// Free and locked part of an account's bond, in wei.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bond {
    /// What the account can withdraw.
    pub free: U256,
    /// What answers for its batches.
    pub locked: U256,
}

/// An account's bond.
pub async fn bond_of(
    provider: &impl Provider,
    deployment: &Deployment,
    account: Address,
) -> Result<Bond, ChainError> {
    let bond = contract(provider, deployment).bondOf(account).call().await;
    let bond = bond.map_err(|error| ChainError::call("reading a bond", error))?;
    Ok(Bond { free: bond.free, locked: bond.locked })
}

/// Wei of bond that each batch locks.
pub async fn slice(provider: &impl Provider, deployment: &Deployment) -> Result<U256, ChainError> {
    let stakes = contract(provider, deployment).stakes().call().await;
    let stakes = stakes.map_err(|error| ChainError::call("reading the anchor's stakes", error))?;
    Ok(U256::from(stakes.slice))
}

/// Adds to the bond of the sending account.
pub async fn deposit_bond(
    provider: &impl Provider,
    deployment: &Deployment,
    amount: U256,
) -> Result<TxHash, ChainError> {
    let anchor = contract(provider, deployment);
    let call = anchor.depositBond().value(amount);
    Ok(transact("depositing a bond", call).await?.transaction_hash)
}

/// Takes from the free bond of the sending account.
pub async fn withdraw_bond(
    provider: &impl Provider,
    deployment: &Deployment,
    amount: U256,
    to: Address,
) -> Result<TxHash, ChainError> {
    let anchor = contract(provider, deployment);
    let call = anchor.withdrawBond(amount, to);
    Ok(transact("withdrawing a bond", call).await?.transaction_hash)
}
