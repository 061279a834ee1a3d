//! The requester: makes a request, follows it, judges what came back, and takes what is due to it when nothing did.

use crate::chain::{EvmChain, LeafState, Lock, Market, Mined, RequestState, Submission};
use crate::clock::Clock;
use crate::error::{MarketError, SendError};
use crate::node::{Node, ProofVerdict, input};
use crate::operator::serves;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use nonos_core::MessageId;
use nonos_core::receipt::Receipt;
use nonos_core::request::{MarketTerms, ProofRequest};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Longest input that can be shown on chain: the market's `maxInput`.
pub const MAX_INPUT: usize = 98_304;

/// A requester's account on one market.
#[derive(Clone)]
pub struct Requester {
    chain: EvmChain,
    node: Arc<dyn Node>,
    clock: Clock,
}

/// A change that a requester sees while it waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// Nobody has locked it; what it pays now.
    Open {
        /// Wei.
        price: u128,
    },
    /// Somebody owes the receipt.
    Locked(Lock),
    /// A receipt was claimed with; it is final from this second on.
    Claimed {
        /// Unix seconds.
        final_at: u64,
    },
    /// The claimed leaf was void.
    Reopened,
    /// The lock can be slashed.
    Slashable,
    /// It is over.
    Over(RequestState),
}

/// What a requester may rely on.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The receipt.
    pub receipt: Receipt,
    /// Its name.
    pub id: MessageId,
    /// The node's verdict on its proof.
    pub proof: ProofVerdict,
    /// Recorded by `verifyNow`, and when.
    pub recorded_at: Option<u64>,
    /// keccak256 of the output.
    pub output_hash: B256,
    /// The market paid for this request.
    pub settled: bool,
}

impl Requester {
    /// A requester that reads and sends through `chain` and keeps inputs at `node`.
    pub fn new(chain: EvmChain, node: Arc<dyn Node>) -> Self {
        Self { chain, node, clock: Clock::system() }
    }

    /// Another clock than the system's.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The account.
    pub fn account(&self) -> Address {
        self.chain.account()
    }

    /// What is fixed of the market.
    pub async fn terms(&self) -> Result<MarketTerms, MarketError> {
        Ok(nonos_contracts::market::Market::new(self.market(), self.chain.provider()).terms().await?)
    }

    /// Now, as the chain and the clock have it.
    pub async fn now(&self) -> Result<u64, MarketError> {
        use crate::chain::Blocks;
        Ok(self.clock.now(&self.chain.head().await?))
    }

    fn market(&self) -> Address {
        self.chain.deployment().addresses.proof_market
    }

    /// The request's id.
    pub fn id_of(&self, request: &ProofRequest) -> B256 {
        request.id(self.chain.deployment().chain_id, self.market()).into()
    }

    /// Adds to the account's balance in the market.
    pub async fn deposit(&self, wei: U256) -> Result<Mined, SendError> {
        let call = self.chain.market().deposit().value(wei).into_transaction_request();
        self.chain.sender().send("depositing in the market", call).await
    }

    /// Takes out of it.
    pub async fn withdraw(&self, wei: U256, to: Address) -> Result<Mined, SendError> {
        let call = self.chain.market().withdraw(wei, to).into_transaction_request();
        self.chain.sender().send("withdrawing from the market", call).await
    }

    /// What an account has in the market.
    pub async fn balance(&self, account: Address) -> Result<U256, MarketError> {
        Ok(self.chain.balance_of(account).await?)
    }

    /// Everything that would keep a request from being served is said here, before it costs anything: its terms, the capsule,
    /// the balance.
    pub async fn check(&self, request: &ProofRequest) -> Result<(), MarketError> {
        let now = self.now().await?;
        request.validate(&self.terms().await?, now).map_err(|error| MarketError::Terms(error.to_string()))?;
        if now > request.lock_deadline() {
            return Err(MarketError::Terms(format!(
                "it could be locked until {} only, and it is {now}",
                request.lock_deadline()
            )));
        }
        if !self.chain.key_in_use(request.verifierKey).await? {
            return Err(MarketError::Terms(format!(
                "verifier key {} is not in use on this chain",
                request.verifierKey
            )));
        }
        if !self.chain.is_listed(request).await? {
            return Err(MarketError::Terms(format!(
                "publisher {} does not list capsule {:#066x}; `nonos capsule register` lists it",
                request.publisherId, request.capsuleLeaf
            )));
        }
        let needed = U256::from(request.offer.maxPrice) + U256::from(request.relayFee);
        let holds = self.balance(request.requester).await?;
        if holds < needed {
            return Err(MarketError::Balance {
                account_holds: holds,
                needed,
                missing: needed - holds,
                purpose: "the highest price and the relay fee",
            });
        }
        Ok(())
    }

    /// Hands the input to the node, so that operators find it by its hash.
    pub async fn offer_input(&self, input: Bytes) -> Result<B256, MarketError> {
        let expected = keccak256(&input);
        if input.is_empty() {
            return Ok(expected);
        }
        let stored = self.node.put_blob(input).await?;
        if stored != expected {
            return Err(MarketError::Terms(format!(
                "the node stored the input as {stored}, its hash is {expected}"
            )));
        }
        Ok(stored)
    }

    /// Checks and submits. A submission whose answer got lost is recognised by the market's state.
    pub async fn submit(&self, request: &ProofRequest) -> Result<B256, MarketError> {
        self.check(request).await?;
        let id = self.id_of(request);
        if self.chain.state_of(id, request).await? != RequestState::Unknown {
            return Ok(id);
        }
        let call = self.chain.market().submit(request.into()).into_transaction_request();
        match self.chain.sender().send("submitting a request", call).await {
            Ok(_) => Ok(id),
            Err(error) => match self.chain.state_of(id, request).await? {
                RequestState::Unknown => Err(error.into()),
                _ => Ok(id),
            },
        }
    }

    /// The request with this id, from its event.
    pub async fn find(&self, id: B256) -> Result<Submission, MarketError> {
        self.chain.submission(id).await?.ok_or(MarketError::UnknownRequest(id))
    }

    /// Where it stands.
    pub async fn state(&self, id: B256, request: &ProofRequest) -> Result<RequestState, MarketError> {
        Ok(self.chain.state_of(id, request).await?)
    }

    /// Takes a request back that nobody locked.
    pub async fn cancel(&self, request: &ProofRequest) -> Result<Mined, SendError> {
        let call = self.chain.market().cancel(request.into()).into_transaction_request();
        self.chain.sender().send("cancelling a request", call).await
    }

    /// Marks a request as expired.
    pub async fn expire(&self, request: &ProofRequest) -> Result<Mined, SendError> {
        let call = self.chain.market().expire(request.into()).into_transaction_request();
        self.chain.sender().send("expiring a request", call).await
    }

    /// The open demand for the input of a request: the last second for an answer, and its bond in wei.
    pub async fn input_demand(&self, id: B256) -> Result<Option<(u64, U256)>, MarketError> {
        Ok(self.chain.input_demand(id).await?)
    }

    /// Shows the input of a request on chain; the bond of the demand goes to our account in the market.
    pub async fn answer(&self, request: &ProofRequest, input: Bytes) -> Result<Mined, MarketError> {
        let actual = keccak256(&input);
        if actual != request.inputHash {
            return Err(MarketError::Terms(format!(
                "this input has the hash {actual}, the request names {}",
                request.inputHash
            )));
        }
        if input.len() > MAX_INPUT {
            return Err(MarketError::Terms(format!(
                "the input has {} bytes, and at most {MAX_INPUT} can be shown on chain",
                input.len()
            )));
        }
        let market = self.chain.market();
        let call = market.answerInput(request.into(), input).into_transaction_request();
        Ok(self.chain.sender().send("showing the input of a request", call).await?)
    }

    /// Answers an open demand with what the node has: unanswered, it would let the locker go.
    async fn answer_from_node(&self, id: B256, request: &ProofRequest) -> Result<(), MarketError> {
        let Some((answer_by, bond)) = self.input_demand(id).await? else { return Ok(()) };
        if self.now().await? > answer_by {
            return Ok(());
        }
        let input = input(&*self.node, request.inputHash).await?.ok_or_else(|| {
            MarketError::Terms(format!("the node has no input {} to show", request.inputHash))
        })?;
        tracing::info!(request = %id, answer_by, %bond, "the locker demands the input: showing it");
        self.answer(request, input).await?;
        Ok(())
    }

    /// Slashes a stalled lock.
    pub async fn slash(&self, id: B256, request: &ProofRequest) -> Result<Mined, SendError> {
        self.chain.slash(id, request).await
    }

    /// Ends a lock neutrally after a stop or a removal.
    pub async fn unwind(&self, id: B256, request: &ProofRequest) -> Result<Mined, SendError> {
        self.chain.unwind(id, request).await
    }

    /// Waits until the request is over, or can be slashed, and tells every change. Outages of the chain are waited out.
    pub async fn follow(
        &self,
        id: B256,
        request: &ProofRequest,
        poll: Duration,
        cancel: &CancellationToken,
        mut tell: impl FnMut(&News),
    ) -> Result<News, MarketError> {
        let mut last = None;
        loop {
            match self.look(id, request).await {
                Ok(Some(news)) => {
                    if last.as_ref() != Some(&news) {
                        tell(&news);
                    }
                    if matches!(news, News::Over(_) | News::Slashable) {
                        return Ok(news);
                    }
                    if matches!(news, News::Locked(_))
                        && let Err(error) = self.answer_from_node(id, request).await
                    {
                        tracing::warn!(request = %id, %error, "a demand for the input could not be answered; `nonos market answer` can");
                    }
                    last = Some(news);
                }
                Ok(None) => {}
                Err(MarketError::Chain(error)) => tracing::warn!(%error, "the chain does not answer"),
                Err(error) => return Err(error),
            }
            tokio::select! {
                () = cancel.cancelled() => {
                    return Err(MarketError::Stopped(format!("request {id} goes on; `nonos market status {id}` tells")));
                }
                () = tokio::time::sleep(poll) => {}
            }
        }
    }

    async fn look(&self, id: B256, request: &ProofRequest) -> Result<Option<News>, MarketError> {
        let state = self.state(id, request).await?;
        let now = self.now().await?;
        Ok(match state {
            RequestState::Unknown => None,
            RequestState::Open if now > request.lock_deadline() => Some(News::Over(RequestState::Expired)),
            RequestState::Open => Some(News::Open { price: request.price_at(now) }),
            RequestState::Locked(lock) => Some(match &lock.claim {
                Some(claim) if claim.state == LeafState::Void => News::Reopened,
                Some(claim) => News::Claimed { final_at: claim.final_at },
                None if lock.slash_from != 0 && now >= lock.slash_from => News::Slashable,
                None if lock.reopened => News::Reopened,
                None => News::Locked(lock),
            }),
            over => Some(News::Over(over)),
        })
    }

    /// What the node has for the request, judged: a receipt that serves it, recorded ones first, with valid proofs before others.
    pub async fn delivery(&self, id: B256, request: &ProofRequest) -> Result<Option<Delivery>, MarketError> {
        let state = self.state(id, request).await?;
        let settled = matches!(state, RequestState::Fulfilled(_) | RequestState::Rescued(_));
        let mut best: Option<Delivery> = None;
        for receipt in self.node.receipts_of(id).await? {
            if serves(&receipt, id, request).is_err() {
                continue;
            }
            let found = Delivery {
                id: receipt.message_id(),
                proof: self.node.proof_verdict(&receipt).await?,
                recorded_at: self.chain.recorded_at(&receipt.header).await?,
                output_hash: receipt.header.outputHash,
                settled,
                receipt,
            };
            let rank = |d: &Delivery| (d.recorded_at.is_some(), d.proof == ProofVerdict::Valid);
            if best.as_ref().is_none_or(|best| rank(&found) > rank(best)) {
                best = Some(found);
            }
        }
        Ok(best)
    }
}
