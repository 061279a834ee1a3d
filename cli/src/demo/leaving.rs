//! The end of an operator's life: a rotation, an exit, an expiry, and the deposits.
//!
//! Deposits are held for weeks, so the chain's time is moved. That comes last of all: nothing else would be fresh any more.

use super::attempt::{Attempt, Expected::Reverted};
use super::cheats;
use super::enrolment::{Office, in_words};
use super::ledger::{Done, Ledger};
use super::world::{CHALLENGER, World};
use crate::chain::OperatorFacts;
use crate::enrolment::Statement;
use crate::ether::in_ether;
use crate::identity::Identity;
use alloy::providers::Provider;
use alloy_primitives::{B256, U256};
use eyre::{Result, WrapErr, ensure, eyre};
use nonos_contracts::abi::OperatorRegistry;
use serde_json::Value;

/// The operator whose leaf expires.
const EXPIRING: usize = 1;
/// The operator that leaves while a lock of the market is open.
const LIABLE: usize = 2;

/// Rotates, leaves, waits, and pays out.
pub async fn run(ledger: &mut Ledger, world: &World) -> Result<()> {
    let (chain, deployment, ours) = (&world.chain, &world.deployment, world.ours());
    let root: B256 = ours.identity.root_key.into();
    ledger.step("rotate our operator's leaf, with a proof", rotate(world)).await?;
    ledger
        .step("our operator leaves", async {
            let facts = chain.operator(deployment, root).await?;
            let sent = chain.exit(deployment, root, &facts).await?;
            let held = held(world, root).await?;
            let detail = format!("{} held until {}", in_ether(held.amount), held.available_at);
            Ok(Done::new((), detail).on_chain(sent.hash, sent.gas))
        })
        .await?;
    cheats::enrolment::after_exit(ledger, chain, deployment, ours).await?;
    ledger
        .cheat("a deposit taken before its time, on chain", Reverted("Unbonding"), release(world, root))
        .await?;
    let liable = world.operators.get(LIABLE).ok_or_else(|| eyre!("there is no operator {LIABLE}"))?;
    let liable: B256 = liable.identity.root_key.into();
    let facts = chain.operator(deployment, liable).await?;
    ensure!(facts.open_locks > 0, "operator {liable} should have a lock open");
    chain.exit(deployment, liable, &facts).await?;

    let registry = OperatorRegistry::new(deployment.addresses.operator_registry, &chain.provider);
    let unbonding = registry.unbondingDelay().call().await.wrap_err("reading the unbonding delay")?;
    let moved = ledger
        .step("let the unbonding delay pass", async {
            let moved = pass(world, unbonding + 1).await?;
            let detail = match moved {
                true => format!("the chain's time moved on by {} days", unbonding / 86_400),
                false => "this chain cannot move its time: expiry and release are not tried".to_owned(),
            };
            Ok(Done::new(moved, detail))
        })
        .await?;
    if !moved {
        return Ok(());
    }
    ledger
        .cheat(
            "a deposit taken with a lock open, on chain",
            Reverted("LiabilitiesOpen"),
            release(world, liable),
        )
        .await?;
    ledger.step("anyone removes an expired leaf", expire(world)).await?;
    ledger
        .step("release our operator's deposit, and withdraw it", async {
            let held = held(world, root).await?;
            let released = chain.release_deposit(deployment, root, held.seq, held.to).await?;
            let balance = chain.registry_balance(deployment, held.to).await?;
            ensure!(balance == held.amount, "{balance} wei were released, not {}", held.amount);
            let sent = chain.withdraw_from_registry(deployment, held.to, held.to).await?;
            let detail = format!("{} back, the whole deposit", in_ether(balance));
            Ok(Done::new((), detail).on_chain(sent.hash, released.gas + sent.gas))
        })
        .await
}

/// A new leaf with a secret of its own, signed by the same root key, after the old one.
async fn rotate(world: &World) -> Result<Done<()>> {
    let (chain, deployment, ours) = (&world.chain, &world.deployment, world.ours());
    let facts: OperatorFacts = chain.operator(deployment, ours.identity.root_key.into()).await?;
    // A year: it is not to expire before the unbonding delay is over.
    let (seq, until) = (facts.seq + 1, facts.bounds.until(None)?);
    let registry = deployment.addresses.operator_registry;
    let identity = Identity::new(&ours.keystore, facts.controller, registry, chain.id, until, seq)?;
    let office = Office { chain, deployment, prover: &world.enrolment };
    let proven = office.prove(&Statement::operator(&identity, facts.latest_leaf), &ours.keystore)?;
    let sent = chain.rotate(deployment, &facts, &identity, proven.proof.clone()).await?;
    let detail = format!("{}; leaf {} follows the first", in_words(&[proven]), identity.leaf());
    Ok(Done::new((), detail).on_chain(sent.hash, sent.gas))
}

/// The deposit of the enrolment that ended last.
async fn held(world: &World, root: B256) -> Result<crate::chain::HeldDeposit> {
    let held = world.chain.held_deposits(&world.deployment, root).await?;
    held.into_iter().next_back().ok_or_else(|| eyre!("no deposit of operator {root} is held"))
}

/// Tries to have a deposit released.
async fn release(world: &World, root: B256) -> Result<Attempt> {
    let held = held(world, root).await?;
    let registry = OperatorRegistry::new(world.deployment.addresses.operator_registry, &world.chain.provider);
    let call = registry.releaseDeposit(root, held.seq).into_transaction_request();
    let outcome = world.chain.send_refused("releaseDeposit", held.to, call).await?;
    Ok(match outcome {
        Ok(refused) => Attempt::Reverted { reason: refused.reason, tx: Some(refused.hash) },
        Err(sent) => Attempt::Accepted { what: format!("the deposit was released in {}", sent.hash) },
    })
}

/// Somebody who has nothing to do with the operator takes the leaf out, and has the bounty.
async fn expire(world: &World) -> Result<Done<()>> {
    let (chain, deployment) = (&world.chain, &world.deployment);
    let operator = world.operators.get(EXPIRING).ok_or_else(|| eyre!("there is no operator {EXPIRING}"))?;
    let root: B256 = operator.identity.root_key.into();
    let facts = chain.operator(deployment, root).await?;
    let anyone = chain.account_at(CHALLENGER)?;
    let before = chain.registry_balance(deployment, anyone).await?;
    let sent = chain.expire(deployment, root, &facts, anyone).await?;
    let bounty: U256 = chain.registry_balance(deployment, anyone).await?.saturating_sub(before);
    ensure!(!bounty.is_zero(), "nobody was paid for removing the leaf");
    ensure!(!chain.operator(deployment, root).await?.is_enrolled(), "the leaf is still there");
    let detail = format!("bounty {}, the rest waits for its owner", in_ether(bounty));
    Ok(Done::new((), detail).on_chain(sent.hash, sent.gas))
}

/// Moves the chain's time; false where the chain has no such call.
async fn pass(world: &World, seconds: u64) -> Result<bool> {
    let provider = &world.chain.provider;
    match provider.raw_request::<_, Value>("evm_increaseTime".into(), [seconds]).await {
        Ok(_) => {}
        Err(error) if error.is_error_resp() => return Ok(false),
        Err(error) => return Err(error).wrap_err("moving the chain's time"),
    }
    provider.raw_request::<_, Value>("evm_mine".into(), ()).await.wrap_err("making a block")?;
    Ok(true)
}
