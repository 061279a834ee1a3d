//! The services of the demo: three nodes, a relayer, an operator's agent and a challenger, each a process of its own.

use super::AGENT;
use super::process::Service;
use crate::chain::write_deployment;
use crate::datadir::{DataDir, write_whole};
use crate::demo::setup::NODES;
use crate::demo::world::{CHALLENGER, OPERATOR, RELAYER, World};
use crate::random::seed;
use eyre::{Result, WrapErr, eyre};
use nonos_api::NodeClient;
use nonos_devnet::DEV_KEYS;
use nonos_node::keys::WorkFactor;
use std::path::{Path, PathBuf};

/// A node and how to speak to it.
pub struct Node {
    /// The process.
    service: Service,
    /// Its HTTP API.
    pub api: NodeClient,
    /// Its HTTP address.
    pub http: String,
    /// Where it listens for peers, with its peer id.
    pub mesh: String,
    /// Its data folder, with its operator's keystore.
    pub folder: PathBuf,
}

/// Everything that runs.
pub struct Fleet {
    /// The nodes, ours first.
    pub nodes: Vec<Node>,
    others: Vec<Service>,
    folder: PathBuf,
    passphrase: String,
    rpc: String,
}

impl Fleet {
    /// Starts the nodes: the first alone, the others with its address.
    pub async fn start(world: &World, folder: &Path) -> Result<Self> {
        let mut fleet = Self {
            nodes: Vec::new(),
            others: Vec::new(),
            folder: folder.to_owned(),
            passphrase: hex::encode(seed()?),
            rpc: world.rpc.clone(),
        };
        for number in 0..NODES {
            let node = fleet.start_node(world, number).await?;
            fleet.nodes.push(node);
        }
        Ok(fleet)
    }

    async fn start_node(&self, world: &World, number: usize) -> Result<Node> {
        let folder = self.folder.join(format!("node-{number}"));
        let datadir = DataDir::create(&folder)?;
        write_deployment(&datadir, &world.deployment)?;
        // What a node makes at its first start. Nodes that start one soon after the other hear each other's first beacons;
        // the next ones come half a minute later.
        let verifier = world.prover.verifier();
        write_whole(&datadir.verifying_key(verifier.key()), &verifier.to_bytes())?;
        // Keys that are thrown away in a minute need no expensive passphrase.
        let work = WorkFactor::new(8)?;
        let operator = world.operators.get(number).ok_or_else(|| eyre!("a node without an operator"))?;
        operator.keystore.save(&datadir.keystore(), &self.passphrase.clone().into(), work)?;
        let mut args = vec![
            "node",
            "run",
            "--listen",
            "/ip4/127.0.0.1/tcp/0",
            "--http",
            "127.0.0.1:0",
            "--beacon",
            "--poll-ms",
            "200",
        ];
        if let Some(first) = self.nodes.first() {
            args.extend(["--peer", &first.mesh]);
        }
        let service = self.service(&format!("node {number}"), &folder, None, &args).await?;
        let http = service.hello("/http")?.to_owned();
        let mesh = service.hello("/peers/0")?.to_owned();
        let api = NodeClient::new(&http).wrap_err("the node's address")?;
        Ok(Node { service, api, http, mesh, folder })
    }

    /// Starts the relayer beside the last node.
    pub async fn start_relayer(&mut self, world: &World) -> Result<()> {
        let http = self.node(NODES - 1)?.http.clone();
        let args = [
            "relayer",
            "run",
            "--node",
            &http,
            "--http",
            "127.0.0.1:0",
            "--max-age",
            "1",
            "--poll-ms",
            "200",
            "--confirmations",
            "1",
        ];
        let folder = self.prepare(world, "relayer")?;
        let service = self.service("the relayer", &folder, Some(RELAYER), &args).await?;
        self.others.push(service);
        Ok(())
    }

    /// Starts an operator's agent beside its node, and a challenger beside another.
    pub async fn start_agents(&mut self, world: &World) -> Result<()> {
        let beside = self.node(AGENT)?;
        let (folder, http) = (beside.folder.clone(), beside.http.clone());
        let args =
            ["market", "bid", "--node", &http, "--poll-ms", "200", "--launch-time", "5", "--margin", "10"];
        let operator = self.service("the operator's agent", &folder, Some(OPERATOR + AGENT), &args).await?;
        let http = self.node(0)?.http.clone();
        let args = ["market", "challenge", "--node", &http, "--patience", "5", "--poll-ms", "200"];
        let folder = self.prepare(world, "challenger")?;
        let challenger = self.service("the challenger", &folder, Some(CHALLENGER), &args).await?;
        self.others.extend([operator, challenger]);
        Ok(())
    }

    /// A node by number.
    pub fn node(&self, number: usize) -> Result<&Node> {
        self.nodes.get(number).ok_or_else(|| eyre!("there is no node {number}"))
    }

    /// An error if any service ended by itself.
    pub fn check(&mut self) -> Result<()> {
        self.nodes
            .iter_mut()
            .map(|node| &mut node.service)
            .chain(&mut self.others)
            .try_for_each(Service::check)
    }

    /// Asks every service to stop, the youngest first; gives their number.
    pub async fn stop(mut self) -> Result<usize> {
        let mut stopped = 0;
        while let Some(service) = self.others.pop() {
            service.stop().await?;
            stopped += 1;
        }
        while let Some(node) = self.nodes.pop() {
            node.service.stop().await?;
            stopped += 1;
        }
        Ok(stopped)
    }

    fn prepare(&self, world: &World, name: &str) -> Result<PathBuf> {
        let folder = self.folder.join(name);
        write_deployment(&DataDir::create(&folder)?, &world.deployment)?;
        Ok(folder)
    }

    async fn service(
        &self,
        name: &str,
        folder: &Path,
        account: Option<usize>,
        args: &[&str],
    ) -> Result<Service> {
        let mut env = vec![("NONOS_PASSPHRASE", self.passphrase.clone())];
        if let Some(account) = account {
            let key =
                DEV_KEYS.get(account).ok_or_else(|| eyre!("there is no development account {account}"))?;
            env.push(("NONOS_ACCOUNT_KEY", key.to_string()));
        }
        let text =
            folder.to_str().ok_or_else(|| eyre!("the folder {} has no plain name", folder.display()))?;
        let mut all = vec!["--datadir", text, "--rpc-url", &self.rpc];
        all.extend(args);
        let all: Vec<String> = all.into_iter().map(str::to_owned).collect();
        let log = self.folder.join(format!("{}.log", name.replace([' ', '\''], "-")));
        Service::start(name, log, &env, &all).await
    }
}
