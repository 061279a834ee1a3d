//! `nonos market bid | fulfil`: the operator agent, for every request or for one.

use super::launcher::MarketLauncher;
use super::{NodeArgs, Site, id, metrics};
use crate::commands::{capsule, keys};
use crate::ether::{ether, ether_128, in_ether};
use crate::output::{self, Reply};
use crate::progress::Progress;
use crate::service;
use crate::settings::Settings;
use crate::setup;
use crate::table::pairs;
use alloy_primitives::{Address, B256, U256};
use clap::Args;
use eyre::{Report, Result, WrapErr, ensure};
use nonos_market::chain::Market;
use nonos_market::operator::{AGENT, OperatorAgent, OperatorMetrics, Outcome, Terms};
use nonos_market::table::{Site as TableSite, Table};
use nonos_node::capsule_runtime::{Limits, Runtime};
use nonos_node::keys::Keystore;
use nonos_node::store::RedbStore;
use prometheus_client::registry::Registry;
use serde_json::json;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How an operator works.
#[derive(Debug, Args)]
pub struct OperatorArgs {
    /// What a launch has to bring at least, after the protocol fee, in ether
    #[arg(long, value_name = "ETHER", default_value = "0.0001", value_parser = ether_128)]
    min_price: u128,
    /// Most collateral for one lock, in ether
    #[arg(long, value_name = "ETHER", default_value = "0.1", value_parser = ether)]
    max_collateral: U256,
    /// Most collateral at stake at a time, in ether
    #[arg(long, value_name = "ETHER", default_value = "1", value_parser = ether)]
    budget: U256,
    /// Most locks that wait for their receipt at a time
    #[arg(long, value_name = "COUNT", default_value_t = 2)]
    max_owed: usize,
    /// Seconds that a launch is reckoned to take
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    launch_time: u64,
    /// Seconds before the deadline in which no relayer is waited for: the receipt goes to verifyNow
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    margin: u64,
    /// Most launches for one request
    #[arg(long, value_name = "COUNT", default_value_t = 4)]
    max_attempts: u32,
    /// Who is paid [default: the account that locks]
    #[arg(long, value_name = "ADDRESS")]
    payee: Option<Address>,
    /// Hand this signed package to the node; may be repeated. Others are taken from the mesh
    #[arg(long, value_name = "FILE")]
    capsule: Vec<PathBuf>,
    /// Put ether into the market account until this much is free
    #[arg(long, value_name = "ETHER", value_parser = ether)]
    deposit: Option<U256>,
    /// How often the chain is looked at, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(10..))]
    poll_ms: u64,
    /// Instructions a capsule may run, roughly
    #[arg(long, default_value_t = Limits::default().fuel)]
    fuel: u64,
    /// Time a capsule may take, in milliseconds
    #[arg(long, default_value_t = Limits::default().deadline_ms)]
    deadline_ms: u64,
    #[command(flatten)]
    node: NodeArgs,
}

/// Arguments of `nonos market bid`.
#[derive(Debug, Args)]
pub struct BidArgs {
    #[command(flatten)]
    operator: OperatorArgs,
    /// Serve /metrics at this address
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<SocketAddr>,
}

/// Arguments of `nonos market fulfil`.
#[derive(Debug, Args)]
pub struct FulfilArgs {
    /// The request's id
    #[arg(value_parser = id)]
    request: B256,
    #[command(flatten)]
    operator: OperatorArgs,
}

/// An agent that is ready to run, and what to say about it.
struct Ready {
    agent: OperatorAgent,
    registry: Registry,
    account: Address,
    operator: B256,
    balance: U256,
}

/// Serves until SIGINT or SIGTERM.
pub async fn bid(args: BidArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let ready = prepare(&args.operator, settings, progress).await?;
    let json = settings.json;
    service::run(|cancel| async move {
        let metrics = metrics::serve(ready.registry, args.metrics, cancel.clone()).await?;
        let mut lines = vec![
            ("operator", ready.operator.to_string()),
            ("account", ready.account.to_string()),
            ("free in the market", in_ether(ready.balance)),
            ("lowest price", in_ether(U256::from(args.operator.min_price))),
        ];
        lines.extend(metrics.map(|address| ("metrics", format!("http://{address}/metrics"))));
        let object = json!({
            "operator": ready.operator, "account": ready.account, "balance_wei": ready.balance.to_string(),
            "metrics": metrics.map(|address| address.to_string()),
        });
        output::print(&Reply::new(format!("{}\n\nCtrl-C stops it.", pairs(lines)), object), json);
        service::notify_ready();
        ready.agent.run(cancel).await.map_err(Report::from)
    })
    .await
}

/// Serves one request.
pub async fn fulfil(args: FulfilArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let ready = prepare(&args.operator, settings, progress).await?;
    let cancel = CancellationToken::new();
    let interrupted = cancel.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupted.cancel();
        }
    });
    let step = progress.step(format!("serving request {}", args.request));
    let outcome = ready.agent.serve(args.request, cancel).await?;
    step.done(outcome.word());
    let text = pairs([("request", args.request.to_string()), ("outcome", outcome.word().to_owned())]);
    let object = json!({ "request_id": args.request, "outcome": outcome });
    Ok(Reply::new(text, object).verdict(outcome == Outcome::Paid))
}

async fn prepare(args: &OperatorArgs, settings: &Settings, progress: Progress) -> Result<Ready> {
    let site = Site::open(settings, &args.node).await?;
    let keystore = Arc::new(keys::open(settings, progress)?);
    let operator: B256 = keystore.root_public().into();
    let account = site.market.account();
    check_enrolled(&site, &keystore, account).await?;
    for path in &args.capsule {
        let package = capsule::read_package(path)?;
        site.node.0.post_package(package.encode()).await?;
    }
    let requester = site.requester();
    if let Some(wanted) = args.deposit {
        let holds = requester.balance(account).await?;
        if holds < wanted {
            requester.deposit(wanted - holds).await?;
        }
    }
    let prover = Arc::new(setup::prover(settings.srs.as_deref(), progress)?);
    let verifier_key = prover.verifier().key().0;
    ensure!(
        verifier_key == site.deployment.verifier_key,
        "this program proves under key {verifier_key}, the deployment verifies under {}: give the ceremony file of the \
         deployment with --srs",
        site.deployment.verifier_key
    );
    let runtime =
        Runtime::new().wrap_err("cannot find this executable, which the sandbox is started from")?;
    let launcher = MarketLauncher {
        chain: site.chain.clone(),
        deployment: site.deployment.clone(),
        keystore,
        runtime: Arc::new(runtime),
        prover,
        // The store of launches, not the node's: nullifier indices are counted in one place.
        store: Arc::new(RedbStore::open(&site.datadir.store())?),
        limits: Limits { fuel: args.fuel, deadline_ms: args.deadline_ms, ..Limits::default() },
    };
    let contract = site.deployment.addresses.proof_market;
    let table =
        Table::open(&site.datadir.operator(), AGENT, TableSite { chain_id: site.chain.id, contract })?;
    let (counters, mut registry) = (OperatorMetrics::default(), Registry::default());
    counters.register(&mut registry);
    let terms = Terms {
        operator,
        payee: args.payee.unwrap_or(account),
        anchor: site.deployment.addresses.receipt_anchor,
        verifier_key,
        min_price: args.min_price,
        fee_bps: requester.terms().await?.protocol_fee_bps,
        max_collateral: args.max_collateral,
        budget: args.budget,
        max_owed: args.max_owed,
        max_watched: 1_024,
        launch_time: args.launch_time,
        margin: args.margin,
        max_attempts: args.max_attempts,
        poll: Duration::from_millis(args.poll_ms),
    };
    let balance = requester.balance(account).await?;
    let first = site.deployment.first_block;
    let (chain, launcher) = (Arc::new(site.market.clone()), Arc::new(launcher));
    let agent = OperatorAgent::new(terms, chain, site.node.clone(), launcher, table, first, counters)?;
    Ok(Ready { agent, registry, account, operator, balance })
}

/// The market lets an operator's controller lock, and nobody else: better said now than by every lock.
async fn check_enrolled(site: &Site, keystore: &Keystore, account: Address) -> Result<()> {
    let identity = site.chain.require_enrolled(&site.deployment, keystore).await?;
    ensure!(
        identity.controller == account,
        "operator {} is controlled by {}, but transactions would be sent from {account}: name the controller's key with \
         --account-key-file",
        B256::from(identity.root_key),
        identity.controller
    );
    Ok(())
}
