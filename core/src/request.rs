//! The proof request: what a requester signs, its EIP-712 id, and the terms that the market takes.
//!
//! The Solidity twin is `contracts/src/types/ProofRequest.sol`; the interface of the market is the manual. One request is
//! one launch of one capsule on one input, at a price that rises.

use crate::ids::RequestId;
use crate::pricing::{self, OfferError, required_collateral};
use alloy_primitives::{Address, Signature, U256, keccak256};
use alloy_sol_types::{Eip712Domain, SolValue, eip712_domain, sol};

sol! {
    /// Price and times of a request.
    #[derive(Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
    struct Offer {
        uint128 minPrice;
        uint128 maxPrice;
        uint64 rampStart;
        uint32 rampLength;
        uint32 lockTimeout;
        uint32 timeout;
    }

    /// What a requester signs. The EIP-712 type is flat, see [`TYPE`]: take the digest from [`ProofRequest::id`] and sign
    /// that, never the derived `eip712_signing_hash`, which nests the offer.
    #[derive(Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
    struct ProofRequest {
        address requester;
        uint256 salt;
        address anchor;
        bytes32 verifierKey;
        bytes32 publisherId;
        uint256 capsuleLeaf;
        bytes32 inputHash;
        bytes32 inputLocatorHash;
        uint64 earliestLaunch;
        uint8 assurance;
        uint16 minTrust;
        bytes32 operatorId;
        address paymentToken;
        Offer offer;
        uint128 baseCollateral;
        uint128 relayFee;
        uint16 maxProtocolFeeBps;
        bytes32 feeSharesHash;
        address callback;
        uint32 callbackGas;
    }
}

/// The EIP-712 type that is signed.
pub const TYPE: &str = "ProofRequest(address requester,uint256 salt,address anchor,bytes32 verifierKey,bytes32 publisherId,\
    uint256 capsuleLeaf,bytes32 inputHash,bytes32 inputLocatorHash,uint64 earliestLaunch,uint8 assurance,uint16 minTrust,\
    bytes32 operatorId,address paymentToken,uint128 minPrice,uint128 maxPrice,uint64 rampStart,uint32 rampLength,\
    uint32 lockTimeout,uint32 timeout,uint128 baseCollateral,uint128 relayFee,uint16 maxProtocolFeeBps,\
    bytes32 feeSharesHash,address callback,uint32 callbackGas)";

/// `assurance`: out of an anchored batch once final, or recorded by `verifyNow`.
pub const ASSURANCE_BATCHED: u8 = 0;
/// `assurance`: recorded by `verifyNow` only.
pub const ASSURANCE_RECORDED: u8 = 1;
/// Bit of `assurance`: an install that verifiers attested, and nobody proved on chain, serves too.
pub const ASSURANCE_ATTESTED: u8 = 2;
/// Most gas of a callback.
pub const MAX_CALLBACK_GAS: u32 = 500_000;
/// Largest amount that a lock can hold: 2^88 - 1 wei.
pub const MAX_AMOUNT: u128 = (1 << 88) - 1;
/// Furthest deadline at the time of a lock, in seconds.
pub const MAX_TERM: u64 = 365 * 24 * 60 * 60;

/// Terms that the market refuses, whatever the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// No requester.
    #[error("the request has no requester")]
    ZeroRequester,
    /// Another anchor than the market's.
    #[error("the request names the anchor {given}, the market's is {market}")]
    Anchor {
        /// In the request.
        given: Address,
        /// Of the market.
        market: Address,
    },
    /// A callback without gas, gas without a callback, or more than there may be.
    #[error(
        "callback {callback} with {gas} gas: a callback takes 1 to {MAX_CALLBACK_GAS} gas, no callback (the zero address) none"
    )]
    Callback {
        /// The address.
        callback: Address,
        /// Its gas.
        gas: u32,
    },
    /// Unknown assurance.
    #[error("assurance {0} is unknown: 0 batched, 1 recorded, 2 and 3 likewise with attested installs")]
    Assurance(u8),
    /// A protocol fee above the accepted one.
    #[error("the market's protocol fee is {fee} basis points, the request accepts {accepted}")]
    ProtocolFee {
        /// Of the market.
        fee: u16,
        /// In the request.
        accepted: u16,
    },
    /// Price terms.
    #[error(transparent)]
    Offer(#[from] OfferError),
    /// An amount above [`MAX_AMOUNT`].
    #[error("{name} of {amount} wei is above 2^88: no lock can hold it")]
    Amount {
        /// Which amount.
        name: &'static str,
        /// The amount.
        amount: u128,
    },
    /// The deadline is more than a year away.
    #[error("the deadline {deadline} is more than a year after {now}: a time in milliseconds?")]
    TooFar {
        /// rampStart + timeout
        deadline: u64,
        /// When it was judged.
        now: u64,
    },
    /// Nothing could ever serve it.
    #[error("the earliest launch, {earliest}, is after the deadline, {deadline}")]
    LaunchAfterDeadline {
        /// earliestLaunch
        earliest: u64,
        /// rampStart + timeout
        deadline: u64,
    },
}

/// What is fixed of a market when it is deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketTerms {
    /// The anchor whose receipts serve.
    pub anchor: Address,
    /// Protocol fee that holds now, in basis points of the price.
    pub protocol_fee_bps: u16,
    /// Least collateral in basis points of maxPrice.
    pub collateral_floor_bps: u16,
}

/// The EIP-712 domain of requests: the market contract on its chain.
pub fn domain(chain_id: u64, market: Address) -> Eip712Domain {
    eip712_domain! { name: "NONOS ProofMarket", version: "1", chain_id: chain_id, verifying_contract: market, }
}

impl ProofRequest {
    /// The request's id, which the requester signs and a receipt names: the EIP-712 digest under a market's domain.
    pub fn id(&self, chain_id: u64, market: Address) -> RequestId {
        // Every member is static, so the ABI encoding is the 25 words that EIP-712 hashes.
        let words = self.abi_encode();
        let hash_of_struct = keccak256([keccak256(TYPE).as_slice(), &words].concat());
        let separator = domain(chain_id, market).separator();
        keccak256([&[0x19, 0x01], separator.as_slice(), hash_of_struct.as_slice()].concat()).into()
    }

    /// The price terms.
    pub const fn price_terms(&self) -> pricing::Offer {
        let Offer { minPrice, maxPrice, rampStart, rampLength, lockTimeout, timeout } = self.offer;
        pricing::Offer {
            min_price: minPrice,
            max_price: maxPrice,
            ramp_start: rampStart,
            ramp_length: rampLength,
            lock_timeout: lockTimeout,
            timeout,
        }
    }

    /// Last second in which the request can be locked.
    pub const fn lock_deadline(&self) -> u64 {
        self.price_terms().lock_deadline()
    }

    /// Last second in which the receipt can be anchored or recorded.
    pub const fn deadline(&self) -> u64 {
        self.price_terms().deadline()
    }

    /// Price at a time, in wei; 0 after the lock deadline.
    pub fn price_at(&self, time: u64) -> u128 {
        self.price_terms().price_at(time)
    }

    /// Collateral that an operator of a score puts up, in wei.
    pub fn collateral(&self, score: u16, terms: &MarketTerms) -> U256 {
        required_collateral(self.baseCollateral, score, self.offer.maxPrice, terms.collateral_floor_bps)
    }

    /// Whether its id is all that its settlement takes: it pays in ether, calls nobody and shares nothing.
    pub fn is_plain(&self) -> bool {
        self.paymentToken.is_zero() && self.callback.is_zero() && self.feeSharesHash.is_zero()
    }

    /// Whether only a recorded receipt serves.
    pub const fn needs_record(&self) -> bool {
        self.assurance & ASSURANCE_RECORDED != 0
    }

    /// The contract's `requireTerms` at a time: everything about the terms that can be judged without chain state. Whether
    /// something is deployed at the token's address cannot.
    pub fn validate(&self, terms: &MarketTerms, now: u64) -> Result<(), RequestError> {
        if self.anchor != terms.anchor {
            return Err(RequestError::Anchor { given: self.anchor, market: terms.anchor });
        }
        if self.requester.is_zero() {
            return Err(RequestError::ZeroRequester);
        }
        if self.callback.is_zero() != (self.callbackGas == 0) || self.callbackGas > MAX_CALLBACK_GAS {
            return Err(RequestError::Callback { callback: self.callback, gas: self.callbackGas });
        }
        if self.assurance > ASSURANCE_RECORDED | ASSURANCE_ATTESTED {
            return Err(RequestError::Assurance(self.assurance));
        }
        if terms.protocol_fee_bps > self.maxProtocolFeeBps {
            let fee = terms.protocol_fee_bps;
            return Err(RequestError::ProtocolFee { fee, accepted: self.maxProtocolFeeBps });
        }
        self.price_terms().validate()?;
        if self.deadline() > now.saturating_add(MAX_TERM) {
            return Err(RequestError::TooFar { deadline: self.deadline(), now });
        }
        if self.earliestLaunch > self.deadline() {
            let (earliest, deadline) = (self.earliestLaunch, self.deadline());
            return Err(RequestError::LaunchAfterDeadline { earliest, deadline });
        }
        for (name, amount) in [("maxPrice", self.offer.maxPrice), ("relayFee", self.relayFee)] {
            if amount > MAX_AMOUNT {
                return Err(RequestError::Amount { name, amount });
            }
        }
        Ok(())
    }
}

/// Protocol fee of a price, in wei: `floor(price · bps / 10000)`.
pub fn protocol_fee(price: u128, bps: u16) -> u128 {
    // At most price · 65535 / 10000 < 2^131, and at most the price for every fee that a market can have.
    let fee = U256::from(price).wrapping_mul(U256::from(bps)).checked_div(U256::from(pricing::BPS));
    fee.and_then(|fee| u128::try_from(fee).ok()).unwrap_or(u128::MAX)
}

/// The 65 bytes `r ‖ s ‖ v` that `lock` takes: s in the lower half of the group order, v 27 or 28.
pub fn canonical_signature(signature: Signature) -> [u8; 65] {
    signature.normalized_s().as_bytes()
}

/// A requester's signature in the one form that the market takes.
///
/// Who signed is not checked here: that needs the curve, which the bindings have.
pub fn parse_signature(bytes: &[u8]) -> Result<Signature, RequestSignatureError> {
    let v = match bytes {
        [_, .., v] if bytes.len() == 65 => *v,
        _ => return Err(RequestSignatureError::Length(bytes.len())),
    };
    if v != 27 && v != 28 {
        return Err(RequestSignatureError::Parity(v));
    }
    let signature = Signature::from_raw(bytes).map_err(|_| RequestSignatureError::Parity(v))?;
    match signature.normalize_s() {
        Some(_) => Err(RequestSignatureError::HighS(signature.s())),
        None => Ok(signature),
    }
}

/// A signature that `lock` refuses before it asks who signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestSignatureError {
    /// Not 65 bytes.
    #[error("the signature has {0} bytes, not 65 (r, s, v)")]
    Length(usize),
    /// v is neither 27 nor 28.
    #[error("the signature's v is {0}, not 27 or 28")]
    Parity(u8),
    /// s is in the upper half.
    #[error(
        "the signature's s ({0:#066x}) is above half the group order: another form of the same signature"
    )]
    HighS(U256),
}

mod consent;

pub use consent::{
    FeeShare, FeeShareError, LOCK_TYPE, LockAuthorization, MAX_SHARES, MAX_SHARES_BPS, fee_shares_hash,
};

#[cfg(test)]
mod tests;
