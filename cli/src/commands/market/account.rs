//! `nonos market deposit | withdraw`.

use super::{NodeArgs, Site};
use crate::ether::{AmountArgs, WithdrawArgs, in_ether};
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::table::pairs;
use eyre::Result;
use serde_json::json;

async fn balance(site: &Site, tx: alloy_primitives::TxHash) -> Result<Reply> {
    let requester = site.requester();
    let account = requester.account();
    let balance = requester.balance(account).await?;
    let text = pairs([
        ("account", account.to_string()),
        ("free in the market", in_ether(balance)),
        ("transaction", tx.to_string()),
    ]);
    Ok(Reply::new(text, json!({ "account": account, "balance_wei": balance.to_string(), "tx": tx })))
}

/// Pays in, and shows the balance.
pub async fn deposit(args: &AmountArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let site = Site::open(settings, &NodeArgs::default()).await?;
    let step = progress.step("depositing");
    let mined = site.requester().deposit(args.amount).await?;
    step.done("");
    balance(&site, mined.hash).await
}

/// Takes out, and shows the balance.
pub async fn withdraw(args: &WithdrawArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let site = Site::open(settings, &NodeArgs::default()).await?;
    let requester = site.requester();
    let step = progress.step("withdrawing");
    let mined = requester.withdraw(args.amount, args.to.unwrap_or(requester.account())).await?;
    step.done("");
    balance(&site, mined.hash).await
}
