//! What a verifier counts: `nonos_market_verifier_*`.

use crate::operator::{Kind, SentKind};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// A verifier's counters.
#[derive(Clone, Debug, Default)]
pub struct VerifierMetrics {
    jobs: Counter,
    leaves: Counter,
    unsound: Counter,
    slashed: Counter,
    sent: Family<SentKind, Counter>,
    outages: Family<Kind, Counter>,
    open: Gauge,
}

impl VerifierMetrics {
    /// Registers all of them.
    pub fn register(&self, registry: &mut Registry) {
        let r = registry.sub_registry_with_prefix("nonos_market_verifier");
        r.register("jobs", "Jobs seen", self.jobs.clone());
        r.register("leaves", "Leaves found in order", self.leaves.clone());
        r.register("unsound", "Batches that are not to be vouched for", self.unsound.clone());
        r.register(
            "slashed",
            "Jobs that ended with proven fraud, our places among them",
            self.slashed.clone(),
        );
        r.register("transactions", "Transactions, by kind and result", self.sent.clone());
        r.register("outages", "Failed questions to chain and node", self.outages.clone());
        r.register("open", "Jobs under watch", self.open.clone());
    }

    pub(super) fn job(&self) {
        self.jobs.inc();
    }

    pub(super) fn leaf(&self) {
        self.leaves.inc();
    }

    pub(super) fn unsound(&self) {
        self.unsound.inc();
    }

    pub(super) fn slashed(&self) {
        self.slashed.inc();
    }

    pub(super) fn sent<T, E>(&self, kind: &'static str, result: &Result<T, E>) {
        let result = if result.is_ok() { "mined" } else { "failed" };
        self.sent.get_or_create(&SentKind { kind, result }).inc();
    }

    pub(super) fn outage(&self, kind: &'static str) {
        self.outages.get_or_create(&Kind { kind }).inc();
    }

    pub(super) fn open(&self, count: usize) {
        self.open.set(i64::try_from(count).unwrap_or(i64::MAX));
    }
}
