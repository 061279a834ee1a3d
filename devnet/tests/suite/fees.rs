//! The fee market and gas rules.

use alloy::{
    eips::{
        BlockNumberOrTag,
        eip1559::{BaseFeeParams, calc_next_block_base_fee},
    },
    network::TransactionBuilder,
    providers::Provider,
    rpc::types::TransactionRequest,
};
use alloy_primitives::{Address, U256};
use nonos_devnet::{Config, Devnet, Hardfork};

use crate::{account, deploy, payload, start};

fn transfer(devnet: &Devnet) -> TransactionRequest {
    TransactionRequest::default().from(account(devnet, 0)).to(account(devnet, 1)).value(U256::from(5))
}

#[tokio::test]
async fn the_base_fee_follows_eip_1559() {
    let (devnet, provider) =
        start(Config { gas_limit: 100_000, base_fee: 1_000_000_000, ..Config::default() });
    for _ in 0..3 {
        let mut tx = transfer(&devnet);
        tx.set_gas_limit(21_000);
        provider.send_transaction(tx).await.unwrap().get_receipt().await.unwrap();
    }
    devnet.mine(2).unwrap();
    for number in 1..=devnet.height() {
        let parent = provider.get_block_by_number((number - 1).into()).await.unwrap().unwrap().header;
        let header = provider.get_block_by_number(number.into()).await.unwrap().unwrap().header;
        let expected = calc_next_block_base_fee(
            parent.gas_used,
            parent.gas_limit,
            parent.base_fee_per_gas.unwrap(),
            BaseFeeParams::ethereum(),
        );
        assert_eq!(header.base_fee_per_gas, Some(expected), "block {number}");
    }
}

#[tokio::test]
async fn fees_are_charged_burned_and_paid_to_the_coinbase() {
    let coinbase = Address::repeat_byte(0xcb);
    let (devnet, provider) = start(Config { coinbase, ..Config::default() });
    let before = provider.get_balance(account(&devnet, 0)).await.unwrap();
    let receipt = provider.send_transaction(transfer(&devnet)).await.unwrap().get_receipt().await.unwrap();
    let base_fee =
        provider.get_block_by_number(1.into()).await.unwrap().unwrap().header.base_fee_per_gas.unwrap();
    let paid = U256::from(receipt.gas_used) * U256::from(receipt.effective_gas_price);
    let tip = U256::from(receipt.gas_used) * U256::from(receipt.effective_gas_price - u128::from(base_fee));
    assert_eq!(provider.get_balance(account(&devnet, 0)).await.unwrap(), before - paid - U256::from(5));
    assert_eq!(provider.get_balance(coinbase).await.unwrap(), tip);
}

#[tokio::test]
async fn fee_history_agrees_with_the_blocks() {
    let (devnet, provider) = start(Config::default());
    for _ in 0..3 {
        provider.send_transaction(transfer(&devnet)).await.unwrap().get_receipt().await.unwrap();
    }
    let history = provider.get_fee_history(2, BlockNumberOrTag::Latest, &[0.0, 50.0, 100.0]).await.unwrap();
    assert_eq!(history.oldest_block, 2);
    assert_eq!(history.base_fee_per_gas.len(), 3);
    let head = provider.get_block_by_number(3.into()).await.unwrap().unwrap().header;
    assert_eq!(history.base_fee_per_gas[1], u128::from(head.base_fee_per_gas.unwrap()));
    assert_eq!(history.gas_used_ratio, [21_000.0 / head.gas_limit as f64; 2]);
    let rewards = history.reward.unwrap();
    assert!(rewards.iter().all(|r| r.len() == 3 && r.iter().all(|tip| *tip > 0)));
    let gas_price = provider.get_gas_price().await.unwrap();
    assert_eq!(
        gas_price,
        history.base_fee_per_gas[2] + provider.get_max_priority_fee_per_gas().await.unwrap()
    );
    let error =
        payload(provider.get_fee_history(1, BlockNumberOrTag::Latest, &[60.0, 50.0]).await.unwrap_err());
    assert!(error.message.contains("must rise from 0 to 100"), "{error}");
}

#[tokio::test]
async fn the_transaction_gas_cap_comes_with_osaka() {
    let over = (1 << 24) + 1;
    let with_gas = |devnet: &Devnet| {
        let mut tx = transfer(devnet);
        tx.set_gas_limit(over);
        tx
    };
    let (devnet, osaka) = start(Config::default());
    let error = payload(osaka.send_transaction(with_gas(&devnet)).await.unwrap_err());
    assert_eq!(error.message, "transaction gas limit too high (cap: 16777216, tx: 16777217); EIP-7825");
    assert_eq!(devnet.height(), 0);
    let (devnet, prague) = start(Config { hardfork: Hardfork::Prague, ..Config::default() });
    assert!(prague.send_transaction(with_gas(&devnet)).await.unwrap().get_receipt().await.unwrap().status());
}

#[tokio::test]
async fn what_cannot_pay_or_fit_is_refused_and_changes_nothing() {
    let (devnet, provider) = start(Config::default());
    let cases = [
        (
            transfer(&devnet).value(U256::MAX >> 8).gas_limit(21_000),
            "insufficient funds for gas * price + value",
        ),
        (transfer(&devnet).gas_limit(20_999), "intrinsic gas too low: gas 20999, minimum needed 21000"),
        (
            transfer(&devnet).gas_limit(21_000).max_fee_per_gas(1).max_priority_fee_per_gas(1),
            "max fee per gas less than block base fee: maxFeePerGas 1",
        ),
        (
            transfer(&devnet)
                .gas_limit(21_000)
                .max_fee_per_gas(2_000_000_000)
                .max_priority_fee_per_gas(3_000_000_000),
            "max priority fee per gas higher than max fee per gas",
        ),
    ];
    for (tx, expected) in cases {
        let error = payload(provider.send_transaction(tx).await.unwrap_err());
        assert!(error.message.contains(expected), "{expected:?} not in {:?}", error.message);
    }
    assert_eq!((devnet.height(), provider.get_transaction_count(account(&devnet, 0)).await.unwrap()), (0, 0));
}

#[tokio::test]
async fn every_hardfork_runs_a_contract() {
    for hardfork in Hardfork::ALL {
        // The probe uses PUSH0, which Paris does not know.
        let (devnet, client) = start(Config { hardfork, ..Config::default() });
        if hardfork == Hardfork::Paris {
            let receipt =
                client.send_transaction(transfer(&devnet)).await.unwrap().get_receipt().await.unwrap();
            assert!(receipt.status());
        } else {
            let probe = deploy(&client).await;
            probe.store(U256::from(10)).send().await.unwrap().get_receipt().await.unwrap();
            assert_eq!(probe.value().call().await.unwrap(), U256::from(10), "{hardfork}");
        }
        let head = client.get_block_by_number(devnet.height().into()).await.unwrap().unwrap().header;
        assert_eq!(head.inner.hash_slow(), head.hash, "{hardfork}");
        assert_eq!(head.requests_hash.is_some(), hardfork >= Hardfork::Prague);
    }
}
