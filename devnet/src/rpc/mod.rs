//! The JSON-RPC methods, by name. Semantics follow the execution APIs and geth; the development methods follow anvil.

mod chain;
mod dev;
mod fees;
mod logs;
mod params;
mod state;
mod transactions;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::{
    Devnet,
    error::{METHOD_NOT_FOUND, RpcError},
};
use params::Params;

type Reply = Result<Box<RawValue>, RpcError>;

fn reply<T: Serialize>(value: T) -> Reply {
    to_raw_value(&value).map_err(|error| RpcError::server(format!("answer cannot be serialised: {error}")))
}

/// Answers one request.
pub(crate) fn handle(devnet: &Devnet, method: &str, params: Option<&RawValue>) -> Reply {
    let p = Params::parse(params)?;
    match method {
        // chain
        "eth_chainId" => chain::chain_id(devnet, p),
        "net_version" => chain::net_version(devnet, p),
        "net_listening" => chain::listening(p),
        "web3_clientVersion" => chain::client_version(p),
        "web3_sha3" => chain::sha3(p),
        "eth_syncing" => chain::syncing(p),
        "eth_blockNumber" => chain::block_number(devnet, p),
        "eth_getBlockByNumber" => chain::block_by_number(devnet, p),
        "eth_getBlockByHash" => chain::block_by_hash(devnet, p),
        "eth_getBlockReceipts" => chain::block_receipts(devnet, p),
        "eth_getBlockTransactionCountByNumber" | "eth_getBlockTransactionCountByHash" => {
            chain::transaction_count(devnet, p)
        }
        "eth_getUncleCountByBlockNumber" | "eth_getUncleCountByBlockHash" => chain::uncle_count(devnet, p),
        // state
        "eth_getBalance" => state::balance(devnet, p),
        "eth_getCode" => state::code(devnet, p),
        "eth_getStorageAt" => state::storage(devnet, p),
        "eth_getTransactionCount" => state::nonce(devnet, p),
        "eth_call" => state::call(devnet, p),
        "eth_estimateGas" => state::estimate_gas(devnet, p),
        // transactions
        "eth_accounts" => transactions::accounts(devnet, p),
        "eth_sendRawTransaction" => transactions::send_raw(devnet, p),
        "eth_sendTransaction" => transactions::send(devnet, p),
        "eth_getTransactionByHash" => transactions::by_hash(devnet, p),
        "eth_getTransactionByBlockNumberAndIndex" | "eth_getTransactionByBlockHashAndIndex" => {
            transactions::by_index(devnet, p)
        }
        "eth_getRawTransactionByHash" => transactions::raw_by_hash(devnet, p),
        "eth_getTransactionReceipt" => transactions::receipt(devnet, p),
        "eth_pendingTransactions" => transactions::pending(devnet, p),
        // fees
        "eth_gasPrice" => fees::gas_price(devnet, p),
        "eth_maxPriorityFeePerGas" => fees::max_priority_fee(p),
        "eth_feeHistory" => fees::history(devnet, p),
        "eth_blobBaseFee" => fees::blob_base_fee(p),
        // logs and filters
        "eth_getLogs" => logs::get_logs(devnet, p),
        "eth_newFilter" => logs::new_filter(devnet, p),
        "eth_newBlockFilter" => logs::new_block_filter(devnet, p),
        "eth_getFilterChanges" => logs::filter_changes(devnet, p),
        "eth_getFilterLogs" => logs::filter_logs(devnet, p),
        "eth_uninstallFilter" => logs::uninstall_filter(devnet, p),
        // development
        "evm_increaseTime" | "anvil_increaseTime" => dev::increase_time(devnet, p),
        "evm_setNextBlockTimestamp" | "anvil_setNextBlockTimestamp" => dev::set_next_timestamp(devnet, p),
        "evm_mine" => dev::evm_mine(devnet, p),
        "anvil_mine" | "hardhat_mine" => dev::mine(devnet, p),
        "evm_snapshot" | "anvil_snapshot" => dev::snapshot(devnet, p),
        "evm_revert" | "anvil_revert" => dev::revert(devnet, p),
        "anvil_rollback" => dev::rollback(devnet, p),
        "anvil_reorg" => dev::reorg(devnet, p),
        "anvil_setBalance" | "hardhat_setBalance" => dev::set_balance(devnet, p),
        "anvil_setNonce" | "hardhat_setNonce" => dev::set_nonce(devnet, p),
        "anvil_setCode" | "hardhat_setCode" => dev::set_code(devnet, p),
        "anvil_setStorageAt" | "hardhat_setStorageAt" => dev::set_storage(devnet, p),
        "anvil_setNextBlockBaseFeePerGas" | "hardhat_setNextBlockBaseFeePerGas" => {
            dev::set_base_fee(devnet, p)
        }
        "anvil_dropTransaction" | "hardhat_dropTransaction" => dev::drop_transaction(devnet, p),
        "anvil_dropAllTransactions" => dev::drop_all(devnet, p),
        "anvil_getAutomine" | "hardhat_getAutomine" => dev::get_automine(devnet, p),
        "evm_setAutomine" | "anvil_setAutomine" => dev::set_automine(devnet, p),
        "evm_setIntervalMining" | "anvil_setIntervalMining" => dev::set_interval(devnet, p),
        _ => Err(RpcError::new(
            METHOD_NOT_FOUND,
            format!("the method {method} does not exist/is not available"),
        )),
    }
}
