//! Snapshots, reverts, reorganisations, history limits and overrides.

use alloy::{
    eips::BlockId, network::TransactionBuilder, providers::Provider, rpc::types::TransactionRequest,
};
use alloy_primitives::{Address, B256, Bytes, U256};
use nonos_devnet::{Config, Orphans};

use crate::{account, deploy, payload, start};

#[tokio::test]
async fn a_revert_restores_blocks_state_clock_and_nonces() {
    let (devnet, provider) = start(Config::default());
    let probe = deploy(&provider).await;
    probe.store(U256::from(10)).send().await.unwrap().get_receipt().await.unwrap();
    let root = provider.get_block(BlockId::latest()).await.unwrap().unwrap().header.state_root;
    let id: String = provider.raw_request("evm_snapshot".into(), ()).await.unwrap();
    let orphan = probe.store(U256::from(99)).send().await.unwrap().get_receipt().await.unwrap();
    devnet.set_balance(account(&devnet, 5), U256::from(1));
    devnet.increase_time(10_000);
    assert!(provider.raw_request::<_, bool>("evm_revert".into(), (id.clone(),)).await.unwrap());

    assert_eq!(devnet.height(), 2);
    assert_eq!(probe.value().call().await.unwrap(), U256::from(10));
    assert_eq!(provider.get_balance(account(&devnet, 5)).await.unwrap(), devnet.config().balance);
    assert_eq!(provider.get_transaction_count(account(&devnet, 0)).await.unwrap(), 2);
    assert!(provider.get_transaction_receipt(orphan.transaction_hash).await.unwrap().is_none());
    assert!(provider.get_block_by_hash(orphan.block_hash.unwrap()).await.unwrap().is_none());
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    devnet.mine(1).unwrap();
    assert!(devnet.timestamp() <= now + 5);
    let head = provider.get_block(BlockId::latest()).await.unwrap().unwrap().header;
    assert_ne!(head.state_root, root, "the history contract wrote a new block hash");
    assert_ne!(head.hash, orphan.block_hash.unwrap());
    assert!(
        !provider.raw_request::<_, bool>("evm_revert".into(), (id,)).await.unwrap(),
        "an id is good once"
    );
}

#[tokio::test]
async fn a_reorganisation_requeues_or_drops() {
    for (orphans, value) in [(Orphans::Requeue, 20), (Orphans::Drop, 10)] {
        let (devnet, provider) = start(Config::default());
        let probe = deploy(&provider).await;
        probe.store(U256::from(10)).send().await.unwrap().get_receipt().await.unwrap();
        let receipt = crate::Probe::new(*probe.address(), &provider)
            .store(U256::from(20))
            .send()
            .await
            .unwrap()
            .get_receipt()
            .await
            .unwrap();
        devnet.mine(1).unwrap();
        devnet.reorg(2, orphans).unwrap();
        assert_eq!(devnet.height(), 4);
        assert_eq!(probe.value().call().await.unwrap(), U256::from(value), "{orphans:?}");
        let again = provider.get_transaction_receipt(receipt.transaction_hash).await.unwrap();
        assert_eq!(again.is_some(), orphans == Orphans::Requeue);
        assert_ne!(again.and_then(|r| r.block_hash), receipt.block_hash, "another block than before");
        let logs = probe.Stored_filter().from_block(0).query().await.unwrap();
        assert_eq!(logs.len(), if orphans == Orphans::Requeue { 2 } else { 1 });
    }
}

#[tokio::test]
async fn state_is_kept_for_the_configured_number_of_blocks() {
    let (devnet, provider) = start(Config { history_blocks: 5, ..Config::default() });
    let probe = deploy(&provider).await;
    probe.store(U256::from(10)).send().await.unwrap().get_receipt().await.unwrap();
    let id = devnet.snapshot().unwrap();
    devnet.mine(8).unwrap();
    assert_eq!(probe.value().block(BlockId::number(5)).call().await.unwrap(), U256::from(10));
    let error = probe.value().block(BlockId::number(4)).call().await.unwrap_err();
    assert!(
        error.to_string().contains("state at block 4 is pruned: history is kept for 5 blocks"),
        "{error}"
    );
    assert!(provider.get_block_by_number(4.into()).await.unwrap().is_some(), "blocks are not pruned");
    assert!(devnet.revert(id).unwrap_err().message.contains("cannot go back to block 2"));
    assert_eq!(devnet.height(), 10);
    let error = devnet.rollback(11, Orphans::Drop).unwrap_err();
    assert_eq!(error.message, "cannot remove 11 blocks: the chain has 10 above genesis");
}

#[tokio::test]
async fn overrides_show_at_once_and_enter_the_next_root() {
    let (devnet, provider) = start(Config::default());
    let somewhere = Address::repeat_byte(0x77);
    let code = Bytes::from_static(&[0x60, 0x2a, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]); // returns 42
    provider.raw_request::<_, ()>("anvil_setCode".into(), (somewhere, code.clone())).await.unwrap();
    provider.raw_request::<_, ()>("anvil_setNonce".into(), (somewhere, "0x7")).await.unwrap();
    provider.raw_request::<_, ()>("hardhat_setBalance".into(), (somewhere, "0x10")).await.unwrap();
    let word = B256::with_last_byte(9);
    provider.raw_request::<_, bool>("anvil_setStorageAt".into(), (somewhere, "0x1", word)).await.unwrap();
    assert_eq!(provider.get_code_at(somewhere).await.unwrap(), code);
    assert_eq!(provider.get_transaction_count(somewhere).await.unwrap(), 7);
    assert_eq!(provider.get_balance(somewhere).await.unwrap(), U256::from(16));
    assert_eq!(provider.get_storage_at(somewhere, U256::from(1)).await.unwrap(), U256::from(9));
    let answer = provider.call(TransactionRequest::default().with_to(somewhere)).await.unwrap();
    assert_eq!(U256::from_be_slice(&answer), U256::from(42));
    devnet.mine(1).unwrap();
    assert_eq!(provider.get_balance(somewhere).await.unwrap(), U256::from(16));
    let error = provider.raw_request::<_, ()>("anvil_setBalance".into(), (somewhere,)).await.unwrap_err();
    assert_eq!(payload(error).message, "missing value for required argument 1");
}
