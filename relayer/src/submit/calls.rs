//! The calls of the anchor that this account makes. Each is idempotent: made twice, the second changes nothing.

use alloy_primitives::{B256, Bytes};
use alloy_sol_types::SolCall;
use nonos_contracts::abi::ReceiptAnchor;
use nonos_core::batch::BatchRef;
use nonos_core::receipt::Receipt;

/// `anchorBatch`: the second reverts with `BatchExists`.
pub(super) fn anchor(batch: &BatchRef) -> Bytes {
    let BatchRef { root, size, dataCommitment, .. } = *batch;
    ReceiptAnchor::anchorBatchCall { root, size, dataCommitment }.abi_encode().into()
}

/// `releaseSlice`: the second reverts with `NoSlice`.
pub(super) fn release(batch: &BatchRef) -> Bytes {
    ReceiptAnchor::releaseSliceCall { batch: batch.into() }.abi_encode().into()
}

/// `revealLeaf`: the second reverts with `NoOpenDemand`.
pub(super) fn reveal(batch: &BatchRef, index: u32, path: Vec<B256>, receipt: &Receipt) -> Bytes {
    let (header, proof) = ((&receipt.header).into(), receipt.launchProof.clone());
    ReceiptAnchor::revealLeafCall { batch: batch.into(), index, path, header, proof }.abi_encode().into()
}
