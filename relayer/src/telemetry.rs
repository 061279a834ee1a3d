//! What the relayer tells about itself: metrics, and the state of every stage.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::{Mutex, PoisonError};

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use serde::Serialize;

use crate::queue::Counts;

type Labels = Vec<(String, String)>;

/// A stage, as `/v1/status` shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StageStatus {
    /// Whether its last step succeeded.
    pub ok: bool,
    /// Its last error, also after it works again.
    pub last_error: Option<String>,
    /// What it waits for that a person has to do something about.
    pub blocked: Option<String>,
}

/// Counters, gauges and states. Shared by all stages.
pub struct Telemetry {
    registry: Registry,
    stages: Mutex<BTreeMap<&'static str, StageStatus>>,
    errors: Family<Labels, Counter>,
    places: Family<Labels, Gauge>,
    /// Receipts taken from the source.
    pub arrived: Counter,
    /// Receipts verified and queued.
    pub accepted: Counter,
    /// Receipts refused.
    pub refused: Counter,
    /// Receipts put into batches.
    pub batched: Counter,
    /// Transactions handed to the chain for the first time.
    pub sent: Counter,
    /// Transactions replaced by one with a higher fee.
    pub replaced: Counter,
    /// Transactions whose nonce was used by another, or that failed.
    pub renumbered: Counter,
    /// Batches seen on chain.
    pub mined: Counter,
    /// Batches that a reorganisation took off the chain.
    pub vanished: Counter,
    /// Batches that are final.
    pub finalised: Counter,
    /// Base fee of the last head, in wei per gas.
    pub base_fee: Gauge,
    /// Height of the last head.
    pub height: Gauge,
}

impl std::fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Telemetry").finish_non_exhaustive()
    }
}

impl Default for Telemetry {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("nonos_relayer");
        let mut counter = |name: &str, help: &str| {
            let counter = Counter::default();
            registry.register(name, help, counter.clone());
            counter
        };
        let arrived = counter("receipts_arrived", "Receipts taken from the node");
        let accepted = counter("receipts_accepted", "Receipts verified and queued");
        let refused = counter("receipts_refused", "Receipts refused");
        let batched = counter("receipts_batched", "Receipts put into batches");
        let sent = counter("transactions_sent", "Transactions handed to the chain");
        let replaced = counter("transactions_replaced", "Transactions replaced by a higher fee");
        let renumbered = counter("transactions_renumbered", "Transactions that lost their nonce or failed");
        let mined = counter("batches_mined", "Sightings of batches on chain");
        let vanished = counter("batches_vanished", "Batches taken off the chain by a reorganisation");
        let finalised = counter("batches_final", "Batches that became final");
        let (base_fee, height) = (Gauge::default(), Gauge::default());
        registry.register_with_unit(
            "base_fee",
            "Base fee of the head in wei per gas",
            Unit::Other("wei".into()),
            base_fee.clone(),
        );
        registry.register("height", "Number of the head", height.clone());
        let (errors, places) = (Family::default(), Family::default());
        registry.register("stage_errors", "Failed steps by stage", Family::clone(&errors));
        registry.register("queue", "Receipts and batches by place", Family::clone(&places));
        Self {
            registry,
            stages: Mutex::default(),
            errors,
            places,
            arrived,
            accepted,
            refused,
            batched,
            sent,
            replaced,
            renumbered,
            mined,
            vanished,
            finalised,
            base_fee,
            height,
        }
    }
}

impl Telemetry {
    fn stage(&self, name: &'static str, change: impl FnOnce(&mut StageStatus)) {
        change(self.stages.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default());
    }

    pub(crate) fn worked(&self, stage: &'static str) {
        self.stage(stage, |status| status.ok = true);
    }

    pub(crate) fn failed(&self, stage: &'static str, error: &impl Display) {
        self.errors.get_or_create(&vec![("stage".to_owned(), stage.to_owned())]).inc();
        let error = error.to_string();
        self.stage(stage, |status| (status.ok, status.last_error) = (false, Some(error)));
    }

    /// Says what a stage waits for, once per change.
    pub(crate) fn blocked(&self, stage: &'static str, reason: Option<String>) {
        self.stage(stage, |status| {
            if status.blocked != reason {
                match &reason {
                    Some(reason) => tracing::warn!(stage, %reason, "blocked"),
                    None => tracing::info!(stage, "no longer blocked"),
                }
            }
            status.blocked = reason;
        });
    }

    /// Every stage that made a step.
    pub fn stages(&self) -> BTreeMap<&'static str, StageStatus> {
        self.stages.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The metrics in Prometheus' text format.
    pub fn render(&self, counts: &Counts) -> Result<String, std::fmt::Error> {
        let as_i64 = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let places = [("waiting", counts.waiting), ("queued", counts.queued), ("leaves", counts.leaves)];
        let batches = counts.batches.iter().map(|(name, count)| (*name, *count));
        for (name, count) in places.into_iter().chain(batches) {
            let labels = vec![("place".to_owned(), name.to_owned())];
            self.places.get_or_create(&labels).set(as_i64(count));
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
