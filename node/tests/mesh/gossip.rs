//! Receipts, announcements and beacons over three real nodes in a line: what reaches the last was checked by the middle.

use std::collections::HashSet;
use std::sync::Arc;

use alloy_primitives::{Address, B256};
use nonos_core::batch::BatchRef;
use nonos_core::receipt::Receipt;
use nonos_node::keys::Keystore;
use nonos_node::mesh::{MeshEvent, Published, Source};
use zeroize::Zeroizing;

use super::support::chain::MemoryChain;
use super::support::node::{Node, config};
use super::support::receipts::receipt;
use super::support::{judge, run, until};

fn receipts(n: usize) -> Vec<Receipt> {
    (0..n).map(receipt).collect()
}

/// Three nodes; the outer ones know only the middle one.
async fn line(chain: &Arc<MemoryChain>) -> [Node; 3] {
    let nodes = [(); 3].map(|()| Node::start(config(), judge::real(chain), chain));
    nodes[0].connect(&nodes[1]).await;
    nodes[2].connect(&nodes[1]).await;
    nodes
}

async fn publish(node: &Node, receipt: &Receipt) {
    node.library.put(receipt);
    until("somebody listens", async || {
        node.client.publish_receipt(receipt).await.unwrap() != Published::Nobody
    })
    .await;
}

#[test]
fn receipts_cross_two_hops_verified_at_each() {
    let made = receipts(3);
    run(async {
        let chain = MemoryChain::new().knows(&made);
        let nodes = line(&chain).await;
        for receipt in &made {
            publish(&nodes[0], receipt).await;
        }
        until("all receipts reach the third node", async || nodes[2].library.has_all(&made)).await;
        let received = nodes[2].received.lock().unwrap().clone();
        assert_eq!(received.len(), made.len(), "each once");
        for verified in &received {
            assert_eq!(verified.id, verified.receipt.message_id());
            assert!(made.contains(&verified.receipt));
        }
        // By gossip from the middle, or by its answer to "what came last": never from the first.
        let from: HashSet<_> = received.iter().map(|v| v.source.peer().unwrap()).collect();
        assert_eq!(from, HashSet::from([nodes[1].id()]));
        for node in &nodes[1..] {
            assert_eq!(node.metrics().mesh_accepted_total.get(), 3);
            assert_eq!(node.metrics().mesh_rejected_total.get(), 0);
            assert_eq!(node.metrics().mesh_verify_receipts_total.get(), 3);
        }
        assert_eq!(nodes[0].client.publish_receipt(&made[0]).await.unwrap(), Published::Already);
        for node in nodes {
            node.stop().await;
        }
    });
}

#[test]
fn peers_of_peers_find_each_other() {
    run(async {
        let chain = MemoryChain::new();
        let nodes = [(); 3].map(|()| {
            let mut found = config();
            found.discovery = true;
            Node::start(found, judge::real(&chain), &chain)
        });
        nodes[0].connect(&nodes[1]).await;
        nodes[2].connect(&nodes[1]).await;
        until("the outer nodes are connected", async || nodes[0].knows(&nodes[2]).await).await;
    });
}

#[test]
fn quic_carries_receipts_too() {
    let made = receipts(1);
    run(async {
        let chain = MemoryChain::new().knows(&made);
        let mut quic = config();
        quic.listen = vec!["/ip4/127.0.0.1/udp/0/quic-v1".parse().unwrap()];
        let a = Node::start(config(), judge::real(&chain), &chain);
        let b = Node::start(quic, judge::real(&chain), &chain);
        a.connect(&b).await;
        assert!(a.client.peers().await.unwrap()[0].address.contains("quic-v1"));
        publish(&a, &made[0]).await;
        until("the receipt arrives over QUIC", async || b.library.has_all(&made)).await;
    });
}

#[test]
fn a_forged_receipt_does_not_shadow_the_real_one_and_a_repeat_is_not_forwarded() {
    let made = receipts(2);
    run(async {
        let chain = MemoryChain::new().knows(&made);
        let nodes = line(&chain).await;
        // The forgery has the nullifier of the real one, and comes first.
        let forged = super::support::receipts::forged(0, 7);
        assert_eq!(forged.header.nullifier, made[0].header.nullifier);
        let refusal = nodes[1].client.verify(forged.encode()).await.unwrap().unwrap_err();
        assert!(refusal.to_string().contains("launch proof"), "{refusal}");
        publish(&nodes[0], &made[0]).await;
        until("the real one arrives", async || nodes[2].library.has_all(&made[..1])).await;
        // The forgery is now recognised before the pairing, and goes nowhere.
        let before = nodes[1].metrics().mesh_verify_receipts_total.get();
        until("the forgery is out", async || {
            nodes[0].client.publish_receipt(&forged).await.unwrap() != Published::Nobody
        })
        .await;
        until("it is recognised as a repeat", async || nodes[1].metrics().mesh_repeated_total.get() == 1)
            .await;
        assert_eq!(nodes[1].metrics().mesh_verify_receipts_total.get(), before);
        publish(&nodes[0], &made[1]).await;
        until("the next arrives", async || nodes[2].library.has_all(&made)).await;
        assert_eq!(nodes[2].metrics().mesh_repeated_total.get(), 0, "the repeat was not forwarded");
        assert!(!nodes[2].library.ids().contains(&forged.message_id()));
    });
}

#[test]
fn receipts_under_unknown_roots_are_ignored_without_blame() {
    let made = receipts(2);
    run(async {
        // The second node is behind: it does not know the roots of the first receipt.
        let (ahead, behind) = (MemoryChain::new().knows(&made), MemoryChain::new().knows(&made[1..]));
        let a = Node::start(config(), judge::real(&ahead), &ahead);
        let b = Node::start(config(), judge::real(&behind), &behind);
        a.connect(&b).await;
        for receipt in &made {
            publish(&a, receipt).await;
        }
        until("the known one arrives", async || b.library.has_all(&made[1..])).await;
        until("the other is ignored", async || b.metrics().mesh_unknown_total.get() >= 1).await;
        assert_eq!(b.metrics().mesh_rejected_total.get(), 0);
        assert!(b.score_of(a.id()).await.unwrap() >= 0.0);
    });
}

#[test]
fn announcements_of_anchored_batches_alone_are_forwarded() {
    run(async {
        let chain = MemoryChain::new();
        let nodes = line(&chain).await;
        let batch = |n: u8| BatchRef {
            relayer: Address::repeat_byte(n),
            root: B256::repeat_byte(n),
            size: 5,
            dataCommitment: B256::repeat_byte(n),
        };
        chain.anchors(batch(1).id());
        until("somebody listens", async || {
            nodes[0].client.announce_batch(&batch(2)).await.unwrap() != Published::Nobody
        })
        .await;
        nodes[0].client.announce_batch(&batch(1)).await.unwrap();
        let announced = |node: &Node| -> Vec<BatchRef> {
            let notices = node.notices.lock().unwrap();
            notices
                .iter()
                .filter_map(|event| match event {
                    MeshEvent::Batch { batch, .. } => Some(*batch),
                    _ => None,
                })
                .collect()
        };
        until("the anchored one reaches the end", async || announced(&nodes[2]) == [batch(1)]).await;
        assert_eq!(announced(&nodes[1]), [batch(1)]);
        assert_eq!(nodes[1].metrics().mesh_unknown_total.get(), 1);
        assert_eq!(nodes[2].metrics().mesh_unknown_total.get(), 0);
    });
}

#[test]
fn a_beacon_ties_a_peer_to_its_operator_and_the_chains_trust_to_its_score() {
    run(async {
        let chain = MemoryChain::new();
        let root = Keystore::from_seeds(Zeroizing::new([1; 32]), Zeroizing::new([2; 32])).unwrap();
        let operator = B256::from(root.root_public());
        let mut vouched = config();
        vouched.beacon = Some(Arc::new(root));
        let a = Node::start(vouched, judge::real(&chain), &chain);
        let b = Node::start(config(), judge::real(&chain), &chain);
        let c = Node::start(config(), judge::real(&chain), &chain);
        a.connect(&b).await;
        c.connect(&b).await;
        for node in [&b, &c] {
            until("the beacon arrives, also over two hops", async || {
                let operators = node.client.operators().await.unwrap();
                operators.iter().any(|info| info.operator == operator && info.peer == a.id().to_string())
            })
            .await;
        }
        let told = &b.client.operators().await.unwrap()[0];
        assert!(told.addresses.iter().any(|address| address.starts_with("/ip4/127.0.0.1/tcp/")));
        let before = b.score_of(a.id()).await.unwrap();
        b.client.set_trust(vec![(operator, 1_000)]).await.unwrap();
        let after = b.score_of(a.id()).await.unwrap();
        assert!(after >= before + 19.0, "{before} -> {after}");
        let info =
            b.client.peers().await.unwrap().into_iter().find(|p| p.peer == a.id().to_string()).unwrap();
        assert_eq!((info.operator, info.trust), (Some(operator), 1_000));
        b.client.set_trust(vec![(operator, 0)]).await.unwrap();
        assert!(b.score_of(a.id()).await.unwrap() <= before + 1.0);
    });
}

#[test]
fn receipts_come_from_gossip_with_their_source() {
    let made = receipts(1);
    run(async {
        let chain = MemoryChain::new().knows(&made);
        let a = Node::start(config(), judge::real(&chain), &chain);
        let b = Node::start(config(), judge::real(&chain), &chain);
        a.connect(&b).await;
        publish(&a, &made[0]).await;
        until("it arrives", async || b.library.has_all(&made)).await;
        let source = b.received.lock().unwrap()[0].source;
        assert!(matches!(source, Source::Gossip(peer) | Source::Exchange(peer) if peer == a.id()));
    });
}
