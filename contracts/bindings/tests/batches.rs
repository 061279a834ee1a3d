//! Batches on a real chain: names and paths of the core, what the relayer, the challenger and the demander do, and the
//! events that tell of it.

mod anvil;

use alloy::{
    network::EthereumWallet,
    providers::{Provider, ProviderBuilder},
    signers::local::PrivateKeySigner,
};
use alloy_primitives::{Address, B256, Bytes, U256};
use anvil::{Anvil, KEY, floor, header};
use nonos_contracts::{
    ChainError, DeployConfig, Deployment, Stakes, TermsError, Times,
    abi::{ProofMarket, ReceiptAnchor, TrustScores},
    batch::{
        BatchAnchored, BatchState, DataMode, DemandState, LeafStatus, anchor_batch, anchor_batch_calldata,
        anchor_batch_in_blob, anchor_batch_with_leaves, batch_of, bond_of, deposit_bond, leaf_facts,
        release_slice, slice, withdraw_bond,
    },
    blob::LeafBlob,
    challenge::{
        Place, WHOLE_BATCH, challenge_blob, challenge_data, challenge_leaf, close_demand, commit_challenge,
        commitment, demand_bond, demand_of, demand_reveal, reveal_leaf,
    },
    deploy,
    events::{AnchorEvent, anchor_events, anchored_batches},
};
use nonos_core::{
    batch::{BatchRecord, BatchRef, data_commitment},
    ids::ReceiptLeaf,
    receipt::{ReceiptHeader, batch_leaf},
};

const SALT: B256 = B256::repeat_byte(0x5a);

fn account() -> Address {
    KEY.parse::<PrivateKeySigner>().expect("a key").address()
}

fn provider(anvil: &Anvil) -> impl Provider + Clone + 'static + use<> {
    let signer: PrivateKeySigner = KEY.parse().expect("a key");
    let wallet = EthereumWallet::from(signer);
    ProviderBuilder::new().wallet(wallet).connect_http(anvil.url.parse().expect("a URL"))
}

/// A minute of challenge window, seven seconds to answer, ten seconds of late slash.
fn config() -> DeployConfig {
    let times = Times { late_slash: 10, ..Times::default().with_challenge_window(60) };
    DeployConfig { times, ..DeployConfig::new(account(), floor()) }
}

struct World<P> {
    provider: P,
    deployment: Deployment,
    key: B256,
    _anvil: Anvil,
}

impl<P: Provider> World<P> {
    fn leaf(&self, header: &ReceiptHeader, proof: &[u8]) -> ReceiptLeaf {
        batch_leaf(header.digest(31337, self.deployment.addresses.receipt_anchor), proof)
    }

    fn record(&self, leaves: Vec<ReceiptLeaf>) -> BatchRecord {
        BatchRecord::new(31337, self.deployment.addresses.receipt_anchor, account(), leaves).expect("a batch")
    }

    /// Lets time pass, and mines.
    async fn wait(&self, seconds: u64) {
        let _: U256 = self.provider.raw_request("evm_increaseTime".into(), (seconds,)).await.expect("later");
        let () = self.provider.raw_request("anvil_mine".into(), (1,)).await.expect("mined");
    }

    async fn head(&self) -> u64 {
        self.provider.get_block_number().await.expect("a number")
    }
}

async fn world() -> World<impl Provider + Clone + 'static> {
    let anvil = Anvil::start(31337);
    let provider = provider(&anvil);
    let deployment = deploy(&provider, &config()).await.expect("deployed");
    deposit_bond(&provider, &deployment, U256::from(10).pow(U256::from(19))).await.expect("ten ether");
    let key = deployment.verifier_key;
    World { provider, deployment, key, _anvil: anvil }
}

#[tokio::test]
async fn names_paths_and_statuses_are_the_cores() {
    let w = world().await;
    let (provider, deployment) = (&w.provider, &w.deployment);
    let per_batch = slice(provider, deployment).await.expect("a slice");
    assert_eq!(per_batch, U256::from(Stakes::default().slice));
    let mut records = Vec::new();
    for size in [1usize, 2, 3, 7, 8, 40] {
        let leaves = (0..size).map(|i| w.leaf(&header(w.key, (size * 100 + i) as u64), b"proof")).collect();
        let record = w.record(leaves);
        let anchored = anchor_batch(provider, deployment, &record.batch).await.expect("anchored");
        assert!(matches!(anchored, BatchAnchored::Now(_)), "{anchored:?}");
        records.push(record);
    }
    // Once only, and no failure: a relayer that restarts asks again.
    let again = anchor_batch(provider, deployment, &records[0].batch).await.expect("there");
    assert!(matches!(again, BatchAnchored::Before { .. }), "{again:?}");
    let bond = bond_of(provider, deployment, account()).await.expect("a bond");
    assert_eq!(bond.locked, per_batch * U256::from(6));

    let found = anchored_batches(provider, deployment, 0, w.head().await).await.expect("events");
    assert_eq!(found.len(), records.len());
    for (sequence, ((_, found), record)) in found.iter().zip(&records).enumerate() {
        assert_eq!((found.batch, found.id), (record.batch, record.id()), "the event tells the whole batch");
        assert_eq!((found.sequence, found.mode), (sequence as u64, DataMode::Mesh));
    }
    w.wait(61).await;
    for record in &records {
        let batch = batch_of(provider, deployment, record.id()).await.expect("read").expect("there");
        assert_eq!(batch.state, BatchState::Final);
        assert_eq!(batch.final_at, batch.anchored_at + 60);
        for index in 0..record.leaves.len() {
            let path = record.path(index).expect("in the batch");
            let leaf: ReceiptLeaf = record.leaves[index].into();
            let place = u32::try_from(index).expect("small");
            let facts = leaf_facts(provider, deployment, &record.batch, place, leaf, path.clone())
                .await
                .expect("facts");
            assert_eq!((facts.status, facts.final_at), (LeafStatus::Final, batch.final_at));
            let error = leaf_facts(provider, deployment, &record.batch, place + 1, leaf, path).await;
            let error = error.expect_err("another place").to_string();
            assert!(error.contains("NotIncluded("), "{error}");
        }
    }
    let error = release_slice(provider, deployment, &records[0].batch).await.expect_err("still liable");
    assert!(error.to_string().contains("StillLiable("), "{error}");
    w.wait(11).await;
    release_slice(provider, deployment, &records[0].batch).await.expect("released");
    let bond = bond_of(provider, deployment, account()).await.expect("a bond");
    assert_eq!(bond.locked, per_batch * U256::from(5));
    withdraw_bond(provider, deployment, bond.free, Address::repeat_byte(7)).await.expect("withdrawn");
    let paid = provider.get_balance(Address::repeat_byte(7)).await.expect("a balance");
    assert_eq!(paid, bond.free);
    let error = anchor_batch(provider, deployment, &w.record(vec![B256::repeat_byte(1).into()]).batch).await;
    let error = error.expect_err("no bond").to_string();
    assert!(error.contains("FreeBondTooSmall(") && error.contains("deposit more bond"), "{error}");
}

/// A proof of zeros is refused by the real verifier, so its leaf is fraudulent; a changed header is another leaf.
#[tokio::test]
async fn a_fraudulent_leaf_is_voided_and_told() {
    let w = world().await;
    let (provider, deployment) = (&w.provider, &w.deployment);
    let proof = Bytes::from(vec![0; 1248]);
    let headers: Vec<ReceiptHeader> = (0..5).map(|i| header(w.key, i)).collect();
    let record = w.record(headers.iter().map(|header| w.leaf(header, &proof)).collect());
    let data = anchor_batch_calldata(&record.batch);
    assert_eq!(data.len(), 4 + 3 * 32);
    let anchored = anchor_batch_with_leaves(provider, deployment, &record.batch, &record.leaves).await;
    assert!(matches!(anchored, Ok(BatchAnchored::Now(_))), "{anchored:?}");
    let place = |index: u32, header| Place {
        batch: &record.batch,
        index,
        path: record.path(index as usize).expect("in the batch"),
        header,
        proof: proof.clone(),
    };
    let error =
        challenge_leaf(provider, deployment, place(3, &headers[3]), SALT).await.expect_err("not committed");
    assert!(error.to_string().contains("NotCommitted("), "{error}");
    let promise = commitment(account(), record.id(), 3, SALT);
    commit_challenge(provider, deployment, promise).await.expect("committed");
    commit_challenge(provider, deployment, promise).await.expect("twice is no failure");
    let error =
        challenge_leaf(provider, deployment, place(3, &headers[2]), SALT).await.expect_err("another leaf");
    assert!(error.to_string().contains("NotIncluded("), "{error}");
    challenge_leaf(provider, deployment, place(3, &headers[3]), SALT).await.expect("fraud");
    let status = |index: u32| {
        let leaf = record.leaves[index as usize].into();
        let path = record.path(index as usize).expect("in the batch");
        leaf_facts(provider, deployment, &record.batch, index, leaf, path)
    };
    assert_eq!(status(3).await.expect("facts").status, LeafStatus::Void);
    assert_eq!(status(2).await.expect("facts").status, LeafStatus::Pending);
    let events = anchor_events(provider, deployment, 0, w.head().await).await.expect("events");
    let events: Vec<&AnchorEvent> = events.iter().map(|(_, event)| event).collect();
    let [AnchorEvent::Anchored(batch), voided, AnchorEvent::Slashed { reward, burned, .. }] = events[..]
    else {
        panic!("{events:?}");
    };
    assert_eq!((batch.id, batch.mode), (record.id(), DataMode::Calldata));
    let leaf = record.leaves[3];
    assert_eq!(*voided, AnchorEvent::LeafVoided { id: record.id(), index: 3, leaf });
    assert_eq!(*reward + *burned, U256::from(Stakes::default().slice));
    assert!(burned >= reward, "half at least is burned");
}

#[tokio::test]
async fn a_leaf_is_shown_on_demand_or_its_batch_falls() {
    let w = world().await;
    let (provider, deployment) = (&w.provider, &w.deployment);
    let proof = Bytes::from(vec![1; 1248]);
    let headers: Vec<ReceiptHeader> = (0..4).map(|i| header(w.key, i)).collect();
    let record = w.record(headers.iter().map(|header| w.leaf(header, &proof)).collect());
    anchor_batch(provider, deployment, &record.batch).await.expect("anchored");
    let bond = demand_bond(provider, deployment).await.expect("a price");
    for index in [1, 2] {
        demand_reveal(provider, deployment, &record.batch, index, bond).await.expect("demanded");
    }
    let path = record.path(1).expect("in the batch");
    let place = Place { batch: &record.batch, index: 1, path, header: &headers[1], proof: proof.clone() };
    reveal_leaf(provider, deployment, place).await.expect("answered");
    let demand = demand_of(provider, deployment, record.id(), 1).await.expect("read").expect("there");
    assert_eq!((demand.state, demand.demander), (DemandState::Answered, account()));
    assert!(demand_of(provider, deployment, record.id(), 0).await.expect("read").is_none());
    let error = close_demand(provider, deployment, &record.batch, 2).await.expect_err("not yet");
    assert!(error.to_string().contains("RevealStillOpen("), "{error}");
    w.wait(8).await;
    close_demand(provider, deployment, &record.batch, 2).await.expect("closed");
    let batch = batch_of(provider, deployment, record.id()).await.expect("read").expect("there");
    assert_eq!((batch.state, batch.slice, batch.open_demands), (BatchState::Fallen, U256::ZERO, 0));
    let events = anchor_events(provider, deployment, 0, w.head().await).await.expect("events");
    let shown = events.iter().find_map(|(place, event)| match event {
        AnchorEvent::Revealed(shown) => Some((place, shown)),
        _ => None,
    });
    let (at, shown) = shown.expect("the receipt is in the log");
    assert_eq!((shown.index, &shown.proof), (1, &proof));
    let shown = ReceiptHeader::from(&shown.header);
    assert_eq!(
        w.leaf(&shown, &proof),
        w.leaf(&headers[1], &proof),
        "header and proof as they are in the leaf"
    );
    assert!(at.block > 0 && !at.block_hash.is_zero());
    let kinds: Vec<bool> = events
        .iter()
        .map(|(_, event)| matches!(event, AnchorEvent::Fallen { id } if *id == record.id()))
        .collect();
    assert_eq!(kinds.iter().filter(|fallen| **fallen).count(), 1, "it fell once");
}

#[tokio::test]
async fn data_that_do_not_belong_to_the_root_make_a_batch_fall() {
    let w = world().await;
    let (provider, deployment) = (&w.provider, &w.deployment);
    let mut record = w.record((0..4).map(|i| B256::repeat_byte(i).into()).collect());
    let data: Vec<B256> = (4..8).map(B256::repeat_byte).collect();
    record.batch.dataCommitment = data_commitment(&data).into();
    anchor_batch(provider, deployment, &record.batch).await.expect("anchored");
    let promise = commitment(account(), record.id(), WHOLE_BATCH, SALT);
    commit_challenge(provider, deployment, promise).await.expect("committed");
    let bytes: Bytes = data.concat().into();
    challenge_data(provider, deployment, &record.batch, bytes, SALT).await.expect("malformed");
    let batch = batch_of(provider, deployment, record.id()).await.expect("read").expect("there");
    assert_eq!(batch.state, BatchState::Fallen);
}

/// What the anchor is deployed with is what its getters say, and market and scores belong to it.
#[tokio::test]
async fn terms_are_fixed_at_deployment() {
    let w = world().await;
    let a = &w.deployment.addresses;
    let anchor = ReceiptAnchor::new(a.receipt_anchor, &w.provider);
    let times = anchor.times().call().await.expect("times");
    let asked = config().times;
    assert_eq!((times.maxReceiptAge, times.inclusionMargin), (asked.max_receipt_age, asked.inclusion_margin));
    assert_eq!(
        (times.challengeWindow, times.revealPeriod, times.lateSlash),
        (asked.challenge_window, asked.reveal_period, asked.late_slash)
    );
    for (mode, most) in
        [(0, nonos_contracts::batch::MAX_MESH_LEAVES), (1, nonos_contracts::batch::MAX_CALLDATA_LEAVES)]
    {
        assert_eq!(anchor.maxSize(mode).call().await.expect("a size"), U256::from(most));
    }
    let market = ProofMarket::new(a.proof_market, &w.provider);
    assert_eq!(market.challengeWindow().call().await.expect("a window"), asked.challenge_window);
    let trust = TrustScores::new(a.trust_scores, &w.provider);
    assert_eq!(trust.reporter().call().await.expect("a reporter"), a.proof_market);

    let second = deploy(&w.provider, &config()).await.expect("deployed");
    let mut mixed = w.deployment.clone();
    mixed.addresses.trust_scores = second.addresses.trust_scores;
    assert!(matches!(mixed.check(&w.provider).await, Err(ChainError::Miswired { .. })));
    let mut mixed = w.deployment.clone();
    mixed.addresses.proof_market = second.addresses.proof_market;
    // Its libraries are the second's too.
    let other = mixed.check(&w.provider).await;
    assert!(matches!(other, Err(ChainError::OtherCode { contract: "ProofMarket", .. })), "{other:?}");

    // Refused before anything is sent.
    let before = w.head().await;
    let mut late = config();
    late.times.reveal_period = 8;
    let error = deploy(&w.provider, &late).await.expect_err("an eighth at most");
    assert!(matches!(error, ChainError::Terms(TermsError::RevealPeriod { value: 8, max: 7, .. })), "{error}");
    assert_eq!(w.head().await, before);
}

/// Anchors what this blob is said to hold, and reads the blob back from the chain, as whoever checks it does.
async fn in_blob<P: Provider>(w: &World<P>, record: &BatchRecord, blob: &LeafBlob) -> (BatchRef, LeafBlob) {
    let batch = BatchRef { dataCommitment: blob.versioned_hash(), ..record.batch };
    let anchored = anchor_batch_in_blob(&w.provider, &w.deployment, &batch, blob).await.expect("anchored");
    let BatchAnchored::Now(hash) = anchored else { panic!("{anchored:?}") };
    let blobs: Vec<Bytes> =
        w.provider.raw_request("anvil_getBlobsByTransactionHash".into(), (hash,)).await.expect("an answer");
    (batch, LeafBlob::from_bytes(&blobs[0]).expect("a blob"))
}

#[tokio::test]
async fn leaves_in_a_blob_are_read_back_and_a_wrong_blob_costs_the_slice() {
    let w = world().await;
    let (provider, deployment) = (&w.provider, &w.deployment);
    let leaves = (0..5).map(|i| w.leaf(&header(w.key, i), b"proof")).collect();
    let record = w.record(leaves);
    let honest = LeafBlob::encode(&record.leaves).expect("a blob");

    let (batch, read) = in_blob(&w, &record, &honest).await;
    let found = batch_of(provider, deployment, batch.id()).await.expect("read").expect("there");
    assert_eq!((found.state, found.mode), (BatchState::Pending, DataMode::Blob));
    assert_eq!(read.decode(batch.size), Ok(record.leaves.clone()));
    assert_eq!(read.fault(batch.size, batch.root), Ok(None));
    let again = anchor_batch_in_blob(provider, deployment, &batch, &honest).await.expect("there");
    assert!(matches!(again, BatchAnchored::Before { .. }));
    let path = record.path(4).expect("a path");
    let leaf = ReceiptLeaf::from(record.leaves[4]);
    let facts = leaf_facts(provider, deployment, &batch, 4, leaf, path).await.expect("facts");
    assert_eq!(facts.status, LeafStatus::Pending);
    let other = anchor_batch_in_blob(provider, deployment, &record.batch, &honest).await.unwrap_err();
    assert!(matches!(other, ChainError::OtherBlob { .. }), "{other}");

    // Half a leaf too large, something behind the leaves, and leaves of another root.
    let tampered = |at: usize| {
        let mut bytes = honest.bytes().to_vec();
        bytes[at] = 1;
        LeafBlob::from_bytes(&bytes).expect("a blob")
    };
    let strange = LeafBlob::encode(&[B256::repeat_byte(7); 5]).expect("a blob");
    for blob in [tampered(3 * 32 + 15), tampered(4095 * 32 + 31), strange] {
        let (batch, read) = in_blob(&w, &record, &blob).await;
        let fault = read.fault(batch.size, batch.root).expect("evidence").expect("a fault");
        commit_challenge(provider, deployment, commitment(account(), batch.id(), WHOLE_BATCH, SALT))
            .await
            .expect("committed");
        let before = bond_of(provider, deployment, account()).await.expect("a bond");
        challenge_blob(provider, deployment, &batch, &read, fault, SALT).await.expect("fallen");
        let after = bond_of(provider, deployment, account()).await.expect("a bond");
        let slice = slice(provider, deployment).await.expect("a slice");
        assert_eq!(before.locked - after.locked, slice, "slashed");
        let found = batch_of(provider, deployment, batch.id()).await.expect("read").expect("there");
        assert_eq!(found.state, BatchState::Fallen);
    }
}
