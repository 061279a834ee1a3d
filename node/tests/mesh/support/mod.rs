//! Nodes, receipts and chains for the tests.

pub mod attacker;
pub mod chain;
pub mod judge;
pub mod library;
pub mod node;
pub mod receipts;

use std::time::{Duration, Instant};

/// Far longer than anything here takes, for machines that do other things as well.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until `done`; panics with `what` if it never comes.
pub async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !done().await {
        assert!(start.elapsed() < PATIENCE, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A runtime of its own for every test.
pub fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(test);
    runtime.shutdown_timeout(Duration::from_secs(5));
}
