//! Time control, block hashes and the history contract.

use alloy::{
    eips::eip2935, network::TransactionBuilder, providers::Provider, rpc::types::TransactionRequest,
};
use alloy_primitives::{B256, U256};
use nonos_devnet::{Config, Hardfork, INVALID_PARAMS};
use serde_json::{Value, json};

use crate::{deploy, payload, start};

#[tokio::test]
async fn time_moves_when_told_to() {
    let (devnet, provider) = start(Config { genesis_timestamp: Some(1_000_000), ..Config::default() });
    let probe = deploy(&provider).await;
    assert!((1_000_000..1_000_060).contains(&devnet.timestamp()));
    let total: i64 = provider.raw_request("evm_increaseTime".into(), (3_600,)).await.unwrap();
    assert!(total < 0, "the offset is from the wall clock, which is far ahead of 1970");
    devnet.mine(1).unwrap();
    assert!((1_003_600..1_003_660).contains(&devnet.timestamp()));
    provider.raw_request::<_, ()>("evm_setNextBlockTimestamp".into(), (2_000_000,)).await.unwrap();
    devnet.mine(1).unwrap();
    assert_eq!(probe.time().call().await.unwrap(), U256::from(2_000_000));
    devnet.mine(1).unwrap();
    assert!((2_000_000..2_000_060).contains(&devnet.timestamp()), "time goes on from there");

    let error = provider.raw_request::<_, Value>("evm_setNextBlockTimestamp".into(), (5,)).await.unwrap_err();
    let error = payload(error);
    assert_eq!(error.code, INVALID_PARAMS);
    assert!(error.message.starts_with("timestamp 5 is before the previous block's"), "{error}");
}

#[tokio::test]
async fn blocks_can_be_mined_in_every_dialect() {
    let (devnet, provider) = start(Config { genesis_timestamp: Some(1_000), ..Config::default() });
    assert_eq!(provider.raw_request::<_, String>("evm_mine".into(), ()).await.unwrap(), "0x0");
    provider.raw_request::<_, Value>("evm_mine".into(), (5_000,)).await.unwrap();
    assert_eq!((devnet.height(), devnet.timestamp()), (2, 5_000));
    provider
        .raw_request::<_, Value>("evm_mine".into(), (json!({"timestamp": 6_000, "blocks": 3}),))
        .await
        .unwrap();
    assert_eq!(devnet.height(), 5);
    provider.raw_request::<_, ()>("anvil_mine".into(), ("0xa", "0xc")).await.unwrap();
    assert_eq!(devnet.height(), 15);
    let at = |n: u64| {
        let provider = provider.clone();
        async move { provider.get_block_by_number(n.into()).await.unwrap().unwrap().header.timestamp }
    };
    assert_eq!(at(15).await - at(6).await, 9 * 12);
    let error = provider.raw_request::<_, Value>("anvil_mine".into(), (1_000_000_000u64,)).await.unwrap_err();
    assert!(payload(error).message.contains("the limit is 100000"));
    assert_eq!(devnet.height(), 15);
}

#[tokio::test]
async fn blockhash_and_the_history_contract_tell_the_truth() {
    let (devnet, provider) = start(Config::default());
    let probe = deploy(&provider).await;
    devnet.mine(300).unwrap();
    let head = devnet.height();
    let hash = |n: u64| {
        let provider = provider.clone();
        async move { provider.get_block_by_number(n.into()).await.unwrap().unwrap().header.hash }
    };
    for number in [head - 1, head - 256] {
        assert_eq!(probe.hashOf(U256::from(number)).call().await.unwrap(), hash(number).await);
    }
    assert_eq!(probe.hashOf(U256::from(head - 257)).call().await.unwrap(), B256::ZERO);
    // EIP-2935 serves 8191 blocks back; genesis is block 1's parent.
    for number in [0, 7, head - 1] {
        let call = TransactionRequest::default()
            .to(eip2935::HISTORY_STORAGE_ADDRESS)
            .with_input(B256::from(U256::from(number)).to_vec());
        assert_eq!(
            B256::from_slice(&provider.call(call).await.unwrap()),
            hash(number).await,
            "block {number}"
        );
    }
    let (_, cancun) = start(Config { hardfork: Hardfork::Cancun, ..Config::default() });
    assert!(cancun.get_code_at(eip2935::HISTORY_STORAGE_ADDRESS).await.unwrap().is_empty());
}

#[tokio::test]
async fn interval_mining_makes_blocks_by_itself() {
    use nonos_devnet::MiningMode;
    use std::time::Duration;
    let (devnet, provider) =
        start(Config { mining: MiningMode::Interval(Duration::from_millis(30)), ..Config::default() });
    let probe = deploy(&provider).await;
    assert!(devnet.height() >= 1);
    probe.store(U256::from(10)).send().await.unwrap().get_receipt().await.unwrap();
    devnet.set_mining(MiningMode::Manual).unwrap();
    let head = devnet.height();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(devnet.height(), head, "the miner stopped");
}
