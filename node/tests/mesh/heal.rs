//! Partitions: what was missed comes after.

use nonos_core::receipt::Receipt;

use super::support::chain::MemoryChain;
use super::support::node::{Node, config};
use super::support::receipts::receipt;
use super::support::{judge, run, until};

#[test]
fn two_halves_that_were_apart_end_with_the_same_receipts() {
    let made: Vec<Receipt> = (0..4).map(receipt).collect();
    run(async {
        let chain = MemoryChain::new().knows(&made);
        let nodes = [(); 4].map(|()| Node::start(config(), judge::real(&chain), &chain));
        let [a, b, c, d] = &nodes;
        // a - b | c - d, and the bridge is down.
        a.connect(b).await;
        c.connect(d).await;
        for (node, receipt) in [(a, &made[0]), (a, &made[1]), (d, &made[2]), (d, &made[3])] {
            node.library.put(receipt);
            node.client.publish_receipt(receipt).await.unwrap();
        }
        until("each half has its own", async || {
            b.library.has_all(&made[..2]) && c.library.has_all(&made[2..])
        })
        .await;
        assert!(!b.library.has_all(&made[2..]) && !c.library.has_all(&made[..2]));
        // The bridge comes back; those behind it get what it brings.
        b.connect(c).await;
        until("everybody has everything", async || nodes.iter().all(|node| node.library.has_all(&made)))
            .await;
        assert_eq!(b.metrics().mesh_healed_total.get() + c.metrics().mesh_healed_total.get(), 4);
        for (node, of_others) in nodes.iter().zip([2, 4, 4, 2]) {
            assert_eq!(node.metrics().mesh_rejected_total.get(), 0);
            assert_eq!(node.received.lock().unwrap().len(), of_others, "each once");
        }
    });
}

#[test]
fn a_lost_connection_is_dialled_again() {
    let made = [receipt(0)];
    run(async {
        let chain = MemoryChain::new().knows(&made);
        let a = Node::start(config(), judge::real(&chain), &chain);
        let b = Node::start(config(), judge::real(&chain), &chain);
        a.connect(&b).await;
        b.client.hangup(a.id()).await.unwrap();
        b.library.put(&made[0]);
        until("what came while they were apart arrives", async || a.library.has_all(&made)).await;
        assert!(a.knows(&b).await);
    });
}

#[test]
fn a_node_that_was_full_or_behind_asks_again() {
    let made = [receipt(0)];
    run(async {
        let (knows, behind) = (MemoryChain::new().knows(&made), MemoryChain::new());
        let a = Node::start(config(), judge::real(&knows), &knows);
        let mut curious = config();
        curious.limits.heal_interval = std::time::Duration::from_secs(1);
        let b = Node::start(curious, judge::real(&behind), &behind);
        a.library.put(&made[0]);
        b.connect(&a).await;
        until("b ignores what it cannot judge", async || b.metrics().mesh_unknown_total.get() >= 1).await;
        // Its chain catches up. Nobody gossips the receipt again; it is asked for.
        behind.knows(&made);
        until("b has it", async || b.library.has_all(&made)).await;
        assert_eq!(b.metrics().mesh_rejected_total.get(), 0);
    });
}
