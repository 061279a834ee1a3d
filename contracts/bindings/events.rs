//! The anchor's events, in chain order, with the place of each.

use alloy::{
    providers::Provider,
    rpc::types::{Filter, Log},
};
use alloy_primitives::{Address, B256, BlockHash, TxHash, U256};
use alloy_sol_types::{SolEvent, SolEventInterface};
use nonos_core::batch::BatchRef;
use nonos_core::ids::BatchId;

use crate::{
    abi::ReceiptAnchor::{self, ReceiptAnchorEvents},
    batch::DataMode,
    deployment::Deployment,
    error::ChainError,
    logs,
};

/// Where a log stands. Another hash for the same number says that the block was reorganised away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogPlace {
    /// Block number.
    pub block: u64,
    /// Index of the log in the block.
    pub index: u64,
    /// Block hash.
    pub block_hash: BlockHash,
    /// Transaction.
    pub transaction: TxHash,
}

impl LogPlace {
    /// The place of a mined log; `None` for a pending one.
    pub(crate) fn of(log: &Log) -> Option<Self> {
        Some(Self {
            block: log.block_number?,
            index: log.log_index?,
            block_hash: log.block_hash?,
            transaction: log.transaction_hash?,
        })
    }
}

/// A batch as its event tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnchoredBatch {
    /// The batch, complete: its name can be computed and its leaves checked.
    pub batch: BatchRef,
    /// Its name.
    pub id: BatchId,
    /// Number of the batch, without gaps from 0 on.
    pub sequence: u64,
    /// Where its leaves can be had.
    pub mode: DataMode,
    /// From when it is final if nobody demands a leaf, in unix seconds.
    pub final_at: u64,
}

/// What happened to a batch, a leaf or a bond.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnchorEvent {
    /// A batch was anchored.
    Anchored(AnchoredBatch),
    /// The leaf at an index was proven fraudulent and is void.
    LeafVoided {
        /// Batch.
        id: BatchId,
        /// Place.
        index: u32,
        /// Leaf.
        leaf: B256,
    },
    /// The leaf was proven fraudulent after finality: it stays final.
    LeafRefuted {
        /// Batch.
        id: BatchId,
        /// Place.
        index: u32,
        /// Leaf.
        leaf: B256,
    },
    /// The slice of a batch was slashed.
    Slashed {
        /// Batch.
        id: BatchId,
        /// Whose bond.
        relayer: Address,
        /// Who was credited the reward.
        challenger: Address,
        /// Wei credited.
        reward: U256,
        /// Wei burned.
        burned: U256,
    },
    /// Every leaf of a batch is void.
    Fallen {
        /// Batch.
        id: BatchId,
    },
    /// A leaf is demanded: its relayer has to show it until the deadline.
    Demanded {
        /// Batch.
        id: BatchId,
        /// Place.
        index: u32,
        /// Who demands.
        demander: Address,
        /// Last second for an answer.
        deadline: u64,
        /// The batch's new `finalAt`.
        final_at: u64,
    },
    /// A demand was answered; the contract's event, with header and proof.
    Revealed(Box<ReceiptAnchor::LeafRevealed>),
    /// A demand ended without an answer.
    DemandClosed {
        /// Batch.
        id: BatchId,
        /// Place.
        index: u32,
    },
    /// A slice went back to its relayer.
    SliceReleased {
        /// Batch.
        id: BatchId,
        /// Whose it is.
        relayer: Address,
        /// Wei.
        amount: U256,
    },
}

/// Every event about batches in blocks `from..=to`, in chain order. Ranges that the provider refuses are split.
pub async fn anchor_events(
    provider: &impl Provider,
    deployment: &Deployment,
    from: u64,
    to: u64,
) -> Result<Vec<(LogPlace, AnchorEvent)>, ChainError> {
    let filter = Filter::new().address(deployment.addresses.receipt_anchor).event_signature(vec![
        ReceiptAnchor::BatchAnchored::SIGNATURE_HASH,
        ReceiptAnchor::LeafVoided::SIGNATURE_HASH,
        ReceiptAnchor::LeafRefuted::SIGNATURE_HASH,
        ReceiptAnchor::RelayerSlashed::SIGNATURE_HASH,
        ReceiptAnchor::BatchFallen::SIGNATURE_HASH,
        ReceiptAnchor::RevealDemanded::SIGNATURE_HASH,
        ReceiptAnchor::LeafRevealed::SIGNATURE_HASH,
        ReceiptAnchor::DemandClosed::SIGNATURE_HASH,
        ReceiptAnchor::SliceReleased::SIGNATURE_HASH,
    ]);
    let logs = logs::pages(provider, &filter, from, to).await?;
    logs.iter().filter_map(|log| LogPlace::of(log).map(|place| (place, log))).filter_map(read).collect()
}

/// The batches anchored in blocks `from..=to`, in order.
pub async fn anchored_batches(
    provider: &impl Provider,
    deployment: &Deployment,
    from: u64,
    to: u64,
) -> Result<Vec<(LogPlace, AnchoredBatch)>, ChainError> {
    let filter = Filter::new()
        .address(deployment.addresses.receipt_anchor)
        .event_signature(ReceiptAnchor::BatchAnchored::SIGNATURE_HASH);
    let logs = logs::pages(provider, &filter, from, to).await?;
    let events = logs.iter().filter_map(|log| LogPlace::of(log).map(|place| (place, log))).filter_map(read);
    events
        .filter_map(|found| match found {
            Ok((place, AnchorEvent::Anchored(batch))) => Some(Ok((place, batch))),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
        .collect()
}

/// The event in a log; `None` if it is none of ours.
fn read((place, log): (LogPlace, &Log)) -> Option<Result<(LogPlace, AnchorEvent), ChainError>> {
    use ReceiptAnchorEvents as E;
    let event = match ReceiptAnchorEvents::decode_log(&log.inner).ok()?.data {
        E::BatchAnchored(e) => return Some(anchored(&e).map(|batch| (place, AnchorEvent::Anchored(batch)))),
        E::LeafVoided(e) => AnchorEvent::LeafVoided { id: e.batchId.into(), index: e.index, leaf: e.leaf },
        E::LeafRefuted(e) => AnchorEvent::LeafRefuted { id: e.batchId.into(), index: e.index, leaf: e.leaf },
        E::RelayerSlashed(e) => AnchorEvent::Slashed {
            id: e.batchId.into(),
            relayer: e.relayer,
            challenger: e.challenger,
            reward: e.reward,
            burned: e.burned,
        },
        E::BatchFallen(e) => AnchorEvent::Fallen { id: e.batchId.into() },
        E::RevealDemanded(e) => AnchorEvent::Demanded {
            id: e.batchId.into(),
            index: e.index,
            demander: e.demander,
            deadline: e.deadline,
            final_at: e.finalAt,
        },
        E::LeafRevealed(e) => AnchorEvent::Revealed(Box::new(e)),
        E::DemandClosed(e) => AnchorEvent::DemandClosed { id: e.batchId.into(), index: e.index },
        E::SliceReleased(e) => {
            AnchorEvent::SliceReleased { id: e.batchId.into(), relayer: e.relayer, amount: e.amount }
        }
        _ => return None,
    };
    Some(Ok((place, event)))
}

fn anchored(event: &ReceiptAnchor::BatchAnchored) -> Result<AnchoredBatch, ChainError> {
    let batch = BatchRef {
        relayer: event.relayer,
        root: event.root,
        size: event.size,
        dataCommitment: event.dataCommitment,
    };
    Ok(AnchoredBatch {
        batch,
        id: event.batchId.into(),
        sequence: event.sequence,
        mode: DataMode::read(event.mode)?,
        final_at: event.finalAt,
    })
}
