//! What the node counts, for Prometheus.

use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text};
use prometheus_client::metrics::{counter::ConstCounter, gauge::ConstGauge};
use prometheus_client::registry::Registry;

use super::app::App;

/// Goes up.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn up(&self) {
        self.add(1);
    }

    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Counters of the service; the mesh has its own.
#[derive(Debug, Default)]
pub struct Counters {
    pub requests: Counter,
    pub requests_refused: Counter,
    pub requests_failed: Counter,
    pub receipts_stored: Counter,
    pub receipts_refused: Counter,
    pub batches_stored: Counter,
    pub store_errors: Counter,
    pub chain_faults: Counter,
}

/// All numbers at one moment: name, help, whether it only goes up, value.
#[derive(Debug)]
struct Snapshot(Vec<(&'static str, &'static str, bool, u64)>);

impl Collector for Snapshot {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        for (name, help, counter, value) in &self.0 {
            // Prometheus adds the suffix of counters and the full stop itself.
            let (name, help) = (name.strip_suffix("_total").unwrap_or(name), help.trim_end_matches('.'));
            if *counter {
                let metric = ConstCounter::new(*value);
                metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)?;
            } else {
                let metric = ConstGauge::new(i64::try_from(*value).unwrap_or(i64::MAX));
                metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)?;
            }
        }
        Ok(())
    }
}

/// The OpenMetrics text of now.
pub fn render(app: &App, receipts: u64, batches: u64) -> String {
    let c = &app.counters;
    let head = app.chain.head();
    let mut numbers = vec![
        ("http_requests_total", "Requests answered.", true, c.requests.get()),
        ("http_refused_total", "Requests refused for what they said (4xx).", true, c.requests_refused.get()),
        (
            "http_failed_total",
            "Requests that failed for reasons of this node (5xx).",
            true,
            c.requests_failed.get(),
        ),
        ("receipts_stored_total", "Receipts stored since the start.", true, c.receipts_stored.get()),
        (
            "receipts_refused_total",
            "Receipts of HTTP clients with a negative verdict.",
            true,
            c.receipts_refused.get(),
        ),
        ("batches_stored_total", "Batch records stored since the start.", true, c.batches_stored.get()),
        ("store_errors_total", "Times the disk or the database refused.", true, c.store_errors.get()),
        (
            "chain_faults_total",
            "Polls of the chain that failed or were not believed.",
            true,
            c.chain_faults.get(),
        ),
        ("receipts", "Receipts on disk.", false, receipts),
        ("batches", "Batch records on disk.", false, batches),
        ("chain_batches", "Batches seen on chain.", false, app.chain.batches() as u64),
        ("chain_reachable", "1 if the chain answers.", false, u64::from(app.chain.reachable())),
        ("chain_head", "Last block whose events were taken in.", false, head.map_or(0, |head| head.number)),
        ("chain_head_time", "Its time, Unix seconds.", false, head.map_or(0, |head| head.time)),
        (
            "clock_ahead_seconds",
            "How far the clock is ahead of the newest block.",
            false,
            app.judge.clock.ahead(),
        ),
        ("event_readers", "Readers of the event stream.", false, app.events.readers() as u64),
    ];
    numbers.extend(app.mesh.metrics().all());
    let mut registry = Registry::with_prefix("nonos");
    registry.register_collector(Box::new(Snapshot(numbers)));
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = text::encode(&mut out, &registry);
    out
}
