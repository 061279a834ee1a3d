//! What the demo did: honest steps with their cost, and cheats with what stopped them.

use super::attempt::{Attempt, Expected};
use crate::measure::Stopwatch;
use crate::output::one_line;
use crate::progress::Progress;
use crate::table::abbreviated;
use alloy_primitives::B256;
use eyre::Result;
use serde::Serialize;

/// An honest step.
#[derive(Debug, Clone, Serialize)]
pub struct StepRecord {
    /// What was done.
    pub name: String,
    /// Did it work?
    pub ok: bool,
    /// CPU seconds of this process and the children it waited for.
    pub cpu_s: f64,
    /// The (last) transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tx: Option<B256>,
    /// Gas of all transactions of the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gas: Option<u64>,
    /// What came out, or why it failed.
    pub detail: String,
}

/// A cheat.
#[derive(Debug, Clone, Serialize)]
pub struct CheatRecord {
    /// What was tried.
    pub name: String,
    /// "rejected" by a check of ours, "reverted" by the chain, "punished" by the market, or "accepted", which must never
    /// happen.
    pub outcome: &'static str,
    /// The error itself.
    pub reason: String,
    /// Was it stopped, and by the check that is there to stop it?
    pub as_expected: bool,
    /// The reverted or the punishing transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tx: Option<B256>,
}

/// What a step produced.
#[derive(Debug)]
pub struct Done<T> {
    value: T,
    detail: String,
    tx: Option<B256>,
    gas: Option<u64>,
}

impl<T> Done<T> {
    /// A result with a line about it.
    pub fn new(value: T, detail: impl Into<String>) -> Self {
        Self { value, detail: detail.into(), tx: None, gas: None }
    }

    /// The same, settled by transactions: hash of the last, gas of all.
    pub fn on_chain(mut self, tx: B256, gas: u64) -> Self {
        self.tx = Some(tx);
        self.gas = Some(gas);
        self
    }
}

/// The record of one run.
#[derive(Debug)]
pub struct Ledger {
    progress: Progress,
    watch: Stopwatch,
    steps: Vec<StepRecord>,
    cheats: Vec<CheatRecord>,
}

impl Ledger {
    /// Nothing done yet; the clock starts.
    pub fn new(progress: Progress) -> Self {
        Self { progress, watch: Stopwatch::start(), steps: Vec::new(), cheats: Vec::new() }
    }

    /// Runs an honest step and writes it down, also when it fails.
    pub async fn step<T>(&mut self, name: &str, work: impl Future<Output = Result<Done<T>>>) -> Result<T> {
        let shown = self.progress.step(name);
        let watch = Stopwatch::start();
        let result = work.await;
        let mut record = StepRecord {
            name: name.to_owned(),
            ok: result.is_ok(),
            cpu_s: milli(watch.cpu()),
            tx: None,
            gas: None,
            detail: String::new(),
        };
        let result = match result {
            Ok(done) => {
                shown.done(&abbreviated(&done.detail));
                (record.tx, record.gas, record.detail) = (done.tx, done.gas, done.detail);
                Ok(done.value)
            }
            Err(error) => {
                record.detail = one_line(&error);
                Err(error.wrap_err(format!("the demo stopped at `{name}`")))
            }
        };
        self.steps.push(record);
        result
    }

    /// Something a cheat needs first, such as a forged proof: shown while it takes time, not a step of its own.
    pub fn prepare<T>(&self, what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let shown = self.progress.step(what);
        let value = tokio::task::block_in_place(work)?;
        shown.done("");
        Ok(value)
    }

    /// Tries a cheat and writes down what happened. Errors outside the attempt itself (no chain, no disk) end the demo.
    pub async fn cheat(
        &mut self,
        name: &str,
        expected: Expected,
        work: impl Future<Output = Result<Attempt>>,
    ) -> Result<()> {
        let shown = self.progress.step(format!("cheat: {name}"));
        let attempt =
            work.await.map_err(|error| error.wrap_err(format!("the cheat `{name}` could not be tried")))?;
        let record = CheatRecord {
            name: name.to_owned(),
            outcome: attempt.outcome(),
            as_expected: expected.covers(&attempt),
            reason: attempt.reason().to_owned(),
            tx: attempt.tx(),
        };
        let line = format!("{}: {}", record.outcome, record.reason);
        if record.as_expected {
            shown.done(&abbreviated(&line));
        } else {
            drop(shown);
            self.progress.note(&format!("        expected {expected}, but it was {line}"));
        }
        self.cheats.push(record);
        Ok(())
    }

    /// The honest steps so far.
    pub fn steps(&self) -> &[StepRecord] {
        &self.steps
    }

    /// The cheats so far.
    pub fn cheats(&self) -> &[CheatRecord] {
        &self.cheats
    }

    /// Wall and CPU seconds since the start.
    pub fn cost(&self) -> (f64, f64) {
        (milli(self.watch.wall()), milli(self.watch.cpu()))
    }

    /// Did every step work and did every cheat meet the check that is there for it?
    pub fn all_as_expected(&self) -> bool {
        self.steps.iter().all(|step| step.ok) && self.cheats.iter().all(|cheat| cheat.as_expected)
    }
}

fn milli(seconds: f64) -> f64 {
    (seconds * 1e3).round() / 1e3
}
