//! `nonos market request`: asks for a launch and waits for its receipt.

use super::{NodeArgs, Site, id, status};
use crate::commands::capsule;
use crate::datadir::read_limited;
use crate::ether::ether_128;
use crate::output::{Reply, one_line};
use crate::progress::Progress;
use crate::random::seed;
use crate::settings::Settings;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use clap::Args;
use eyre::{Result, WrapErr, bail, eyre};
use nonos_core::request::{ASSURANCE_BATCHED, ASSURANCE_RECORDED, Offer, ProofRequest};
use nonos_market::chain::RequestState;
use nonos_market::requester::{News, Requester};
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The node keeps no larger blob.
const MAX_INPUT: u64 = 1 << 20;

/// Arguments of `nonos market request`.
#[derive(Debug, Args)]
pub struct RequestArgs {
    /// The signed capsule package
    capsule: PathBuf,
    /// What the capsule reads [default: nothing]
    #[arg(long, short, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Price at the start, in ether
    #[arg(long, value_name = "ETHER", default_value = "0.0001", value_parser = ether_128)]
    min_price: u128,
    /// Price at the end of the ramp, in ether
    #[arg(long, value_name = "ETHER", default_value = "0.001", value_parser = ether_128)]
    max_price: u128,
    /// Seconds until the price starts to rise
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    start_in: u64,
    /// Seconds over which it rises
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    ramp: u32,
    /// Seconds in which it can be locked
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    lock_timeout: u32,
    /// Seconds in which the receipt has to be anchored or recorded
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    timeout: u32,
    /// Collateral of an operator with the highest score, in ether; twice that without a score
    #[arg(long, value_name = "ETHER", default_value = "0.001", value_parser = ether_128)]
    collateral: u128,
    /// What whoever anchors the receipt gets, in ether
    #[arg(long, value_name = "ETHER", default_value = "0.00001", value_parser = ether_128)]
    relay_fee: u128,
    /// Lowest trust score, 0 to 1000
    #[arg(long, value_name = "SCORE", default_value_t = 0)]
    min_trust: u16,
    /// Only this operator may serve it
    #[arg(long, value_name = "ID", value_parser = id)]
    operator: Option<B256>,
    /// Only a receipt that the chain itself verified serves it: dearer, and final at once
    #[arg(long)]
    recorded: bool,
    /// Put the highest price and the relay fee into the market account first, where they are missing
    #[arg(long)]
    deposit: bool,
    /// Submit and exit; `nonos market status` tells the rest
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    node: NodeArgs,
}

/// Submits, and unless told otherwise waits to the end. A request that was not served is a negative answer.
pub async fn run(args: RequestArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let package = capsule::read_package(&args.capsule)?;
    package.verify(None).wrap_err_with(|| format!("{} is not genuine", args.capsule.display()))?;
    let input: Bytes = match &args.input {
        Some(path) => read_limited(path, "input", MAX_INPUT)?.into(),
        None => Bytes::new(),
    };
    let site = Site::open(settings, &args.node).await?;
    let requester = site.requester();
    let leaf = package.manifest.capsule_leaf()?;
    let publisher = site.chain.publisher_listing(&site.deployment, package.manifest.publisher, leaf).await?;
    let terms = requester.terms().await?;
    let request = ProofRequest {
        requester: requester.account(),
        salt: U256::from_be_bytes(seed()?),
        anchor: terms.anchor,
        verifierKey: site.deployment.verifier_key,
        publisherId: publisher,
        capsuleLeaf: leaf.into(),
        inputHash: keccak256(&input),
        // Zero: where inputs of this hash are had by everybody, from the mesh.
        inputLocatorHash: B256::ZERO,
        earliestLaunch: 0,
        assurance: if args.recorded { ASSURANCE_RECORDED } else { ASSURANCE_BATCHED },
        minTrust: args.min_trust,
        operatorId: args.operator.unwrap_or_default(),
        paymentToken: Address::ZERO,
        offer: Offer {
            minPrice: args.min_price,
            maxPrice: args.max_price,
            rampStart: requester.now().await?.saturating_add(args.start_in),
            rampLength: args.ramp,
            lockTimeout: args.lock_timeout,
            timeout: args.timeout,
        },
        baseCollateral: args.collateral,
        relayFee: args.relay_fee,
        maxProtocolFeeBps: terms.protocol_fee_bps,
        feeSharesHash: B256::ZERO,
        callback: Address::ZERO,
        callbackGas: 0,
    };
    if args.deposit {
        top_up(&requester, &request, progress).await?;
    }
    requester.check(&request).await?;
    let step = progress.step("handing input and package to the node");
    requester.offer_input(input).await?;
    site.node.0.post_package(package.encode()).await?;
    step.done("");
    let step = progress.step("submitting the request");
    let id = requester.submit(&request).await?;
    step.done(&id.to_string());
    if args.no_wait {
        let text = format!("request {id}\n\n`nonos market status {id}` tells where it stands");
        return Ok(Reply::new(text, json!({ "request_id": id, "request": request })));
    }
    wait(&requester, id, &request, progress).await
}

async fn top_up(requester: &Requester, request: &ProofRequest, progress: Progress) -> Result<()> {
    let needed = U256::from(request.offer.maxPrice) + U256::from(request.relayFee);
    let holds = requester.balance(requester.account()).await?;
    if holds < needed {
        let step = progress.step("depositing in the market");
        requester.deposit(needed - holds).await?;
        step.done("");
    }
    Ok(())
}

/// Follows until the end; an interruption leaves the request as it is.
async fn wait(requester: &Requester, id: B256, request: &ProofRequest, progress: Progress) -> Result<Reply> {
    let cancel = CancellationToken::new();
    let interrupted = cancel.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupted.cancel();
        }
    });
    let mut last = String::new();
    let news = requester.follow(id, request, Duration::from_millis(1_000), &cancel, |news| {
        let line = match news {
            News::Open { .. } => "open: waiting for an operator".to_owned(),
            News::Locked(lock) => {
                format!("locked by operator {}, due until {}", lock.operator, lock.record_until)
            }
            News::Claimed { final_at } => format!("claimed: final at {final_at}"),
            News::Reopened => {
                "the claimed leaf is void: the operator has to have a receipt recorded".to_owned()
            }
            News::Slashable => format!("not served: `nonos market slash {id}` takes the collateral"),
            News::Over(state) => state.word().to_owned(),
        };
        if line != last {
            progress.note(&line);
            last = line;
        }
    });
    let news = news.await?;
    let reply = status::show(requester, id, request).await;
    let reply = reply
        .map_err(|error| eyre!("the request ended, but its state cannot be read: {}", one_line(&error)))?;
    match news {
        News::Over(RequestState::Fulfilled(_)) => Ok(reply),
        News::Over(_) | News::Slashable => Ok(reply.verdict(false)),
        other => bail!("the request stopped at {other:?}"),
    }
}
