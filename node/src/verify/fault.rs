//! Why a verdict is negative, one type per verdict.

use alloy_primitives::{Address, B256};
use nonos_circuits::backend::VerifyError;
use nonos_core::VerifierKey;
use nonos_core::receipt::{DecodeError, HeaderError, ReceiptError};

use super::roots::RootSourceError;

/// Why a receipt proves nothing.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProofFault {
    /// Not the canonical encoding of a receipt.
    #[error(transparent)]
    Form(#[from] DecodeError),
    /// Made for another verifying key than the pinned one.
    #[error(
        "the receipt names verifier key {found}, this node pins {pinned}: another circuit version, or a foreign setup"
    )]
    VerifierKey {
        /// In the receipt.
        found: VerifierKey,
        /// Pinned here.
        pinned: VerifierKey,
    },
    /// Anybody can forge proofs under the developer setup.
    #[error(
        "chain {0} is not a development chain, and the pinned key belongs to the developer setup, under which anybody can forge proofs"
    )]
    DeveloperSetup(u64),
    /// A signature or an opening is wrong.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// The header does not give public instances.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The proof is wrong.
    #[error("launch proof: {0}")]
    Proof(#[from] VerifyError),
}

/// Why a receipt with a valid proof is not admitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdmissionFault {
    /// For another deployment.
    #[error(
        "the receipt is for anchor {anchor} on chain {chain_id}, this node serves {expected_anchor} on chain {expected_chain_id}"
    )]
    OtherDeployment {
        /// Chain in the receipt.
        chain_id: u64,
        /// Anchor in the receipt.
        anchor: Address,
        /// Chain served here.
        expected_chain_id: u64,
        /// Anchor served here.
        expected_anchor: Address,
    },
    /// A root that was never seen on chain.
    #[error("{tree} root {root} was never a root on chain: a self-made tree, or this node is behind")]
    UnknownRoot {
        /// `operator`, `install` or `catalog`.
        tree: &'static str,
        /// The root.
        root: B256,
    },
    /// The launch says to be older than the root it was proven under.
    #[error(
        "launched at {launched_at}, but {tree} root {root} exists only since {since}: dated back, or a wrong clock"
    )]
    LaunchedBeforeRoot {
        /// Which tree.
        tree: &'static str,
        /// The root.
        root: B256,
        /// As the receipt says, Unix seconds.
        launched_at: u64,
        /// When the root came, Unix seconds.
        since: u64,
    },
    /// The launch came after the root had been superseded.
    #[error(
        "launched at {launched_at}, when {tree} root {root} had been superseded at {at}: launch again with the current roots"
    )]
    LaunchedAfterRoot {
        /// Which tree.
        tree: &'static str,
        /// The root.
        root: B256,
        /// As the receipt says, Unix seconds.
        launched_at: u64,
        /// When the root went, Unix seconds.
        at: u64,
    },
    /// A root that was superseded too long ago.
    #[error(
        "{tree} root {root} was superseded at {superseded_at} and served until {valid_until}; it is {now} now"
    )]
    StaleRoot {
        /// `operator`, `install` or `catalog`.
        tree: &'static str,
        /// The root.
        root: B256,
        /// Unix seconds.
        superseded_at: u64,
        /// Unix seconds.
        valid_until: u64,
        /// Unix seconds.
        now: u64,
    },
    /// A root that was withdrawn.
    #[error("{tree} root {root} was revoked")]
    RevokedRoot {
        /// `operator`, `install` or `catalog`.
        tree: &'static str,
        /// The root.
        root: B256,
    },
    /// The roots could not be had; this says nothing about the receipt.
    #[error(transparent)]
    Source(#[from] RootSourceError),
}

/// Why a receipt is not fresh.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FreshnessFault {
    /// Launched later than now.
    #[error("launched at {launched_at}, {ahead} s ahead of this node's clock ({skew} s are tolerated)")]
    Future {
        /// Unix seconds.
        launched_at: u64,
        /// Seconds ahead.
        ahead: u64,
        /// Tolerated seconds.
        skew: u64,
    },
    /// Launched too long ago.
    #[error("launched at {launched_at}, {age} s ago; receipts are taken for {max_age} s")]
    TooOld {
        /// Unix seconds.
        launched_at: u64,
        /// Seconds ago.
        age: u64,
        /// Longest age.
        max_age: u64,
    },
    /// The block named as "not before" has another hash.
    #[error("notBefore names block {number} with hash {found}, the chain has {expected}")]
    OtherBlock {
        /// Block number.
        number: u64,
        /// In the receipt.
        found: B256,
        /// On chain.
        expected: B256,
    },
    /// Launched before the block it names.
    #[error("launched at {launched_at}, before the block it names as not-before ({block_time})")]
    BeforeBlock {
        /// Unix seconds.
        launched_at: u64,
        /// Unix seconds.
        block_time: u64,
    },
}

/// The first verdict that was negative.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// No valid proof.
    #[error("not valid: {0}")]
    Proof(#[from] ProofFault),
    /// Valid, not admitted.
    #[error("not admitted: {0}")]
    Admission(#[from] AdmissionFault),
    /// Not fresh.
    #[error("not fresh: {0}")]
    Freshness(#[from] FreshnessFault),
}
