//! Blocks, transactions, receipts and logs as alloy's RPC types, so that every client reads them.

use alloy::{
    consensus::{
        Transaction as _, TxEnvelope,
        transaction::{Recovered, TransactionInfo},
    },
    rpc::types::{
        Block as RpcBlock, BlockTransactions, Header as RpcHeader, Log as RpcLog, Transaction,
        TransactionReceipt,
    },
};

use crate::block::{Block, MinedTx};

/// A block, with transactions in full or as hashes.
pub(crate) fn block(block: &Block, full: bool) -> RpcBlock {
    let transactions = if full {
        BlockTransactions::Full((0..block.txs.len()).filter_map(|i| transaction(block, i)).collect())
    } else {
        BlockTransactions::Hashes(block.txs.iter().map(|tx| tx.hash).collect())
    };
    RpcBlock {
        header: RpcHeader::from_consensus(block.header.clone(), None, Some(block.size)),
        uncles: Vec::new(),
        transactions,
        withdrawals: block.header.withdrawals_root.map(|_| Default::default()),
    }
}

/// A mined transaction by its index.
pub(crate) fn transaction(block: &Block, index: usize) -> Option<Transaction> {
    let mined = block.txs.get(index)?;
    let info = TransactionInfo {
        hash: Some(mined.hash),
        index: Some(index as u64),
        block_hash: Some(block.header.hash()),
        block_number: Some(block.header.number),
        base_fee: block.header.base_fee_per_gas,
        block_timestamp: Some(block.header.timestamp),
    };
    Some(Transaction::from_transaction(mined.tx.clone(), info))
}

/// A transaction that waits in the pool.
pub(crate) fn pending(tx: &Recovered<TxEnvelope>) -> Transaction {
    Transaction::from_transaction(tx.clone(), TransactionInfo::default())
}

/// A receipt by the transaction's index.
pub(crate) fn receipt(block: &Block, index: usize) -> Option<TransactionReceipt> {
    let mined = block.txs.get(index)?;
    let mut log_index = mined.first_log;
    let inner = mined.receipt.clone().map_logs(|inner| {
        let log = log(block, mined, index, log_index, inner);
        log_index += 1;
        log
    });
    Some(TransactionReceipt {
        inner,
        transaction_hash: mined.hash,
        transaction_index: Some(index as u64),
        block_hash: Some(block.header.hash()),
        block_number: Some(block.header.number),
        gas_used: mined.gas_used,
        effective_gas_price: mined.gas_price,
        blob_gas_used: None,
        blob_gas_price: None,
        from: mined.tx.signer(),
        to: mined.tx.to(),
        contract_address: mined.contract,
    })
}

/// Every log of a block in order.
pub(crate) fn logs(block: &Block) -> impl Iterator<Item = RpcLog> + '_ {
    block.txs.iter().enumerate().flat_map(move |(index, mined)| {
        let numbered = (mined.first_log..).zip(mined.receipt.logs());
        numbered.map(move |(log_index, inner)| log(block, mined, index, log_index, inner.clone()))
    })
}

fn log(block: &Block, mined: &MinedTx, index: usize, log_index: u64, inner: alloy_primitives::Log) -> RpcLog {
    RpcLog {
        inner,
        block_hash: Some(block.header.hash()),
        block_number: Some(block.header.number),
        block_timestamp: Some(block.header.timestamp),
        transaction_hash: Some(mined.hash),
        transaction_index: Some(index as u64),
        log_index: Some(log_index),
        removed: false,
    }
}
