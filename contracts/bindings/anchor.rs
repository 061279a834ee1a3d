//! Recording receipts, and the block that a launch names as earlier.

use alloy::{
    consensus::Header, eips::BlockNumberOrTag, providers::Provider, rlp, rpc::types::TransactionReceipt,
};
use alloy_primitives::{B256, Bytes, keccak256};
use nonos_core::receipt::ReceiptHeader;

use crate::{abi::ReceiptAnchor, deploy::Deployment, error::ChainError};

/// A block that a launch can name as its `notBefore`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Block number: `header.notBeforeBlock`.
    pub number: u64,
    /// Block hash: `header.notBeforeHash`.
    pub hash: B256,
    /// Block time in unix seconds; `header.launchedAt` must not be smaller.
    pub timestamp: u64,
    /// RLP of the block header, which `verifyNow` takes to learn the time.
    pub header: Bytes,
}

async fn checkpoint(provider: &impl Provider, tag: BlockNumberOrTag) -> Result<Checkpoint, ChainError> {
    let wanted = tag.as_number().unwrap_or_default();
    let block = provider
        .get_block_by_number(tag)
        .await
        .map_err(|error| ChainError::transport("reading a block", error))?
        .ok_or(ChainError::NoBlock(wanted))?;
    let header: Header = block.header.inner;
    let encoded: Bytes = rlp::encode(&header).into();
    let (computed, claimed) = (keccak256(&encoded), block.header.hash);
    if computed != claimed {
        return Err(ChainError::HeaderHash { number: header.number, computed, claimed });
    }
    Ok(Checkpoint { number: header.number, hash: claimed, timestamp: header.timestamp, header: encoded })
}

/// The latest block, for a new launch.
pub async fn latest_checkpoint(provider: &impl Provider) -> Result<Checkpoint, ChainError> {
    checkpoint(provider, BlockNumberOrTag::Latest).await
}

/// A given block, for anchoring a receipt that names it.
pub async fn checkpoint_at(provider: &impl Provider, number: u64) -> Result<Checkpoint, ChainError> {
    checkpoint(provider, BlockNumberOrTag::Number(number)).await
}

pub(crate) async fn latest_header(provider: &impl Provider) -> Result<Header, ChainError> {
    let block = provider.get_block_by_number(BlockNumberOrTag::Latest).await;
    let block = block.map_err(|error| ChainError::transport("reading the latest block", error))?;
    block.map(|block| block.header.inner).ok_or(ChainError::NoBlock(0))
}

/// Sends `verifyNow` for a receipt and waits until it is mined. The refusal of any check comes back decoded.
pub async fn verify_now(
    provider: &impl Provider,
    deployment: &Deployment,
    header: &ReceiptHeader,
    proof: Bytes,
    publisher: B256,
) -> Result<TransactionReceipt, ChainError> {
    const WHAT: &str = "anchoring the receipt";
    let checkpoint = checkpoint_at(provider, header.notBeforeBlock).await?;
    let anchor = ReceiptAnchor::new(deployment.addresses.receipt_anchor, provider);
    let call = anchor.verifyNow(header.into(), proof, publisher, checkpoint.header);
    let pending = call.send().await.map_err(|error| ChainError::call(WHAT, error))?;
    let mined =
        pending.get_receipt().await.map_err(|source| ChainError::Pending { what: WHAT.into(), source })?;
    if mined.status() {
        Ok(mined)
    } else {
        Err(ChainError::Failed { what: WHAT.into(), hash: mined.transaction_hash })
    }
}
