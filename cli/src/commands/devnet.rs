//! `nonos devnet`: the embedded chain behind JSON-RPC, until it is interrupted.

use crate::output::{self, Reply};
use crate::progress::Progress;
use crate::service;
use crate::settings::Settings;
use crate::table::{Align, Table, pairs};
use clap::Args;
use eyre::{Result, WrapErr};
use nonos_devnet::{Config, DEV_KEYS, Devnet, Hardfork, MiningMode};
use serde_json::json;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// Arguments of `nonos devnet`.
#[derive(Debug, Args)]
pub struct DevnetArgs {
    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8545)]
    port: u16,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Chain id
    #[arg(long, default_value_t = nonos_devnet::DEFAULT_CHAIN_ID)]
    chain_id: u64,
    /// Rules of the chain: paris, shanghai, cancun, prague, osaka, amsterdam
    #[arg(long, default_value_t = Hardfork::default())]
    hardfork: Hardfork,
    /// Make a block every so many seconds instead of one per transaction
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    block_time: Option<u64>,
    /// Listen on an address that other machines reach. They own the accounts then: the keys are public
    #[arg(long)]
    allow_remote: bool,
}

/// Serves until SIGINT or SIGTERM, then stops cleanly.
pub async fn run(args: DevnetArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let mining = args
        .block_time
        .map_or(MiningMode::Instant, |seconds| MiningMode::Interval(Duration::from_secs(seconds)));
    let devnet = Devnet::new(Config {
        chain_id: args.chain_id,
        hardfork: args.hardfork,
        mining,
        allow_remote: args.allow_remote,
        ..Config::default()
    });
    let address = SocketAddr::new(args.host, args.port);
    service::run(|cancel| async move {
        let (address, server) = devnet.serve(address, cancel.clone()).await?;
        output::print(&welcome(&devnet, address, &args), settings.json);
        service::notify_ready();
        cancel.cancelled().await;
        progress.note("stopping");
        server.await.wrap_err("the server ended abnormally")
    })
    .await
}

fn welcome(devnet: &Devnet, address: SocketAddr, args: &DevnetArgs) -> Reply {
    let url = format!("http://{address}");
    let mut table = Table::new([("account", Align::Left), ("private key (public knowledge)", Align::Left)]);
    let mut accounts = Vec::new();
    for (account, key) in devnet.accounts().iter().zip(DEV_KEYS) {
        table.row([account.address().to_string(), key.to_string()]);
        accounts.push(json!({ "address": account.address(), "private_key": key }));
    }
    let head = pairs([
        ("listening on", url.clone()),
        ("chain id", args.chain_id.to_string()),
        ("rules", args.hardfork.to_string()),
    ]);
    Reply::new(
        format!("{head}\n\n{}\n\nCtrl-C stops it; nothing is kept.", table.render()),
        json!({ "url": url, "chain_id": args.chain_id, "hardfork": args.hardfork.to_string(), "accounts": accounts }),
    )
}
