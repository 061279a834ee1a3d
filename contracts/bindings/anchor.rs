//! Recording receipts, and the block that a launch names as earlier.

use alloy::{
    consensus::Header, eips::BlockNumberOrTag, providers::Provider, rlp, rpc::types::TransactionReceipt,
};
use alloy_primitives::{Address, B256, Bytes, TxHash, keccak256};
use nonos_core::{chain::is_dev_chain, receipt::ReceiptHeader};

use crate::{
    abi::anchor::ReceiptAnchor::{self, ReceiptAnchorInstance},
    deployment::Deployment,
    error::ChainError,
    transact::transact,
};

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

/// Blocks between the head and the checkpoint of a launch: most reorganisations are one block deep, and a receipt that
/// names a block which was reorganised away can never be recorded.
const CHECKPOINT_DEPTH: u64 = 2;

/// The newest block that a new launch should name: two behind the head, and the head itself on development chains.
pub async fn latest_checkpoint(provider: &impl Provider) -> Result<Checkpoint, ChainError> {
    let chain = provider.get_chain_id().await;
    let chain = chain.map_err(|error| ChainError::transport("reading the chain id", error))?;
    if is_dev_chain(chain) {
        return checkpoint(provider, BlockNumberOrTag::Latest).await;
    }
    let head = provider.get_block_number().await;
    let head = head.map_err(|error| ChainError::transport("reading the block number", error))?;
    checkpoint_at(provider, head.saturating_sub(CHECKPOINT_DEPTH)).await
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

/// A receipt that the anchor holds.
#[derive(Clone, Debug)]
pub enum Anchored {
    /// By our transaction.
    Now(Box<TransactionReceipt>),
    /// The very same receipt was there already, by whoever sent it: as good as ours, the payee is in the header.
    AlreadyRecorded {
        /// Unix seconds of the recording block.
        recorded_at: u64,
        /// Who sent it.
        submitter: Address,
    },
}

impl Anchored {
    /// The transaction, if it was ours.
    pub fn transaction(&self) -> Option<TxHash> {
        match self {
            Self::Now(mined) => Some(mined.transaction_hash),
            Self::AlreadyRecorded { .. } => None,
        }
    }
}

/// Has a receipt recorded: asks first, then sends `verifyNow` and waits until it is mined.
///
/// Anybody can send anybody's receipt. If somebody does so between the question and our transaction, that one is refused
/// as a repetition, and the answer is [`Anchored::AlreadyRecorded`]. Every other refusal comes back decoded.
pub async fn verify_now(
    provider: &impl Provider,
    deployment: &Deployment,
    header: &ReceiptHeader,
    proof: Bytes,
    publisher: B256,
) -> Result<Anchored, ChainError> {
    let anchor = ReceiptAnchor::new(deployment.addresses.receipt_anchor, provider);
    if let Some(record) = record_of(&anchor, header).await? {
        return Ok(record);
    }
    match send(&anchor, header, proof, publisher).await {
        Ok(mined) => Ok(Anchored::Now(Box::new(mined))),
        Err(error @ (ChainError::Reverted { .. } | ChainError::Failed { .. })) => {
            record_of(&anchor, header).await?.ok_or(error)
        }
        Err(error) => Err(error),
    }
}

async fn record_of<P: Provider>(
    anchor: &ReceiptAnchorInstance<P>,
    header: &ReceiptHeader,
) -> Result<Option<Anchored>, ChainError> {
    let failed = |error| ChainError::call("asking whether the receipt is recorded", error);
    if !anchor.isRecorded(header.into()).call().await.map_err(failed)? {
        return Ok(None);
    }
    let record = anchor.recordOf(header.verifierKey, header.nullifier).call().await.map_err(failed)?;
    Ok(Some(Anchored::AlreadyRecorded { recorded_at: record.recordedAt, submitter: record.submitter }))
}

async fn send<P: Provider>(
    anchor: &ReceiptAnchorInstance<P>,
    header: &ReceiptHeader,
    proof: Bytes,
    publisher: B256,
) -> Result<TransactionReceipt, ChainError> {
    const WHAT: &str = "anchoring the receipt";
    let checkpoint = checkpoint_at(anchor.provider(), header.notBeforeBlock).await?;
    let call = anchor.verifyNow(header.into(), proof, publisher, checkpoint.header);
    transact(WHAT, call).await
}
