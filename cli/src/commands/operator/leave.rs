//! `nonos operator exit | expire | withdraw`.

use super::{Desk, root_key};
use crate::chain::{Chain, read_deployment};
use crate::datadir::DataDir;
use crate::ether::in_ether;
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::table::{pairs, thousands};
use alloy_primitives::{Address, B256, U256};
use clap::Args;
use eyre::{Result, bail, ensure};
use serde_json::json;

/// Arguments of `nonos operator expire`.
#[derive(Debug, Args)]
pub struct ExpireArgs {
    /// The operator, by its root key
    #[arg(value_parser = root_key)]
    operator: B256,
}

/// Arguments of `nonos operator withdraw`.
#[derive(Debug, Args)]
pub struct WithdrawArgs {
    /// Who gets it [default: the account]
    #[arg(long, value_name = "ADDRESS")]
    to: Option<Address>,
}

/// Leaves the tree.
pub async fn exit(settings: &Settings, progress: Progress) -> Result<Reply> {
    let desk = Desk::open(settings, progress).await?;
    desk.require_controller()?;
    ensure!(
        desk.facts.bounds.now <= desk.facts.valid_until,
        "the enrolment expired at {}: anybody may remove the leaf now, for the bounty; `nonos operator expire {}` does it",
        desk.facts.valid_until,
        desk.root
    );
    let step = progress.step("leaving");
    let sent = desk.chain.exit(&desk.deployment, desk.root, &desk.facts).await?;
    step.done("");
    let held = desk.chain.held_deposits(&desk.deployment, desk.root).await?;
    let held = held.into_iter().find(|deposit| deposit.seq == desk.facts.seq);
    let mut lines = vec![
        ("operator", desk.root.to_string()),
        ("leaf removed", format!("{:#066x}", desk.facts.leaf)),
        ("transaction", sent.hash.to_string()),
        ("gas", thousands(sent.gas)),
    ];
    if let Some(deposit) = &held {
        lines.push(("deposit", format!("{}, from {} on", in_ether(deposit.amount), deposit.available_at)));
    }
    if desk.facts.open_locks > 0 {
        lines.push(("open locks", format!("{}; the deposit waits for their end", desk.facts.open_locks)));
    }
    let object = json!({
        "operator": desk.root, "leaf": format!("{:#066x}", desk.facts.leaf), "seq": desk.facts.seq, "tx": sent.hash,
        "gas": sent.gas, "deposit_wei": held.as_ref().map(|deposit| deposit.amount.to_string()),
        "available_at": held.as_ref().map(|deposit| deposit.available_at), "open_locks": desk.facts.open_locks,
    });
    Ok(Reply::new(pairs(lines), object))
}

/// Removes somebody's expired leaf. Needs no keystore.
pub async fn expire(args: &ExpireArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let chain = Chain::connect(settings).await?;
    let deployment = read_deployment(&DataDir::open(settings)?, &chain).await?;
    let (account, operator) = (chain.account()?, args.operator);
    let facts = chain.operator(&deployment, operator).await?;
    ensure!(facts.is_enrolled(), "operator {operator} has no leaf on chain {}", chain.id);
    ensure!(
        facts.bounds.now > facts.valid_until,
        "the enrolment of operator {operator} ends at {}, and it is {} now",
        facts.valid_until,
        facts.bounds.now
    );
    let before = chain.registry_balance(&deployment, account).await?;
    let step = progress.step("removing the expired leaf");
    let sent = chain.expire(&deployment, operator, &facts, account).await?;
    step.done("");
    let bounty = chain.registry_balance(&deployment, account).await?.saturating_sub(before);
    let text = pairs([
        ("operator", operator.to_string()),
        ("leaf removed", format!("{:#066x}", facts.leaf)),
        ("bounty", format!("{}; `nonos operator withdraw` takes it out", in_ether(bounty))),
        ("transaction", sent.hash.to_string()),
        ("gas", thousands(sent.gas)),
    ]);
    let object = json!({
        "operator": operator, "leaf": format!("{:#066x}", facts.leaf), "bounty_wei": bounty.to_string(),
        "tx": sent.hash, "gas": sent.gas,
    });
    Ok(Reply::new(text, object))
}

/// Releases what is due to this keystore's operator, then pays the account's balance out.
pub async fn withdraw(args: &WithdrawArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let desk = Desk::open(settings, progress).await?;
    let account = desk.chain.account()?;
    let (chain, deployment) = (&desk.chain, &desk.deployment);
    let held = chain.held_deposits(deployment, desk.root).await?;
    let (now, open) = (desk.facts.bounds.now, desk.facts.open_locks);
    let mut released = Vec::new();
    for deposit in held.iter().filter(|deposit| open == 0 && deposit.available_at <= now) {
        let step = progress.step(format!("releasing the deposit of enrolment {}", deposit.seq));
        chain.release_deposit(deployment, desk.root, deposit.seq, account).await?;
        step.done(&in_ether(deposit.amount));
        released.push(deposit.seq);
    }
    let balance = chain.registry_balance(deployment, account).await?;
    if balance.is_zero() {
        match held.iter().find(|deposit| !released.contains(&deposit.seq)) {
            Some(deposit) if open > 0 => bail!(
                "nothing to withdraw yet: {} are held while {open} locks of the market are open",
                in_ether(deposit.amount)
            ),
            Some(deposit) => bail!(
                "nothing to withdraw yet: {} are held until {}, and it is {now} now",
                in_ether(deposit.amount),
                deposit.available_at
            ),
            None if !released.is_empty() => bail!(
                "the deposit was released to its controller, {}, who can withdraw it with --account-key-file",
                held[0].to
            ),
            None => bail!("{account} has nothing to withdraw from the operator registry"),
        }
    }
    let to = args.to.unwrap_or(account);
    ensure!(!to.is_zero(), "what is sent to the zero address is gone");
    let step = progress.step("withdrawing");
    let sent = chain.withdraw_from_registry(deployment, account, to).await?;
    step.done("");
    let left: U256 =
        held.iter().filter(|deposit| !released.contains(&deposit.seq)).map(|deposit| deposit.amount).sum();
    let text = pairs([
        ("withdrawn", in_ether(balance)),
        ("to", to.to_string()),
        ("still held", in_ether(left)),
        ("transaction", sent.hash.to_string()),
    ]);
    let object = json!({
        "withdrawn_wei": balance.to_string(), "to": to, "released": released, "held_wei": left.to_string(),
        "tx": sent.hash, "gas": sent.gas,
    });
    Ok(Reply::new(text, object))
}
