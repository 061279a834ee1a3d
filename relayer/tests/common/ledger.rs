//! What is really on the chain, read without any faults, and compared with the queue.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use alloy::providers::{DynProvider, Provider};
use alloy_primitives::{Address, B256};
use nonos_contracts::abi::ReceiptAnchor;
use nonos_relayer::queue::{BatchState, Queue};

use super::leaf;

/// Blocks per log query.
const PAGE: usize = 50;

/// Batch ids on the canonical chain; panics if one is there twice.
pub async fn anchored(provider: &DynProvider, anchor: Address) -> BTreeMap<B256, u32> {
    let contract = ReceiptAnchor::new(anchor, provider);
    let head = provider.get_block_number().await.expect("a height");
    let mut found = BTreeMap::new();
    for first in (0..=head).step_by(PAGE) {
        let last = (first + PAGE as u64 - 1).min(head);
        let events = contract.BatchAnchored_filter().from_block(first).to_block(last).query().await;
        for (event, _) in events.expect("events") {
            let twice = found.insert(event.batchId, event.size);
            assert!(twice.is_none(), "batch {} was anchored twice", event.batchId);
        }
    }
    found
}

/// Leaves on chain so far, by the events' sizes.
pub async fn anchored_leaves(provider: &DynProvider, anchor: Address) -> u64 {
    anchored(provider, anchor).await.values().map(|size| u64::from(*size)).sum()
}

/// The batches of the queue.
pub fn batches(queue: &Queue) -> Vec<nonos_relayer::queue::Batch> {
    let states = BatchState::ALL.into_iter();
    states.flat_map(|state| queue.batches(state, 0, usize::MAX).expect("batches")).collect()
}

/// Every receipt 0..`receipts` is in exactly one batch that is on chain; every batch on chain is one of the queue's, which
/// is consistent in itself. Gives the number of batches.
pub async fn exactly_once(provider: &DynProvider, anchor: Address, queue: &Queue, receipts: u64) -> usize {
    queue.check().expect("a consistent queue");
    let mut on_chain = anchored(provider, anchor).await;
    let mut seen = HashSet::new();
    let batches = batches(queue);
    for batch in &batches {
        let record = queue.record(batch.sequence).expect("leaves").record;
        let size = on_chain.remove(&B256::from(batch.id()));
        assert_eq!(
            size,
            Some(batch.reference.size),
            "batch {} ({:?}) is on chain",
            batch.sequence,
            batch.state
        );
        assert!(batch.state >= BatchState::Mined, "batch {} is known to be", batch.sequence);
        for leaf in record.leaves {
            assert!(seen.insert(leaf), "leaf {leaf} is in two batches");
        }
    }
    assert!(on_chain.is_empty(), "batches that the queue does not know: {on_chain:?}");
    let expected: BTreeSet<B256> = (0..receipts).map(leaf).collect();
    assert_eq!(seen.len(), expected.len());
    assert!(expected.iter().all(|leaf| seen.contains(leaf)), "every receipt is anchored");
    batches.len()
}
