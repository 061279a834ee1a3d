//! The traits on real contracts: reads through the provider, transactions through one [`Sender`].

use crate::chain::sender::Sender;
use crate::chain::{Blocks, Claim, Head, LeafState, Lock, Market, Mined, RequestState, Stake, Submission};
use crate::error::SendError;
use crate::node::Inclusion;
use alloy::eips::BlockNumberOrTag;
use alloy::providers::{DynProvider, Provider};
use alloy::rpc::types::Filter;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolEvent;
use async_trait::async_trait;
use nonos_contracts::abi::{CapsuleRegistry, ProofMarket, ReceiptAnchor, TrustScores, VerifierRouter};
use nonos_contracts::anchor::checkpoint_at;
use nonos_contracts::batch::DemandState;
use nonos_contracts::{ChainError, Deployment};
use nonos_core::receipt::{Receipt, ReceiptHeader, batch_leaf};
use nonos_core::request::ProofRequest;
use std::sync::Arc;

/// A deployment's market and anchor, with the account that sends.
#[derive(Clone, Debug)]
pub struct EvmChain {
    provider: DynProvider,
    deployment: Arc<Deployment>,
    sender: Arc<Sender>,
}

impl EvmChain {
    /// Puts the parts together. The deployment was checked against the chain.
    pub fn new(provider: DynProvider, deployment: Deployment, sender: Arc<Sender>) -> Self {
        Self { provider, deployment: Arc::new(deployment), sender }
    }

    /// The deployment.
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// The provider, for reads that are not the agents'.
    pub const fn provider(&self) -> &DynProvider {
        &self.provider
    }

    pub(crate) fn sender(&self) -> &Sender {
        &self.sender
    }

    pub(crate) fn market(&self) -> ProofMarket::ProofMarketInstance<&DynProvider> {
        ProofMarket::new(self.deployment.addresses.proof_market, &self.provider)
    }

    pub(super) fn anchor(&self) -> ReceiptAnchor::ReceiptAnchorInstance<&DynProvider> {
        ReceiptAnchor::new(self.deployment.addresses.receipt_anchor, &self.provider)
    }

    fn router(&self) -> VerifierRouter::VerifierRouterInstance<&DynProvider> {
        VerifierRouter::new(self.deployment.addresses.verifier_router, &self.provider)
    }

    pub(super) fn digest_leaf(&self, header: &ReceiptHeader, proof: &[u8]) -> B256 {
        let digest = header.digest(self.deployment.chain_id, self.deployment.addresses.receipt_anchor);
        batch_leaf(digest, proof).into()
    }

    async fn lock_as_it_is(&self, id: B256, request: &ProofRequest, held: bool) -> Result<Lock, ChainError> {
        let failed = |error| ChainError::call("reading a lock", error);
        let market = self.market();
        let lock = market.lockOf(id).call().await.map_err(failed)?;
        let claim = market.claimOf(id).call().await.map_err(failed)?;
        let slash_from = match held {
            true => market.slashableAt(id).call().await.map_err(failed)?,
            false => U256::ZERO,
        };
        let deadline = lock.deadline.to::<u64>();
        let claimed = lock.state == state::CLAIMED;
        let standing = match claimed {
            true => Some(self.claimed_place(&claim).await?),
            false => None,
        };
        let narrow = |wei: U256| u128::try_from(wei).unwrap_or(u128::MAX);
        Ok(Lock {
            locker: lock.locker,
            operator: lock.operator,
            price: narrow(U256::from(lock.price)),
            collateral: narrow(U256::from(lock.collateral)),
            deadline,
            alone_until: request.price_terms().alone_until(),
            record_until: deadline.max(claim.reopenedUntil),
            reopened: claim.reopenedUntil != 0,
            slash_from: u64::try_from(slash_from).unwrap_or(u64::MAX),
            claim: standing,
        })
    }

    async fn claimed_place(&self, claim: &ProofMarket::Claim) -> Result<Claim, ChainError> {
        let failed = |error| ChainError::call("reading a claimed leaf", error);
        let anchor = self.anchor();
        let place = anchor.placeStatus(claim.batchId, claim.index).call().await.map_err(failed)?;
        let batch = anchor.batchOf(claim.batchId).call().await.map_err(failed)?;
        Ok(Claim {
            batch: claim.batchId,
            index: claim.index,
            state: leaf_state(place.status),
            final_at: batch.finalAt,
        })
    }

    pub(super) async fn logs(
        &self,
        what: &str,
        filter: Filter,
        from: u64,
        to: u64,
    ) -> Result<Vec<alloy::rpc::types::Log>, ChainError> {
        let filter = filter.from_block(BlockNumberOrTag::Number(from)).to_block(BlockNumberOrTag::Number(to));
        self.provider.get_logs(&filter).await.map_err(|error| ChainError::transport(what, error))
    }

    /// The open demand for the input of a request: the last second for an answer, and its bond.
    pub(crate) async fn input_demand(&self, id: B256) -> Result<Option<(u64, U256)>, ChainError> {
        let found = self.market().inputDemandOf(id).call().await;
        let found = found.map_err(|error| ChainError::call("reading a demand for an input", error))?;
        let open = DemandState::read(found.state)? == DemandState::Open;
        Ok(open.then(|| (found.answerBy, U256::from(found.bond))))
    }

    /// The newest event of this kind, wherever it is: what is asked for is mostly young.
    pub(super) async fn newest<T>(
        &self,
        what: &str,
        filter: Filter,
        read: fn(&alloy::rpc::types::Log) -> Option<T>,
    ) -> Result<Option<T>, ChainError> {
        let mut to = self.head().await?.number;
        let mut page = 2_000;
        loop {
            let from = to.saturating_sub(page - 1).max(self.deployment.first_block);
            match self.logs(what, filter.clone(), from, to).await {
                Ok(logs) => {
                    if let Some(found) = logs.iter().find_map(read) {
                        return Ok(Some(found));
                    }
                    if from <= self.deployment.first_block {
                        return Ok(None);
                    }
                    to = from - 1;
                }
                Err(ChainError::Transport { source, .. }) if source.is_error_resp() && page > 1 => page /= 2,
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) fn market_filter(&self) -> Filter {
        Filter::new().address(self.deployment.addresses.proof_market)
    }

    pub(super) fn anchor_filter(&self) -> Filter {
        Filter::new().address(self.deployment.addresses.receipt_anchor)
    }
}

/// The contract's numbers for the states of a request.
mod state {
    pub const OPEN: u8 = 1;
    pub const LOCKED: u8 = 2;
    pub const CLAIMED: u8 = 3;
    pub const REOPENED: u8 = 4;
    pub const FULFILLED: u8 = 5;
    pub const SLASHED: u8 = 6;
    pub const UNWOUND: u8 = 7;
    pub const CANCELLED: u8 = 8;
    pub const EXPIRED: u8 = 9;
    pub const RESCUED: u8 = 10;
}

fn leaf_state(status: u8) -> LeafState {
    match status {
        1 => LeafState::Pending,
        2 => LeafState::Final,
        3 => LeafState::Void,
        _ => LeafState::Unknown,
    }
}

#[async_trait]
impl Blocks for EvmChain {
    async fn head(&self) -> Result<Head, ChainError> {
        let block = self.provider.get_block_by_number(BlockNumberOrTag::Latest).await;
        let block = block.map_err(|error| ChainError::transport("reading the newest block", error))?;
        let header = block.ok_or(ChainError::NoBlock(0))?.header;
        Ok(Head { number: header.number, hash: header.hash, timestamp: header.timestamp })
    }

    async fn hash_of(&self, number: u64) -> Result<Option<B256>, ChainError> {
        let block = self.provider.get_block_by_number(BlockNumberOrTag::Number(number)).await;
        let block = block.map_err(|error| ChainError::transport("reading a block", error))?;
        Ok(block.map(|block| block.header.hash))
    }
}

#[async_trait]
impl Market for EvmChain {
    fn account(&self) -> Address {
        self.sender.account()
    }

    async fn submissions(&self, from: u64, to: u64) -> Result<Vec<Submission>, ChainError> {
        let filter = self.market_filter().event_signature(ProofMarket::RequestSubmitted::SIGNATURE_HASH);
        let logs = self.logs("reading submissions", filter, from, to).await?;
        Ok(logs.iter().filter_map(submission).collect())
    }

    async fn own_locks(&self, from: u64, to: u64) -> Result<Vec<B256>, ChainError> {
        let filter = self
            .market_filter()
            .event_signature(ProofMarket::RequestLocked::SIGNATURE_HASH)
            .topic2(self.sender.account().into_word());
        let logs = self.logs("reading our locks", filter, from, to).await?;
        Ok(logs.iter().filter_map(|log| log.topics().get(1).copied()).collect())
    }

    async fn submission(&self, id: B256) -> Result<Option<Submission>, ChainError> {
        let filter =
            self.market_filter().event_signature(ProofMarket::RequestSubmitted::SIGNATURE_HASH).topic1(id);
        self.newest("looking for a request", filter, submission).await
    }

    async fn state_of(&self, id: B256, request: &ProofRequest) -> Result<RequestState, ChainError> {
        let failed = |error| ChainError::call("reading the state of a request", error);
        let number = self.market().stateOf(id).call().await.map_err(failed)?;
        Ok(match number {
            state::OPEN => RequestState::Open,
            state::LOCKED | state::CLAIMED | state::REOPENED => {
                RequestState::Locked(self.lock_as_it_is(id, request, true).await?)
            }
            state::FULFILLED => RequestState::Fulfilled(self.lock_as_it_is(id, request, false).await?),
            state::SLASHED => RequestState::Slashed(self.lock_as_it_is(id, request, false).await?),
            state::UNWOUND => RequestState::Unwound(self.lock_as_it_is(id, request, false).await?),
            state::RESCUED => RequestState::Rescued(self.lock_as_it_is(id, request, false).await?),
            state::CANCELLED => RequestState::Cancelled,
            state::EXPIRED => RequestState::Expired,
            _ => RequestState::Unknown,
        })
    }

    async fn key_in_use(&self, key: B256) -> Result<bool, ChainError> {
        let failed = |error| ChainError::call("asking whether the verifier is in use", error);
        let router = self.router();
        if router.stopped().call().await.map_err(failed)? {
            return Ok(false);
        }
        Ok(!router.removed(key).call().await.map_err(failed)?)
    }

    async fn is_listed(&self, request: &ProofRequest) -> Result<bool, ChainError> {
        let registry = CapsuleRegistry::new(self.deployment.addresses.capsule_registry, &self.provider);
        let listed = registry.isCapsuleListed(request.publisherId, request.capsuleLeaf).call().await;
        listed.map_err(|error| ChainError::call("asking whether the capsule is listed", error))
    }

    async fn stake(&self, request: &ProofRequest, operator: B256) -> Result<Stake, ChainError> {
        let failed = |error| ChainError::call("reading what a lock takes", error);
        let market = self.market();
        let trust = TrustScores::new(self.deployment.addresses.trust_scores, &self.provider);
        Ok(Stake {
            free: market.balanceOf(self.sender.account()).call().await.map_err(failed)?,
            collateral: market.collateralOf(request.into(), operator).call().await.map_err(failed)?,
            score: trust.scoreOf(operator).call().await.map_err(failed)?,
        })
    }

    async fn balance_of(&self, account: Address) -> Result<U256, ChainError> {
        let balance = self.market().balanceOf(account).call().await;
        balance.map_err(|error| ChainError::call("reading a balance in the market", error))
    }

    async fn recorded_at(&self, header: &ReceiptHeader) -> Result<Option<u64>, ChainError> {
        let failed = |error| ChainError::call("asking whether the receipt is recorded", error);
        let anchor = self.anchor();
        if !anchor.isRecorded(header.into()).call().await.map_err(failed)? {
            return Ok(None);
        }
        Ok(Some(
            anchor.recordOf(header.verifierKey, header.nullifier).call().await.map_err(failed)?.recordedAt,
        ))
    }

    async fn settle(&self) -> Result<(), ChainError> {
        self.sender.settle().await
    }

    async fn lock(
        &self,
        request: &ProofRequest,
        signature: &Bytes,
        operator: B256,
    ) -> Result<Mined, SendError> {
        let call = self
            .market()
            .lock(request.into(), signature.clone(), operator, Vec::new())
            .into_transaction_request();
        self.sender.send("locking a request", call).await
    }

    async fn claim(
        &self,
        request: &ProofRequest,
        receipt: &Receipt,
        inclusion: &Inclusion,
    ) -> Result<Mined, SendError> {
        const WHAT: &str = "claiming a request";
        let evidence = ProofMarket::Evidence {
            batch: ProofMarket::BatchRef {
                relayer: inclusion.batch.relayer,
                root: inclusion.batch.root,
                size: inclusion.batch.size,
                dataCommitment: inclusion.batch.dataCommitment,
            },
            index: inclusion.index,
            path: inclusion.path.clone(),
            header: (&receipt.header).into(),
            proof: receipt.launchProof.clone(),
            notBeforeHeader: self.not_before(WHAT, &receipt.header).await?,
        };
        let call = self.market().claim(request.into(), evidence).into_transaction_request();
        self.sender.send(WHAT, call).await
    }

    async fn fulfil(&self, id: B256, request: &ProofRequest) -> Result<Mined, SendError> {
        let call = match request.is_plain() {
            true => self.market().fulfil(id).into_transaction_request(),
            false => self.market().fulfilClaimed(request.into(), Vec::new()).into_transaction_request(),
        };
        self.sender.send("fulfilling a request", call).await
    }

    async fn fulfil_recorded(&self, request: &ProofRequest, receipt: &Receipt) -> Result<Mined, SendError> {
        const WHAT: &str = "having a receipt recorded and paid";
        let not_sent =
            |error: ChainError| SendError::NotSent { what: WHAT.into(), reason: error.to_string() };
        let header = &receipt.header;
        // Proof and checkpoint are not read if it is recorded, and the checkpoint may be forgotten by then.
        let (proof, checkpoint) = match self.recorded_at(header).await.map_err(not_sent)? {
            Some(_) => (Bytes::new(), Bytes::new()),
            None => (receipt.launchProof.clone(), self.not_before(WHAT, header).await?),
        };
        let proven = ProofMarket::Proven { header: header.into(), proof, notBeforeHeader: checkpoint };
        let call =
            self.market().fulfilRecorded(request.into(), proven, Vec::new()).into_transaction_request();
        self.sender.send(WHAT, call).await
    }

    async fn drop_claim(&self, id: B256, _: &ProofRequest) -> Result<Mined, SendError> {
        self.sender
            .send("dropping a void claim", self.market().dropClaim(id).into_transaction_request())
            .await
    }

    async fn slash(&self, _: B256, request: &ProofRequest) -> Result<Mined, SendError> {
        let call = self.market().slash(request.into()).into_transaction_request();
        self.sender.send("slashing a stalled lock", call).await
    }

    async fn unwind(&self, _: B256, request: &ProofRequest) -> Result<Mined, SendError> {
        let call = self.market().unwind(request.into()).into_transaction_request();
        self.sender.send("unwinding a lock", call).await
    }
}

impl EvmChain {
    /// RLP of the block header that a receipt names as earlier.
    async fn not_before(&self, what: &str, header: &ReceiptHeader) -> Result<Bytes, SendError> {
        let checkpoint = checkpoint_at(&self.provider, header.notBeforeBlock).await;
        let checkpoint = checkpoint
            .map_err(|error| SendError::NotSent { what: what.into(), reason: error.to_string() })?;
        Ok(checkpoint.header)
    }
}

fn submission(log: &alloy::rpc::types::Log) -> Option<Submission> {
    let event = ProofMarket::RequestSubmitted::decode_log_validate(&log.inner).ok()?.data;
    Some(Submission { id: event.requestId, request: (&event.request).into(), block: log.block_number? })
}
