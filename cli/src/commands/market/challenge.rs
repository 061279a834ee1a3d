//! `nonos market challenge`: the challenger agent.

use super::{NodeArgs, Site, metrics};
use crate::ether::{ether, in_ether};
use crate::output::{self, Reply};
use crate::progress::Progress;
use crate::random::seed;
use crate::service;
use crate::settings::Settings;
use crate::table::pairs;
use alloy_primitives::{B256, U256};
use clap::Args;
use eyre::{Report, Result};
use nonos_market::challenger::{AGENT, ChallengerAgent, ChallengerMetrics, Terms, Watch};
use nonos_market::table::{Site as TableSite, Table};
use prometheus_client::registry::Registry;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Arguments of `nonos market challenge`.
#[derive(Debug, Args)]
pub struct ChallengeArgs {
    /// Seconds that receipts and leaf lists may take to come before they are demanded
    #[arg(long, value_name = "SECONDS", default_value_t = Terms::default().patience)]
    patience: u64,
    /// Most demands for one batch; 0 never demands
    #[arg(long, value_name = "COUNT", default_value_t = Terms::default().max_demands)]
    max_demands: u32,
    /// Most ether for the bond of one demand
    #[arg(long, value_name = "ETHER", default_value = "0.05", value_parser = ether)]
    max_bond: U256,
    /// How often the chain is looked at, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 4_000, value_parser = clap::value_parser!(u64).range(10..))]
    poll_ms: u64,
    /// Look at everything once, and exit: 1 if something is not in order
    #[arg(long)]
    once: bool,
    /// Serve /metrics at this address
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<SocketAddr>,
    #[command(flatten)]
    node: NodeArgs,
}

/// Watches until SIGINT or SIGTERM, or once.
pub async fn run(args: ChallengeArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let site = Site::open(settings, &args.node).await?;
    let (counters, mut registry) = (ChallengerMetrics::default(), Registry::default());
    counters.register(&mut registry);
    let path = site.datadir.challenger();
    let contract = site.deployment.addresses.receipt_anchor;
    let table = Table::open(&path, AGENT, TableSite { chain_id: site.chain.id, contract })?;
    let terms = Terms {
        patience: args.patience,
        max_demands: args.max_demands,
        max_bond: args.max_bond,
        poll: Duration::from_millis(args.poll_ms),
        ..Terms::default()
    };
    let salts = || seed().map(B256::new).map_err(|error| output::one_line(&error));
    let first = site.deployment.first_block;
    let mut agent = ChallengerAgent::new(
        terms,
        Arc::new(site.market.clone()),
        site.node.clone(),
        table,
        first,
        counters,
        salts,
    )?;
    if args.once {
        let step = progress.step("looking at every batch");
        while agent.look().await? {}
        step.done("");
        return report(&agent);
    }
    let account = nonos_market::chain::Batches::account(&site.market);
    let json = settings.json;
    service::run(|cancel| async move {
        let metrics = metrics::serve(registry, args.metrics, cancel.clone()).await?;
        let mut lines = vec![
            ("anchor", contract.to_string()),
            ("account", account.to_string()),
            ("bond of a demand", format!("at most {}", in_ether(args.max_bond))),
        ];
        lines.extend(metrics.map(|address| ("metrics", format!("http://{address}/metrics"))));
        let object =
            json!({ "anchor": contract, "account": account, "metrics": metrics.map(|a| a.to_string()) });
        output::print(&Reply::new(format!("{}\n\nCtrl-C stops it.", pairs(lines)), object), json);
        service::notify_ready();
        agent.run(cancel).await.map_err(Report::from)
    })
    .await
}

fn report(agent: &ChallengerAgent) -> Result<Reply> {
    let (open, closed) = (agent.watches()?, agent.findings()?);
    let found: Vec<&Watch> = open.iter().chain(&closed).filter(|watch| !watch.findings.is_empty()).collect();
    let mut text = format!("{} batches can be challenged now", open.len());
    for watch in &found {
        for (index, finding) in &watch.findings {
            text.push_str(&format!("\nbatch {} leaf {index}: {finding:?}", watch.batch.id));
        }
    }
    if found.is_empty() {
        text.push_str("; every leaf that was looked at is in order");
    }
    let object = json!({
        "open": open.len(),
        "findings": found
            .iter()
            .map(|watch| json!({ "batch_id": watch.batch.id, "findings": watch.findings }))
            .collect::<Vec<_>>(),
    });
    Ok(Reply::new(text, object).verdict(found.is_empty()))
}
