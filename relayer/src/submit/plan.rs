//! What to do about one call: a pure decision from what was sent, what the chain shows and the time that passed.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::chain::{FeePolicy, Fees, Head};
use crate::queue::Attempt;

/// When to send again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resend {
    /// Blocks without inclusion after which the offer is raised. While the chain makes no blocks, more money helps nobody.
    pub blocks: u64,
    /// Shortest time between two sends of the same call.
    pub pause: Duration,
}

/// The account on chain, and what of it is ours.
#[derive(Clone, Debug)]
pub struct Nonces {
    /// The first nonce that no block of the chain has used.
    pub next: u64,
    /// The first nonce that is neither used nor in the node's pool, says the node: a hint.
    pub pending: u64,
    /// Nonces of our calls that are under way.
    pub ours: BTreeSet<u64>,
}

/// Calls of others that may be in the pool before ours; a hint beyond that is not believed.
const MOST_FOREIGN: u64 = 64;

impl Nonces {
    /// The nonce for a new transaction: behind all that is under way, ours and others'.
    pub fn fresh(&self) -> u64 {
        let ours = self.ours.last().map_or(0, |last| last.saturating_add(1));
        self.next.max(ours).max(self.believed())
    }

    fn believed(&self) -> u64 {
        self.pending.min(self.next.saturating_add(MOST_FOREIGN))
    }

    /// The first nonce from `from` on and below `nonce` that is none of ours: what is behind it waits for ever, unless
    /// somebody else fills it.
    fn gap(&self, from: u64, nonce: u64) -> Option<u64> {
        (self.next.max(from)..nonce).find(|n| !self.ours.contains(n))
    }
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing yet: too early to send again.
    Wait,
    /// Send the same transaction again.
    Repeat(Attempt),
    /// Same nonce and calldata, higher fees.
    Replace {
        /// The nonce.
        nonce: u64,
        /// The new offer.
        fees: Fees,
        /// Gas limit of the transaction that is replaced.
        gas_limit: u64,
    },
    /// A transaction with a nonce of its own: the first, or because the last can never be included.
    Fresh {
        /// The nonce.
        nonce: u64,
    },
}

/// Times [`Resend::blocks`] after which the node's word about its pool is no longer believed.
const DISBELIEF: u64 = 8;

/// Decides about a call that is not done in the state of `head`. `attempts` are all that were remembered for it, oldest
/// first; `ago` is the time since this process sent the last of them, if it did.
pub fn decide(
    attempts: &[Attempt],
    ago: Option<Duration>,
    nonces: &Nonces,
    head: &Head,
    rules: Resend,
    (policy, proposed_tip): (&FeePolicy, u128),
) -> Action {
    let Some(live) = attempts.iter().rev().find(|attempt| attempt.nonce >= nonces.next) else {
        return first(attempts, nonces, head);
    };
    // After a restart nobody knows whether it was sent.
    let Some(ago) = ago else { return Action::Repeat(*live) };
    if ago < rules.pause {
        return Action::Wait;
    }
    let blocks = head.number.saturating_sub(live.at_block);
    if blocks >= rules.blocks {
        let others = if blocks >= rules.blocks.saturating_mul(DISBELIEF) { 0 } else { nonces.believed() };
        if let Some(nonce) = nonces.gap(others, live.nonce) {
            return Action::Fresh { nonce };
        }
        let old = Fees { max_fee: live.max_fee, tip: live.tip };
        if live.nonce == nonces.next
            && let Some(fees) = policy.replace(old, head.base_fee, proposed_tip)
        {
            return Action::Replace { nonce: live.nonce, fees, gas_limit: live.gas_limit };
        }
    }
    Action::Repeat(*live)
}

/// No transaction of this call can be included any more: none was made, or each lost its nonce or failed. The first loss is
/// taken for a race and answered at once, further ones after 1, 3, 7, .. blocks.
fn first(attempts: &[Attempt], nonces: &Nonces, head: &Head) -> Action {
    let lost: BTreeSet<u64> = attempts.iter().map(|attempt| attempt.nonce).collect();
    let pause = (1u64 << lost.len().saturating_sub(1).min(6)).saturating_sub(1);
    let since = attempts.last().map_or(0, |attempt| attempt.at_block);
    if head.number < since.saturating_add(pause) && head.number >= since {
        return Action::Wait;
    }
    Action::Fresh { nonce: nonces.fresh() }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
