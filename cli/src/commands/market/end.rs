//! `nonos market cancel | expire | slash | unwind`: the ends of a request that are not its payment.

use super::{NodeArgs, Site, id};
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::table::pairs;
use alloy_primitives::B256;
use clap::Args;
use eyre::Result;
use serde_json::json;

/// Which request.
#[derive(Debug, Args)]
pub struct EndArgs {
    /// The request's id
    #[arg(value_parser = id)]
    request: B256,
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
