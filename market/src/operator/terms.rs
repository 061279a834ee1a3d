//! On which terms an operator works, and which requests it looks at at all.

use alloy_primitives::{Address, B256, U256};
use nonos_core::pricing::{BPS, OfferError};
use nonos_core::request::{ProofRequest, protocol_fee};
use std::time::Duration;

/// An operator's terms. Amounts are in wei, times in seconds.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The operator's id: its root key.
    pub operator: B256,
    /// Who is paid.
    pub payee: Address,
    /// The anchor that receipts are made for.
    pub anchor: Address,
    /// The one verifier key that the prover has.
    pub verifier_key: B256,
    /// What a launch has to bring at least, after the protocol fee.
    pub min_price: u128,
    /// Protocol fee of the market, in basis points of the price.
    pub fee_bps: u16,
    /// Most collateral for one lock.
    pub max_collateral: U256,
    /// Most collateral at stake at a time.
    pub budget: U256,
    /// Most locks that wait for their receipt at a time.
    pub max_owed: usize,
    /// Most requests that are watched at a time; what comes beyond is ignored.
    pub max_watched: usize,
    /// What a launch is reckoned to take.
    pub launch_time: u64,
    /// How long before the deadline `verifyNow` is sent if no batch came.
    pub margin: u64,
    /// Most launches for one request.
    pub max_attempts: u32,
    /// How often the chain is looked at.
    pub poll: Duration,
}

/// Why a request is not served. None of these heals by waiting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Another anchor.
    #[error("it wants receipts of anchor {0}")]
    Anchor(Address),
    /// A verifier key that our prover does not have.
    #[error("it wants proofs under verifier key {0}, which this prover does not have")]
    Key(B256),
    /// Reserved for somebody else.
    #[error("it is reserved for operator {0}")]
    Reserved(B256),
    /// Paid in something else than ether.
    #[error("it pays in the token {0}; this agent is paid in ether")]
    Token(Address),
    /// A part of the price goes to others, and the request does not say to whom.
    #[error("it shares its price ({0}); this agent does not know with whom, and could not lock it")]
    FeeShares(B256),
    /// Terms that no contract takes.
    #[error("its terms contradict themselves: {0}")]
    Offer(#[from] OfferError),
    /// Too cheap.
    #[error("it pays at most {offered} wei after fees, below the minimum of {wanted} wei")]
    Price {
        /// Its highest price, less the fee.
        offered: u128,
        /// Ours.
        wanted: u128,
    },
    /// The fee is more than the requester allows: the market would refuse the lock.
    #[error("it allows a protocol fee of {allowed} basis points, the market takes {fee}")]
    Fee {
        /// In the request.
        allowed: u16,
        /// Of the market.
        fee: u16,
    },
    /// The price is reached when no time is left.
    #[error(
        "only {left} s would be left at a price worth having; a launch and its settlement take {needed} s"
    )]
    Time {
        /// Seconds from the lock to when others may serve it.
        left: u64,
        /// Seconds that it takes.
        needed: u64,
    },
    /// Nobody may lock any more.
    #[error("it could be locked until {0} only")]
    Late(u64),
    /// More collateral than we put up for one lock.
    #[error("it takes {needed} wei of collateral, above the limit of {limit} wei for one lock")]
    Collateral {
        /// At our trust score.
        needed: U256,
        /// Ours.
        limit: U256,
    },
    /// Our score is too low.
    #[error("it wants a trust score of {wanted}, ours is {ours}")]
    Trust {
        /// In the request.
        wanted: u16,
        /// On chain.
        ours: u16,
    },
    /// The capsule fails on this input, or we cannot launch it.
    #[error("a trial run failed: {0}")]
    Preflight(String),
}

impl Refusal {
    /// One word for metrics.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Anchor(_) => "anchor",
            Self::Key(_) => "key",
            Self::Reserved(_) => "reserved",
            Self::Token(_) => "token",
            Self::FeeShares(_) => "shares",
            Self::Offer(_) => "offer",
            Self::Price { .. } => "price",
            Self::Fee { .. } => "fee",
            Self::Time { .. } => "time",
            Self::Late(_) => "late",
            Self::Collateral { .. } => "collateral",
            Self::Trust { .. } => "trust",
            Self::Preflight(_) => "preflight",
        }
    }
}

impl Terms {
    /// The part of a price that the payee gets: the fee is rounded down, as in the contract.
    pub fn net(&self, price: u128) -> u128 {
        price.saturating_sub(protocol_fee(price, self.fee_bps))
    }

    /// The lowest price whose net is worth having: `net(g) = ceil(g·(BPS - fee)/BPS)`, so `g = floor((min-1)·BPS/kept) + 1`.
    pub fn gross_minimum(&self) -> u128 {
        let kept = BPS.saturating_sub(u64::from(self.fee_bps));
        match (self.min_price, kept) {
            (0, _) => 0,
            (_, 0) => u128::MAX,
            (min, kept) => {
                let gross = U256::from(min - 1) * U256::from(BPS) / U256::from(kept) + U256::from(1);
                u128::try_from(gross).unwrap_or(u128::MAX)
            }
        }
    }

    /// What the request itself and the clock say. Gives the second from which its price is worth having.
    pub fn screen(&self, request: &ProofRequest, now: u64) -> Result<u64, Refusal> {
        if request.anchor != self.anchor {
            return Err(Refusal::Anchor(request.anchor));
        }
        if request.verifierKey != self.verifier_key {
            return Err(Refusal::Key(request.verifierKey));
        }
        if !request.operatorId.is_zero() && request.operatorId != self.operator {
            return Err(Refusal::Reserved(request.operatorId));
        }
        if !request.paymentToken.is_zero() {
            return Err(Refusal::Token(request.paymentToken));
        }
        if !request.feeSharesHash.is_zero() {
            return Err(Refusal::FeeShares(request.feeSharesHash));
        }
        if request.maxProtocolFeeBps < self.fee_bps {
            return Err(Refusal::Fee { allowed: request.maxProtocolFeeBps, fee: self.fee_bps });
        }
        let offer = request.price_terms();
        offer.validate()?;
        let Some(worth) = offer.first_time_at(self.gross_minimum()) else {
            return Err(Refusal::Price { offered: self.net(request.offer.maxPrice), wanted: self.min_price });
        };
        if now > offer.lock_deadline() {
            return Err(Refusal::Late(offer.lock_deadline()));
        }
        // The launch itself may have to wait for `earliestLaunch`.
        let start = worth.max(now).max(request.earliestLaunch);
        // Later somebody else may serve it as well, and the collateral would be theirs.
        let left = offer.alone_until().saturating_sub(start);
        let needed = self.launch_time.saturating_add(self.margin);
        if left < needed {
            return Err(Refusal::Time { left, needed });
        }
        Ok(worth)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use nonos_core::request::Offer;
    use proptest::prelude::*;

    pub(crate) fn terms() -> Terms {
        Terms {
            operator: B256::repeat_byte(7),
            payee: Address::repeat_byte(8),
            anchor: Address::repeat_byte(1),
            verifier_key: B256::repeat_byte(2),
            min_price: 1_000,
            fee_bps: 100,
            max_collateral: U256::from(10_000),
            budget: U256::from(20_000),
            max_owed: 2,
            max_watched: 8,
            launch_time: 10,
            margin: 30,
            max_attempts: 3,
            poll: Duration::from_millis(1),
        }
    }

    pub(crate) fn request() -> ProofRequest {
        ProofRequest {
            requester: Address::repeat_byte(3),
            salt: U256::from(1),
            anchor: Address::repeat_byte(1),
            verifierKey: B256::repeat_byte(2),
            publisherId: B256::repeat_byte(4),
            capsuleLeaf: U256::from(5),
            inputHash: alloy_primitives::keccak256(b"input"),
            inputLocatorHash: B256::ZERO,
            earliestLaunch: 0,
            assurance: 0,
            minTrust: 0,
            operatorId: B256::ZERO,
            paymentToken: Address::ZERO,
            offer: Offer {
                minPrice: 0,
                maxPrice: 2_000,
                rampStart: 1_000,
                rampLength: 100,
                lockTimeout: 200,
                timeout: 400,
            },
            baseCollateral: 4_000,
            relayFee: 10,
            maxProtocolFeeBps: 200,
            feeSharesHash: B256::ZERO,
            callback: Address::ZERO,
            callbackGas: 0,
        }
    }

    #[test]
    fn a_fitting_request_tells_when_it_is_worth_locking() {
        // 1,010 wei leave 1,000 after 1%: 20 wei a second, so 51 seconds into the ramp.
        assert_eq!(terms().gross_minimum(), 1_010);
        assert_eq!(terms().screen(&request(), 900), Ok(1_051));
    }

    #[test]
    fn every_mismatch_is_refused_by_name() {
        let check = |change: &dyn Fn(&mut ProofRequest), now, expected: &str| {
            let mut request = request();
            change(&mut request);
            assert_eq!(terms().screen(&request, now).map_err(|refusal| refusal.word()), Err(expected));
        };
        check(&|r| r.anchor = Address::ZERO, 900, "anchor");
        check(&|r| r.verifierKey = B256::ZERO, 900, "key");
        check(&|r| r.operatorId = B256::repeat_byte(9), 900, "reserved");
        check(&|r| r.paymentToken = Address::repeat_byte(9), 900, "token");
        check(&|r| r.feeSharesHash = B256::repeat_byte(9), 900, "shares");
        check(&|r| r.maxProtocolFeeBps = 99, 900, "fee");
        check(&|r| r.offer.minPrice = 3_000, 900, "offer");
        check(&|r| r.offer.maxPrice = 1_009, 900, "price");
        check(&|_| {}, 1_201, "late");
        check(&|r| r.offer.timeout = 200, 1_170, "time");
        check(&|r| r.earliestLaunch = 1_361, 900, "time");
        let mut own = request();
        own.operatorId = terms().operator;
        assert!(terms().screen(&own, 900).is_ok(), "reserved for us");
    }

    proptest! {
        #[test]
        fn the_gross_minimum_is_enough_and_one_less_is_not(min in 1u128..u128::MAX / 20_000, fee in 0u16..10_000) {
            let terms = Terms { min_price: min, fee_bps: fee, ..terms() };
            let gross = terms.gross_minimum();
            prop_assert!(terms.net(gross) >= min);
            prop_assert!(gross == 0 || terms.net(gross - 1) < min);
        }

        #[test]
        fn no_request_makes_it_panic(
            (min, max, ramp, length, lock, timeout) in any::<(u128, u128, u64, u32, u32, u32)>(),
            (now, earliest, price, fee) in any::<(u64, u64, u128, u16)>(),
        ) {
            let mut request = request();
            (request.offer.minPrice, request.offer.maxPrice, request.offer.rampStart) = (min, max, ramp);
            (request.offer.rampLength, request.offer.lockTimeout, request.offer.timeout) = (length, lock, timeout);
            request.earliestLaunch = earliest;
            let _ = Terms { min_price: price, fee_bps: fee, ..terms() }.screen(&request, now);
        }
    }
}
