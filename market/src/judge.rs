//! What a leaf of a batch turns out to be, as challengers and verifiers both ask.

use crate::chain::{AnchoredBatch, Batches};
use crate::error::{MarketError, NodeError};
use crate::node::{Node, ProofVerdict};
use alloy_primitives::B256;
use nonos_core::ReceiptLeaf;
use nonos_core::batch::BatchRecord;
use nonos_core::receipt::Receipt;

/// A node's word on a leaf. What it says of a bad proof is only a suspicion: the chain decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// Its receipt is here, and the proof holds under a key that the node pins.
    InOrder,
    /// What it stands for is not known.
    Missing,
    /// Its proof is bad, for this reason.
    Suspect(Box<Receipt>, String),
    /// The node cannot say, for this reason.
    Undecided(Box<Receipt>, String),
}

/// Asks the node for the receipt behind a leaf, and for its verdict.
pub async fn leaf(node: &dyn Node, chain: &dyn Batches, leaf: B256) -> Result<Word, NodeError> {
    let Some(receipt) = node.receipt_of_leaf(ReceiptLeaf(leaf)).await? else { return Ok(Word::Missing) };
    if chain.leaf_of(&receipt.header, &receipt.launchProof) != leaf {
        // Another receipt, or one for another anchor.
        return Ok(Word::Missing);
    }
    Ok(match node.proof_verdict(&receipt).await? {
        ProofVerdict::Valid => Word::InOrder,
        ProofVerdict::Invalid(why) => Word::Suspect(Box::new(receipt), why),
        ProofVerdict::Unknown(why) => Word::Undecided(Box::new(receipt), why),
    })
}

/// The leaves of a batch, from the node or from the chain, if they fit root and commitment. `outage` hears of a node that
/// does not answer.
pub async fn leaves(
    node: &dyn Node,
    chain: &dyn Batches,
    batch: &AnchoredBatch,
    outage: impl FnOnce(NodeError),
) -> Result<Option<Vec<B256>>, MarketError> {
    let fits = |leaves: &Vec<B256>| {
        // Chain and anchor are not part of what is compared here.
        let record = BatchRecord {
            chainId: 0,
            anchor: batch.batch.relayer,
            batch: batch.batch,
            leaves: leaves.clone(),
        };
        record.check().is_ok()
    };
    let from_node = node.leaves(batch.id).await.unwrap_or_else(|error| {
        outage(error);
        None
    });
    Ok(match from_node.filter(fits) {
        Some(leaves) => Some(leaves),
        None => chain.published_leaves(batch).await?.filter(fits),
    })
}
