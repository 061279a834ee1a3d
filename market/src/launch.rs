//! Launching, as the operator agent sees it: somebody turns an order into a receipt.
//!
//! The agent knows no capsule runtime and no prover; the command line hands in its own. An implementation stores every
//! receipt durably before it returns it, so that [`Launch::find`] gives it back after a crash.

use alloy_primitives::{Address, B256};
use async_trait::async_trait;
use nonos_core::CapsuleLeaf;
use nonos_core::receipt::Receipt;
use std::sync::Arc;

/// One launch that a lock obliges to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchOrder {
    /// The request: `header.requestId`.
    pub request: B256,
    /// What is to run; disclosed in the receipt.
    pub capsule: CapsuleLeaf,
    /// In whose catalog the capsule is.
    pub publisher: B256,
    /// The encoded package, as the node gave it; its signature is not checked yet.
    pub package: Arc<[u8]>,
    /// What the capsule reads; its hash was compared with the request.
    pub input: Arc<[u8]>,
    /// Who is paid: `header.payee`.
    pub payee: Address,
    /// `header.launchedAt` is not earlier.
    pub earliest: u64,
    /// Last second in which the receipt is of use.
    pub deadline: u64,
    /// The key that the receipt has to be made under.
    pub verifier_key: B256,
}

/// A launch that gave no receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct LaunchFailure {
    /// What happened.
    pub reason: String,
    /// Whether the same order may succeed later (a tree that moved, a busy machine) or never will (the capsule fails).
    pub retry: bool,
}

impl LaunchFailure {
    /// A failure that may pass.
    pub fn passing(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), retry: true }
    }

    /// A failure that every attempt will meet.
    pub fn lasting(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), retry: false }
    }
}

/// Whoever launches for the agent.
#[async_trait]
pub trait Launch: Send + Sync {
    /// Runs the capsule without proving anything, before collateral is at stake: package genuine, enrolled, installed, and
    /// the input makes it end well. An order that fails here is never locked.
    async fn preflight(&self, order: &LaunchOrder) -> Result<(), LaunchFailure>;

    /// Launches and proves. The receipt is stored before this returns.
    async fn launch(&self, order: &LaunchOrder) -> Result<Receipt, LaunchFailure>;

    /// Receipts of earlier launches for this request: what a crash between proof and table left behind.
    async fn find(&self, request: B256) -> Result<Vec<Receipt>, LaunchFailure>;
}
