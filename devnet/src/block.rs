//! Blocks as the chain keeps them, and their making: run the ready transactions, then seal the header.

use std::sync::Arc;

use alloy::{
    consensus::{
        BlockBody, EMPTY_OMMER_ROOT_HASH, Eip658Value, Header, Receipt, ReceiptEnvelope, Transaction,
        TxEnvelope, proofs, transaction::Recovered,
    },
    eips::{eip2935, eip7685::EMPTY_REQUESTS_HASH},
    rlp::Encodable,
};
use alloy_primitives::{Address, B256, Bloom, Log, Sealed, U256, keccak256};
use revm::{
    ExecuteCommitEvm,
    context_interface::result::{ExecutionResult, Output},
    database::CacheDB,
    handler::SystemCallCommitEvm,
};

use crate::{
    chain::Chain,
    config::{Config, Hardfork},
    error::RpcError,
    evm::{self, View},
    pool::PoolTx,
    state::{Changes, Roots, Version},
};

/// A transaction in a block with what came of it.
#[derive(Clone, Debug)]
pub(crate) struct MinedTx {
    pub(crate) tx: Recovered<TxEnvelope>,
    pub(crate) hash: B256,
    pub(crate) receipt: ReceiptEnvelope<Log>,
    pub(crate) gas_used: u64,
    /// wei per gas
    pub(crate) gas_price: u128,
    pub(crate) contract: Option<Address>,
    /// index in the block of this transaction's first log
    pub(crate) first_log: u64,
}

/// A sealed block; `version` is the state after it.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) header: Sealed<Header>,
    pub(crate) txs: Vec<MinedTx>,
    pub(crate) size: U256,
    pub(crate) version: Version,
}

/// Transactions that were run on top of the head, not sealed yet.
#[derive(Debug)]
pub(crate) struct Executed {
    pub(crate) header: Header,
    pub(crate) txs: Vec<MinedTx>,
    pub(crate) changes: Changes,
    /// Transactions that turned out to be invalid, with the reason.
    pub(crate) invalid: Vec<(B256, RpcError)>,
}

/// Header of the block after `parent`, before execution.
pub(crate) fn next_header(
    config: &Config,
    parent: &Sealed<Header>,
    timestamp: u64,
    base_fee: u64,
    branch: u64,
) -> Header {
    let since = |fork: Hardfork| config.hardfork >= fork;
    let number = parent.number + 1;
    // No beacon chain here: the randomness is a hash, and differs between branches so that a re-made block does too.
    let seed = [parent.hash().as_slice(), &number.to_be_bytes(), &branch.to_be_bytes()].concat();
    Header {
        parent_hash: parent.hash(),
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: config.coinbase,
        number,
        gas_limit: config.gas_limit,
        timestamp,
        mix_hash: keccak256(seed),
        base_fee_per_gas: Some(base_fee),
        withdrawals_root: since(Hardfork::Shanghai).then_some(alloy::consensus::EMPTY_ROOT_HASH),
        blob_gas_used: since(Hardfork::Cancun).then_some(0),
        excess_blob_gas: since(Hardfork::Cancun).then_some(0),
        parent_beacon_block_root: since(Hardfork::Cancun).then_some(B256::ZERO),
        requests_hash: since(Hardfork::Prague).then_some(EMPTY_REQUESTS_HASH),
        ..Default::default()
    }
}

/// Header of block 0, before its state root.
pub(crate) fn genesis_header(config: &Config, timestamp: u64) -> Header {
    let nothing = evm::seal(Header { number: 0, ..Default::default() });
    let header = next_header(config, &nothing, timestamp, config.base_fee, 0);
    Header { number: 0, parent_hash: B256::ZERO, mix_hash: B256::ZERO, ..header }
}

/// Runs the history system call and then `candidates`, in order, as far as they fit the block.
pub(crate) fn execute(
    config: &Config,
    view: View<'_>,
    mut header: Header,
    candidates: Vec<PoolTx>,
) -> Result<Executed, RpcError> {
    let mut db = CacheDB::new(view);
    let mut evm = evm::evm(evm::cfg_env(config), evm::block_env(&header), &mut db);
    if config.hardfork >= Hardfork::Prague {
        evm.system_call_commit(eip2935::HISTORY_STORAGE_ADDRESS, header.parent_hash.0.into())?;
    }
    let base_fee = header.base_fee_per_gas.unwrap_or_default();
    let (mut txs, mut invalid, mut logs) = (Vec::new(), Vec::new(), 0u64);
    let mut held_back: Vec<Address> = Vec::new();
    for PoolTx { tx, hash, .. } in candidates {
        if held_back.contains(&tx.signer()) || header.gas_used + tx.gas_limit() > header.gas_limit {
            held_back.push(tx.signer());
            continue;
        }
        let result = match evm.transact_commit(evm::tx_env(&tx)) {
            Ok(result) => result,
            Err(error) => {
                held_back.push(tx.signer());
                invalid.push((hash, error.into()));
                continue;
            }
        };
        let gas_used = result.tx_gas_used();
        header.gas_used += gas_used;
        let mined = mined(tx, hash, result, gas_used, header.gas_used, base_fee, logs);
        logs += mined.receipt.logs().len() as u64;
        txs.push(mined);
    }
    drop(evm);
    Ok(Executed { header, txs, changes: evm::changes(db), invalid })
}

fn mined(
    tx: Recovered<TxEnvelope>,
    hash: B256,
    result: ExecutionResult,
    gas_used: u64,
    cumulative_gas_used: u64,
    base_fee: u64,
    first_log: u64,
) -> MinedTx {
    let status = Eip658Value::Eip658(result.is_success());
    let contract = match &result {
        ExecutionResult::Success { output: Output::Create(_, address), .. } => *address,
        // Nodes name the address a failed deployment would have had.
        _ if tx.is_create() => Some(tx.signer().create(tx.nonce())),
        _ => None,
    };
    let logs = match result {
        ExecutionResult::Success { logs, .. } => logs,
        _ => Vec::new(),
    };
    let receipt = Receipt { status, cumulative_gas_used, logs }.with_bloom();
    MinedTx {
        receipt: ReceiptEnvelope::from_typed(tx.tx_type(), receipt),
        gas_price: tx.effective_gas_price(Some(base_fee)),
        tx,
        hash,
        gas_used,
        contract,
        first_log,
    }
}

impl Executed {
    /// Fills in roots, bloom and size. `version` is what the state will be once the changes are committed.
    pub(crate) fn seal(mut self, chain: &Chain, version: Version) -> (Block, Changes, Roots) {
        let roots = chain.state.roots(&self.changes);
        let envelopes: Vec<TxEnvelope> = self.txs.iter().map(|tx| tx.tx.inner().clone()).collect();
        let receipts: Vec<_> = self.txs.iter().map(|tx| tx.receipt.clone()).collect();
        self.header.state_root = roots.state;
        self.header.transactions_root = proofs::calculate_transaction_root(&envelopes);
        self.header.receipts_root = proofs::calculate_receipt_root(&receipts);
        self.header.logs_bloom = receipts.iter().fold(Bloom::ZERO, |bloom, r| bloom | *r.logs_bloom());
        let withdrawals = self.header.withdrawals_root.map(|_| Default::default());
        let body = BlockBody { transactions: envelopes, ommers: Vec::<Header>::new(), withdrawals };
        let whole = alloy::consensus::Block::new(self.header, body);
        let size = U256::from(whole.length());
        let block = Block { header: evm::seal(whole.header), txs: self.txs, size, version };
        (block, self.changes, roots)
    }
}

/// A block shared between the chain and its readers.
pub(crate) type SharedBlock = Arc<Block>;
