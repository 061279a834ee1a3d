//! One call: decided, remembered, sent.

use alloy_primitives::Bytes;
use nonos_contracts::ChainError;
use tokio::time::Instant;

use super::{Action, Call, Now, SubmitError, Submitter, decide};
use crate::chain::{Fees, RpcError};
use crate::queue::Attempt;
use crate::stage::on_disk;

/// Bounds of the gas limit of one call: an estimate outside of them is a node's mistake. The lower one is above what any call
/// takes, so that no lie makes a transaction run out of gas.
const GAS_LIMITS: (u64, u64) = (250_000, 1_000_000);

impl Submitter {
    /// Moves one call: decides, remembers, sends. The inner error says what it waits for.
    pub(super) async fn drive(
        &mut self,
        call: Call,
        input: Bytes,
        attempts: &[Attempt],
        now: &mut Now,
    ) -> Result<Result<(), String>, SubmitError> {
        let ago = self.sent.get(&call).map(|at| at.elapsed());
        let fees = self.policy.fees;
        let action = decide(attempts, ago, &now.nonces, &now.head, self.policy.resend, (&fees, now.tip));
        let attempt = match action {
            Action::Wait => return Ok(Ok(())),
            Action::Repeat(attempt) => attempt,
            Action::Replace { nonce, fees, gas_limit } => {
                self.telemetry.replaced.inc();
                self.remember(call, nonce, fees, gas_limit, &input, now).await?
            }
            Action::Fresh { nonce } => {
                let Some(fees) = fees.offer(now.head.base_fee, now.tip) else {
                    return Ok(Err(format!(
                        "the base fee is {} wei per gas: with the tip above the cap of {}",
                        now.head.base_fee, fees.cap
                    )));
                };
                let gas_limit = match self.gas_limit(input.clone()).await? {
                    Ok(gas_limit) => gas_limit,
                    Err(reason) => return Ok(Err(reason)),
                };
                if !attempts.is_empty() {
                    self.telemetry.renumbered.inc();
                    tracing::warn!(
                        ?call,
                        nonce,
                        "sent with a new nonce: the old one was used, or is out of reach"
                    );
                }
                self.remember(call, nonce, fees, gas_limit, &input, now).await?
            }
        };
        let fees = Fees { max_fee: attempt.max_fee, tip: attempt.tip };
        let signed = self.account.sign(attempt.nonce, fees, attempt.gas_limit, input)?;
        self.sent.insert(call, Instant::now());
        match self.chain.send(&signed.raw).await {
            Ok(()) => tracing::debug!(?call, hash = %signed.hash, nonce = attempt.nonce, "sent"),
            // It may have been taken all the same; the next steps look at the chain, not at this answer.
            Err(error) => {
                let error = error.to_string();
                tracing::debug!(?call, hash = %signed.hash, nonce = attempt.nonce, %error, "not taken, or so it says");
                if error.contains("insufficient funds") {
                    return Ok(Err(format!("{} cannot pay for gas: {error}", self.account.address())));
                }
            }
        }
        Ok(Ok(()))
    }

    /// Gas limit for a new call, from an estimate; a refusal of the contract comes back in words.
    async fn gas_limit(&self, input: Bytes) -> Result<Result<u64, String>, SubmitError> {
        let (least, most) = GAS_LIMITS;
        match self.chain.estimate(self.account.address(), input).await {
            Ok(gas) => Ok(Ok(gas.saturating_add(gas / 4).clamp(least, most))),
            Err(RpcError::Chain(ChainError::Reverted { reason, .. })) => {
                Ok(Err(format!("the anchor would refuse: {reason}")))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn remember(
        &mut self,
        call: Call,
        nonce: u64,
        fees: Fees,
        gas_limit: u64,
        input: &Bytes,
        now: &mut Now,
    ) -> Result<Attempt, SubmitError> {
        let hash = self.account.sign(nonce, fees, gas_limit, input.clone())?.hash;
        let Fees { max_fee, tip } = fees;
        let attempt = Attempt { nonce, max_fee, tip, gas_limit, hash, at_block: now.head.number };
        match call {
            Call::Anchor(sequence) => {
                on_disk(&self.queue, move |queue| queue.attempt(sequence, attempt)).await?;
            }
            errand => self.errands.entry(errand).or_default().push(attempt),
        }
        now.nonces.ours.insert(nonce);
        self.telemetry.sent.inc();
        Ok(attempt)
    }
}
