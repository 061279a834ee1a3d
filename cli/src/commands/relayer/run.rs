//! `nonos relayer run`: the relayer as a service.

use super::signer;
use crate::chain::{Chain, read_deployment};
use crate::datadir::DataDir;
use crate::output::{self, Reply};
use crate::service;
use crate::settings::{Environment, Process, RelayerSection, Settings, layered};
use crate::table::pairs;
use clap::Args;
use eyre::{Result, WrapErr, ensure};
use nonos_api::NodeClient;
use nonos_core::batch::MAX_BATCH_LEAVES;
use nonos_relayer::verify::{Bounds, ChainAdmission, ReceiptCheck};
use nonos_relayer::{Config, GWEI, Node, Parts, Relayer};
use serde_json::json;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Where a node listens if nobody says otherwise.
const NODE: &str = "http://127.0.0.1:8661";

/// Arguments of `nonos relayer run`. None has a default here: the file and the environment come first.
#[derive(Debug, Default, Args)]
pub struct RunArgs {
    /// Address of the node that verified the receipts [env: NONOS_RELAYER_NODE] [default: http://127.0.0.1:8661]
    #[arg(long, value_name = "URL")]
    node: Option<String>,
    /// Status server, on loopback: /livez /readyz /metrics /v1/status [env: NONOS_RELAYER_HTTP] [default: 127.0.0.1:8662]
    #[arg(long, value_name = "ADDRESS")]
    http: Option<String>,
    /// Queue file [env: NONOS_RELAYER_QUEUE] [default: relayer-CHAIN-ACCOUNT.redb in the data folder]
    #[arg(long, value_name = "FILE")]
    queue: Option<PathBuf>,
    /// Most receipts in one batch, which goes at any gas price when it is full [env: NONOS_RELAYER_MAX_BATCH] [default: 1024]
    #[arg(long, value_name = "RECEIPTS")]
    max_batch: Option<u32>,
    /// Age from which a smaller batch goes, if gas is cheap enough [env: NONOS_RELAYER_MAX_AGE] [default: 60]
    #[arg(long, value_name = "SECONDS")]
    max_age: Option<u64>,
    /// Age from which it goes at any gas price [env: NONOS_RELAYER_HARD_AGE] [default: 1800]
    #[arg(long, value_name = "SECONDS")]
    hard_age: Option<u64>,
    /// Gas price (base fee and tip) up to which it is cheap enough [env: NONOS_RELAYER_GAS_CEILING] [default: 30]
    #[arg(long, value_name = "GWEI")]
    gas_ceiling: Option<f64>,
    /// What no transaction ever offers more than [env: NONOS_RELAYER_FEE_CAP] [default: 500]
    #[arg(long, value_name = "GWEI")]
    fee_cap: Option<f64>,
    /// Blocks after which the chain is taken for settled [env: NONOS_RELAYER_CONFIRMATIONS] [default: 32]
    #[arg(long, value_name = "BLOCKS")]
    confirmations: Option<u64>,
    /// How often the chain is asked, in milliseconds [env: NONOS_RELAYER_POLL_MS] [default: 2000]
    #[arg(long, value_name = "MS")]
    poll_ms: Option<u64>,
}

/// What the relayer runs with, beside its account and its chain.
#[derive(Debug)]
struct Resolved {
    node: String,
    queue: Option<PathBuf>,
    config: Config,
}

fn resolve(args: RunArgs, env: &impl Environment, file: &RelayerSection) -> Result<Resolved> {
    let mut config = Config::default();
    let http = layered(args.http, "NONOS_RELAYER_HTTP", env, file.http.clone())?;
    if let Some(text) = http {
        let address: SocketAddr = text.parse().wrap_err_with(|| {
            format!("the relayer's status server: `{text}` is no address such as 127.0.0.1:8662")
        })?;
        config.http = Some(address);
    }
    if let Some(size) = layered(args.max_batch, "NONOS_RELAYER_MAX_BATCH", env, file.max_batch)? {
        let fits = usize::try_from(size).ok().filter(|size| (1..=MAX_BATCH_LEAVES).contains(size));
        ensure!(fits.is_some(), "{size} receipts in a batch: it takes 1 to {MAX_BATCH_LEAVES}");
        config.batch.max_size = fits.unwrap_or(config.batch.max_size);
    }
    if let Some(seconds) = layered(args.max_age, "NONOS_RELAYER_MAX_AGE", env, file.max_age)? {
        config.batch.max_age = Duration::from_secs(seconds);
        config.batch.hard_age = config.batch.hard_age.max(config.batch.max_age);
    }
    if let Some(seconds) = layered(args.hard_age, "NONOS_RELAYER_HARD_AGE", env, file.hard_age)? {
        config.batch.hard_age = Duration::from_secs(seconds);
    }
    ensure!(
        config.batch.max_age <= config.batch.hard_age,
        "a batch would go at any price after {} s, and at a low one only after {} s",
        config.batch.hard_age.as_secs(),
        config.batch.max_age.as_secs()
    );
    if let Some(gwei) = layered(args.gas_ceiling, "NONOS_RELAYER_GAS_CEILING", env, file.gas_ceiling)? {
        config.batch.gas_price_ceiling = wei(gwei)?;
    }
    if let Some(gwei) = layered(args.fee_cap, "NONOS_RELAYER_FEE_CAP", env, file.fee_cap)? {
        config.submit.fees.cap = wei(gwei)?;
    }
    if let Some(blocks) = layered(args.confirmations, "NONOS_RELAYER_CONFIRMATIONS", env, file.confirmations)?
    {
        config.submit.confirmations = blocks;
    }
    if let Some(ms) = layered(args.poll_ms, "NONOS_RELAYER_POLL_MS", env, file.poll_ms)? {
        ensure!(ms >= 10, "asking the chain every {ms} ms: it takes at least 10");
        config.poll = Duration::from_millis(ms);
        config.collect_poll = config.collect_poll.min(config.poll);
    }
    let node = layered(args.node, "NONOS_RELAYER_NODE", env, file.node.clone())?;
    let queue = args.queue.or(env.path("NONOS_RELAYER_QUEUE")?);
    Ok(Resolved { node: node.unwrap_or_else(|| NODE.to_owned()), queue, config })
}

fn wei(gwei: f64) -> Result<u128> {
    ensure!((1e-9..=1e9).contains(&gwei), "{gwei} gwei is no gas price");
    Ok((gwei * GWEI as f64) as u128)
}

/// Runs until SIGINT or SIGTERM.
pub async fn run(args: RunArgs, settings: &Settings) -> Result<Reply> {
    let Resolved { node, queue, config } = resolve(args, &Process, &settings.relayer)?;
    let datadir = DataDir::open(settings)?;
    let chain = Chain::connect(settings).await?;
    let deployment = read_deployment(&datadir, &chain).await?;
    let signer = signer(&chain, settings)?;
    let anchor = deployment.addresses.receipt_anchor;
    let bounds = Bounds::read(&chain.provider, anchor).await?;
    let queue = queue.unwrap_or_else(|| datadir.relayer_queue(chain.id, signer.address()));
    let node = Arc::new(Node::new(NodeClient::new(&node)?.with_timeout(config.patience)));
    let reader = nonos_relayer::chain::Chain::new(chain.provider.clone(), anchor, config.patience);
    let proofs = ReceiptCheck::new(deployment.chain_id, anchor, deployment.verifier_key)?;
    let parts = Parts {
        provider: chain.provider,
        chain_id: deployment.chain_id,
        anchor,
        signer,
        source: node.clone(),
        sink: node,
        proofs: Arc::new(proofs),
        admission: Arc::new(ChainAdmission::new(reader, deployment, bounds)),
        leaf_of: Parts::RECEIPTS,
    };
    let account = parts.signer.address();
    let json = settings.json;
    service::run(|cancel| async move {
        let relayer = Relayer::new(parts, config, &queue).await?;
        let http = relayer.http_address().map(|address| format!("http://{address}"));
        let mut lines = vec![
            ("account", account.to_string()),
            ("anchor", anchor.to_string()),
            ("queue", queue.display().to_string()),
        ];
        lines.extend(http.as_ref().map(|url| ("status", format!("{url}/v1/status"))));
        let object = json!({ "account": account, "anchor": anchor, "queue": queue, "http": http });
        output::print(&Reply::new(format!("{}\n\nCtrl-C stops it.", pairs(lines)), object), json);
        service::notify_ready();
        Ok(relayer.run(cancel).await?)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use std::ffi::OsString;

    struct Variables(HashMap<&'static str, &'static str>);

    impl Environment for Variables {
        fn raw(&self, name: &str) -> Option<OsString> {
            self.0.get(name).map(OsString::from)
        }
    }

    #[test]
    fn flags_come_before_the_environment_before_the_file() {
        let file = RelayerSection {
            max_batch: Some(1),
            max_age: Some(2),
            gas_ceiling: Some(1.5),
            node: Some("http://file".into()),
            ..RelayerSection::default()
        };
        let env = Variables([("NONOS_RELAYER_MAX_BATCH", "3"), ("NONOS_RELAYER_MAX_AGE", "4")].into());
        let args = RunArgs { max_batch: Some(5), ..RunArgs::default() };
        let resolved = resolve(args, &env, &file).unwrap();
        assert_eq!(resolved.config.batch.max_size, 5);
        assert_eq!(resolved.config.batch.max_age, Duration::from_secs(4));
        assert_eq!(resolved.config.batch.gas_price_ceiling, 1_500_000_000);
        assert_eq!(resolved.node, "http://file");
        let resolved =
            resolve(RunArgs::default(), &Variables(HashMap::new()), &RelayerSection::default()).unwrap();
        assert_eq!((resolved.config, resolved.node.as_str()), (Config::default(), NODE));
    }

    #[test]
    fn values_that_cannot_be_meant_are_refused_with_their_place() {
        let none = Variables(HashMap::new());
        let refused =
            |args: RunArgs| resolve(args, &none, &RelayerSection::default()).unwrap_err().to_string();
        let text = refused(RunArgs { max_batch: Some(4_096), ..RunArgs::default() });
        assert_eq!(text, "4096 receipts in a batch: it takes 1 to 2048");
        let text = refused(RunArgs { hard_age: Some(1), ..RunArgs::default() });
        assert!(text.contains("at any price after 1 s"), "{text}");
        let text = refused(RunArgs { fee_cap: Some(-1.0), ..RunArgs::default() });
        assert_eq!(text, "-1 gwei is no gas price");
        let env = Variables([("NONOS_RELAYER_MAX_AGE", "soon")].into());
        let error = resolve(RunArgs::default(), &env, &RelayerSection::default()).unwrap_err();
        assert!(error.to_string().starts_with("NONOS_RELAYER_MAX_AGE: `soon`"), "{error}");
    }
}
