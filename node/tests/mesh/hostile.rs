//! One peer floods, the others go on: throttled, then dropped, with queues and memory bounded.

use std::time::Duration;

use libp2p::PeerId;
use nonos_core::receipt::Receipt;
use nonos_node::mesh::{MeshMetrics, Published, Topic};

use super::support::attacker::Attacker;
use super::support::chain::MemoryChain;
use super::support::node::{Node, config};
use super::support::receipts::{forged, now, receipt, stale, unproven};
use super::support::{judge, run, until};

/// More than any flood here gets rid of before it is cut off.
const FLOOD: u64 = 60_000;

/// A victim under attack, and an honest neighbour whose receipts must pass meanwhile.
struct Scene {
    victim: Node,
    honest: Node,
    attacker: Attacker,
}

impl Scene {
    async fn new(made: &[Receipt]) -> Self {
        let chain = MemoryChain::new().knows(made);
        let victim = Node::start(config(), judge::real(&chain), &chain);
        let honest = Node::start(config(), judge::real(&chain), &chain);
        honest.connect(&victim).await;
        let attacker = Attacker::connect(&victim.address().await, victim.id()).await;
        assert!(attacker.connected());
        Self { victim, honest, attacker }
    }

    async fn flood(&mut self, topic: Topic, made: &[Receipt], next: impl FnMut(u64) -> Vec<u8>) {
        let publish = async {
            for receipt in made {
                self.honest.library.put(receipt);
                until("the honest receipt goes out", async || {
                    self.honest.client.publish_receipt(receipt).await.unwrap() != Published::Nobody
                })
                .await;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let most = self.attacker.sent + FLOOD;
        tokio::join!(publish, self.attacker.flood(topic, most, next));
        let (victim, sent) = (&self.victim, self.attacker.sent);
        until("the honest receipts arrive", async || victim.library.has_all(made)).await;
        eprintln!("sent {sent}; {}", summary(victim.metrics()));
    }

    async fn check_dropped(&self) {
        let id: PeerId = self.attacker.id();
        until("the attacker is banned", async || self.victim.banned(id)).await;
        assert!(!self.attacker.connected(), "cut off");
        assert!(self.victim.knows(&self.honest).await, "the honest one is not");
        assert!(self.victim.score_of(self.honest.id()).await.unwrap() >= 0.0);
        check_bounds(self.victim.metrics());
    }
}

fn check_bounds(metrics: &MeshMetrics) {
    let limits = config().limits;
    assert!(metrics.mesh_queue_length_max.get() <= limits.queue_length as u64);
    assert!(metrics.mesh_queue_bytes_max.get() <= limits.queue_bytes as u64);
    // What passed the gate, of all that was sent: the burst, the rate, and no more. The rate is per second, so a slow
    // machine lets more through; it can never be everything.
    assert!(metrics.mesh_received_total.get() < FLOOD);
}

fn summary(metrics: &MeshMetrics) -> String {
    let parts = metrics.all().into_iter().filter(|(.., value)| *value > 0);
    parts.map(|(name, _, _, value)| format!("{} {value}", &name[5..])).collect::<Vec<_>>().join(", ")
}

#[test]
fn garbage_costs_the_sender_its_connection_at_once() {
    let made = [receipt(0), receipt(1)];
    run(async {
        let mut scene = Scene::new(&made).await;
        scene.flood(Topic::Receipts, &made, |n| [&n.to_be_bytes()[..], &[0x5a; 3_000]].concat()).await;
        scene.check_dropped().await;
        let metrics = scene.victim.metrics();
        // One is enough; how many were looked at before the ban is a matter of timing.
        assert!(metrics.mesh_rejected_total.get() >= 1);
        assert_eq!(metrics.mesh_verify_receipts_total.get(), 2, "no pairing was spent on garbage");
        // It may come back under its name only when the ban is over.
        let peers = scene.victim.client.peers().await.unwrap();
        assert!(peers.iter().all(|peer| peer.peer != scene.attacker.id().to_string()));
    });
}

#[test]
fn false_proofs_cost_at_most_a_strangers_share_of_pairings() {
    let made = [receipt(0), receipt(1), receipt(2)];
    run(async {
        let mut scene = Scene::new(&made).await;
        let share = config().limits.queue_share_new as u64;
        scene.flood(Topic::Receipts, &made[1..], |n| forged(0, n).encode()).await;
        scene.check_dropped().await;
        let metrics = scene.victim.metrics();
        assert!(metrics.mesh_rejected_total.get() >= 2);
        // What waited when the first verdict came, what two threads had in hand, and the honest ones.
        let spent = metrics.mesh_verify_receipts_total.get();
        assert!(spent <= 3 * share + 2, "{spent} pairings");
    });
}

#[test]
fn wrong_signatures_are_found_before_any_pairing() {
    let made = [receipt(0), receipt(1)];
    run(async {
        let mut scene = Scene::new(&made).await;
        let mut bent = made[0].clone();
        scene
            .flood(Topic::Receipts, &made[1..], |n| {
                let mut signature = bent.executionSignature.to_vec();
                signature[..8].copy_from_slice(&n.to_be_bytes());
                bent.executionSignature = signature.into();
                bent.encode()
            })
            .await;
        scene.check_dropped().await;
        assert_eq!(scene.victim.metrics().mesh_verify_receipts_total.get(), 1);
    });
}

#[test]
fn the_same_receipt_again_and_again_is_throttled_then_dropped() {
    let made = [receipt(0), receipt(1)];
    run(async {
        let mut scene = Scene::new(&made).await;
        let bytes = made[0].encode();
        scene.flood(Topic::Receipts, &made[1..], |_| bytes.clone()).await;
        scene.check_dropped().await;
        let metrics = scene.victim.metrics();
        assert!(metrics.mesh_throttled_total.get() > 0);
        assert_eq!(metrics.mesh_rejected_total.get(), 0, "it is a valid receipt");
        assert!(metrics.mesh_verify_receipts_total.get() <= 2, "verified once, and the honest one");
        assert!(metrics.mesh_received_total.get() <= 4, "gossipsub reports a repeat to nobody");
    });
}

#[test]
fn stale_receipts_are_useless_and_too_many_are_an_offence() {
    let made = [receipt(0), receipt(1)];
    run(async {
        let mut scene = Scene::new(&made).await;
        scene.flood(Topic::Receipts, &made[1..], |n| stale(0, n).encode()).await;
        scene.check_dropped().await;
        let metrics = scene.victim.metrics();
        assert!(metrics.mesh_stale_total.get() as f64 > config().limits.useless_burst / 2.0);
        assert_eq!(metrics.mesh_rejected_total.get(), 0, "staleness proves no lie");
        assert_eq!(metrics.mesh_verify_receipts_total.get(), 1);
    });
}

#[test]
fn oversized_frames_close_the_stream_and_oversized_messages_are_a_lie() {
    let made = [receipt(0), receipt(1)];
    run(async {
        let mut scene = Scene::new(&made).await;
        // No frame of this size is ever read to its end.
        for n in 0..20u8 {
            scene.attacker.send(Topic::Receipts, vec![n; 300_000]);
            scene.attacker.rest(Duration::from_millis(20)).await;
        }
        assert_eq!(scene.victim.metrics().mesh_received_total.get(), 0);
        let mut other = Attacker::connect(&scene.victim.address().await, scene.victim.id()).await;
        std::mem::swap(&mut scene.attacker, &mut other);
        // Within a frame, but too large for a beacon.
        scene.flood(Topic::Beacons, &made, |n| vec![n as u8; 9_000]).await;
        scene.check_dropped().await;
        assert!(scene.victim.library.has_all(&made));
    });
}

#[test]
fn made_up_beacons_and_batches_are_rationed_or_punished() {
    let made = [receipt(0)];
    run(async {
        let mut scene = Scene::new(&made).await;
        // Well-formed announcements of batches that nobody anchored.
        scene
            .flood(Topic::Batches, &made, |n| {
                let mut bytes = vec![0; 128];
                bytes[31] = 1;
                bytes[32..40].copy_from_slice(&n.to_be_bytes());
                bytes[95] = 1;
                bytes
            })
            .await;
        scene.check_dropped().await;
        assert!(scene.victim.metrics().mesh_unknown_total.get() > 0);
        assert_eq!(scene.victim.metrics().mesh_beacons_total.get(), 0);
    });
}

#[test]
fn a_peer_of_another_mesh_is_disconnected_and_not_banned() {
    run(async {
        let chain = MemoryChain::new();
        let victim = Node::start(config(), judge::real(&chain), &chain);
        let address = victim.address().await;
        let version = "/nonos/1/1/0x0000000000000000000000000000000000000001".to_owned();
        let mut stranger = Attacker::claiming(&address, victim.id(), version).await;
        until("it is cut off", async || {
            stranger.rest(Duration::from_millis(20)).await;
            !stranger.connected()
        })
        .await;
        assert_eq!(victim.metrics().mesh_foreign_peers_total.get(), 1);
        assert!(!victim.banned(stranger.id()));
    });
}

#[test]
fn receipts_without_a_proof_never_reach_the_store() {
    let made = [receipt(0)];
    run(async {
        let lie = unproven(900, now());
        let chain = MemoryChain::new().knows(&made).knows([&lie]);
        let victim = Node::start(config(), judge::real(&chain), &chain);
        let mut attacker = Attacker::connect(&victim.address().await, victim.id()).await;
        assert!(attacker.send(Topic::Receipts, lie.encode()));
        until("it is rejected", async || {
            attacker.rest(Duration::from_millis(20)).await;
            victim.metrics().mesh_rejected_total.get() == 1
        })
        .await;
        assert!(victim.library.ids().is_empty());
        let score = victim.score_of(attacker.id()).await.unwrap();
        assert!(score < config().score.graylist_threshold, "{score}");
    });
}
