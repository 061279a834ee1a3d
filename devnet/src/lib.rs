//! An embedded EVM chain: revm behind alloy's transport and behind JSON-RPC over HTTP.
//!
//! ```no_run
//! # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
//! use alloy::providers::{Provider, ProviderBuilder};
//! use nonos_devnet::{Config, Devnet};
//!
//! let devnet = Devnet::new(Config::default());
//! let provider = ProviderBuilder::new()
//!     .wallet(devnet.accounts()[0].clone())
//!     .connect_client(devnet.client());
//! assert_eq!(provider.get_block_number().await?, 0);
//! # Ok(()) }
//! ```
//!
//! What is real: execution, gas, the fee market (EIP-1559), the transaction gas cap (EIP-7825), the history contract
//! (EIP-2935), state, transaction and receipt roots, blooms, nonces, replacement, reorganisations. What a single
//! machine has no use for is absent: consensus, so no beacon roots, withdrawals or execution requests; peers; blobs.
//!
//! Memory: state is kept for the newest [`Config::history_blocks`] blocks, as the values written in them; blocks,
//! transactions and receipts are kept as long as the chain lives.

mod accounts;
mod block;
mod chain;
mod clock;
mod config;
mod devnet;
mod error;
mod evm;
mod filters;
mod history;
mod http;
mod pool;
mod render;
mod rpc;
mod simulate;
mod state;
mod transport;

pub use accounts::DEV_KEYS;
pub use chain::Orphans;
pub use config::{Config, DEFAULT_CHAIN_ID, DEFAULT_GAS_LIMIT, Hardfork, MiningMode, UnknownHardfork};
pub use devnet::Devnet;
pub use error::{
    INVALID_PARAMS, INVALID_REQUEST, LIMIT_EXCEEDED, METHOD_NOT_FOUND, PARSE_ERROR, REVERTED, RpcError,
    SERVER_ERROR, ServeError,
};
pub use transport::DevnetTransport;
