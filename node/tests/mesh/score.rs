//! Scores as they really come out: one lie costs more than everything a peer has earned.

use std::sync::Arc;

use alloy_primitives::B256;
use nonos_node::keys::Keystore;
use nonos_node::mesh::{Published, Topic};
use zeroize::Zeroizing;

use super::support::chain::MemoryChain;
use super::support::node::{Node, config};
use super::support::{judge, run, until};

#[test]
fn one_invalid_message_outweighs_every_merit() {
    run(async {
        let chain = MemoryChain::new();
        let root = Keystore::from_seeds(Zeroizing::new([1; 32]), Zeroizing::new([2; 32])).unwrap();
        let operator = B256::from(root.root_public());
        let mut vouched = config();
        vouched.beacon = Some(Arc::new(root));
        let liar = Node::start(vouched, judge::lenient(), &chain);
        let honest = Node::start(config(), judge::lenient(), &chain);
        liar.connect(&honest).await;
        honest.client.set_trust(vec![(operator, 1_000)]).await.unwrap();
        until("the operator is known", async || {
            honest.client.peers().await.unwrap().iter().any(|peer| peer.trust == 1_000)
        })
        .await;
        // First deliveries to their cap, and beyond.
        for n in 0..120u32 {
            let bytes = [b"good", &n.to_be_bytes()[..]].concat();
            until("it goes out", async || {
                liar.client.publish(Topic::Receipts, bytes.clone()).await.unwrap() != Published::Nobody
            })
            .await;
        }
        until("all is accepted", async || honest.metrics().mesh_accepted_total.get() >= 120).await;
        let params = config().score;
        let merits = honest.score_of(liar.id()).await.unwrap();
        assert!(merits > 35.0, "deliveries and trust at their caps: {merits}");
        assert!(merits <= params.max_score(), "{merits}");

        liar.client.publish(Topic::Receipts, b"bad".to_vec()).await.unwrap();
        until("the lie is found", async || honest.metrics().mesh_rejected_total.get() == 1).await;
        let after = honest.score_of(liar.id()).await.unwrap();
        assert!(after < params.graylist_threshold, "{merits} -> {after}");
        assert!(after <= params.max_score_after_one_invalid(), "{after}");

        // Whatever it says now is not even read.
        let before = honest.metrics().mesh_accepted_total.get();
        for n in 0..20u32 {
            let bytes = [b"fine", &n.to_be_bytes()[..]].concat();
            let _ = liar.client.publish(Topic::Receipts, bytes).await;
        }
        until("it is dropped unread", async || honest.metrics().mesh_throttled_total.get() >= 20).await;
        assert_eq!(honest.metrics().mesh_accepted_total.get(), before);
        assert!(!honest.banned(liar.id()), "one lie is the gray list; the ban comes with the second");
    });
}
