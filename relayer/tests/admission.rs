//! Admission by the chain: roots and times by the anchor's rules, and patience with what is not mined yet.

mod common;

use std::time::Duration;

use alloy::signers::local::PrivateKeySigner;
use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::SolValue;
use common::{accept_any_proof, deployed, plain, wallet};
use nonos_contracts::abi::{CapsuleRegistry, OperatorRegistry};
use nonos_contracts::install::{Place, ProvenChunk, entries};
use nonos_core::Fr;
use nonos_core::receipt::{Receipt, ReceiptHeader};
use nonos_devnet::{DEV_KEYS, Devnet, Orphans};
use nonos_relayer::chain::Chain;
use nonos_relayer::verify::{Admission, Bounds, ChainAdmission, NotAdmitted, Pending, Refusal};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roots_and_times_are_judged_as_the_anchor_does() {
    let devnet = Devnet::default();
    let deployment = deployed(devnet.client()).await;
    let owner = PrivateKeySigner::from_bytes(&DEV_KEYS[0]).expect("a key");
    let provider = wallet(devnet.client(), owner.clone());
    accept_any_proof(&provider, &deployment).await;
    let (anchor, a) = (deployment.addresses.receipt_anchor, &deployment.addresses);
    let operators = OperatorRegistry::new(a.operator_registry, &provider);
    let installs = CapsuleRegistry::new(a.capsule_registry, &provider);
    let deposit = operators.deposit().call().await.expect("a deposit");
    let enrol = async |id: u8| {
        let enrolment = OperatorRegistry::Enrolment {
            chainId: U256::from(deployment.chain_id),
            operator: B256::repeat_byte(id),
            controller: owner.address(),
            leaf: U256::from(id),
            validUntil: devnet.timestamp() + 1_000_000,
            seq: 1,
        };
        let sent = operators.enrol(enrolment, Bytes::new()).value(deposit).send().await.expect("sent");
        assert!(sent.get_receipt().await.expect("mined").status());
        operators.root().call().await.expect("a root")
    };
    let operator_root = enrol(1).await;
    let place = Place { position: 0, state: Fr::from(1) };
    let chunks = [ProvenChunk { state_out: Fr::from(2), proof: Bytes::new() }];
    let install = entries(Fr::from(7).into(), place, &chunks);
    let admitted = installs.admitInstalls(install).send().await.expect("sent");
    assert!(admitted.get_receipt().await.expect("mined").status());

    let mut header = ReceiptHeader::abi_decode(&[0; 21 * 32]).expect("zeros");
    header.operatorRoot = operator_root;
    header.installRoot = installs.installRoot().call().await.expect("a root");
    let head = Chain::new(plain(&devnet), anchor, Duration::from_secs(5)).head().await.expect("a head");
    (header.notBeforeBlock, header.notBeforeHash) = (head.number, head.hash);
    header.launchedAt = head.time;
    let honest = Receipt {
        chainId: deployment.chain_id,
        anchor,
        header,
        executionSignature: Bytes::new(),
        onionSignature: Bytes::new(),
        launchProof: Bytes::new(),
        openings: vec![],
    };

    let reader = Chain::new(plain(&devnet), anchor, Duration::from_secs(5));
    let bounds = Bounds::read(reader.provider(), anchor).await.expect("bounds");
    assert_eq!(bounds.max_receipt_age, 86_400);
    let admission = ChainAdmission::new(reader, deployment.clone(), bounds);
    admission.admit(&honest).await.expect("admitted");
    let outcome = async |change: &dyn Fn(&mut ReceiptHeader)| {
        let mut receipt = honest.clone();
        change(&mut receipt.header);
        admission.admit(&receipt).await
    };
    let not_yet = |outcome: Result<(), NotAdmitted>, what: &str| match outcome {
        Err(NotAdmitted::Pending(Pending::NotYet(reason))) => assert!(reason.contains(what), "{reason}"),
        other => panic!("{what}: {other:?}"),
    };
    not_yet(outcome(&|h| h.installRoot = U256::from(9)).await, "installs root");
    not_yet(outcome(&|h| h.operatorRoot = U256::from(9)).await, "operators root");
    not_yet(outcome(&|h| h.launchedAt += 10_000).await, "it is");
    not_yet(outcome(&|h| h.notBeforeBlock += 1_000).await, "is not on chain");
    not_yet(outcome(&|h| h.notBeforeHash = B256::repeat_byte(1)).await, "the chain has");
    let refused = outcome(&|h| h.launchedAt -= 1).await;
    assert!(matches!(refused, Err(NotAdmitted::Refused(Refusal::BeforeBlock { .. }))), "{refused:?}");
    let refused = outcome(&|h| h.launchedAt -= 90_000).await;
    assert!(matches!(refused, Err(NotAdmitted::Refused(Refusal::TooOld { .. }))), "{refused:?}");

    // Superseded, and still good; then too old for good.
    enrol(2).await;
    admission.admit(&honest).await.expect("a superseded root serves for a while");
    devnet.increase_time(80_000);
    devnet.mine(1).expect("mined");
    admission.admit(&honest).await.expect("still");
    devnet.increase_time(10_000);
    devnet.mine(1).expect("mined");
    let refused = admission.admit(&honest).await;
    assert!(matches!(refused, Err(NotAdmitted::Refused(Refusal::TooOld { .. }))), "{refused:?}");

    // A reorganisation takes the root away: it may come back, so nothing is refused for good.
    let fresh = enrol(3).await;
    let now = devnet.timestamp();
    let with_fresh = |h: &mut ReceiptHeader| (h.operatorRoot, h.launchedAt) = (fresh, now);
    outcome(&with_fresh).await.expect("admitted");
    devnet.reorg(1, Orphans::Drop).expect("reorganised");
    not_yet(outcome(&|h| (h.operatorRoot, h.launchedAt) = (fresh, now - 1)).await, "operators root");
}
