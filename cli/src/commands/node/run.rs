//! `nonos node run`: builds a node from settings and runs it until it is told to stop.

use super::options::{Backend, Options};
use crate::chain::{Chain, read_deployment};
use crate::commands::capsule::MAX_PROOF_BYTES;
use crate::commands::keys;
use crate::datadir::{DataDir, read_limited, write_whole};
use crate::output::{self, Reply};
use crate::progress::Progress;
use crate::service;
use crate::settings::{Process, Settings};
use crate::setup;
use crate::table::pairs;
use crate::verdict;
use clap::Args;
use eyre::{Result, WrapErr, ensure};
use nonos_circuits::backend::Verifier;
use nonos_circuits::launch::LaunchCircuit;
use nonos_contracts::Deployment;
use nonos_core::VerifierKey;
use nonos_core::chain::is_dev_chain;
use nonos_node::install::ProofLibrary;
use nonos_node::mesh::{MeshConfig, NodeKey};
use nonos_node::service::chain::{Pace, RpcSource};
use nonos_node::service::clock::NodeClock;
use nonos_node::service::{MakeLinks, Node, NodeConfig, Started};
use nonos_node::store::{RedbStore, SledStore, Store};
use nonos_node::verify::ReceiptVerifier;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A verifying key file has a few kilobytes.
const MAX_KEY: u64 = 1 << 20;

/// Arguments of `nonos node run`.
#[derive(Debug, Default, Args)]
pub struct RunArgs {
    /// Where the mesh listens; may be repeated [env: NONOS_NODE_LISTEN, separated by commas] [default: TCP and QUIC on port 4661]
    #[arg(long, value_name = "MULTIADDR")]
    pub listen: Vec<String>,
    /// Where others reach this node, if that differs; may be repeated [env: NONOS_NODE_EXTERNAL]
    #[arg(long, value_name = "MULTIADDR")]
    pub external: Vec<String>,
    /// A peer to connect to, ending in /p2p/PEER-ID; may be repeated [env: NONOS_NODE_PEERS]
    #[arg(long, value_name = "MULTIADDR")]
    pub peer: Vec<String>,
    /// Where the HTTP API listens [env: NONOS_NODE_HTTP] [default: 127.0.0.1:8661]
    #[arg(long, value_name = "ADDRESS")]
    pub http: Option<String>,
    /// Let the API listen where other machines reach it; it has no access control [env: NONOS_NODE_ALLOW_REMOTE]
    #[arg(long)]
    pub allow_remote: bool,
    /// Engine of the store: redb, or sled, which is faster and not safe against a loss of power [env: NONOS_NODE_BACKEND] [default: redb]
    #[arg(long, value_name = "ENGINE")]
    pub backend: Option<String>,
    /// Tell the mesh whose node this is: a beacon, signed by the keystore's root key
    #[arg(long)]
    pub beacon: bool,
    /// How often the chain is asked, in milliseconds
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(50..))]
    pub poll_ms: Option<u64>,
}

/// Runs until SIGINT or SIGTERM, then drains.
pub async fn run(args: RunArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let options = Options::resolve(&args, &Process, &settings.node)?;
    let datadir = DataDir::open(settings)?;
    let store: Arc<dyn Store> = match options.backend {
        Backend::Redb => Arc::new(RedbStore::open(&datadir.node_store(options.backend.name()))?),
        Backend::Sled => Arc::new(SledStore::open(&datadir.node_store(options.backend.name()))?),
    };
    let chain = Chain::connect(settings).await?;
    let deployment = read_deployment(&datadir, &chain).await?;
    let window = verdict::window(&chain, &deployment).await?;
    let pinned = VerifierKey(deployment.verifier_key);
    let key = verifying_key(&datadir, settings, pinned, progress)?;
    let anchor = deployment.addresses.receipt_anchor;
    let verifier = ReceiptVerifier::new(key, pinned, chain.id, anchor, window)?;

    let mut mesh = mesh_config(&datadir, &options, &deployment)?;
    if args.beacon {
        let keystore = keys::open(settings, progress)?;
        // Better said now than by every beacon.
        keystore.unlock_root()?;
        mesh.beacon = Some(Arc::new(keystore));
    }
    let source = RpcSource::new(chain.provider.clone(), deployment.clone());
    let mut pace = Pace::default();
    pace.poll = args.poll_ms.map_or(pace.poll, Duration::from_millis);
    let chain_id = chain.id;
    let config = NodeConfig {
        store,
        verifier,
        window,
        deployment,
        source: Arc::new(source),
        pace,
        mesh,
        http: options.http,
        allow_remote: options.allow_remote,
        clock: Arc::new(NodeClock::system()),
        proofs: ProofLibrary::open(
            &datadir.proofs(is_dev_chain(chain_id) && settings.srs.is_none()),
            MAX_PROOF_BYTES,
        )?,
        links: make_links(settings, chain_id),
    };
    let json = settings.json;
    service::run(|cancel| async move {
        let node = Node::bind(config, cancel).await?;
        node.run(move |started| {
            output::print(&welcome(&started, chain_id), json);
            service::notify_ready();
        })
        .await?;
        tracing::info!("stopped");
        Ok(())
    })
    .await
}

fn welcome(started: &Started, chain_id: u64) -> Reply {
    let listen: Vec<String> = started.listen.iter().map(ToString::to_string).collect();
    let peers: Vec<String> = listen.iter().map(|address| format!("{address}/p2p/{}", started.peer)).collect();
    let url = format!("http://{}", started.http);
    let mut lines = vec![
        ("http", url.clone()),
        ("chain id", chain_id.to_string()),
        ("peer id", started.peer.to_string()),
    ];
    lines.extend(peers.iter().map(|peer| ("peer", peer.clone())));
    let object = json!({
        "http": url,
        "chain_id": chain_id,
        "peer_id": started.peer.to_string(),
        "listen": listen,
        "peers": peers,
    });
    Reply::new(format!("{}\n\nCtrl-C stops it.", pairs(lines)), object)
}

/// Makes the keys of the link circuits when the first proof is fetched.
fn make_links(settings: &Settings, chain_id: u64) -> MakeLinks {
    let srs = settings.srs.clone();
    Box::new(move || {
        let links = setup::links(srs.as_deref(), Progress::Quiet).map_err(|error| format!("{error:#}"))?;
        if links.is_developer() && !is_dev_chain(chain_id) {
            return Err(format!(
                "installs cannot be verified on chain {chain_id} under the developer setup, with which anybody can forge a link \
                 proof: give the node a ceremony file (--srs FILE)"
            ));
        }
        Ok(links)
    })
}

fn mesh_config(datadir: &DataDir, options: &Options, deployment: &Deployment) -> Result<MeshConfig> {
    let key = NodeKey::load_or_create(&datadir.node_key())?;
    let addresses = &deployment.addresses;
    let mut mesh =
        MeshConfig::new(key, deployment.chain_id, addresses.receipt_anchor, addresses.operator_registry);
    mesh.listen = options.listen.clone();
    mesh.external = options.external.clone();
    mesh.bootstrap = options.peers.clone();
    mesh.private_addresses = is_dev_chain(deployment.chain_id);
    Ok(mesh)
}

/// The pinned verifying key: as it was written down before, or made from the setup of the settings, which takes seconds.
fn verifying_key(
    datadir: &DataDir,
    settings: &Settings,
    pinned: VerifierKey,
    progress: Progress,
) -> Result<Verifier> {
    let path = datadir.verifying_key(pinned);
    if let Some(key) = known_key(&path).filter(|key| key.key() == pinned) {
        return Ok(key);
    }
    let prover = setup::prover(settings.srs.as_deref(), progress)?;
    let key = prover.verifier().clone();
    ensure!(
        key.key() == pinned,
        "the setup gives the verifier key {}, the deployment names {pinned}: another circuit version, or another setup \
         (--srs FILE)",
        key.key()
    );
    write_whole(&path, &key.to_bytes()).wrap_err("cannot keep the verifying key")?;
    Ok(key)
}

/// A file that is missing or damaged is made again: the key in it is pinned by its digest.
fn known_key(path: &Path) -> Option<Verifier> {
    let bytes = read_limited(path, "verifying key", MAX_KEY).ok()?;
    Verifier::from_bytes::<LaunchCircuit>(&bytes).ok()
}
