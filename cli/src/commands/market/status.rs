//! `nonos market status`: a request and what came of it, or the account and the market's terms.

use super::{NodeArgs, Site, id};
use crate::ether::in_ether;
use crate::output::Reply;
use crate::settings::Settings;
use crate::table::pairs;
use alloy_primitives::{B256, U256};
use clap::Args;
use eyre::Result;
use nonos_core::request::ProofRequest;
use nonos_market::chain::{LeafState, Lock, RequestState};
use nonos_market::node::ProofVerdict;
use nonos_market::requester::{Delivery, Requester};
use serde_json::{Value, json};

/// Arguments of `nonos market status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// The request's id [default: account and terms]
    #[arg(value_parser = id)]
    request: Option<B256>,
    #[command(flatten)]
    node: NodeArgs,
}

/// Shows it.
pub async fn run(args: &StatusArgs, settings: &Settings) -> Result<Reply> {
    let site = Site::open(settings, &args.node).await?;
    let requester = site.requester();
    match args.request {
        Some(id) => {
            let found = requester.find(id).await?;
            show(&requester, id, &found.request).await
        }
        None => account(&site, &requester).await,
    }
}

async fn account(site: &Site, requester: &Requester) -> Result<Reply> {
    let account = requester.account();
    let (balance, terms) = (requester.balance(account).await?, requester.terms().await?);
    let market = site.deployment.addresses.proof_market;
    let text = pairs([
        ("market", market.to_string()),
        ("account", account.to_string()),
        ("free in the market", in_ether(balance)),
        ("protocol fee", format!("{} basis points of a price", terms.protocol_fee_bps)),
        ("collateral", format!("at least {} basis points of the highest price", terms.collateral_floor_bps)),
    ]);
    let object = json!({
        "market": market, "account": account, "balance_wei": balance.to_string(),
        "protocol_fee_bps": terms.protocol_fee_bps, "collateral_floor_bps": terms.collateral_floor_bps,
    });
    Ok(Reply::new(text, object))
}

/// A request in words and as an object. A node that does not answer leaves out what it would say.
pub async fn show(requester: &Requester, id: B256, request: &ProofRequest) -> Result<Reply> {
    let (state, now) = (requester.state(id, request).await?, requester.now().await?);
    let mut lines = vec![("request", id.to_string()), ("state", state.word().to_owned())];
    let mut object = json!({ "request_id": id, "state": state.word(), "now": now, "request": request });
    match &state {
        RequestState::Open => {
            let price = request.price_at(now);
            lines.push(("pays now", in_ether(U256::from(price))));
            lines.push(("can be locked until", request.lock_deadline().to_string()));
            object["price_wei"] = json!(price.to_string());
        }
        RequestState::Locked(lock)
        | RequestState::Fulfilled(lock)
        | RequestState::Slashed(lock)
        | RequestState::Unwound(lock)
        | RequestState::Rescued(lock) => {
            lines.extend(lock_lines(lock, now));
            object["lock"] = lock_object(lock);
            if let Some((answer_by, bond)) = requester.input_demand(id).await? {
                lines.push(("input demanded until", answer_by.to_string()));
                object["input_demand"] = json!({ "answer_by": answer_by, "bond_wei": bond.to_string() });
            }
        }
        _ => {}
    }
    match requester.delivery(id, request).await {
        Ok(Some(delivery)) => {
            lines.extend(delivery_lines(&delivery));
            object["receipt"] = delivery_object(&delivery);
        }
        Ok(None) => lines.push(("receipt", "the node has none".to_owned())),
        Err(error) => lines.push(("receipt", format!("not known: {error}"))),
    }
    Ok(Reply::new(pairs(lines), object))
}

fn lock_lines(lock: &Lock, now: u64) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("locked by", lock.locker.to_string()),
        ("operator", lock.operator.to_string()),
        ("price", in_ether(U256::from(lock.price))),
        ("collateral", in_ether(U256::from(lock.collateral))),
        ("deadline", format!("{} ({} s left)", lock.record_until, lock.record_until.saturating_sub(now))),
    ];
    if let Some(claim) = &lock.claim {
        let word = match claim.state {
            LeafState::Pending => format!("final at {}", claim.final_at),
            LeafState::Final => "final".to_owned(),
            LeafState::Void => "void".to_owned(),
            LeafState::Unknown => "unknown batch".to_owned(),
        };
        lines.push(("claimed with", format!("leaf {} of batch {}, {word}", claim.index, claim.batch)));
    }
    if lock.slash_from != 0 {
        let how = if now >= lock.slash_from { "now, with `nonos market slash`" } else { "later" };
        lines.push(("can be slashed", format!("from {} on ({how})", lock.slash_from)));
    }
    lines
}

fn lock_object(lock: &Lock) -> Value {
    let claim = lock.claim.as_ref().map(|claim| {
        json!({ "batch_id": claim.batch, "index": claim.index, "status": claim.state, "final_at": claim.final_at })
    });
    json!({
        "locker": lock.locker, "operator": lock.operator, "price_wei": lock.price.to_string(),
        "collateral_wei": lock.collateral.to_string(), "deadline": lock.deadline,
        "record_until": lock.record_until, "slash_from": lock.slash_from, "claim": claim,
    })
}

fn verdict(proof: &ProofVerdict) -> String {
    match proof {
        ProofVerdict::Valid => "valid".to_owned(),
        ProofVerdict::Invalid(why) => format!("invalid: {why}"),
        ProofVerdict::Unknown(why) => format!("not known: {why}"),
    }
}

fn delivery_lines(delivery: &Delivery) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("receipt", delivery.id.to_string()),
        ("proof", verdict(&delivery.proof)),
        ("output hash", delivery.output_hash.to_string()),
    ];
    lines.extend(delivery.recorded_at.map(|at| ("recorded at", at.to_string())));
    lines
}

fn delivery_object(delivery: &Delivery) -> Value {
    json!({
        "message_id": delivery.id, "proof": verdict(&delivery.proof), "valid": delivery.proof == ProofVerdict::Valid,
        "output_hash": delivery.output_hash, "recorded_at": delivery.recorded_at, "settled": delivery.settled,
        "payee": delivery.receipt.header.payee,
    })
}
