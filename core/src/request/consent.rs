//! What else is agreed to of a request: who shares its price, and that somebody may send a locker's lock.
//!
//! The Solidity twins are `contracts/src/types/FeeShare.sol` and `LockAuthorization.sol`.

use super::domain;
use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::{SolValue, sol};

sol! {
    /// A part of a request's price that goes to somebody besides the payee.
    #[derive(Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
    struct FeeShare {
        address recipient;
        uint16 bps;
    }

    /// What a locker signs, so that somebody else can send its lock of one request. Sign [`LockAuthorization::digest`].
    #[derive(Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
    struct LockAuthorization {
        bytes32 requestId;
        address locker;
        bytes32 operatorId;
        uint128 minPrice;
        uint128 maxCollateral;
        uint64 deadline;
        uint256 nonce;
    }
}

/// The EIP-712 type of a [`LockAuthorization`].
pub const LOCK_TYPE: &str = "LockAuthorization(bytes32 requestId,address locker,bytes32 operatorId,uint128 minPrice,\
    uint128 maxCollateral,uint64 deadline,uint256 nonce)";
/// Most fee shares of a request.
pub const MAX_SHARES: usize = 8;
/// Most basis points of the price that all shares are together.
pub const MAX_SHARES_BPS: u32 = 5_000;

/// Fee shares that no market takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeeShareError {
    /// More than [`MAX_SHARES`].
    #[error("{0} fee shares: there are at most {MAX_SHARES}")]
    TooMany(usize),
    /// Nobody, or nothing.
    #[error("fee share {0} is for the zero address, or zero")]
    Empty(usize),
    /// More than [`MAX_SHARES_BPS`].
    #[error("the fee shares are {0} basis points of the price together: at most {MAX_SHARES_BPS}")]
    TooHigh(u32),
}

/// What `feeSharesHash` of a request is for these shares: `keccak256(abi.encode(FeeShare[]))`, zero for none.
pub fn fee_shares_hash(shares: &[FeeShare]) -> Result<B256, FeeShareError> {
    if shares.is_empty() {
        return Ok(B256::ZERO);
    }
    if shares.len() > MAX_SHARES {
        return Err(FeeShareError::TooMany(shares.len()));
    }
    if let Some(empty) = shares.iter().position(|share| share.recipient == Address::ZERO || share.bps == 0) {
        return Err(FeeShareError::Empty(empty));
    }
    let sum = shares.iter().map(|share| u32::from(share.bps)).fold(0, u32::saturating_add);
    if sum > MAX_SHARES_BPS {
        return Err(FeeShareError::TooHigh(sum));
    }
    Ok(keccak256(shares.to_vec().abi_encode()))
}

impl LockAuthorization {
    /// The digest that the locker signs, for a market on its chain.
    pub fn digest(&self, chain_id: u64, market: Address) -> B256 {
        let hash_of_struct = keccak256([keccak256(LOCK_TYPE).as_slice(), &self.abi_encode()].concat());
        let separator = domain(chain_id, market).separator();
        keccak256([&[0x19, 0x01], separator.as_slice(), hash_of_struct.as_slice()].concat())
    }
}
