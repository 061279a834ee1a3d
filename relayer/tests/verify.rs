//! The verifying stage on real proofs: the contract's bytecode decides, and every altered receipt is refused.

mod common;

use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::{Address, B256, Bytes, U256};
use common::Lenient;
use common::receipts::receipt;
use nonos_circuits::backend::Srs;
use nonos_circuits::launch::{K, LaunchProver};
use nonos_core::receipt::Receipt;
use nonos_relayer::queue::{Arrival, Identity, LeafState, Queue};
use nonos_relayer::verify::{EvmVerifier, ProofCheck, ReceiptCheck, Refusal, Verifier};
use nonos_relayer::{Progress, Stage, Telemetry};

const CHAIN: u64 = 31337;
const ANCHOR: Address = Address::repeat_byte(0x77);

fn check(prover: &LaunchProver) -> ReceiptCheck {
    ReceiptCheck::new(CHAIN, ANCHOR, prover.verifier().key().into()).expect("an artifact")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_receipts_pass_and_altered_ones_do_not() {
    let prover = LaunchProver::new(Srs::developer(K).expect("a setup")).expect("a prover");
    let judge = check(&prover);
    let honest: Vec<Receipt> = (0..2).map(|n| receipt(&prover, CHAIN, ANCHOR, n)).collect();
    for receipt in &honest {
        let judged = judge.check(&receipt.encode()).expect("an honest receipt");
        assert_eq!(&judged, receipt);
    }

    let mut altered: Vec<(&str, Receipt)> = Vec::new();
    let mut alter = |what: &'static str, change: &dyn Fn(&mut Receipt)| {
        let mut receipt = honest[0].clone();
        change(&mut receipt);
        altered.push((what, receipt));
    };
    alter("another chain", &|r| r.chainId = 1);
    alter("another anchor", &|r| r.anchor = Address::ZERO);
    alter("another key", &|r| r.header.verifierKey = B256::repeat_byte(1));
    alter("a field in the header", &|r| r.header.outputHash = B256::repeat_byte(1));
    alter("another signature", &|r| r.executionSignature = vec![1; 64].into());
    alter("the proof of another", &|r| r.launchProof = honest[1].launchProof.clone());
    alter("a bit of the proof", &|r| {
        let mut proof = r.launchProof.to_vec();
        proof[700] ^= 1;
        r.launchProof = proof.into();
    });
    alter("a longer proof", &|r| r.launchProof = [&r.launchProof[..], &[0; 32]].concat().into());
    alter("no proof", &|r| r.launchProof = Bytes::new());
    for (what, receipt) in &altered {
        assert!(judge.check(&receipt.encode()).is_err(), "{what} was accepted");
    }
    let mut trailing = honest[0].encode();
    trailing.push(0);
    assert!(matches!(judge.check(&trailing), Err(Refusal::Form(_))));

    // The signature covers the header, not the proof: there the bytecode alone is the judge.
    let evm = EvmVerifier::new().expect("an artifact");
    assert!(evm.verify(&honest[1]).is_ok());
    let mut foreign = honest[1].clone();
    foreign.header.nullifier += U256::ONE;
    assert!(evm.verify(&foreign).is_err());

    // Through the stage: the honest ones are queued, the others forgotten.
    let directory = tempfile::tempdir().expect("a directory");
    let identity = Identity { chain_id: CHAIN, anchor: ANCHOR, relayer: Address::ZERO };
    let queue = Arc::new(Queue::open(&directory.path().join("queue.redb"), identity).expect("a queue"));
    let arrivals: Vec<Arrival> = honest
        .iter()
        .chain(altered.iter().map(|(_, receipt)| receipt))
        .map(|receipt| Arrival { leaf: receipt.leaf(), receipt: receipt.encode().into() })
        .collect();
    // Some alterations do not change the leaf; those are known already.
    let new = queue.arrive(&arrivals, 99).expect("arrived");
    let mut stage = Verifier::new(
        Arc::clone(&queue),
        Arc::new(Telemetry::default()),
        Arc::new(judge),
        Arc::new(Lenient),
        Duration::from_secs(1),
    );
    while stage.step().await.expect("a step") == Progress::More {}
    assert_eq!(queue.queued().expect("counts").0, 2);
    for receipt in &honest {
        assert_eq!(queue.leaf(&receipt.leaf()).expect("a place"), Some(LeafState::Queued));
    }
    let checked = queue.check().expect("consistent");
    assert_eq!(checked.leaves, 2);
    println!(
        "2 real receipts accepted, {} alterations refused, {new} judged by the stage",
        altered.len() + 1
    );
}
