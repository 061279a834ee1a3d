//! The outcome of a cheat, and the outcome it has to have.

use alloy_primitives::B256;
use std::fmt;

/// What became of a cheat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// One of our own checks refused it, with this error.
    Rejected {
        /// The error's text.
        reason: String,
    },
    /// A contract reverted, in a call or in this transaction.
    Reverted {
        /// The decoded error of the contract.
        reason: String,
        /// The failed transaction.
        tx: Option<B256>,
    },
    /// It was done, found, and paid for: the loss is on chain.
    Punished {
        /// What it cost.
        reason: String,
        /// The transaction that punished, if it was ours.
        tx: Option<B256>,
    },
    /// Nothing stopped it.
    Accepted {
        /// What was accepted.
        what: String,
    },
}

impl Attempt {
    /// From a check that should have failed.
    pub fn check<T, E: fmt::Display>(result: Result<T, E>, what: &str) -> Self {
        match result {
            Ok(_) => Self::Accepted { what: what.to_owned() },
            Err(error) => Self::Rejected { reason: error.to_string() },
        }
    }

    /// The word of the report.
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Rejected { .. } => "rejected",
            Self::Reverted { .. } => "reverted",
            Self::Punished { .. } => "punished",
            Self::Accepted { .. } => "accepted",
        }
    }

    /// The error, or what was accepted.
    pub fn reason(&self) -> &str {
        match self {
            Self::Rejected { reason } | Self::Reverted { reason, .. } | Self::Punished { reason, .. } => {
                reason
            }
            Self::Accepted { what } => what,
        }
    }

    /// The failed transaction, or the one that punished.
    pub fn tx(&self) -> Option<B256> {
        match self {
            Self::Reverted { tx, .. } | Self::Punished { tx, .. } => *tx,
            _ => None,
        }
    }
}

/// What has to stop a cheat. A cheat that fails for another reason (say, a typo in the demo) proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// A check of ours, whose error contains this.
    Rejected(&'static str),
    /// A contract, whose decoded error contains this.
    Reverted(&'static str),
    /// The market, by a loss that is described with this.
    Punished(&'static str),
}

impl Expected {
    /// Is this the outcome?
    pub fn covers(&self, attempt: &Attempt) -> bool {
        match (self, attempt) {
            (Self::Rejected(part), Attempt::Rejected { reason })
            | (Self::Reverted(part), Attempt::Reverted { reason, .. })
            | (Self::Punished(part), Attempt::Punished { reason, .. }) => reason.contains(part),
            _ => false,
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(part) => write!(f, "a rejection with `{part}`"),
            Self::Reverted(part) => write!(f, "a revert with `{part}`"),
            Self::Punished(part) => write!(f, "a loss, `{part}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_refusal_counts() {
        let rejected = Attempt::check(Err::<(), _>("nullifier 7 was used"), "a receipt");
        assert!(Expected::Rejected("nullifier").covers(&rejected));
        assert!(!Expected::Rejected("payee").covers(&rejected));
        assert!(!Expected::Reverted("nullifier").covers(&rejected));
        let accepted = Attempt::check(Ok::<_, String>(()), "a nullifier used twice");
        assert!(!Expected::Rejected("nullifier").covers(&accepted));
    }
}
