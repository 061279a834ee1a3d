//! Everything a relayer can be told.

use std::net::SocketAddr;
use std::time::Duration;

use crate::batch::BatchPolicy;
use crate::chain::FeePolicy;
use crate::submit::{Resend, SubmitPolicy};

/// Settings of one relayer; the defaults suit a public chain with blocks of some seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// When to make batches.
    pub batch: BatchPolicy,
    /// How to send them.
    pub submit: SubmitPolicy,
    /// Pause between two looks at the chain.
    pub poll: Duration,
    /// Pause between two looks at the source and at the queue.
    pub collect_poll: Duration,
    /// How long one question to the chain or to the node may take.
    pub patience: Duration,
    /// How long the chain may take to learn what a receipt relies on.
    pub admission_patience: Duration,
    /// Receipts per page of the source.
    pub page: usize,
    /// Receipts without a batch above which collecting pauses.
    pub backlog: u64,
    /// Where `/livez`, `/readyz`, `/metrics` and `/v1/status` are served, on loopback; `None` serves nothing.
    pub http: Option<SocketAddr>,
}

/// Wei per gwei.
pub const GWEI: u128 = 1_000_000_000;

impl Default for Config {
    fn default() -> Self {
        Self {
            batch: BatchPolicy {
                max_size: 1_024,
                max_age: Duration::from_secs(60),
                hard_age: Duration::from_secs(30 * 60),
                gas_price_ceiling: 30 * GWEI,
            },
            submit: SubmitPolicy {
                fees: FeePolicy { min_tip: GWEI / 100, max_tip: 3 * GWEI, cap: 500 * GWEI },
                resend: Resend { blocks: 3, pause: Duration::from_secs(15) },
                in_flight: 4,
                confirmations: 32,
            },
            poll: Duration::from_secs(2),
            collect_poll: Duration::from_millis(500),
            patience: Duration::from_secs(8),
            admission_patience: Duration::from_secs(300),
            page: 256,
            backlog: 65_536,
            http: Some(SocketAddr::from(([127, 0, 0, 1], 8_662))),
        }
    }
}
