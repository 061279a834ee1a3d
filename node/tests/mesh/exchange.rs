//! Questions and answers between real nodes, honest and lying.

use std::sync::atomic::Ordering;

use alloy_primitives::{Address, B256};
use nonos_core::batch::BatchRecord;
use nonos_node::mesh::MeshError;
use nonos_node::mesh::exchange::{Opinion, ResponseFault};

use super::support::chain::MemoryChain;
use super::support::node::{Node, config};
use super::support::receipts::{ANCHOR, CHAIN, forged, receipt};
use super::support::{judge, run, until};

#[test]
fn everything_on_the_shelves_can_be_had_and_what_is_not_is_not() {
    let made = receipt(0);
    run(async {
        let chain = MemoryChain::new().knows([&made]);
        let owner = Node::start(config(), judge::real(&chain), &chain);
        let asker = Node::start(config(), judge::real(&MemoryChain::new()), &MemoryChain::new());
        assert!(matches!(asker.client.fetch_blob(B256::ZERO).await, Err(MeshError::NoPeers)));
        asker.connect(&owner).await;
        owner.library.put(&made);
        let large = vec![7; 1 << 20];
        let hash = owner.library.put_blob(&large);
        let too_large = owner.library.put_blob(&vec![8; (1 << 20) + 1]);
        let batch = |chain| BatchRecord::new(chain, ANCHOR, Address::repeat_byte(1), [made.leaf()]).unwrap();
        let (record, elsewhere) = (batch(CHAIN), batch(1));
        assert_eq!(record.id(), elsewhere.id(), "the id does not cover the chain");
        owner.library.put_as(record.id().0, &record.encode());

        assert_eq!(asker.client.fetch_receipt(made.message_id()).await.unwrap(), made);
        assert_eq!(asker.client.fetch_receipt_by_leaf(made.leaf()).await.unwrap(), made);
        assert_eq!(asker.client.fetch_blob(hash).await.unwrap(), large);
        assert_eq!(asker.client.fetch_batch(record.id()).await.unwrap(), record);
        assert_eq!(asker.client.recent(owner.id(), 10).await.unwrap(), [made.message_id()]);
        for missing in [B256::repeat_byte(1), too_large] {
            assert!(matches!(asker.client.fetch_blob(missing).await, Err(MeshError::NotFound { asked: 1 })));
        }
        let missing = asker.client.fetch_receipt(B256::ZERO.into()).await;
        assert!(matches!(missing, Err(MeshError::NotFound { asked: 1 })));
        owner.library.put_as(record.id().0, &elsewhere.encode());
        let fault = asker.client.fetch_batch(record.id()).await.unwrap_err();
        let other = ResponseFault::OtherDeployment { chain_id: 1, anchor: ANCHOR };
        assert!(matches!(fault, MeshError::WrongAnswer { fault, .. } if fault == other));
    });
}

#[test]
fn a_lying_answer_is_refused_blamed_and_got_from_somebody_else() {
    let made = receipt(0);
    run(async {
        let chain = MemoryChain::new().knows([&made]);
        let nodes = [(); 3].map(|()| Node::start(config(), judge::real(&chain), &chain));
        let [asker, liar, honest] = &nodes;
        asker.connect(liar).await;
        liar.library.lies.store(true, Ordering::Relaxed);
        let fault = asker.client.fetch_receipt(made.message_id()).await.unwrap_err();
        let MeshError::WrongAnswer { peer, fault: ResponseFault::Other { asked, .. } } = fault else {
            panic!("{fault}")
        };
        assert_eq!((peer, asked), (liar.id(), made.message_id().0));
        until("it is blamed", async || asker.score_of(liar.id()).await.unwrap() < -100.0).await;
        // The honest one is asked first from now on.
        honest.library.put(&made);
        asker.connect(honest).await;
        assert_eq!(asker.client.fetch_receipt(made.message_id()).await.unwrap(), made);
        assert_eq!(asker.metrics().mesh_exchange_wrong_total.get(), 1);
    });
}

#[test]
fn verdicts_of_others_are_kept_apart() {
    let made = receipt(0);
    run(async {
        let (knows, behind) = (MemoryChain::new().knows([&made]), MemoryChain::new());
        let asker = Node::start(config(), judge::real(&knows), &knows);
        let peers = [&knows, &behind].map(|chain| Node::start(config(), judge::real(chain), chain));
        for peer in &peers {
            asker.connect(peer).await;
        }
        let verdicts = asker.client.ask_verify(&made.encode(), 5).await.unwrap();
        assert_eq!(verdicts.len(), 2);
        for (peer, verdict) in verdicts {
            assert_eq!((&verdict.proof, &verdict.freshness), (&Opinion::Yes, &Opinion::Yes));
            if peer == peers[0].id() {
                assert_eq!(verdict.admission, Opinion::Yes);
            } else {
                let Opinion::No(reason) = &verdict.admission else { panic!("{verdict:?}") };
                assert!(reason.contains("was never a root on chain"), "{reason}");
            }
        }
        let (_, verdict) = &asker.client.ask_verify(&forged(0, 1).encode(), 1).await.unwrap()[0];
        assert!(matches!(&verdict.proof, Opinion::No(reason) if reason.contains("well-formed but false")));
        let (_, verdict) = &asker.client.ask_verify(b"junk", 1).await.unwrap()[0];
        assert_eq!((&verdict.admission, &verdict.freshness), (&Opinion::NotGiven, &Opinion::NotGiven));
    });
}

#[test]
fn whoever_asks_too_much_is_told_to_wait() {
    run(async {
        let chain = MemoryChain::new();
        let mut strict = config();
        strict.limits.request_burst = 10.0;
        strict.limits.requests_per_s = 0.0;
        let owner = Node::start(strict, judge::real(&chain), &chain);
        let asker = Node::start(config(), judge::real(&chain), &chain);
        asker.connect(&owner).await;
        let hash = owner.library.put_blob(b"blob");
        let mut busy = 0;
        for _ in 0..15 {
            match asker.client.fetch_blob(hash).await {
                Ok(blob) => assert_eq!(blob, b"blob"),
                Err(MeshError::NoAnswer { .. }) => busy += 1,
                Err(other) => panic!("{other}"),
            }
        }
        // Connecting has cost one: the question for recent receipts.
        assert!((5..=7).contains(&busy), "{busy}");
        assert_eq!(owner.metrics().mesh_exchange_refused_total.get(), busy);
    });
}
