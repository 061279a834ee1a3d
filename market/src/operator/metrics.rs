//! What an operator counts: `nonos_market_operator_*`.

use super::job::{Job, Outcome};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// One label.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct Kind {
    /// Which kind.
    pub kind: &'static str,
}

/// A transaction and what became of it.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct SentKind {
    /// Which transaction.
    pub kind: &'static str,
    /// `mined` or `failed`.
    pub result: &'static str,
}

/// An operator's counters.
#[derive(Clone, Debug, Default)]
pub struct OperatorMetrics {
    seen: Counter,
    refused: Family<Kind, Counter>,
    ended: Family<Kind, Counter>,
    sent: Family<SentKind, Counter>,
    launches: Counter,
    launch_failures: Counter,
    discarded: Counter,
    missed: Counter,
    outages: Family<Kind, Counter>,
    jobs: Family<Kind, Gauge>,
    holding: Gauge,
}

impl OperatorMetrics {
    /// Registers all of them.
    pub fn register(&self, registry: &mut Registry) {
        let r = registry.sub_registry_with_prefix("nonos_market_operator");
        r.register("requests_seen", "Requests seen on the market", self.seen.clone());
        r.register("requests_refused", "Requests not served, by reason", self.refused.clone());
        r.register("jobs_ended", "Jobs that ended, by outcome", self.ended.clone());
        r.register("transactions", "Transactions, by kind and result", self.sent.clone());
        r.register("launches", "Launches begun", self.launches.clone());
        r.register("launch_failures", "Launches that gave no receipt", self.launch_failures.clone());
        r.register(
            "receipts_discarded",
            "Receipts that could not be recorded any more",
            self.discarded.clone(),
        );
        r.register("deadlines_missed", "Locks whose deadline passed", self.missed.clone());
        r.register("outages", "Failed questions to chain and node", self.outages.clone());
        r.register("jobs", "Jobs by stage", self.jobs.clone());
        r.register("holding", "1 while a failed launch keeps new locks back", self.holding.clone());
    }

    pub(super) fn seen(&self) {
        self.seen.inc();
    }

    pub(super) fn refused(&self, kind: &'static str) {
        self.refused.get_or_create(&Kind { kind }).inc();
    }

    pub(super) fn ended(&self, outcome: Outcome) {
        self.ended.get_or_create(&Kind { kind: outcome.word() }).inc();
    }

    pub(super) fn sent<T, E>(&self, kind: &'static str, result: &Result<T, E>) {
        let result = if result.is_ok() { "mined" } else { "failed" };
        self.sent.get_or_create(&SentKind { kind, result }).inc();
    }

    pub(super) fn launch(&self) {
        self.launches.inc();
    }

    pub(super) fn launch_failed(&self) {
        self.launch_failures.inc();
    }

    pub(super) fn discarded(&self) {
        self.discarded.inc();
    }

    pub(super) fn missed(&self) {
        self.missed.inc();
    }

    pub(super) fn outage(&self, kind: &'static str) {
        self.outages.get_or_create(&Kind { kind }).inc();
    }

    pub(super) fn holding(&self, holding: bool) {
        self.holding.set(holding.into());
    }

    pub(super) fn stages(&self, jobs: &[Job]) {
        for kind in ["watching", "locking", "owing", "proven"] {
            let count = jobs.iter().filter(|job| job.stage.word() == kind).count();
            self.jobs.get_or_create(&Kind { kind }).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }
}
