//! The market's bindings against the market itself: ids, signatures, events, refusals, and scores recomputed from facts.

mod anvil;

use alloy::{
    network::EthereumWallet,
    providers::{Provider, ProviderBuilder},
    signers::local::PrivateKeySigner,
};
use alloy_primitives::{Address, B256, Bytes, U256};
use anvil::{Anvil, KEY, accept_enrolments, accept_installs, accept_launches, floor, header};
use nonos_contracts::{
    DeployConfig, Deployment,
    abi::{CapsuleRegistry, OperatorRegistry, ProofMarket, TrustScores},
    anchor::{checkpoint_at, latest_checkpoint},
    deploy,
    install::{Place, ProvenChunk, entries},
    market::{
        Market, MarketEventKind, RequestState, SignedRequestError, events, sign_request,
        verify_request_signature,
    },
    trust::{facts, replay, score_of},
};
use nonos_core::{
    Fr,
    field::fr_to_u256,
    request::{Offer, ProofRequest, RequestSignatureError},
    trust::Fact,
};

/// Second of anvil's accounts: the requester.
const REQUESTER: &str = "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
/// Third of them: another operator.
const RESCUER: &str = "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a";
const OPERATOR: B256 = B256::repeat_byte(0x0b);
const OTHER: B256 = B256::repeat_byte(0x0c);

fn signer(key: &str) -> PrivateKeySigner {
    key.parse().expect("a key")
}

fn provider(anvil: &Anvil, key: &str) -> impl Provider + Clone + 'static {
    let wallet = EthereumWallet::from(signer(key));
    ProviderBuilder::new().wallet(wallet).connect_http(anvil.url.parse().expect("a URL"))
}

/// A publisher and the capsule in its catalog.
async fn publish(provider: &impl Provider, deployment: &Deployment) -> (B256, U256) {
    accept_enrolments(provider, deployment).await;
    let capsules = CapsuleRegistry::new(deployment.addresses.capsule_registry, provider);
    let register = capsules.registerPublisher(B256::repeat_byte(4), U256::from(4), Bytes::new());
    let publisher = register.call().await.expect("an id");
    assert!(register.send().await.expect("sent").get_receipt().await.expect("mined").status());
    let entry = CapsuleRegistry::CapsuleEntry {
        commitment: B256::repeat_byte(5),
        manifestDigest: B256::repeat_byte(6),
        policy: floor().words().map(|word| fr_to_u256(&word)),
    };
    let leaf = capsules.leafOf(entry.clone()).call().await.expect("a leaf");
    let published = capsules.publish(publisher, vec![entry]).send().await.expect("sent");
    assert!(published.get_receipt().await.expect("mined").status());
    (publisher, leaf)
}

fn request(deployment: &Deployment, capsule: (B256, U256), now: u64, salt: u64) -> ProofRequest {
    ProofRequest {
        requester: signer(REQUESTER).address(),
        salt: U256::from(salt),
        anchor: deployment.addresses.receipt_anchor,
        verifierKey: deployment.verifier_key,
        publisherId: capsule.0,
        capsuleLeaf: capsule.1,
        inputHash: B256::repeat_byte(6),
        inputLocatorHash: B256::ZERO,
        earliestLaunch: now,
        assurance: 0,
        minTrust: 0,
        operatorId: OPERATOR,
        paymentToken: Address::ZERO,
        offer: Offer {
            minPrice: 1_000_000,
            maxPrice: 2_000_000,
            rampStart: now,
            rampLength: 60,
            lockTimeout: 3600,
            timeout: 7200,
        },
        baseCollateral: 3_000_000,
        relayFee: 7,
        maxProtocolFeeBps: 1000,
        feeSharesHash: B256::ZERO,
        callback: Address::ZERO,
        callbackGas: 0,
    }
}

/// Enrols the operator of `key`, with this identity leaf.
async fn enrol(provider: &impl Provider, deployment: &Deployment, key: &str, id: B256, leaf: u64) {
    accept_enrolments(provider, deployment).await;
    let now = latest_checkpoint(provider).await.expect("block").timestamp;
    let registry = OperatorRegistry::new(deployment.addresses.operator_registry, provider);
    let enrolment = OperatorRegistry::Enrolment {
        chainId: U256::from(deployment.chain_id),
        operator: id,
        controller: signer(key).address(),
        leaf: U256::from(leaf),
        validUntil: now + 30 * 24 * 60 * 60,
        seq: 1,
    };
    let deposit = registry.deposit().call().await.expect("deposit");
    let sent = registry.enrol(enrolment, Bytes::new()).value(deposit).send().await.expect("sent");
    assert!(sent.get_receipt().await.expect("mined").status());
}

async fn wait_until(provider: &impl Provider, time: u64) {
    let _: serde_json::Value =
        provider.raw_request("evm_setNextBlockTimestamp".into(), (time,)).await.expect("time");
    let _: serde_json::Value = provider.raw_request("evm_mine".into(), ()).await.expect("mined");
}

/// A receipt of the operator with this leaf for the request, launched now.
async fn receipt(
    provider: &impl Provider,
    deployment: &Deployment,
    request: &ProofRequest,
    leaf: u64,
    payee: Address,
) -> ProofMarket::Proven {
    accept_launches(provider, deployment).await;
    let a = &deployment.addresses;
    let checkpoint = latest_checkpoint(provider).await.expect("block");
    let operators = OperatorRegistry::new(a.operator_registry, provider);
    let capsules = CapsuleRegistry::new(a.capsule_registry, provider);
    let header = nonos_core::receipt::ReceiptHeader {
        capsuleTag: request.capsuleLeaf,
        catalogRoot: capsules.catalogRoot(request.publisherId).call().await.expect("a root"),
        operatorTag: U256::from(leaf),
        operatorRoot: operators.root().call().await.expect("a root"),
        installRoot: capsules.installRoot().call().await.expect("a root"),
        launchedAt: checkpoint.timestamp,
        notBeforeBlock: checkpoint.number,
        notBeforeHash: checkpoint.hash,
        requestId: request.id(deployment.chain_id, a.proof_market).0,
        payee,
        inputHash: request.inputHash,
        ..header(request.verifierKey, leaf)
    };
    let not_before = checkpoint_at(provider, checkpoint.number).await.expect("a header").header;
    let proof = Bytes::from(vec![1; 1248]);
    ProofMarket::Proven { header: (&header).into(), proof, notBeforeHeader: not_before }
}

#[tokio::test]
async fn a_locker_that_stalls_is_rescued_and_the_rescuer_is_paid() {
    let anvil = Anvil::start(31337);
    let [locker, buyer, other] = [KEY, REQUESTER, RESCUER].map(|key| provider(&anvil, key));
    let deployment =
        deploy(&locker, &DeployConfig::new(signer(KEY).address(), floor())).await.expect("deployed");
    enrol(&locker, &deployment, KEY, OPERATOR, 1001).await;
    enrol(&other, &deployment, RESCUER, OTHER, 1002).await;
    let capsule = publish(&locker, &deployment).await;
    accept_installs(&locker, &deployment).await;
    let place = Place { position: 0, state: Fr::from(1) };
    let chunks = [ProvenChunk { state_out: Fr::from(2), proof: Bytes::new() }];
    let capsules = CapsuleRegistry::new(deployment.addresses.capsule_registry, &other);
    let installed =
        capsules.admitInstalls(entries(Fr::from(3).into(), place, &chunks)).send().await.expect("sent");
    assert!(installed.get_receipt().await.expect("mined").status());

    let address = deployment.addresses.proof_market;
    let [market, purchases, rescues] =
        [locker.clone(), buyer, other.clone()].map(|provider| Market::new(address, provider));
    purchases.deposit(U256::from(10_000_000)).await.expect("deposit");
    market.deposit(U256::from(20_000_000)).await.expect("deposit");
    let now = latest_checkpoint(&locker).await.expect("block").timestamp;
    let request = ProofRequest { operatorId: B256::ZERO, ..request(&deployment, capsule, now, 1) };
    let id = request.id(31337, address).0;
    purchases.submit(&request).await.expect("submitted");
    market.lock(&request, Bytes::new(), OPERATOR, &[]).await.expect("locked");
    let collateral = U256::from(market.lock_of(id).await.expect("a lock").collateral);

    // The locker's time is its own.
    let from = request.price_terms().rescuable_from();
    wait_until(&locker, from - 60).await;
    let payee = signer(RESCUER).address();
    let proven = receipt(&other, &deployment, &request, 1002, payee).await;
    let early = rescues.rescue(&request, proven.clone()).await.expect_err("too early").to_string();
    assert!(early.contains("NotRescuable("), "{early}");
    wait_until(&locker, from).await;
    rescues.rescue(&request, proven).await.expect("rescued");

    assert_eq!(market.state_of(id).await.expect("a state"), RequestState::Rescued);
    let reward = collateral * U256::from(2) / U256::from(5);
    assert_eq!(market.balance_of(payee).await.expect("a balance"), reward, "two fifths of the collateral");
    let buyer = market.balance_of(request.requester).await.expect("a balance");
    assert_eq!(buyer, U256::from(10_000_000), "price and relay fee are back");
    let burned = market.contract().burned().call().await.expect("what burned");
    assert_eq!(burned, collateral - reward, "the rest burns");
    let head = locker.get_block_number().await.expect("head");
    let scores = deployment.addresses.trust_scores;
    let records = facts(&locker, scores, deployment.first_block, head).await.expect("facts");
    assert_eq!(records.iter().map(|r| (r.operator, r.fact)).collect::<Vec<_>>(), [(OPERATOR, Fact::Faulted)]);
    rescues.withdraw(reward, payee).await.expect("what was earned leaves");
}

#[tokio::test]
async fn requests_signatures_events_and_scores_agree_with_the_chain() {
    let anvil = Anvil::start(31337);
    let (locker, buyer) = (provider(&anvil, KEY), provider(&anvil, REQUESTER));
    let deployment =
        deploy(&locker, &DeployConfig::new(signer(KEY).address(), floor())).await.expect("deployed");
    let address = deployment.addresses.proof_market;
    let now = latest_checkpoint(&locker).await.expect("block").timestamp;
    enrol(&locker, &deployment, KEY, OPERATOR, 1001).await;
    let capsule = publish(&locker, &deployment).await;
    let (market, purchases) = (Market::new(address, locker.clone()), Market::new(address, buyer.clone()));
    let terms = market.terms().await.expect("terms");

    // The core's id and judgement are the contract's.
    let signed = request(&deployment, capsule, now, 1);
    let id = signed.id(31337, address).0;
    let on_chain = market.contract().requestIdOf((&signed).into()).call().await.expect("id");
    assert_eq!(on_chain, id);
    assert_eq!(signed.validate(&terms, now), Ok(()));
    market.contract().requireTerms((&signed).into()).call().await.expect("terms in order");
    let back = ProofRequest::from(&ProofMarket::ProofRequest::from(&signed));
    assert_eq!(back, signed, "the conversion loses nothing");

    // Signatures: one form, one signer, one market, one chain; what fails here fails there.
    let signature = sign_request(&signer(REQUESTER), &signed, 31337, address).expect("signed");
    assert_eq!(verify_request_signature(&signed, 31337, address, &signature), Ok(()));
    let changed = request(&deployment, capsule, now, 2);
    for (request, chain, place) in
        [(&changed, 31337, address), (&signed, 1337, address), (&signed, 31337, Address::repeat_byte(1))]
    {
        let refused = verify_request_signature(request, chain, place, &signature);
        assert!(matches!(refused, Err(SignedRequestError::OtherSigner { .. })), "{refused:?}");
    }
    let short = verify_request_signature(&signed, 31337, address, &signature[..64]);
    assert_eq!(short, Err(SignedRequestError::Form(RequestSignatureError::Length(64))));
    let refused = market.lock(&changed, signature.clone(), OPERATOR, &[]).await.expect_err("another request");
    let text = refused.to_string();
    assert!(
        text.contains("SignatureInvalid(recovered: 0x") && text.contains("changed after signing"),
        "{text}"
    );

    // Nothing to charge yet; then locked at the price of that second.
    let poor =
        market.lock(&signed, signature.clone(), OPERATOR, &[]).await.expect_err("no balance").to_string();
    assert!(
        poor.contains("InsufficientBalance(token: 0x0000")
            && poor.contains("account: 0x70997970")
            && poor.contains("deposit in the market"),
        "{poor}"
    );
    purchases.deposit(U256::from(10_000_000)).await.expect("deposit");
    market.deposit(U256::from(20_000_000)).await.expect("deposit");
    let collateral = market.collateral_of(&signed, OPERATOR).await.expect("collateral");
    assert_eq!(collateral, signed.collateral(0, &terms));
    let mined = market.lock(&signed, signature, OPERATOR, &[]).await.expect("locked");
    let block = locker.get_block_by_number(mined.block_number.expect("mined").into()).await.expect("read");
    let locked_at = block.expect("there").header.timestamp;
    let lock = market.lock_of(id).await.expect("lock");
    assert_eq!(lock.price.to::<u128>(), signed.price_at(locked_at));
    assert_eq!(lock.collateral.to::<u128>(), collateral.to::<u128>());
    assert_eq!(market.state_of(id).await.expect("state"), RequestState::Locked);
    let rest = U256::from(10_000_000) - U256::from(lock.price) - U256::from(7);
    assert_eq!(market.balance_of(signed.requester).await.expect("balance"), rest);

    // A second one submitted, cancelled; a refusal in words.
    purchases.submit(&changed).await.expect("submitted");
    purchases.cancel(&changed).await.expect("cancelled");
    let over = market.lock(&changed, Bytes::new(), OPERATOR, &[]).await.expect_err("cancelled").to_string();
    assert!(over.contains("WrongState(requestId: 0x") && over.contains("state: 8"), "{over}");
    let early = market.slash(&signed).await.expect_err("too early").to_string();
    assert!(early.contains("NotSlashable("), "{early}");

    // Time passes; the default is slashed, and the facts give the score that the chain gives.
    let from = market.slashable_at(id).await.expect("read").expect("a lock");
    wait_until(&locker, from).await;
    market.slash(&signed).await.expect("slashed");
    assert_eq!(market.slashable_at(id).await.expect("read"), None);
    let head = locker.get_block_number().await.expect("head");
    let seen = events(&locker, address, deployment.first_block, head).await.expect("events");
    let kinds: Vec<_> = seen.iter().map(|event| (event.request_id == id, &event.kind)).collect();
    let [(true, first), (true, MarketEventKind::Locked { locker: by, operator, .. }), rest @ ..] = &kinds[..]
    else {
        panic!("{kinds:?}");
    };
    assert_eq!(**first, MarketEventKind::Submitted(Box::new(signed.clone())), "published with its lock");
    assert_eq!((*by, *operator), (signer(KEY).address(), OPERATOR));
    let [(false, MarketEventKind::Submitted(other)), (false, MarketEventKind::Cancelled), (true, slashed)] =
        rest
    else {
        panic!("{rest:?}");
    };
    assert_eq!(**other, changed);
    let MarketEventKind::Slashed { burned, caller_reward, requester_share, .. } = slashed else {
        panic!("{slashed:?}");
    };
    assert_eq!(*burned + *caller_reward + *requester_share, collateral, "parts sum to the collateral");

    let scores = deployment.addresses.trust_scores;
    let records = facts(&locker, scores, deployment.first_block, head).await.expect("facts");
    assert_eq!(records.iter().map(|record| record.fact).collect::<Vec<_>>(), [Fact::Faulted]);
    let replayed = replay(&records)[&OPERATOR];
    let kept = TrustScores::new(scores, &locker).factsOf(OPERATOR).call().await.expect("kept");
    assert_eq!(replayed.faults, kept.faults.to::<u128>());
    assert_eq!((replayed.faulted, replayed.half_lives), (kept.faulted.to::<u32>(), kept.halfLives));
    assert_eq!(score_of(&locker, scores, OPERATOR).await.expect("score"), replayed.score(from));

    // All that is not set aside leaves.
    let balance = market.balance_of(signed.requester).await.expect("balance");
    purchases.withdraw(balance, Address::repeat_byte(0x77)).await.expect("withdrawn");
    assert_eq!(locker.get_balance(Address::repeat_byte(0x77)).await.expect("balance"), balance);
}

/// The bond of a demand pays who shows the input; without an answer the locker leaves with everything that it put up.
#[tokio::test]
async fn a_locker_without_the_input_is_answered_or_let_go() {
    let anvil = Anvil::start(31337);
    let (locker, buyer) = (provider(&anvil, KEY), provider(&anvil, REQUESTER));
    let deployment =
        deploy(&locker, &DeployConfig::new(signer(KEY).address(), floor())).await.expect("deployed");
    enrol(&locker, &deployment, KEY, OPERATOR, 1001).await;
    let capsule = publish(&locker, &deployment).await;
    let address = deployment.addresses.proof_market;
    let (market, purchases) = (Market::new(address, locker.clone()), Market::new(address, buyer));
    purchases.deposit(U256::from(20_000_000)).await.expect("deposit");
    market.deposit(U256::from(20_000_000)).await.expect("deposit");
    let start = market.balance_of(signer(KEY).address()).await.expect("a balance");
    let input = Bytes::from_static(b"the input");
    let grace = market.contract().grace().call().await.expect("a grace");
    let bond = market.contract().inputBond().call().await.expect("a bond");
    for (salt, answered) in [(1, true), (2, false)] {
        let now = latest_checkpoint(&locker).await.expect("block").timestamp;
        let mut request = request(&deployment, capsule, now, salt);
        request.inputHash = alloy_primitives::keccak256(&input);
        // Room for an answer and for serving after it.
        request.offer.timeout = 3_600 + 3 * u32::try_from(grace).expect("short");
        let id = request.id(31337, address).0;
        purchases.submit(&request).await.expect("submitted");
        market.lock(&request, Bytes::new(), OPERATOR, &[]).await.expect("locked");
        let demand = market.contract().demandInput((&request).into()).value(bond).send().await.expect("sent");
        assert!(demand.get_receipt().await.expect("mined").status());
        let until = market.contract().inputDemandOf(id).call().await.expect("a demand").answerBy;
        let had = market.balance_of(request.requester).await.expect("a balance");
        if answered {
            let answer = purchases.contract().answerInput((&request).into(), input.clone());
            assert!(answer.send().await.expect("sent").get_receipt().await.expect("mined").status());
            assert_eq!(market.balance_of(request.requester).await.expect("a balance"), had + bond);
            let refused = market.unwind(&request).await.expect_err("it has the input").to_string();
            assert!(refused.contains("NothingToUnwind("), "{refused}");
            continue;
        }
        let early = market.unwind(&request).await.expect_err("not yet").to_string();
        assert!(early.contains("NothingToUnwind("), "{early}");
        wait_until(&locker, until + 1).await;
        market.unwind(&request).await.expect("neutral");
        let close = market.contract().closeInputDemand(id).send().await.expect("sent");
        assert!(close.get_receipt().await.expect("mined").status());
        assert_eq!(market.state_of(id).await.expect("a state"), RequestState::Unwound);
    }
    // The first lock's collateral is still set aside, and its bond is gone; everything of the second is back.
    let first =
        market.collateral_of(&request(&deployment, capsule, 0, 1), OPERATOR).await.expect("collateral");
    let left = market.balance_of(signer(KEY).address()).await.expect("a balance");
    assert_eq!(
        left,
        start - first + bond,
        "the collateral of one, and the bond that came back into the account"
    );
}
