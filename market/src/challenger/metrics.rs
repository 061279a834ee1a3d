//! What a challenger counts: `nonos_market_challenger_*`.

use crate::operator::{Kind, SentKind};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// A challenger's counters.
#[derive(Clone, Debug, Default)]
pub struct ChallengerMetrics {
    batches: Counter,
    leaves: Counter,
    suspects: Counter,
    spared: Counter,
    voided: Counter,
    fallen: Counter,
    sent: Family<SentKind, Counter>,
    outages: Family<Kind, Counter>,
    watched: Gauge,
}

impl ChallengerMetrics {
    /// Registers all of them.
    pub fn register(&self, registry: &mut Registry) {
        let r = registry.sub_registry_with_prefix("nonos_market_challenger");
        r.register("batches", "Batches seen", self.batches.clone());
        r.register("leaves", "Leaves looked at", self.leaves.clone());
        r.register("suspects", "Leaves whose proof the node called bad", self.suspects.clone());
        r.register("spared", "Suspects that the chain called valid", self.spared.clone());
        r.register("voided", "Leaves voided by our challenges", self.voided.clone());
        r.register("fallen", "Batches that fell by our demands", self.fallen.clone());
        r.register("transactions", "Transactions, by kind and result", self.sent.clone());
        r.register("outages", "Failed questions to chain and node", self.outages.clone());
        r.register("watched", "Batches under watch", self.watched.clone());
    }

    pub(super) fn batch(&self) {
        self.batches.inc();
    }

    pub(super) fn leaves(&self, count: u64) {
        self.leaves.inc_by(count);
    }

    pub(super) fn suspect(&self) {
        self.suspects.inc();
    }

    pub(super) fn spared(&self) {
        self.spared.inc();
    }

    pub(super) fn voided(&self) {
        self.voided.inc();
    }

    pub(super) fn fell(&self) {
        self.fallen.inc();
    }

    pub(super) fn sent<T, E>(&self, kind: &'static str, result: &Result<T, E>) {
        let result = if result.is_ok() { "mined" } else { "failed" };
        self.sent.get_or_create(&SentKind { kind, result }).inc();
    }

    pub(super) fn outage(&self, kind: &'static str) {
        self.outages.get_or_create(&Kind { kind }).inc();
    }

    pub(super) fn watched(&self, count: usize) {
        self.watched.set(i64::try_from(count).unwrap_or(i64::MAX));
    }
}
