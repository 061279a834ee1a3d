//! Counters of the mesh, for whoever exports them.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only the mesh changes and anybody reads.
#[derive(Debug, Default)]
pub struct Metric(AtomicU64);

impl Metric {
    pub(super) fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    pub(super) fn up(&self) {
        self.add(1);
    }

    pub(super) fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    pub(super) fn at_least(&self, value: u64) {
        self.0.fetch_max(value, Ordering::Relaxed);
    }

    /// The value of now.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

macro_rules! metrics {
    ($($(#[doc = $doc:literal])+ $kind:ident $name:ident,)*) => {
        /// Everything the mesh counts. Gauges go up and down, counters only up.
        #[derive(Debug, Default)]
        pub struct MeshMetrics {
            $($(#[doc = $doc])+ pub $name: Metric,)*
        }

        impl MeshMetrics {
            /// `(name, help, is a counter, value)` of each, names without prefix.
            pub fn all(&self) -> Vec<(&'static str, &'static str, bool, u64)> {
                vec![$((stringify!($name), concat!($($doc),+).trim_ascii(), metrics!(@ $kind), self.$name.get()),)*]
            }
        }
    };
    (@ counter) => { true };
    (@ gauge) => { false };
}

metrics! {
    /// Peers connected.
    gauge mesh_peers,
    /// Peers banned at the moment.
    gauge mesh_banned_peers,
    /// Bans so far.
    counter mesh_bans_total,
    /// Peers disconnected because they speak for another deployment.
    counter mesh_foreign_peers_total,
    /// Gossip messages received and not seen before.
    counter mesh_received_total,
    /// Gossip messages dropped before gossipsub because their peer exceeded its rate.
    counter mesh_throttled_total,
    /// Messages found valid, new, and forwarded.
    counter mesh_accepted_total,
    /// Messages neither forwarded nor punished: stale, repeated, of unknown roots, or no room in the queue.
    counter mesh_ignored_total,
    /// Messages that prove their sender misbehaves.
    counter mesh_rejected_total,
    /// Of the ignored: a receipt whose nullifier was verified before.
    counter mesh_repeated_total,
    /// Of the ignored: outside the time window.
    counter mesh_stale_total,
    /// Of the ignored: roots or batches this node does not know (yet).
    counter mesh_unknown_total,
    /// Of the ignored: the chain or the store could not be asked.
    counter mesh_unavailable_total,
    /// Of the ignored: made for another deployment or circuit.
    counter mesh_other_deployment_total,
    /// Of the ignored: no room in the verification queue, or the peer's share of it used up.
    counter mesh_queue_full_total,
    /// Of the ignored: pushed out of the queue by a message of a more trusted peer.
    counter mesh_queue_evicted_total,
    /// Receipts waiting for verification.
    gauge mesh_queue_length,
    /// Bytes waiting for verification.
    gauge mesh_queue_bytes,
    /// Most receipts that ever waited.
    gauge mesh_queue_length_max,
    /// Most bytes that ever waited.
    gauge mesh_queue_bytes_max,
    /// Pairings shared by a batch.
    counter mesh_verify_batches_total,
    /// Receipts that went into a pairing.
    counter mesh_verify_receipts_total,
    /// Messages published by this node.
    counter mesh_published_total,
    /// Requests answered for other peers.
    counter mesh_exchange_served_total,
    /// Requests refused because the peer or the node was busy.
    counter mesh_exchange_refused_total,
    /// Requests sent to other peers.
    counter mesh_exchange_asked_total,
    /// Answers that were not what was asked for.
    counter mesh_exchange_wrong_total,
    /// Receipts fetched to close gaps.
    counter mesh_healed_total,
    /// Beacons accepted.
    counter mesh_beacons_total,
    /// Notices that the service had no room for (never receipts).
    counter mesh_notices_dropped_total,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_names_every_metric_once() {
        let metrics = MeshMetrics::default();
        metrics.mesh_bans_total.add(2);
        let all = metrics.all();
        let names: std::collections::HashSet<_> = all.iter().map(|(name, ..)| *name).collect();
        assert_eq!(names.len(), all.len());
        assert!(all.contains(&("mesh_bans_total", "Bans so far.", true, 2)));
        for (name, help, counter, _) in all {
            assert_eq!(counter, name.ends_with("_total"), "{name}");
            assert!(help.ends_with('.'), "{name}: {help}");
        }
    }
}
