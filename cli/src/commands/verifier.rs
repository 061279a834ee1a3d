//! `nonos verifier`: opinions on batches, for a fee and with a stake.

use super::market::{NodeArgs, Site, id, metrics};
use crate::ether::{AmountArgs, WithdrawArgs, ether, ether_128, in_ether};
use crate::output::{self, Reply};
use crate::progress::Progress;
use crate::service;
use crate::settings::Settings;
use crate::table::pairs;
use alloy_primitives::{B256, TxHash, U256};
use clap::{Args, Subcommand};
use eyre::{Report, Result, eyre};
use nonos_core::opinion::{self, MAX_QUORUM};
use nonos_market::table::{Site as TableSite, Table};
use nonos_market::verifier::{AGENT, Desk, Entry, Look, Terms, VerifierAgent, VerifierMetrics};
use prometheus_client::registry::Registry;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// What to do at the verification market.
#[derive(Debug, Subcommand)]
pub enum VerifierCommand {
    /// Verifier service: look at the batches that opinions are wanted on, bid, vouch for those in order, collect
    Run(RunArgs),
    /// Put ether into the account at the verification market: stakes come out of it
    Deposit(AmountArgs),
    /// Take free ether out of it
    Withdraw(WithdrawArgs),
    /// Ask for opinions on an anchored batch
    Ask(AskArgs),
    /// The account, and the jobs that the service knows
    Status,
}

impl VerifierCommand {
    /// Whether it runs until it is told to stop.
    pub const fn is_service(&self) -> bool {
        matches!(self, Self::Run(_))
    }
}

/// Arguments of `nonos verifier run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Least fee for a job, in ether
    #[arg(long, value_name = "ETHER", default_value = "0.0002", value_parser = ether_128)]
    min_fee: u128,
    /// Least fee for each leaf of its batch, on top
    #[arg(long, value_name = "ETHER", default_value = "0.000001", value_parser = ether_128)]
    fee_per_leaf: u128,
    /// Most stake for one job, in ether
    #[arg(long, value_name = "ETHER", default_value = "1", value_parser = ether)]
    max_stake: U256,
    /// How often the chain is looked at, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 4_000, value_parser = clap::value_parser!(u64).range(10..))]
    poll_ms: u64,
    /// Serve /metrics at this address
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<SocketAddr>,
    #[command(flatten)]
    node: NodeArgs,
}

/// Arguments of `nonos verifier ask`.
#[derive(Debug, Args)]
pub struct AskArgs {
    /// The batch's id
    #[arg(value_parser = id)]
    batch: B256,
    /// How many verifiers
    #[arg(long, value_name = "COUNT", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=i64::from(MAX_QUORUM)))]
    quorum: u8,
    /// Highest fee of one, in ether
    #[arg(long, value_name = "ETHER", default_value = "0.001", value_parser = ether)]
    max_fee: U256,
    /// What each verifier puts up, in ether; at least the fee
    #[arg(long, value_name = "ETHER", default_value = "0.1", value_parser = ether)]
    stake: U256,
    /// For those who say Invalid, if fraud is proven, in ether
    #[arg(long, value_name = "ETHER", default_value = "0", value_parser = ether)]
    bounty: U256,
    /// Seconds in which bids are taken
    #[arg(long, value_name = "SECONDS", default_value_t = 1_800)]
    bidding: u64,
    /// Seconds after that in which opinions are taken: an hour at least, outside development chains
    #[arg(long, value_name = "SECONDS", default_value_t = 7_200)]
    attesting: u64,
}

/// Runs one of them.
pub async fn run(command: VerifierCommand, settings: &Settings, progress: Progress) -> Result<Reply> {
    match command {
        VerifierCommand::Run(args) => serve(args, settings).await,
        VerifierCommand::Deposit(args) => {
            let desk = desk(settings).await?;
            let step = progress.step("depositing");
            let mined = desk.deposit(args.amount).await?;
            step.done("");
            balance(&desk, mined.hash).await
        }
        VerifierCommand::Withdraw(args) => {
            let desk = desk(settings).await?;
            let step = progress.step("withdrawing");
            let mined = desk.withdraw(args.amount, args.to.unwrap_or(desk.account())).await?;
            step.done("");
            balance(&desk, mined.hash).await
        }
        VerifierCommand::Ask(args) => ask(&args, settings, progress).await,
        VerifierCommand::Status => status(settings).await,
    }
}

async fn desk(settings: &Settings) -> Result<Desk> {
    Ok(Desk::new(Site::open(settings, &NodeArgs::default()).await?.market))
}

async fn balance(desk: &Desk, tx: TxHash) -> Result<Reply> {
    let (account, balance) = (desk.account(), desk.balance().await?);
    let text = pairs([
        ("account", account.to_string()),
        ("free in the verification market", in_ether(balance)),
        ("transaction", tx.to_string()),
    ]);
    Ok(Reply::new(text, json!({ "account": account, "balance_wei": balance.to_string(), "tx": tx })))
}

fn table(site: &Site) -> Result<Table> {
    let contract = site.deployment.addresses.verification_market;
    Ok(Table::open(&site.datadir.verifier(), AGENT, TableSite { chain_id: site.chain.id, contract })?)
}

fn agent(site: &Site, terms: Terms, counters: VerifierMetrics) -> Result<VerifierAgent> {
    let chain = Arc::new(site.market.clone());
    let first = site.deployment.first_block;
    Ok(VerifierAgent::new(terms, chain, site.node.clone(), table(site)?, first, counters)?)
}

async fn serve(args: RunArgs, settings: &Settings) -> Result<Reply> {
    let site = Site::open(settings, &args.node).await?;
    let (counters, mut registry) = (VerifierMetrics::default(), Registry::default());
    counters.register(&mut registry);
    let terms = Terms {
        min_fee: args.min_fee,
        fee_per_leaf: args.fee_per_leaf,
        max_stake: args.max_stake,
        poll: Duration::from_millis(args.poll_ms),
        ..Terms::default()
    };
    let agent = agent(&site, terms, counters)?;
    let desk = Desk::new(site.market.clone());
    let (market, account) = (site.deployment.addresses.verification_market, desk.account());
    let free = desk.balance().await?;
    let json = settings.json;
    service::run(|cancel| async move {
        let metrics = metrics::serve(registry, args.metrics, cancel.clone()).await?;
        let mut lines = vec![
            ("verification market", market.to_string()),
            ("account", account.to_string()),
            ("free for stakes", in_ether(free)),
        ];
        lines.extend(metrics.map(|address| ("metrics", format!("http://{address}/metrics"))));
        let object = json!({
            "market": market, "account": account, "balance_wei": free.to_string(), "metrics": metrics.map(|a| a.to_string()),
        });
        output::print(&Reply::new(format!("{}\n\nCtrl-C stops it.", pairs(lines)), object), json);
        service::notify_ready();
        agent.run(cancel).await.map_err(Report::from)
    })
    .await
}

async fn ask(args: &AskArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let desk = desk(settings).await?;
    // What the contract keeps an amount in.
    let fit = |wei: U256, bits: usize| match wei.bit_len() <= bits {
        true => Ok(wei),
        false => Err(eyre!("{} is more than there is", in_ether(wei))),
    };
    let terms = opinion::Terms {
        quorum: args.quorum,
        maxFee: fit(args.max_fee, 72)?.saturating_to(),
        stake: fit(args.stake, 96)?.saturating_to(),
        ..opinion::Terms::default()
    };
    let bounty = fit(args.bounty, 96)?;
    let step = progress.step("asking for opinions");
    let (job, mined) = desk.ask(args.batch, terms, args.bidding, args.attesting, bounty).await?;
    step.done("");
    let text = pairs([
        ("job", job.id.to_string()),
        ("batch", job.batch.to_string()),
        ("bids until", job.terms.biddingEnd.to_string()),
        ("opinions until", job.terms.attestDeadline.to_string()),
        ("transaction", mined.hash.to_string()),
    ]);
    let object = json!({
        "job_id": job.id, "batch_id": job.batch, "bidding_end": job.terms.biddingEnd.to::<u64>(),
        "attest_deadline": job.terms.attestDeadline.to::<u64>(), "tx": mined.hash, "gas": mined.gas,
    });
    Ok(Reply::new(text, object))
}

async fn status(settings: &Settings) -> Result<Reply> {
    let site = Site::open(settings, &NodeArgs::default()).await?;
    let desk = Desk::new(site.market.clone());
    let (account, free) = (desk.account(), desk.balance().await?);
    let (open, closed) = agent(&site, Terms::default(), VerifierMetrics::default())?.jobs()?;
    let mut text = pairs([
        ("account", account.to_string()),
        ("free in the verification market", in_ether(free)),
        ("jobs that go on", open.len().to_string()),
        ("jobs that ended", closed.len().to_string()),
    ]);
    let said = |entry: &Entry| match (&entry.end, &entry.look) {
        (Some(end), _) => end.clone(),
        (None, Look::Underway { next, .. }) => {
            format!("{next} of {} leaves looked at", entry.batch.batch.size)
        }
        (None, Look::Sound) => "in order".to_owned(),
        (None, Look::Unsound { why }) => format!("not to be vouched for: {why}"),
    };
    for entry in open.iter().chain(&closed) {
        text.push_str(&format!("\njob {}: {}", entry.job.id, said(entry)));
    }
    let list = |entries: &[Entry]| {
        let one = |entry: &Entry| json!({ "job_id": entry.job.id, "batch_id": entry.job.batch, "says": said(entry) });
        entries.iter().map(one).collect::<Vec<_>>()
    };
    let object = json!({
        "account": account, "balance_wei": free.to_string(), "open": list(&open), "closed": list(&closed),
    });
    Ok(Reply::new(text, object))
}
