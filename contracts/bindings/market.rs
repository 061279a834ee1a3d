//! The proof market: typed transactions with readable refusals, reads, signatures of requests.

mod convert;
mod events;

use alloy::{
    providers::Provider,
    rpc::types::TransactionReceipt,
    signers::{self, SignerSync},
};
use alloy_primitives::{Address, B256, Bytes, U256};
use nonos_core::request::{
    FeeShare, LockAuthorization, MarketTerms, ProofRequest, RequestSignatureError, canonical_signature,
    parse_signature,
};

pub use events::{MarketEvent, MarketEventKind, events};

use crate::{
    abi::ProofMarket::{self, ProofMarketInstance},
    error::ChainError,
    transact::transact,
};

/// Where a request stands, in the contract's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RequestState {
    /// Never seen by the chain; perhaps signed.
    None,
    /// Submitted.
    Open,
    /// Locked by an operator.
    Locked,
    /// Claimed with an anchored leaf.
    Claimed,
    /// The claimed leaf was void; only a recorded receipt serves now.
    Reopened,
    /// Paid.
    Fulfilled,
    /// Not served; the collateral is gone.
    Slashed,
    /// Undone neutrally.
    Unwound,
    /// Withdrawn by the requester.
    Cancelled,
    /// Past its lock deadline.
    Expired,
    /// Served by another operator than the one that locked it; the collateral is gone.
    Rescued,
}

impl RequestState {
    /// Whether price and collateral are set aside.
    pub const fn is_held(self) -> bool {
        matches!(self, Self::Locked | Self::Claimed | Self::Reopened)
    }

    /// Whether nothing happens to the request any more.
    pub const fn is_over(self) -> bool {
        matches!(
            self,
            Self::Fulfilled | Self::Slashed | Self::Unwound | Self::Cancelled | Self::Expired | Self::Rescued
        )
    }
}

impl TryFrom<u8> for RequestState {
    type Error = ChainError;

    fn try_from(state: u8) -> Result<Self, ChainError> {
        Ok(match state {
            0 => Self::None,
            1 => Self::Open,
            2 => Self::Locked,
            3 => Self::Claimed,
            4 => Self::Reopened,
            5 => Self::Fulfilled,
            6 => Self::Slashed,
            7 => Self::Unwound,
            8 => Self::Cancelled,
            9 => Self::Expired,
            10 => Self::Rescued,
            other => return Err(ChainError::UnknownState(other)),
        })
    }
}

/// A market contract, called from the provider's account.
#[derive(Clone, Debug)]
pub struct Market<P> {
    contract: ProofMarketInstance<P>,
}

impl<P: Provider> Market<P> {
    /// The market at an address.
    pub const fn new(address: Address, provider: P) -> Self {
        Self { contract: ProofMarketInstance::new(address, provider) }
    }

    /// The contract itself, for what has no method here.
    pub const fn contract(&self) -> &ProofMarketInstance<P> {
        &self.contract
    }

    /// Its address.
    pub const fn address(&self) -> Address {
        *self.contract.address()
    }

    /// What `ProofRequest::validate` compares with.
    pub async fn terms(&self) -> Result<MarketTerms, ChainError> {
        let failed = |error| ChainError::call("reading the market's terms", error);
        Ok(MarketTerms {
            anchor: self.contract.anchor().call().await.map_err(failed)?,
            protocol_fee_bps: self.contract.protocolFeeBps().call().await.map_err(failed)?,
            collateral_floor_bps: self.contract.collateralFloorBps().call().await.map_err(failed)?,
        })
    }

    /// What an account can withdraw, in wei.
    pub async fn balance_of(&self, account: Address) -> Result<U256, ChainError> {
        let failed = |error| ChainError::call("reading a balance in the market", error);
        self.contract.balanceOf(account).call().await.map_err(failed)
    }

    /// State of a request.
    pub async fn state_of(&self, request_id: B256) -> Result<RequestState, ChainError> {
        let failed = |error| ChainError::call("reading the state of a request", error);
        self.contract.stateOf(request_id).call().await.map_err(failed)?.try_into()
    }

    /// The lock of a request; all zero if it never had one.
    pub async fn lock_of(&self, request_id: B256) -> Result<ProofMarket::Lock, ChainError> {
        let failed = |error| ChainError::call("reading the lock of a request", error);
        self.contract.lockOf(request_id).call().await.map_err(failed)
    }

    /// The claim of a request; all zero if it never had one.
    pub async fn claim_of(&self, request_id: B256) -> Result<ProofMarket::Claim, ChainError> {
        let failed = |error| ChainError::call("reading the claim of a request", error);
        self.contract.claimOf(request_id).call().await.map_err(failed)
    }

    /// First second from which a request can be slashed; `None` if it holds no lock, or a claim.
    pub async fn slashable_at(&self, request_id: B256) -> Result<Option<u64>, ChainError> {
        let failed = |error| ChainError::call("reading when a request can be slashed", error);
        let from = self.contract.slashableAt(request_id).call().await.map_err(failed)?;
        Ok(if from.is_zero() { None } else { Some(u64::try_from(from).unwrap_or(u64::MAX)) })
    }

    /// Collateral that an operator would put up now, in wei.
    pub async fn collateral_of(&self, request: &ProofRequest, operator: B256) -> Result<U256, ChainError> {
        let failed = |error| ChainError::call("reading the collateral of a request", error);
        self.contract.collateralOf(request.into(), operator).call().await.map_err(failed)
    }

    /// Adds to the account's balance.
    pub async fn deposit(&self, amount: U256) -> Result<TransactionReceipt, ChainError> {
        transact("depositing in the market", self.contract.deposit().value(amount)).await
    }

    /// Takes out of the account's balance.
    pub async fn withdraw(&self, amount: U256, to: Address) -> Result<TransactionReceipt, ChainError> {
        transact("withdrawing from the market", self.contract.withdraw(amount, to)).await
    }

    /// Puts a request of the account on chain.
    pub async fn submit(&self, request: &ProofRequest) -> Result<TransactionReceipt, ChainError> {
        transact("submitting a request", self.contract.submit(request.into())).await
    }

    /// Withdraws a request of the account that is not locked, submitted or signed.
    pub async fn cancel(&self, request: &ProofRequest) -> Result<TransactionReceipt, ChainError> {
        transact("cancelling a request", self.contract.cancel(request.into())).await
    }

    /// Marks a submitted request as expired.
    pub async fn expire(&self, request: &ProofRequest) -> Result<TransactionReceipt, ChainError> {
        transact("expiring a request", self.contract.expire(request.into())).await
    }

    /// Takes a request for an operator that the account controls; an empty signature if it was submitted. With the shares
    /// that it names by their hash.
    pub async fn lock(
        &self,
        request: &ProofRequest,
        signature: Bytes,
        operator: B256,
        shares: &[FeeShare],
    ) -> Result<TransactionReceipt, ChainError> {
        let call = self.contract.lock(request.into(), signature, operator, convert::shares(shares));
        transact("locking a request", call).await
    }

    /// Sends a lock that its locker authorised.
    pub async fn lock_for(
        &self,
        request: &ProofRequest,
        signature: Bytes,
        authorization: &LockAuthorization,
        locker_signature: Bytes,
        shares: &[FeeShare],
    ) -> Result<TransactionReceipt, ChainError> {
        let (request, shares) = (request.into(), convert::shares(shares));
        let call = self.contract.lockFor(request, signature, authorization.into(), locker_signature, shares);
        transact("sending an authorised lock", call).await
    }

    /// Serves a request that nobody locked, with a receipt that is verified in the same transaction unless it was before.
    pub async fn fulfil_open(
        &self,
        request: &ProofRequest,
        signature: Bytes,
        receipt: ProofMarket::Proven,
        shares: &[FeeShare],
    ) -> Result<TransactionReceipt, ChainError> {
        let call = self.contract.fulfilOpen(request.into(), signature, receipt, convert::shares(shares));
        transact("serving a request without a lock", call).await
    }

    /// Ends somebody else's lock with the receipt of another operator.
    pub async fn rescue(
        &self,
        request: &ProofRequest,
        receipt: ProofMarket::Proven,
    ) -> Result<TransactionReceipt, ChainError> {
        transact("rescuing a request", self.contract.rescue(request.into(), receipt)).await
    }

    /// Claims a locked request of the account with an anchored receipt.
    pub async fn claim(
        &self,
        request: &ProofRequest,
        evidence: ProofMarket::Evidence,
    ) -> Result<TransactionReceipt, ChainError> {
        transact("claiming a request", self.contract.claim(request.into(), evidence)).await
    }

    /// Pays a claimed request whose leaf is final.
    pub async fn fulfil(&self, request_id: B256) -> Result<TransactionReceipt, ChainError> {
        transact("fulfilling a request", self.contract.fulfil(request_id)).await
    }

    /// Pays a claimed request whose leaf is final, whatever its settlement has to look up in it.
    pub async fn fulfil_claimed(
        &self,
        request: &ProofRequest,
        shares: &[FeeShare],
    ) -> Result<TransactionReceipt, ChainError> {
        let call = self.contract.fulfilClaimed(request.into(), convert::shares(shares));
        transact("fulfilling a request", call).await
    }

    /// Pays those of the requests that are claimed with a final leaf.
    pub async fn fulfil_many(&self, request_ids: Vec<B256>) -> Result<TransactionReceipt, ChainError> {
        transact("fulfilling requests", self.contract.fulfilMany(request_ids)).await
    }

    /// Frees a request from a claim whose leaf is void.
    pub async fn drop_claim(&self, request_id: B256) -> Result<TransactionReceipt, ChainError> {
        transact("dropping a void claim", self.contract.dropClaim(request_id)).await
    }

    /// Pays a locked request for a receipt that is recorded in time: before, or by this transaction.
    pub async fn fulfil_recorded(
        &self,
        request: &ProofRequest,
        receipt: ProofMarket::Proven,
        shares: &[FeeShare],
    ) -> Result<TransactionReceipt, ChainError> {
        let call = self.contract.fulfilRecorded(request.into(), receipt, convert::shares(shares));
        transact("fulfilling a request with a recorded receipt", call).await
    }

    /// Slashes a request that was not served.
    pub async fn slash(&self, request: &ProofRequest) -> Result<TransactionReceipt, ChainError> {
        transact("slashing a request", self.contract.slash(request.into())).await
    }

    /// Undoes a lock whose verifier is gone, or whose capsule was revoked.
    pub async fn unwind(&self, request: &ProofRequest) -> Result<TransactionReceipt, ChainError> {
        transact("unwinding a request", self.contract.unwind(request.into())).await
    }
}

/// Signs a request for a market: the 65 bytes that `lock` takes.
pub fn sign_request(
    signer: &impl SignerSync,
    request: &ProofRequest,
    chain_id: u64,
    market: Address,
) -> Result<Bytes, signers::Error> {
    let signature = signer.sign_hash_sync(&request.id(chain_id, market).into())?;
    Ok(canonical_signature(signature).into())
}

/// Signs an authorisation for a market: the 65 bytes that `lockFor` takes.
pub fn sign_lock(
    signer: &impl SignerSync,
    authorization: &LockAuthorization,
    chain_id: u64,
    market: Address,
) -> Result<Bytes, signers::Error> {
    let signature = signer.sign_hash_sync(&authorization.digest(chain_id, market))?;
    Ok(canonical_signature(signature).into())
}

/// Checks that a signature is the requester's, by the contract's rules.
pub fn verify_request_signature(
    request: &ProofRequest,
    chain_id: u64,
    market: Address,
    signature: &[u8],
) -> Result<(), SignedRequestError> {
    let parsed = parse_signature(signature)?;
    let recovered = parsed
        .recover_address_from_prehash(&request.id(chain_id, market).into())
        .map_err(|_| SignedRequestError::NoPoint)?;
    if recovered == request.requester {
        Ok(())
    } else {
        Err(SignedRequestError::OtherSigner { recovered, requester: request.requester })
    }
}

/// A signature that `lock` would refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignedRequestError {
    /// Not the one form.
    #[error(transparent)]
    Form(#[from] RequestSignatureError),
    /// No key has this signature.
    #[error("the signature belongs to no key")]
    NoPoint,
    /// Somebody else's.
    #[error(
        "signed by {recovered}, not by the requester {requester}: another chain or market, or a changed member"
    )]
    OtherSigner {
        /// Who signed these words.
        recovered: Address,
        /// Who should have.
        requester: Address,
    },
}
