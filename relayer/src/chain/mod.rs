//! The chain as the relayer reads it: every question has a deadline, and every answer that a decision rests on is asked of
//! one block by its hash (EIP-1898), so that the nodes behind a load balancer cannot answer half a question each.

mod account;
mod error;
mod fees;

use std::future::{Future, IntoFuture};
use std::time::Duration;

use alloy::contract;
use alloy::eips::BlockNumberOrTag;
use alloy::providers::{DynProvider, Provider};
use alloy::rpc::types::TransactionRequest;
use alloy::transports::TransportError;
use alloy_primitives::{Address, B256, Bytes, U256};
use nonos_contracts::ChainError;
use nonos_contracts::abi::ReceiptAnchor;
use nonos_core::BatchId;

pub use account::{Account, Signed};
pub use error::RpcError;
pub use fees::{FeePolicy, Fees};

/// A head of the chain: what one step of a stage looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Block number.
    pub number: u64,
    /// Block hash.
    pub hash: B256,
    /// Block time, Unix seconds.
    pub time: u64,
    /// Base fee, wei per gas.
    pub base_fee: u64,
}

/// What the anchor calls a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Never anchored.
    Unknown,
    /// Can be challenged.
    Pending,
    /// Its leaves stand, but for the ones voided before.
    Final,
    /// The router was stopped first: it never becomes final.
    Frozen,
    /// Every leaf is void.
    Fallen,
}

/// What the anchor keeps of a batch, in the state of one block. Times in Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnChain {
    /// State.
    pub standing: Standing,
    /// Anchoring block; 0 if there is no such batch.
    pub anchored_at: u64,
    /// From when it is final; a demand moves it.
    pub final_at: u64,
    /// Last second in which its slice can be slashed.
    pub liable_until: u64,
    /// Wei of bond locked for it; 0 once released or slashed.
    pub slice: U256,
    /// Demands to show a leaf that are neither answered nor closed.
    pub open_demands: u16,
}

/// Reads from one anchor on one chain.
#[derive(Clone, Debug)]
pub struct Chain {
    provider: DynProvider,
    anchor: Address,
    patience: Duration,
}

impl Chain {
    /// For the anchor at `anchor`; every question is given up after `patience`.
    pub fn new(provider: DynProvider, anchor: Address, patience: Duration) -> Self {
        Self { provider, anchor, patience }
    }

    /// alloy's provider, for questions that are not asked here.
    pub fn provider(&self) -> &DynProvider {
        &self.provider
    }

    /// The anchor.
    pub fn anchor(&self) -> Address {
        self.anchor
    }

    /// Gives up after the patience of this chain.
    pub async fn within<F: IntoFuture>(&self, question: F) -> Result<F::Output, RpcError> {
        let answer = tokio::time::timeout(self.patience, question.into_future()).await;
        answer.map_err(|_| RpcError::Timeout(self.patience))
    }

    async fn ask<T>(
        &self,
        what: &str,
        question: impl IntoFuture<Output = Result<T, TransportError>>,
    ) -> Result<T, RpcError> {
        self.within(question).await?.map_err(|error| RpcError::transport(what, error))
    }

    async fn call<T>(
        &self,
        what: &'static str,
        question: impl Future<Output = Result<T, contract::Error>>,
    ) -> Result<T, RpcError> {
        Ok(self.within(question).await?.map_err(|error| ChainError::call(what, error))?)
    }

    /// Fails unless the node is on this chain.
    pub async fn require_id(&self, expected: u64) -> Result<(), RpcError> {
        let found = self.ask("reading the chain id", self.provider.get_chain_id()).await?;
        if found == expected { Ok(()) } else { Err(RpcError::WrongChain { found, expected }) }
    }

    /// The newest block.
    pub async fn head(&self) -> Result<Head, RpcError> {
        let latest = self.provider.get_block_by_number(BlockNumberOrTag::Latest);
        let block = self.ask("reading the head", latest).await?.ok_or(RpcError::NoHead)?;
        Ok(Head {
            number: block.header.number,
            hash: block.header.hash,
            time: block.header.timestamp,
            base_fee: block.header.base_fee_per_gas.unwrap_or_default(),
        })
    }

    /// Hash of the chain's block of this number; `None` beyond the head.
    pub async fn hash_of(&self, number: u64) -> Result<Option<B256>, RpcError> {
        let block = self.ask("reading a block", self.provider.get_block_by_number(number.into())).await?;
        Ok(block.map(|block| block.header.hash))
    }

    /// What the anchor knows of a batch in the state of block `at`.
    pub async fn batch_of(&self, id: BatchId, at: B256) -> Result<OnChain, RpcError> {
        let anchor = ReceiptAnchor::new(self.anchor, &self.provider);
        let batch =
            self.call("reading a batch", async { anchor.batchOf(id.0).block(at.into()).call().await });
        let batch = batch.await?;
        let standing = match batch.state {
            1 => Standing::Pending,
            2 => Standing::Final,
            3 => Standing::Frozen,
            4 => Standing::Fallen,
            _ => Standing::Unknown,
        };
        Ok(OnChain {
            standing,
            anchored_at: batch.anchoredAt,
            final_at: batch.finalAt,
            liable_until: batch.liableUntil,
            slice: batch.slice,
            open_demands: batch.openDemands,
        })
    }

    /// Whether somebody demands to see a leaf and has no answer yet, in the state of block `at`.
    pub async fn demanded(&self, id: BatchId, index: u32, at: B256) -> Result<bool, RpcError> {
        const OPEN: u8 = 1;
        let anchor = ReceiptAnchor::new(self.anchor, &self.provider);
        let demand = self
            .call("reading a demand", async { anchor.demandOf(id.0, index).block(at.into()).call().await });
        demand.await.map(|demand| demand.state == OPEN)
    }

    /// Free and locked bond of an account in the state of block `at`, wei.
    pub async fn bond_of(&self, account: Address, at: B256) -> Result<(U256, U256), RpcError> {
        let anchor = ReceiptAnchor::new(self.anchor, &self.provider);
        let bond =
            self.call("reading the bond", async { anchor.bondOf(account).block(at.into()).call().await });
        bond.await.map(|bond| (bond.free, bond.locked))
    }

    /// Wei of bond that a batch locks. Fixed for ever.
    pub async fn slice(&self) -> Result<U256, RpcError> {
        let anchor = ReceiptAnchor::new(self.anchor, &self.provider);
        let stakes = self.call("reading the stakes", async { anchor.stakes().call().await });
        stakes.await.map(|stakes| U256::from(stakes.slice))
    }

    /// Nonce of an account in the state of block `at`.
    pub async fn nonce(&self, account: Address, at: B256) -> Result<u64, RpcError> {
        let question = self.provider.get_transaction_count(account).block_id(at.into());
        self.ask("reading the nonce", question).await
    }

    /// The next nonce with what the node has in its pool: a hint.
    pub async fn pending_nonce(&self, account: Address) -> Result<u64, RpcError> {
        let question = self.provider.get_transaction_count(account).pending();
        self.ask("reading the pending nonce", question).await
    }

    /// The node's proposal for a priority fee, wei per gas: a hint.
    pub async fn priority_fee(&self) -> Result<u128, RpcError> {
        self.ask("reading the priority fee", self.provider.get_max_priority_fee_per_gas()).await
    }

    /// Gas that a call of the anchor would take; a refusal comes back decoded.
    pub async fn estimate(&self, from: Address, input: Bytes) -> Result<u64, RpcError> {
        let request = TransactionRequest::default().from(from).to(self.anchor).input(input.into());
        let gas = self.within(self.provider.estimate_gas(request)).await?;
        Ok(gas.map_err(|error| ChainError::transport("estimating", error))?)
    }

    /// Hands a signed transaction to the node. An error does not mean that the node did not take it.
    pub async fn send(&self, raw: &[u8]) -> Result<(), RpcError> {
        let sent = self.within(self.provider.send_raw_transaction(raw)).await?;
        sent.map(drop).map_err(|error| RpcError::transport("sending a transaction", error))
    }
}
