//! Contracts through alloy: deployment, calls, logs, receipts, reverts, estimates.

use alloy::{
    consensus::BlockHeader,
    contract::Error,
    eips::BlockId,
    providers::Provider,
    rpc::types::{
        TransactionRequest,
        state::{AccountOverride, StateOverride},
    },
};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use nonos_devnet::{Config, REVERTED, SERVER_ERROR};

use crate::{Probe, account, deploy, payload, probe_code, start};

#[tokio::test]
async fn a_contract_can_be_deployed_called_and_watched() {
    let (devnet, provider) = start(Config::default());
    let probe = deploy(&provider).await;
    let receipt = probe.store(U256::from(42)).send().await.unwrap().get_receipt().await.unwrap();
    assert_eq!(probe.value().call().await.unwrap(), U256::from(42));

    let log = receipt.decoded_log::<Probe::Stored>().unwrap();
    assert_eq!((log.who, log.value), (account(&devnet, 0), U256::from(42)));
    assert_eq!(receipt.block_number, Some(2));
    assert_eq!(receipt.from, account(&devnet, 0));
    assert!(receipt.inner.logs_bloom().contains_raw_log(*probe.address(), receipt.inner.logs()[0].topics()));

    let block = provider.get_block_by_number(2.into()).full().await.unwrap().unwrap();
    assert_eq!(block.header.logs_bloom, *receipt.inner.logs_bloom());
    assert_eq!(block.header.gas_used, receipt.gas_used);
    assert_eq!(block.header.inner.hash_slow(), block.header.hash, "the header hashes to the block hash");
    let tx = block.transactions.txns().next().unwrap();
    assert_eq!(*tx.inner.tx_hash(), receipt.transaction_hash);
    let by_hash = provider.get_block_by_hash(block.header.hash).await.unwrap().unwrap();
    assert_eq!(by_hash.transactions.hashes().collect::<Vec<_>>(), [receipt.transaction_hash]);
    assert_eq!(by_hash.header.parent_hash(), receipt_block_parent(&provider).await);
}

async fn receipt_block_parent(provider: &impl Provider) -> B256 {
    provider.get_block_by_number(1.into()).await.unwrap().unwrap().header.hash
}

#[tokio::test]
async fn logs_are_found_by_address_topics_range_and_block_hash() {
    let (_, provider) = start(Config::default());
    let probe = deploy(&provider).await;
    for value in [10u64, 20, 30] {
        probe.store(U256::from(value)).send().await.unwrap().get_receipt().await.unwrap();
    }
    let all = probe.Stored_filter().from_block(0).query().await.unwrap();
    assert_eq!(all.iter().map(|(event, _)| event.value.to::<u64>()).collect::<Vec<_>>(), [10, 20, 30]);
    let one = probe.Stored_filter().from_block(0).topic2(U256::from(20)).query().await.unwrap();
    assert_eq!(one.len(), 1);
    let some = probe.Stored_filter().from_block(3).to_block(3).query().await.unwrap();
    assert_eq!(some.len(), 1);
    assert_eq!(some[0].1.log_index, Some(0));
    let hash = some[0].1.block_hash.unwrap();
    assert_eq!(probe.Stored_filter().at_block_hash(hash).query().await.unwrap().len(), 1);
    // A poller ahead of the head gets nothing, not an error.
    assert!(probe.Stored_filter().from_block(100).query().await.unwrap().is_empty());
    let error = probe.Stored_filter().at_block_hash(keccak256("no such block")).query().await.unwrap_err();
    assert!(error.to_string().contains("unknown block"), "{error}");
}

#[tokio::test]
async fn hosted_endpoints_log_limits_can_be_imitated() {
    let config = Config { log_range_limit: Some(10), log_result_limit: Some(2), ..Config::default() };
    let (devnet, provider) = start(config);
    let probe = deploy(&provider).await;
    for _ in 0..3 {
        probe.store(U256::from(10)).send().await.unwrap().get_receipt().await.unwrap();
    }
    let error = probe.Stored_filter().from_block(0).to_block(4).query().await.unwrap_err();
    assert!(error.to_string().contains("query returned more than 2 results"), "{error}");
    devnet.mine(20).unwrap();
    let error = probe.Stored_filter().from_block(5).to_block(15).query().await.unwrap_err();
    assert!(error.to_string().contains("query exceeds max block range 10"), "{error}");
    assert!(probe.Stored_filter().from_block(6).to_block(15).query().await.unwrap().is_empty());
}

#[tokio::test]
async fn custom_errors_decode_from_calls_estimates_and_sends() {
    let (devnet, provider) = start(Config::default());
    let probe = deploy(&provider).await;
    let (head, call) = (devnet.height(), probe.store(U256::from(3)));
    let expected = Probe::TooSmall { got: U256::from(3), least: U256::from(10) };
    for error in [call.call().await.unwrap_err(), call.estimate_gas().await.map(|_| ()).unwrap_err()] {
        assert_eq!(error.as_decoded_error::<Probe::TooSmall>(), Some(expected.clone()), "{error}");
        let Error::TransportError(error) = error else { panic!("{error:?}") };
        let payload = payload(error);
        assert_eq!((payload.code, payload.message.as_ref()), (REVERTED, "execution reverted"));
    }
    assert!(call.send().await.is_err(), "the gas filler sees the revert");
    assert_eq!(devnet.height(), head, "nothing was mined");

    let error = probe.refuse("not today".into()).call().await.unwrap_err();
    assert!(error.to_string().contains("execution reverted: not today"), "{error}");

    // With the gas given, the transaction is mined and fails on chain.
    // The nonce is named: alloy's filler has already counted the transaction that was never sent.
    let receipt = call.gas(100_000).nonce(1).send().await.unwrap().get_receipt().await.unwrap();
    assert!(!receipt.status());
    assert!(receipt.gas_used < 100_000);
    assert_eq!(devnet.height(), head + 1);
}

#[tokio::test]
async fn endless_execution_runs_out_of_gas() {
    let (_, provider) = start(Config { gas_limit: 1_000_000, ..Config::default() });
    let probe = deploy(&provider).await;
    let Error::TransportError(error) = probe.spin().call().await.unwrap_err() else { panic!() };
    let payload = payload(error);
    assert_eq!((payload.code, payload.message.as_ref()), (SERVER_ERROR, "out of gas"));
    let Error::TransportError(error) = probe.spin().estimate_gas().await.unwrap_err() else { panic!() };
    assert_eq!(crate::payload(error).message, "gas required exceeds allowance (1000000)");
}

#[tokio::test]
async fn estimates_suffice_and_are_tight() {
    let (devnet, provider) = start(Config::default());
    let transfer =
        TransactionRequest::default().to(account(&devnet, 1)).from(account(&devnet, 0)).value(U256::ONE);
    assert_eq!(provider.estimate_gas(transfer).await.unwrap(), 21_000);

    let probe = deploy(&provider).await;
    // Refunds (clear) and EIP-150 (nested) are where "gas used" is not enough.
    for call in [
        probe.fill(U256::from(8)).into_transaction_request(),
        probe.clear(U256::from(8)).into_transaction_request(),
        probe.nested(U256::from(8)).into_transaction_request(),
    ] {
        let call = call.from(account(&devnet, 0));
        let estimate = provider.estimate_gas(call.clone()).await.unwrap();
        let barely = estimate - estimate / 50;
        assert!(provider.call(call.clone().gas_limit(estimate)).await.is_ok());
        assert!(
            provider.call(call.clone().gas_limit(barely)).await.is_err(),
            "estimate {estimate} is not tight"
        );
        let receipt =
            provider.send_transaction(call.gas_limit(estimate)).await.unwrap().get_receipt().await.unwrap();
        assert!(receipt.status());
    }
}

#[tokio::test]
async fn calls_see_the_past_and_overrides() {
    let (_, provider) = start(Config::default());
    let probe = deploy(&provider).await;
    probe.store(U256::from(11)).send().await.unwrap().get_receipt().await.unwrap();
    probe.store(U256::from(12)).send().await.unwrap().get_receipt().await.unwrap();
    assert_eq!(probe.value().block(BlockId::number(2)).call().await.unwrap(), U256::from(11));
    assert_eq!(probe.value().block(BlockId::number(1)).call().await.unwrap(), U256::ZERO);
    assert_eq!(probe.value().block(BlockId::pending()).call().await.unwrap(), U256::from(12));
    assert!(provider.get_code_at(*probe.address()).number(0).await.unwrap().is_empty());
    let error = probe.value().block(BlockId::number(99)).call().await.unwrap_err();
    assert!(error.to_string().contains("header not found"), "{error}");

    // An account with code may call (EIP-3607 concerns signed transactions).
    let from_contract = probe.caller().from(*probe.address()).call().await.unwrap();
    assert_eq!(from_contract, *probe.address());

    let slot = B256::ZERO;
    let diff = [(slot, B256::with_last_byte(77))].into_iter().collect();
    let mut overrides = StateOverride::default();
    overrides.insert(*probe.address(), AccountOverride { state_diff: Some(diff), ..Default::default() });
    assert_eq!(probe.value().state(overrides).call().await.unwrap(), U256::from(77));
    assert_eq!(probe.value().call().await.unwrap(), U256::from(12), "the override left nothing behind");
}

#[tokio::test]
async fn roots_change_with_the_state_and_storage_reads_match() {
    let (_, provider) = start(Config::default());
    let probe = deploy(&provider).await;
    let root = |n: u64| {
        let provider = provider.clone();
        async move { provider.get_block_by_number(n.into()).await.unwrap().unwrap().header.state_root }
    };
    probe.store(U256::from(500)).send().await.unwrap().get_receipt().await.unwrap();
    assert_ne!(root(1).await, root(2).await);
    assert_eq!(provider.get_storage_at(*probe.address(), U256::ZERO).await.unwrap(), U256::from(500));
    assert_eq!(provider.get_storage_at(*probe.address(), U256::ZERO).number(1).await.unwrap(), U256::ZERO);
    assert!(probe_code().len() > provider.get_code_at(*probe.address()).await.unwrap().len());
}

#[tokio::test]
async fn the_pairing_precompile_works_at_the_speed_a_proof_needs() {
    // e(G1, G2) e(-G1, G2) = 1 (EIP-197).
    let g1 = "0000000000000000000000000000000000000000000000000000000000000001";
    let (y, minus_y) = (
        "0000000000000000000000000000000000000000000000000000000000000002",
        "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd45",
    );
    let g2 = "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c21800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa";
    let input: Bytes = format!("{g1}{y}{g2}{g1}{minus_y}{g2}").parse().unwrap();
    let (_, provider) = start(Config::default());
    let call = TransactionRequest::default().to(Address::with_last_byte(8)).input(input.into());
    let start = std::time::Instant::now();
    for _ in 0..10 {
        assert_eq!(provider.call(call.clone()).await.unwrap(), B256::with_last_byte(1).to_vec());
    }
    let each = start.elapsed() / 10;
    eprintln!("pairing of two points: {each:?}");
    // Arkworks takes about 2 ms; a backend without its field arithmetic takes ten times that.
    assert!(each < std::time::Duration::from_millis(100), "{each:?}");
}
