//! The own beacon, published now and then; those of others, entered.

use std::time::{Duration, Instant};

use libp2p::Multiaddr;

use super::{EventLoop, Finished};
use crate::mesh::beacon::{Applied, SignedBeacon};
use crate::mesh::event::MeshEvent;
use crate::mesh::judge::unix_now;
use crate::mesh::topic::Topic;

/// The shortest time between two own beacons: others refuse what comes sooner.
const MIN_INTERVAL: Duration = Duration::from_secs(31);
/// Time for addresses to settle and peers to subscribe before a beacon is sent.
const SETTLE: Duration = Duration::from_secs(1);

/// When the own beacon is due.
#[derive(Default)]
pub struct OwnBeacon {
    last: Option<Instant>,
    due: Option<Instant>,
    signing: bool,
}

impl OwnBeacon {
    /// The addresses are others now.
    pub fn addresses_changed(&mut self) {
        self.soon();
    }

    /// Somebody came who has not heard it.
    pub fn peer_came(&mut self) {
        self.soon();
    }

    fn soon(&mut self) {
        let now = Instant::now();
        let allowed = self.last.map_or(now, |last| last + MIN_INTERVAL);
        let due = allowed.max(now + SETTLE);
        self.due = Some(self.due.map_or(due, |already| already.min(due)));
    }
}

impl EventLoop {
    pub(super) fn tend_beacon(&mut self, now: Instant) {
        for peer in self.directory.sweep(unix_now()) {
            self.apply_score(peer);
        }
        let Some(signer) = self.config.beacon.clone() else { return };
        if self.beacon.signing || self.peers.is_empty() || self.beacon.due.is_none_or(|due| now < due) {
            return;
        }
        self.beacon.signing = true;
        let listeners = self.swarm.external_addresses().chain(self.swarm.listeners());
        let addresses: Vec<Multiaddr> = listeners.cloned().collect();
        let (key, finish) = (self.config.key.clone(), self.finish.clone());
        let scope = (self.config.chain_id, self.config.registry);
        // A root key in hardware takes its time.
        tokio::task::spawn_blocking(move || {
            let signed = SignedBeacon::sign(scope, &*signer, &key, &addresses, unix_now());
            let signed = signed.map(Box::new).map_err(|error| error.to_string());
            let _ = finish.blocking_send(Finished::Signed(signed));
        });
    }

    pub(super) fn on_signed(&mut self, signed: Result<Box<SignedBeacon>, String>) {
        let now = Instant::now();
        self.beacon.signing = false;
        self.beacon.due = Some(now + self.config.limits.beacon_interval.max(MIN_INTERVAL));
        match signed {
            Ok(signed) => {
                self.beacon.last = Some(now);
                let _ = self.publish(Topic::Beacons, signed.encode());
            }
            Err(error) => tracing::error!(%error, "the beacon was not signed"),
        }
    }

    pub(super) fn apply_beacon(&mut self, signed: &SignedBeacon) -> Applied {
        // It was verified, so it names a peer.
        let Ok(peer) = signed.peer() else { return Applied::Old };
        let trust = &self.trust;
        let score = |operator: &alloy_primitives::B256| trust.get(operator).copied().unwrap_or(0);
        let applied = self.directory.apply(peer, signed, &score, Instant::now());
        if applied == Applied::New {
            self.metrics.mesh_beacons_total.up();
            self.apply_score(peer);
            self.notice(MeshEvent::Beacon { operator: signed.beacon.operatorId, peer });
        }
        applied
    }
}
