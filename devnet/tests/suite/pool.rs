//! Nonces, waiting transactions and replacement.

use alloy::{
    consensus::Transaction as _,
    eips::{BlockId, Encodable2718, eip7702::Authorization},
    network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder, TransactionBuilder7702},
    providers::Provider,
    rpc::types::TransactionRequest,
    signers::SignerSync,
};
use alloy_primitives::{B256, U256};
use nonos_devnet::{Config, Devnet, MiningMode};

use crate::{Probe, account, deploy, payload, start};

/// A signed transfer with these fees in gwei.
async fn signed(devnet: &Devnet, nonce: u64, gwei: u128) -> Vec<u8> {
    let wallet = EthereumWallet::from(devnet.accounts()[0].clone());
    TransactionRequest::default()
        .to(account(devnet, 1))
        .value(U256::from(1))
        .nonce(nonce)
        .gas_limit(21_000)
        .max_fee_per_gas(gwei * 1_000_000_000)
        .max_priority_fee_per_gas(gwei * 1_000_000_000)
        .with_chain_id(devnet.chain_id())
        .build(&wallet)
        .await
        .unwrap()
        .encoded_2718()
}

#[tokio::test]
async fn nonce_errors_say_what_was_expected() {
    let (devnet, provider) = start(Config { max_nonce_gap: 0, ..Config::default() });
    let _ = provider.send_raw_transaction(&signed(&devnet, 0, 5).await).await.unwrap();
    let again = payload(provider.send_raw_transaction(&signed(&devnet, 0, 6).await).await.unwrap_err());
    assert_eq!(again.message, "nonce too low: next nonce 1, tx nonce 0");
    let same = payload(provider.send_raw_transaction(&signed(&devnet, 0, 5).await).await.unwrap_err());
    assert_eq!(same.message, "already known");
    let gap = payload(provider.send_raw_transaction(&signed(&devnet, 3, 5).await).await.unwrap_err());
    assert_eq!(
        gap.message,
        "nonce too high: next nonce 1, tx nonce 3; a gap of at most 0 may wait in the pool"
    );
    assert_eq!(devnet.height(), 1);
}

#[tokio::test]
async fn a_gap_waits_until_it_is_filled() {
    let (devnet, provider) = start(Config::default());
    let waiting = *provider.send_raw_transaction(&signed(&devnet, 1, 5).await).await.unwrap().tx_hash();
    assert_eq!(devnet.height(), 0);
    assert!(provider.get_transaction_receipt(waiting).await.unwrap().is_none());
    let tx = provider.get_transaction_by_hash(waiting).await.unwrap().unwrap();
    assert_eq!((tx.block_hash, tx.inner.nonce()), (None, 1));
    let _ = provider.send_raw_transaction(&signed(&devnet, 0, 5).await).await.unwrap();
    assert_eq!(devnet.height(), 1, "both in one block");
    assert_eq!(provider.get_transaction_receipt(waiting).await.unwrap().unwrap().transaction_index, Some(1));
}

#[tokio::test]
async fn replacement_needs_ten_percent_more() {
    let (devnet, provider) = start(Config { mining: MiningMode::Manual, ..Config::default() });
    let first = *provider.send_raw_transaction(&signed(&devnet, 0, 100).await).await.unwrap().tx_hash();
    let error = payload(provider.send_raw_transaction(&signed(&devnet, 0, 109).await).await.unwrap_err());
    assert!(error.message.starts_with("replacement transaction underpriced"), "{error}");
    let second = *provider.send_raw_transaction(&signed(&devnet, 0, 110).await).await.unwrap().tx_hash();
    assert!(provider.get_transaction_by_hash(first).await.unwrap().is_none());
    assert_eq!(provider.get_transaction_count(account(&devnet, 0)).pending().await.unwrap(), 1);
    assert_eq!(provider.get_transaction_count(account(&devnet, 0)).await.unwrap(), 0);
    let pending = provider.get_block(BlockId::pending()).await.unwrap().unwrap();
    assert_eq!((pending.header.number, pending.transactions.len()), (1, 1));
    devnet.mine(1).unwrap();
    assert!(provider.get_transaction_receipt(second).await.unwrap().unwrap().status());
}

#[tokio::test]
async fn what_does_not_pay_the_base_fee_waits_for_a_cheaper_block() {
    let (devnet, provider) = start(Config { mining: MiningMode::Manual, ..Config::default() });
    let hash = *provider.send_raw_transaction(&signed(&devnet, 0, 5).await).await.unwrap().tx_hash();
    provider.raw_request::<_, ()>("anvil_setNextBlockBaseFeePerGas".into(), ("0x2540be400",)).await.unwrap();
    devnet.mine(1).unwrap();
    assert!(provider.get_transaction_receipt(hash).await.unwrap().is_none());
    provider.raw_request::<_, ()>("anvil_setNextBlockBaseFeePerGas".into(), ("0x1",)).await.unwrap();
    devnet.mine(1).unwrap();
    assert_eq!(provider.get_transaction_receipt(hash).await.unwrap().unwrap().block_number, Some(2));
}

#[tokio::test]
async fn higher_tips_go_first_and_full_blocks_leave_the_rest() {
    let config = Config { mining: MiningMode::Manual, gas_limit: 45_000, ..Config::default() };
    let (devnet, provider) = start(config);
    let mut hashes = Vec::new();
    for (sender, gwei) in [(0usize, 2u128), (1, 9), (2, 5)] {
        let tx = TransactionRequest::default()
            .from(account(&devnet, sender))
            .to(account(&devnet, 9))
            .value(U256::from(1))
            .gas_limit(21_000)
            .max_fee_per_gas(gwei * 1_000_000_000)
            .max_priority_fee_per_gas(gwei * 1_000_000_000 - 1_000_000_000);
        hashes.push(*provider.send_transaction(tx).await.unwrap().tx_hash());
    }
    devnet.mine(1).unwrap();
    let block = provider.get_block_by_number(1.into()).await.unwrap().unwrap();
    assert_eq!(block.transactions.hashes().collect::<Vec<B256>>(), [hashes[1], hashes[2]]);
    devnet.mine(1).unwrap();
    assert!(provider.get_transaction_receipt(hashes[0]).await.unwrap().is_some());
}

#[tokio::test]
async fn every_transaction_type_but_blobs_is_taken() {
    let (devnet, provider) = start(Config::default());
    let probe = deploy(&provider).await;
    let base = || {
        TransactionRequest::default().from(account(&devnet, 0)).to(account(&devnet, 1)).value(U256::from(1))
    };
    let legacy = base().gas_price(5_000_000_000);
    let access = base().gas_price(5_000_000_000).access_list(Default::default());
    let authorization =
        Authorization { chain_id: U256::from(devnet.chain_id()), address: *probe.address(), nonce: 0 };
    let signature = devnet.accounts()[3].sign_hash_sync(&authorization.signature_hash()).unwrap();
    let delegate =
        base().to(account(&devnet, 3)).with_authorization_list(vec![authorization.into_signed(signature)]);
    for (tx, kind) in [(legacy, 0u8), (access, 1), (base(), 2), (delegate, 4)] {
        let mut tx = tx;
        if kind == 4 {
            tx.set_gas_limit(100_000);
            tx.value = None;
            tx.input = probe.value().calldata().clone().into();
        }
        let receipt = provider.send_transaction(tx).await.unwrap().get_receipt().await.unwrap();
        assert_eq!((receipt.status(), receipt.transaction_type() as u8), (true, kind));
    }
    // The delegated account now runs the probe's code on its own storage.
    let delegated = Probe::new(account(&devnet, 3), provider.clone());
    delegated.store(U256::from(33)).send().await.unwrap().get_receipt().await.unwrap();
    assert_eq!(delegated.value().call().await.unwrap(), U256::from(33));
    assert_eq!(probe.value().call().await.unwrap(), U256::ZERO);
}
