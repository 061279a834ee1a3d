//! One sender for an account: nonces in order, fees that rise while nothing happens, and an honest answer about every
//! transaction.
//!
//! A transaction is signed here, so its hash is known before it is handed over; whether the hand-over worked does not matter
//! then. Whoever else sends from the account is coped with: a nonce that is gone is taken anew.

use crate::chain::Mined;
use crate::error::SendError;
use alloy::eips::BlockNumberOrTag;
use alloy::eips::eip2718::Encodable2718;
use alloy::network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder};
use alloy::providers::{DynProvider, Provider};
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use alloy::signers::local::PrivateKeySigner;
use alloy::transports::TransportError;
use alloy_primitives::{Address, TxHash};
use nonos_contracts::{ChainError, describe_revert};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How often a nonce that somebody else took is replaced.
const NONCE_RETRIES: u32 = 5;
/// Longest pause between two looks for a receipt.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How far the receipts of an endpoint may lag behind its nonces.
const LAG: Duration = Duration::from_secs(5);

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until the fee is raised.
    pub bump: Duration,
    /// Until a transaction is given up as uncertain.
    pub total: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { bump: Duration::from_secs(36), total: Duration::from_secs(180) }
    }
}

/// Sends from one account.
#[derive(Debug)]
pub struct Sender {
    provider: DynProvider,
    wallet: EthereumWallet,
    account: Address,
    chain_id: u64,
    patience: Patience,
    turn: Mutex<()>,
}

/// A transaction that waits to be mined, under every hash that it ever had.
struct Waiting {
    request: TransactionRequest,
    hashes: Vec<TxHash>,
}

impl Sender {
    /// Sends what `signer` signs.
    pub fn new(provider: DynProvider, signer: PrivateKeySigner, chain_id: u64, patience: Patience) -> Self {
        let account = signer.address();
        Self {
            provider,
            wallet: EthereumWallet::from(signer),
            account,
            chain_id,
            patience,
            turn: Mutex::new(()),
        }
    }

    /// The account.
    pub const fn account(&self) -> Address {
        self.account
    }

    /// Waits until nothing of this account is pending, whoever sent it.
    pub async fn settle(&self) -> Result<(), ChainError> {
        let _turn = self.turn.lock().await;
        let started = Instant::now();
        let failed = |error| ChainError::transport("reading the account's nonce", error);
        loop {
            let mined = self.provider.get_transaction_count(self.account).latest().await.map_err(failed)?;
            let pending =
                self.provider.get_transaction_count(self.account).pending().await.map_err(failed)?;
            if pending <= mined {
                return Ok(());
            }
            if started.elapsed() > self.patience.total {
                tracing::warn!(account = %self.account, mined, pending, "an earlier transaction is stuck; going on without it");
                return Ok(());
            }
            tokio::time::sleep(LONGEST_PAUSE).await;
        }
    }

    /// Simulates, sends, and waits until it is mined.
    pub async fn send(&self, what: &str, request: TransactionRequest) -> Result<Mined, SendError> {
        let _turn = self.turn.lock().await;
        let not_sent = |error: &dyn std::fmt::Display| SendError::NotSent {
            what: what.into(),
            reason: error.to_string(),
        };
        let request = request.with_from(self.account).with_chain_id(self.chain_id);
        let gas = match self.provider.estimate_gas(request.clone()).await {
            Ok(gas) => gas,
            Err(error) => return Err(refusal(what, &error).unwrap_or_else(|| not_sent(&error))),
        };
        let fees = self.provider.estimate_eip1559_fees().await.map_err(|error| not_sent(&error))?;
        // Between the simulation and the block the path may get longer: storage that was warm, a demand more.
        let request = request
            .with_gas_limit(gas.saturating_add(gas / 5))
            .with_max_fee_per_gas(fees.max_fee_per_gas)
            .with_max_priority_fee_per_gas(fees.max_priority_fee_per_gas);
        for _ in 0..NONCE_RETRIES {
            let nonce = self.provider.get_transaction_count(self.account).pending().await;
            let nonce = nonce.map_err(|error| not_sent(&error))?;
            let mut waiting = Waiting { request: request.clone().with_nonce(nonce), hashes: Vec::new() };
            match self.hand_over(&mut waiting).await {
                Ok(()) => return self.watch(what, waiting).await,
                Err(Handover::NonceGone(reason)) => {
                    tracing::debug!(what, nonce, reason, "the nonce is gone; taking another")
                }
                Err(Handover::Refused(reason)) => return Err(not_sent(&reason)),
                // It may have arrived all the same.
                Err(Handover::Unknown(reason)) => {
                    tracing::warn!(what, reason, "handing over a transaction failed; looking for it");
                    return self.watch(what, waiting).await;
                }
            }
        }
        Err(not_sent(&format!(
            "{NONCE_RETRIES} nonces in a row were taken by others; is the account used elsewhere?"
        )))
    }

    async fn hand_over(&self, waiting: &mut Waiting) -> Result<(), Handover> {
        let signed = waiting.request.clone().build(&self.wallet).await;
        let signed = signed.map_err(|error| Handover::Refused(format!("signing: {error}")))?;
        let hash = *signed.tx_hash();
        match self.provider.send_raw_transaction(&signed.encoded_2718()).await {
            Ok(_) => {}
            Err(error) => {
                let handover = Handover::of(&error);
                if let Handover::Unknown(_) = handover {
                    waiting.hashes.push(hash);
                }
                if !is_known(&error) {
                    return Err(handover);
                }
            }
        }
        waiting.hashes.push(hash);
        Ok(())
    }

    async fn watch(&self, what: &str, mut waiting: Waiting) -> Result<Mined, SendError> {
        let started = Instant::now();
        let mut bumped = started;
        let mut pause = Duration::from_millis(2);
        let uncertain = |reason: String| SendError::Uncertain { what: what.into(), reason };
        let nonce = waiting.request.nonce.unwrap_or_default();
        let mut passed: Option<Instant> = None;
        loop {
            for hash in &waiting.hashes {
                if let Ok(Some(receipt)) = self.provider.get_transaction_receipt(*hash).await {
                    return self.judge(what, &waiting.request, receipt).await;
                }
            }
            // Our nonce is used and none of our hashes is there: if that stays so, it was somebody else.
            if let Ok(mined) = self.provider.get_transaction_count(self.account).latest().await {
                passed = if mined > nonce { passed.or_else(|| Some(Instant::now())) } else { None };
                if passed.is_some_and(|since| since.elapsed() > LAG) {
                    return Err(uncertain(format!(
                        "another transaction of {} took nonce {nonce}",
                        self.account
                    )));
                }
            }
            if started.elapsed() > self.patience.total {
                return Err(uncertain(format!("not mined within {} s", self.patience.total.as_secs())));
            }
            if bumped.elapsed() > self.patience.bump {
                bumped = Instant::now();
                raise(&mut waiting.request);
                if let Err(error) = self.hand_over(&mut waiting).await {
                    tracing::debug!(what, %error, "the fee was not raised");
                } else {
                    tracing::info!(what, nonce, "not mined yet: raised the fee");
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn judge(
        &self,
        what: &str,
        request: &TransactionRequest,
        receipt: TransactionReceipt,
    ) -> Result<Mined, SendError> {
        let block = receipt.block_number.unwrap_or_default();
        if receipt.status() {
            tracing::debug!(what, hash = %receipt.transaction_hash, gas = receipt.gas_used, "mined");
            return Ok(Mined { hash: receipt.transaction_hash, block, gas: receipt.gas_used });
        }
        let replay = self.provider.call(request.clone()).block(BlockNumberOrTag::Number(block).into()).await;
        let reason = replay.err().and_then(|error| revert_data(&error));
        let reason = reason.unwrap_or_else(|| {
            format!(
                "transaction {} was mined but failed: the state changed before it was included",
                receipt.transaction_hash
            )
        });
        Err(SendError::Refused { what: what.into(), reason })
    }
}

/// What became of a hand-over that did not simply work.
#[derive(Debug, thiserror::Error)]
enum Handover {
    #[error("{0}")]
    NonceGone(String),
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    Unknown(String),
}

impl Handover {
    fn of(error: &TransportError) -> Self {
        let text = error.to_string();
        match error.as_error_resp() {
            None => Self::Unknown(text),
            Some(answer) => {
                let message = answer.message.to_lowercase();
                let gone = message.contains("nonce too low") || message.contains("underpriced");
                if gone { Self::NonceGone(text) } else { Self::Refused(text) }
            }
        }
    }
}

/// The node has it already: a repetition after a lost answer.
fn is_known(error: &TransportError) -> bool {
    error.as_error_resp().is_some_and(|answer| {
        let message = answer.message.to_lowercase();
        message.contains("already known") || message.contains("already imported")
    })
}

fn revert_data(error: &TransportError) -> Option<String> {
    let answer = error.as_error_resp()?;
    match answer.as_revert_data() {
        Some(data) => Some(describe_revert(&data)),
        None => answer.message.to_lowercase().contains("revert").then(|| answer.message.to_string()),
    }
}

fn refusal(what: &str, error: &TransportError) -> Option<SendError> {
    revert_data(error).map(|reason| SendError::Refused { what: what.into(), reason })
}

/// An eighth more, which every pool takes as a replacement.
fn raise(request: &mut TransactionRequest) {
    let more = |fee: u128| fee.saturating_add(fee / 8).saturating_add(1);
    request.max_fee_per_gas = request.max_fee_per_gas.map(more);
    request.max_priority_fee_per_gas = request.max_priority_fee_per_gas.map(more);
}
