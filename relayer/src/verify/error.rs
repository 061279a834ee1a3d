//! Why a receipt is not anchored.

use alloy_primitives::{Address, B256};
use nonos_contracts::roots::RootFault;
use nonos_core::receipt::{DecodeError, ReceiptError};

use super::evm::EvmFault;

/// The receipt is refused for good.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Not the canonical encoding of a receipt.
    #[error(transparent)]
    Form(#[from] DecodeError),
    /// For another deployment.
    #[error("it is for anchor {anchor} on chain {chain_id}, not for ours")]
    Domain {
        /// Chain in the receipt.
        chain_id: u64,
        /// Anchor in the receipt.
        anchor: Address,
    },
    /// For another verifying key.
    #[error("it names verifier key {found}, the deployment's is {expected}")]
    Key {
        /// In the receipt.
        found: B256,
        /// Of the deployment.
        expected: B256,
    },
    /// A signature or an opening is wrong.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// The contract's bytecode rejects the proof.
    #[error(transparent)]
    Proof(EvmFault),
    /// Launched too long ago.
    #[error("launched at {launched_at}, more than {max_age} s before the chain's {now}")]
    TooOld {
        /// Unix seconds.
        launched_at: u64,
        /// Seconds.
        max_age: u64,
        /// Time of the head.
        now: u64,
    },
    /// The block it names is another one on this chain.
    #[error("it names block {number} as {found}, the chain has {actual}")]
    OtherBlock {
        /// Block number.
        number: u64,
        /// In the receipt.
        found: B256,
        /// On chain.
        actual: B256,
    },
    /// Dated before the block it names.
    #[error("launched at {launched_at}, before the block it names ({block_time})")]
    BeforeBlock {
        /// Unix seconds.
        launched_at: u64,
        /// Unix seconds.
        block_time: u64,
    },
    /// A root does not serve this launch.
    #[error("{tree} root {root}: {fault}")]
    Root {
        /// `operators` or `installs`.
        tree: &'static str,
        /// The root.
        root: B256,
        /// The anchor's rule that it breaks.
        fault: RootFault,
    },
    /// The chain did not learn what the receipt relies on in time.
    #[error("still not admissible after {waited} s: {reason}")]
    Patience {
        /// Seconds waited.
        waited: u64,
        /// What was missing.
        reason: String,
    },
}

/// No verdict now.
#[derive(Debug, thiserror::Error)]
pub enum Pending {
    /// The chain does not know something yet that it may know in a few blocks: a root, a block, the launch's time.
    #[error("{0}")]
    NotYet(String),
    /// The chain could not be asked. No patience is used up.
    #[error("the chain cannot be asked: {0}")]
    Unavailable(String),
}

/// The outcome of an admission that was not positive.
#[derive(Debug, thiserror::Error)]
pub enum NotAdmitted {
    /// For good.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// For now.
    #[error(transparent)]
    Pending(#[from] Pending),
}
