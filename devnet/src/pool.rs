//! Transactions that wait: by sender and nonce, with geth's replacement rule (both fees 10% higher).

use std::collections::{BTreeMap, HashMap};

use alloy::consensus::{Transaction, TxEnvelope, transaction::Recovered};
use alloy_primitives::{Address, B256};

use crate::error::RpcError;

/// Percentage both fees must rise by to replace a waiting transaction.
const PRICE_BUMP: u128 = 10;

/// A transaction in the pool.
#[derive(Clone, Debug)]
pub(crate) struct PoolTx {
    pub(crate) tx: Recovered<TxEnvelope>,
    pub(crate) hash: B256,
    arrival: u64,
}

/// The transaction pool.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pool {
    by_sender: HashMap<Address, BTreeMap<u64, PoolTx>>,
    by_hash: HashMap<B256, (Address, u64)>,
    arrivals: u64,
}

impl Pool {
    /// Number of waiting transactions.
    pub(crate) fn len(&self) -> usize {
        self.by_hash.len()
    }

    /// A waiting transaction.
    pub(crate) fn get(&self, hash: &B256) -> Option<&PoolTx> {
        let (sender, nonce) = self.by_hash.get(hash)?;
        self.by_sender.get(sender)?.get(nonce)
    }

    /// Every waiting transaction, in order of arrival.
    pub(crate) fn all(&self) -> Vec<&PoolTx> {
        let mut all: Vec<_> = self.by_sender.values().flat_map(BTreeMap::values).collect();
        all.sort_by_key(|tx| tx.arrival);
        all
    }

    /// The first nonce of `sender` that is neither used on chain nor waiting without a gap before it.
    pub(crate) fn next_nonce(&self, sender: Address, on_chain: u64) -> u64 {
        let Some(waiting) = self.by_sender.get(&sender) else { return on_chain };
        (on_chain..).find(|nonce| !waiting.contains_key(nonce)).unwrap_or(on_chain)
    }

    /// Adds a transaction, or replaces one with the same nonce.
    pub(crate) fn insert(&mut self, tx: Recovered<TxEnvelope>, capacity: usize) -> Result<B256, RpcError> {
        let hash = *tx.tx_hash();
        if self.by_hash.contains_key(&hash) {
            return Err(RpcError::server("already known"));
        }
        let (sender, nonce) = (tx.signer(), tx.nonce());
        let waiting = self.by_sender.get(&sender).and_then(|txs| txs.get(&nonce));
        if let Some(old) = waiting {
            check_replacement(&old.tx, &tx)?;
            self.by_hash.remove(&old.hash.clone());
        } else if self.len() >= capacity {
            return Err(RpcError::server(format!("txpool is full: {capacity} transactions are waiting")));
        }
        self.arrivals += 1;
        self.by_hash.insert(hash, (sender, nonce));
        let entry = PoolTx { tx, hash, arrival: self.arrivals };
        self.by_sender.entry(sender).or_default().insert(nonce, entry);
        Ok(hash)
    }

    /// Takes a transaction out.
    pub(crate) fn remove(&mut self, hash: &B256) -> Option<PoolTx> {
        let (sender, nonce) = self.by_hash.remove(hash)?;
        let waiting = self.by_sender.get_mut(&sender)?;
        let removed = waiting.remove(&nonce);
        if waiting.is_empty() {
            self.by_sender.remove(&sender);
        }
        removed
    }

    /// Takes every transaction out.
    pub(crate) fn clear(&mut self) {
        self.by_sender.clear();
        self.by_hash.clear();
    }

    /// Drops what can never be mined any more because its nonce is used.
    pub(crate) fn drop_stale(&mut self, nonce_of: impl Fn(Address) -> u64) {
        let stale: Vec<B256> = self
            .by_sender
            .iter()
            .flat_map(|(sender, txs)| txs.range(..nonce_of(*sender)).map(|(_, tx)| tx.hash))
            .collect();
        for hash in stale {
            self.remove(&hash);
        }
    }

    /// The executable transactions in the order a block takes them: highest tip first, then oldest, nonces in order.
    /// What does not pay `base_fee` holds back the later nonces of its sender.
    pub(crate) fn ready(&self, base_fee: u64, nonce_of: impl Fn(Address) -> u64) -> Vec<PoolTx> {
        let mut heads: Vec<(&PoolTx, u128)> = Vec::new();
        let payable = |tx: &PoolTx| tx.tx.effective_tip_per_gas(base_fee);
        for (sender, txs) in &self.by_sender {
            let head = txs.get(&nonce_of(*sender));
            heads.extend(head.and_then(|tx| Some((tx, payable(tx)?))));
        }
        let mut order = Vec::new();
        while let Some(best) = (0..heads.len())
            .max_by_key(|i| heads.get(*i).map(|(tx, tip)| (*tip, std::cmp::Reverse(tx.arrival))))
        {
            let (tx, _) = heads.swap_remove(best);
            order.push(tx.clone());
            let next = self.by_sender.get(&tx.tx.signer()).and_then(|txs| txs.get(&(tx.tx.nonce() + 1)));
            heads.extend(next.and_then(|tx| Some((tx, payable(tx)?))));
        }
        order
    }
}

fn check_replacement(old: &TxEnvelope, new: &TxEnvelope) -> Result<(), RpcError> {
    let bumped = |fee: u128| fee.saturating_mul(100 + PRICE_BUMP).div_ceil(100);
    let tip = |tx: &TxEnvelope| tx.max_priority_fee_per_gas().unwrap_or_else(|| tx.max_fee_per_gas());
    let (fee_needed, tip_needed) = (bumped(old.max_fee_per_gas()), bumped(tip(old)));
    if new.max_fee_per_gas() < fee_needed || tip(new) < tip_needed {
        return Err(RpcError::server(format!(
            "replacement transaction underpriced: need max fee {fee_needed} and priority fee {tip_needed}, got {} and {}",
            new.max_fee_per_gas(),
            tip(new)
        )));
    }
    Ok(())
}
