//! Errors: what a JSON-RPC caller sees ([`RpcError`]) and what starting the HTTP server can fail with.

use std::net::SocketAddr;

use alloy_primitives::Bytes;
use revm::context_interface::result::{EVMError, HaltReason, InvalidTransaction, OutOfGasError};

/// JSON-RPC 2.0: the text is not JSON.
pub const PARSE_ERROR: i64 = -32700;
/// JSON-RPC 2.0: the JSON is not a request.
pub const INVALID_REQUEST: i64 = -32600;
/// JSON-RPC 2.0: no such method.
pub const METHOD_NOT_FOUND: i64 = -32601;
/// JSON-RPC 2.0: the parameters do not fit the method.
pub const INVALID_PARAMS: i64 = -32602;
/// Everything a node refuses for its own reasons (geth's code for it).
pub const SERVER_ERROR: i64 = -32000;
/// A query that asks for more than the node's limit allows (EIP-1474).
pub const LIMIT_EXCEEDED: i64 = -32005;
/// Execution reverted; `data` carries the revert data (geth, anvil).
pub const REVERTED: i64 = 3;

/// An error as it goes over JSON-RPC.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (code {code})")]
pub struct RpcError {
    /// JSON-RPC error code.
    pub code: i64,
    /// What was wrong, with the offending value.
    pub message: String,
    /// Revert data, for code 3.
    pub data: Option<Bytes>,
}

impl RpcError {
    pub(crate) fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    pub(crate) fn server(message: impl Into<String>) -> Self {
        Self::new(SERVER_ERROR, message)
    }

    pub(crate) fn params(message: impl Into<String>) -> Self {
        Self::new(INVALID_PARAMS, message)
    }

    /// Geth's shape: code 3, "execution reverted" and the reason if the data is `Error(string)` or `Panic(uint256)`.
    pub(crate) fn reverted(output: Bytes) -> Self {
        let message = match alloy::sol_types::decode_revert_reason(&output) {
            Some(reason) if !output.is_empty() => format!("execution reverted: {}", reason_text(&reason)),
            _ => "execution reverted".to_owned(),
        };
        Self { code: REVERTED, message, data: Some(output) }
    }

    pub(crate) fn halted(reason: &HaltReason) -> Self {
        Self::server(match reason {
            HaltReason::OutOfGas(OutOfGasError::Basic) => "out of gas".to_owned(),
            HaltReason::InvalidFEOpcode => "invalid opcode: INVALID".to_owned(),
            HaltReason::CallTooDeep => "max call depth exceeded".to_owned(),
            HaltReason::OutOfFunds => "insufficient balance for transfer".to_owned(),
            other => other.to_string(),
        })
    }
}

/// `decode_revert_reason` prefixes `Error(string)` with "revert: "; nodes print the bare text.
fn reason_text(reason: &str) -> &str {
    reason.strip_prefix("revert: ").unwrap_or(reason)
}

impl<E: std::fmt::Display> From<EVMError<E>> for RpcError {
    fn from(error: EVMError<E>) -> Self {
        match error {
            EVMError::Transaction(invalid) => Self::server(invalid_transaction(&invalid)),
            other => Self::server(format!("execution failed: {other}")),
        }
    }
}

/// Geth's sentences where clients match on them (retry and replacement logic does).
fn invalid_transaction(invalid: &InvalidTransaction) -> String {
    use InvalidTransaction as I;
    match invalid {
        I::LackOfFundForMaxFee { fee, balance } => {
            format!("insufficient funds for gas * price + value: have {balance} want {fee}")
        }
        I::NonceTooLow { tx, state } => format!("nonce too low: next nonce {state}, tx nonce {tx}"),
        I::NonceTooHigh { tx, state } => format!("nonce too high: next nonce {state}, tx nonce {tx}"),
        I::CallGasCostMoreThanGasLimit { initial_gas, gas_limit } => {
            format!("intrinsic gas too low: gas {gas_limit}, minimum needed {initial_gas}")
        }
        I::GasFloorMoreThanGasLimit { gas_floor, gas_limit } => {
            format!("insufficient gas for floor data gas cost: gas {gas_limit}, minimum needed {gas_floor}")
        }
        I::GasPriceLessThanBasefee => "max fee per gas less than block base fee".to_owned(),
        I::PriorityFeeGreaterThanMaxFee => "max priority fee per gas higher than max fee per gas".to_owned(),
        I::TxGasLimitGreaterThanCap { gas_limit, cap } => {
            format!("transaction gas limit too high (cap: {cap}, tx: {gas_limit}); EIP-7825")
        }
        I::CallerGasLimitMoreThanBlock => "exceeds block gas limit".to_owned(),
        I::CreateInitCodeSizeLimit => "max initcode size exceeded".to_owned(),
        I::RejectCallerWithCode => "sender not an eoa: it has code (EIP-3607)".to_owned(),
        other => other.to_string(),
    }
}

/// Why [`crate::Devnet::serve`] did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is reachable from other machines and `Config::allow_remote` is off.
    #[error(
        "refusing to serve on {0}: it is not a loopback address, and anyone who reaches this chain owns its accounts \
         (set allow_remote to serve there anyway)"
    )]
    NotLoopback(SocketAddr),
    /// The address could not be bound.
    #[error("cannot listen on {addr}: {source} (is another program using the port?)")]
    Bind {
        /// The address asked for.
        addr: SocketAddr,
        /// The operating system's answer.
        source: std::io::Error,
    },
}
