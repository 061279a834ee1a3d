//! `nonos market cancel | expire | slash | unwind | answer`: the ends of a request that are not its payment, and the answer that
//! keeps one of them away.

use super::{NodeArgs, Site, id};
use crate::ether::in_ether;
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::table::pairs;
use alloy_primitives::B256;
use clap::Args;
use eyre::{Result, WrapErr, bail};
use serde_json::json;
use std::path::PathBuf;

/// Which request.
#[derive(Debug, Args)]
pub struct EndArgs {
    /// The request's id
    #[arg(value_parser = id)]
    request: B256,
}

/// Arguments of `nonos market answer`.
#[derive(Debug, Args)]
pub struct AnswerArgs {
    /// The request's id
    #[arg(value_parser = id)]
    request: B256,
    /// The input, as it was asked for
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
}

/// Shows the input that a locker demands.
pub async fn answer(args: &AnswerArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let input = std::fs::read(&args.input).wrap_err_with(|| format!("reading {}", args.input.display()))?;
    let site = Site::open(settings, &NodeArgs::default()).await?;
    let requester = site.requester();
    let found = requester.find(args.request).await?;
    let Some((answer_by, bond)) = requester.input_demand(found.id).await? else {
        bail!("nobody waits for the input of request {}", found.id);
    };
    let step = progress.step("showing the input");
    let mined = requester.answer(&found.request, input.into()).await?;
    step.done("");
    let text = pairs([
        ("request", found.id.to_string()),
        ("demanded until", answer_by.to_string()),
        ("bond, now yours", in_ether(bond)),
        ("transaction", mined.hash.to_string()),
    ]);
    let object = json!({
        "request_id": found.id, "answer_by": answer_by, "bond_wei": bond.to_string(), "tx": mined.hash, "gas": mined.gas,
    });
    Ok(Reply::new(text, object))
}

/// How it ends.
#[derive(Debug, Clone, Copy)]
pub enum How {
    /// The requester takes it back.
    Cancel,
    /// Nobody locked it in time.
    Expire,
    /// The locker did not deliver.
    Slash,
    /// Its verifier is gone.
    Unwind,
}

/// Ends it.
pub async fn run(args: &EndArgs, how: How, settings: &Settings, progress: Progress) -> Result<Reply> {
    let site = Site::open(settings, &NodeArgs::default()).await?;
    let requester = site.requester();
    let found = requester.find(args.request).await?;
    let (id, request) = (found.id, found.request);
    let step = progress.step(match how {
        How::Cancel => "cancelling",
        How::Expire => "expiring",
        How::Slash => "slashing",
        How::Unwind => "unwinding",
    });
    let mined = match how {
        How::Cancel => requester.cancel(&request).await?,
        How::Expire => requester.expire(&request).await?,
        How::Slash => requester.slash(id, &request).await?,
        How::Unwind => requester.unwind(id, &request).await?,
    };
    step.done("");
    let state = requester.state(id, &request).await?;
    let text = pairs([
        ("request", id.to_string()),
        ("state", state.word().to_owned()),
        ("transaction", mined.hash.to_string()),
    ]);
    Ok(Reply::new(
        text,
        json!({ "request_id": id, "state": state.word(), "tx": mined.hash, "gas": mined.gas }),
    ))
}
