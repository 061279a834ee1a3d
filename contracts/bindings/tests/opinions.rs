//! Second opinions on a real chain, with the real verifiers: what becomes of a verifier that vouched for a bad batch, of one
//! that was right, and of everybody's money after a stop.

mod anvil;

use alloy::{
    network::EthereumWallet,
    providers::{Provider, ProviderBuilder},
    signers::local::PrivateKeySigner,
};
use alloy_primitives::{Address, B256, Bytes, U256};
use anvil::{Anvil, KEY, floor, header};
use nonos_contracts::{
    DeployConfig, Deployment, Times,
    abi::{ProofMarket, ReceiptAnchor, VerificationMarket, VerifierRouter},
    batch::{anchor_batch_with_leaves, deposit_bond, withdraw_bond},
    challenge::{Place, challenge_leaf, commit_challenge, commitment},
    deploy, describe_revert,
};
use nonos_core::{
    batch::BatchRecord,
    opinion,
    receipt::{ReceiptHeader, batch_leaf},
};

const SALT: B256 = B256::repeat_byte(0x5a);
/// The second of the accounts that every anvil has.
const VERIFIER_KEY: &str = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
const VALID: u8 = 1;
const SLASHED: u8 = 4;

const fn ether(tenths: u64) -> U256 {
    U256::from_limbs([tenths * 100_000_000_000_000_000, 0, 0, 0])
}

fn account(key: &str) -> Address {
    key.parse::<PrivateKeySigner>().expect("a key").address()
}

fn provider(anvil: &Anvil, key: &str) -> impl Provider + Clone + 'static + use<> {
    let wallet = EthereumWallet::from(key.parse::<PrivateKeySigner>().expect("a key"));
    ProviderBuilder::new().wallet(wallet).connect_http(anvil.url.parse().expect("a URL"))
}

async fn deployed(provider: &impl Provider) -> Deployment {
    // Ten minutes of challenge window: time for bids and opinions.
    let times = Times { late_slash: 600, ..Times::default().with_challenge_window(600) };
    let config = DeployConfig { times, ..DeployConfig::new(account(KEY), floor()) };
    deploy(provider, &config).await.expect("deployed")
}

async fn wait(provider: &impl Provider, seconds: u64) {
    let _: U256 = provider.raw_request("evm_increaseTime".into(), (seconds,)).await.expect("later");
    let () = provider.raw_request("anvil_mine".into(), (1,)).await.expect("mined");
}

async fn now(provider: &impl Provider) -> u64 {
    let block = provider.get_block_by_number(Default::default()).await.expect("an answer").expect("a block");
    block.header.timestamp
}

macro_rules! send {
    ($call:expr) => {
        assert!($call.send().await.expect("sent").get_receipt().await.expect("mined").status())
    };
}

#[tokio::test]
async fn a_verifier_that_vouched_for_a_bad_batch_is_slashed_and_after_a_stop_everybody_withdraws() {
    let anvil = Anvil::start(31337);
    let (poster, verifier) = (provider(&anvil, KEY), provider(&anvil, VERIFIER_KEY));
    let deployment = deployed(&poster).await;
    deposit_bond(&poster, &deployment, ether(10)).await.expect("a bond");
    let a = &deployment.addresses;
    let opinions = VerificationMarket::new(a.verification_market, &poster);
    let eyes = VerificationMarket::new(a.verification_market, &verifier);
    send!(opinions.deposit().value(ether(10)));
    send!(eyes.deposit().value(ether(20)));

    let proof = Bytes::from(vec![0; 1248]);
    let headers: Vec<ReceiptHeader> = (0..3).map(|i| header(deployment.verifier_key, i)).collect();
    let leaf = |header: &ReceiptHeader| batch_leaf(header.digest(31337, a.receipt_anchor), &proof);
    let leaves: Vec<_> = headers.iter().map(leaf).collect();
    let record = BatchRecord::new(31337, a.receipt_anchor, account(KEY), leaves).expect("a batch");
    anchor_batch_with_leaves(&poster, &deployment, &record.batch, &record.leaves).await.expect("anchored");

    let time = now(&poster).await;
    let terms = opinion::Terms {
        quorum: 1,
        maxFee: alloy_primitives::aliases::U72::from(1_000_000_000_000_000u64),
        stake: alloy_primitives::aliases::U96::from(1_000_000_000_000_000_000u64),
        biddingEnd: alloy_primitives::aliases::U40::from(time + 60),
        attestDeadline: alloy_primitives::aliases::U40::from(time + 300),
    };
    let batch = record.batch;
    let post = opinions.postBatch((&batch).into(), (&terms).into(), Default::default(), B256::ZERO);
    let job = post.call().await.expect("a job");
    send!(post);
    // The names of jobs are the core's.
    let subject = opinion::Subject {
        kind: 0,
        chunks: 0,
        reserve: Default::default(),
        batchId: record.id().into(),
        root: batch.root,
        dataCommitment: batch.dataCommitment,
    };
    assert_eq!(opinion::job_id(account(KEY), 1, &terms, &subject), job);
    send!(eyes.bid(job, alloy_primitives::aliases::U72::from(500_000_000_000_000u64)));
    wait(&poster, 61).await;
    send!(eyes.attest(job, VALID));
    assert_eq!(eyes.balanceOf(account(VERIFIER_KEY)).call().await.expect("a balance"), ether(10));

    // The judge is the same that takes the relayer's slice.
    let refused = eyes.slash(job, 1).call().await.err().expect("nothing was proven");
    let reason = describe_revert(&refused.as_revert_data().expect("a revert"));
    assert!(reason.starts_with("NoFraud("), "{reason}");
    let promise = commitment(account(KEY), record.id(), 1, SALT);
    commit_challenge(&poster, &deployment, promise).await.expect("committed");
    let place = Place {
        batch: &record.batch,
        index: 1,
        path: record.path(1).expect("in the batch"),
        header: &headers[1],
        proof: proof.clone(),
    };
    challenge_leaf(&poster, &deployment, place, SALT).await.expect("fraud");
    let anchor = ReceiptAnchor::new(a.receipt_anchor, &poster);
    let fraud = anchor.fraudOf(record.id().0, 1).call().await.expect("a verdict");
    assert!(fraud.fraudulent && !fraud.malformed);
    let before = opinions.balanceOf(account(KEY)).call().await.expect("a balance");
    send!(opinions.slash(job, 1));
    assert_eq!(opinions.jobOf(job).call().await.expect("a job").state, SLASHED);
    let got = opinions.balanceOf(account(KEY)).call().await.expect("a balance") - before;
    // A tenth as the caller, the fee back, and as poster no more than the largest fee.
    assert!(got > ether(1) && got < ether(2), "{got}");
    assert_eq!(
        eyes.balanceOf(account(VERIFIER_KEY)).call().await.expect("a balance"),
        ether(10),
        "the stake is gone"
    );
    assert!(opinions.burned().call().await.expect("a sum") >= ether(5), "half of it is burned");

    // A stop ends everything new and nobody's money.
    let market = ProofMarket::new(a.proof_market, &poster);
    send!(market.deposit().value(ether(10)));
    send!(VerifierRouter::new(a.verifier_router, &poster).stop());
    send!(market.withdraw(ether(10), account(KEY)));
    send!(eyes.withdraw(ether(10), account(VERIFIER_KEY)));
    let free = anchor.bondOf(account(KEY)).call().await.expect("a bond").free;
    withdraw_bond(&poster, &deployment, free, account(KEY)).await.expect("a bond that answers for nothing");
}
