//! Sending transactions and waiting for them, with the contract's own words when it refuses.

use super::Chain;
use alloy::network::TransactionBuilder;
use alloy::providers::Provider;
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use alloy_primitives::{Address, B256};
use eyre::{Result, WrapErr, bail, eyre};
use nonos_contracts::{ChainError, describe_revert};
use std::time::{Duration, Instant};

/// How long a transaction may take to be mined.
const PATIENCE: Duration = Duration::from_secs(120);
/// Gas for a transaction that is meant to fail, which no estimate can be had for.
const FAILING_GAS: u64 = 3_000_000;

/// A mined, successful transaction.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Its hash.
    pub hash: B256,
    /// Gas it used.
    pub gas: u64,
    /// The contract it created.
    pub created: Option<Address>,
}

/// A mined transaction that reverted.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Its hash.
    pub hash: B256,
    /// The contract's error, from a simulation on the state right before.
    pub reason: String,
}

impl Chain {
    /// Sends from `from` and waits. A refusal is an error that carries the contract's reason.
    pub async fn send(&self, what: &str, from: Address, request: TransactionRequest) -> Result<Sent> {
        let receipt = self.submit(what, request.with_from(from)).await?;
        if !receipt.status() {
            bail!("{what}: transaction {} was mined but reverted", receipt.transaction_hash);
        }
        Ok(receipt.into())
    }

    /// Sends what should be refused, as a real transaction. The inner error is the transaction that went through.
    pub async fn send_refused(
        &self,
        what: &str,
        from: Address,
        request: TransactionRequest,
    ) -> Result<std::result::Result<Refused, Sent>> {
        let request = request.with_from(from).with_gas_limit(FAILING_GAS);
        let reason = match self.provider.call(request.clone()).await {
            Ok(_) => None,
            Err(error) => match error.as_error_resp().and_then(|payload| payload.as_revert_data()) {
                Some(data) => Some(describe_revert(&data)),
                None => return Err(ChainError::transport(what, error).into()),
            },
        };
        let receipt = self.submit(what, request).await?;
        match (receipt.status(), reason) {
            (true, _) => Ok(Err(receipt.into())),
            (false, Some(reason)) => Ok(Ok(Refused { hash: receipt.transaction_hash, reason })),
            (false, None) => {
                bail!("{what}: transaction {} reverted, but its simulation did not", receipt.transaction_hash)
            }
        }
    }

    async fn submit(&self, what: &str, request: TransactionRequest) -> Result<TransactionReceipt> {
        let pending = self.provider.send_transaction(request).await;
        let pending = pending.map_err(|error| ChainError::transport(what, error))?;
        self.wait(*pending.tx_hash()).await.wrap_err_with(|| what.to_owned())
    }

    // alloy's own waiting looks for blocks at an interval; a development chain has the receipt at once.
    async fn wait(&self, hash: B256) -> Result<TransactionReceipt> {
        let started = Instant::now();
        let mut pause = Duration::from_millis(2);
        loop {
            let receipt = self.provider.get_transaction_receipt(hash).await;
            match receipt.map_err(|error| eyre!("the chain did not say what became of {hash}: {error}"))? {
                Some(receipt) => return Ok(receipt),
                None if started.elapsed() > PATIENCE => bail!(
                    "transaction {hash} was accepted, but not mined within {} s; it may still be",
                    PATIENCE.as_secs()
                ),
                None => tokio::time::sleep(pause).await,
            }
            pause = (pause * 2).min(Duration::from_millis(500));
        }
    }
}

impl From<TransactionReceipt> for Sent {
    fn from(receipt: TransactionReceipt) -> Self {
        Self { hash: receipt.transaction_hash, gas: receipt.gas_used, created: receipt.contract_address }
    }
}
