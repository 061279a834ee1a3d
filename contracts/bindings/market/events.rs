//! What happened in a market, read in pages and in chain order.

use alloy::{
    providers::Provider,
    rpc::types::{Filter, Log},
};
use alloy_primitives::{Address, B256, TxHash, U256};
use alloy_sol_types::SolEvent;
use nonos_core::request::ProofRequest;

use crate::{abi::ProofMarket as abi, error::ChainError, logs};

/// One event of a market.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketEvent {
    /// Its block.
    pub block: u64,
    /// Its place among the logs of the block.
    pub log_index: u64,
    /// Its transaction.
    pub transaction: TxHash,
    /// The request it is about.
    pub request_id: B256,
    /// What happened.
    pub kind: MarketEventKind,
}

/// What happened to a request. Amounts are wei, times unix seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "members as in the contract's events")]
pub enum MarketEventKind {
    /// First seen: submitted, or signed and locked.
    Submitted(Box<ProofRequest>),
    /// Withdrawn by the requester.
    Cancelled,
    /// Past its lock deadline.
    Expired,
    /// Locked.
    Locked { locker: Address, operator: B256, leaf: U256, price: U256, collateral: U256, deadline: u64 },
    /// Claimed with a leaf of a batch.
    Claimed { batch_id: B256, index: u32, leaf: B256, payee: Address },
    /// The claimed leaf is void.
    ClaimDropped { batch_id: B256, index: u32, reopened_until: u64 },
    /// Paid.
    Fulfilled {
        payee: Address,
        operator: B256,
        price: U256,
        protocol_fee: U256,
        relayer: Address,
        relay_fee: U256,
    },
    /// Not served.
    Slashed { operator: B256, caller: Address, burned: U256, caller_reward: U256, requester_share: U256 },
    /// Served by another operator, which got a part of the collateral.
    Rescued { payee: Address, operator: B256, rescuer: B256, reward: U256, burned: U256 },
    /// Undone neutrally.
    Unwound { operator: B256 },
}

/// All events about requests in the blocks `from..=to`, in chain order.
pub async fn events(
    provider: &impl Provider,
    market: Address,
    from: u64,
    to: u64,
) -> Result<Vec<MarketEvent>, ChainError> {
    let signatures = vec![
        abi::RequestSubmitted::SIGNATURE_HASH,
        abi::RequestCancelled::SIGNATURE_HASH,
        abi::RequestExpired::SIGNATURE_HASH,
        abi::RequestLocked::SIGNATURE_HASH,
        abi::RequestClaimed::SIGNATURE_HASH,
        abi::ClaimDropped::SIGNATURE_HASH,
        abi::RequestFulfilled::SIGNATURE_HASH,
        abi::RequestSlashed::SIGNATURE_HASH,
        abi::RequestUnwound::SIGNATURE_HASH,
        abi::RequestRescued::SIGNATURE_HASH,
    ];
    let filter = Filter::new().address(market).event_signature(signatures);
    logs::pages(provider, &filter, from, to).await?.iter().map(read).collect()
}

fn read(log: &Log) -> Result<MarketEvent, ChainError> {
    let (request_id, kind) = decode(log).map_err(|(event, source)| ChainError::Event { event, source })?;
    Ok(MarketEvent {
        block: log.block_number.unwrap_or_default(),
        log_index: log.log_index.unwrap_or_default(),
        transaction: log.transaction_hash.unwrap_or_default(),
        request_id,
        kind,
    })
}

type Decoded = Result<(B256, MarketEventKind), (&'static str, alloy_sol_types::Error)>;

fn decode(log: &Log) -> Decoded {
    use MarketEventKind as Kind;
    macro_rules! event {
        ($event:ident, |$e:ident| $kind:expr) => {
            if log.topic0() == Some(&abi::$event::SIGNATURE_HASH) {
                let $e = abi::$event::decode_log_validate(&log.inner)
                    .map_err(|source| (stringify!($event), source))?
                    .data;
                return Ok(($e.requestId, $kind));
            }
        };
    }
    event!(RequestSubmitted, |e| Kind::Submitted(Box::new((&e.request).into())));
    event!(RequestCancelled, |e| Kind::Cancelled);
    event!(RequestExpired, |e| Kind::Expired);
    event!(RequestLocked, |e| Kind::Locked {
        locker: e.locker,
        operator: e.operator,
        leaf: e.leaf,
        price: e.price,
        collateral: e.collateral,
        deadline: e.deadline,
    });
    event!(RequestClaimed, |e| Kind::Claimed {
        batch_id: e.batchId,
        index: e.index,
        leaf: e.leaf,
        payee: e.payee
    });
    event!(ClaimDropped, |e| Kind::ClaimDropped {
        batch_id: e.batchId,
        index: e.index,
        reopened_until: e.reopenedUntil,
    });
    event!(RequestFulfilled, |e| Kind::Fulfilled {
        payee: e.payee,
        operator: e.operator,
        price: e.price,
        protocol_fee: e.protocolFee,
        relayer: e.relayer,
        relay_fee: e.relayFee,
    });
    event!(RequestRescued, |e| Kind::Rescued {
        payee: e.payee,
        operator: e.operator,
        rescuer: e.rescuer,
        reward: e.reward,
        burned: e.burned,
    });
    event!(RequestSlashed, |e| Kind::Slashed {
        operator: e.operator,
        caller: e.caller,
        burned: e.burned,
        caller_reward: e.callerReward,
        requester_share: e.requesterShare,
    });
    event!(RequestUnwound, |e| Kind::Unwound { operator: e.operator });
    Err(("none of the market's events", alloy_sol_types::Error::Other("another event signature".into())))
}
