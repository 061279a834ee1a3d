//! `nonos market`: buying launches, serving them, challenging bad leaves.

mod account;
mod challenge;
mod end;
mod launcher;
pub(crate) mod metrics;
mod operate;
mod request;
mod status;

use crate::chain::{Chain, read_deployment};
use crate::datadir::DataDir;
use crate::ether::{AmountArgs, WithdrawArgs};
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::{Environment, Process, Settings};
use alloy::signers::local::PrivateKeySigner;
use alloy_primitives::B256;
use clap::{Args, Subcommand};
use eyre::{Result, bail, eyre};
use nonos_api::NodeClient;
use nonos_contracts::Deployment;
use nonos_core::chain::is_dev_chain;
use nonos_devnet::DEV_KEYS;
use nonos_market::HttpNode;
use nonos_market::chain::{EvmChain, Patience, Sender};
use nonos_market::requester::Requester;
use std::sync::Arc;

/// The node that is asked if nobody names one.
const DEFAULT_NODE: &str = "http://127.0.0.1:8661";

/// What to do on the market.
#[derive(Debug, Subcommand)]
pub enum MarketCommand {
    /// Put ether into the market account: prices and collateral come out of it
    Deposit(AmountArgs),
    /// Take free ether out of the market account
    Withdraw(WithdrawArgs),
    /// Ask for a launch: upload the input, submit the request, wait for the receipt
    Request(Box<request::RequestArgs>),
    /// Where a request stands, or without one: account and terms
    Status(status::StatusArgs),
    /// Take back a request that nobody locked
    Cancel(end::EndArgs),
    /// Mark a request as expired that nobody locked in time
    Expire(end::EndArgs),
    /// Slash a lock whose receipt did not come; a tenth of the collateral is the caller's
    Slash(end::EndArgs),
    /// End a lock neutrally after its verifier was stopped or removed
    Unwind(end::EndArgs),
    /// Show the input of a request that its locker demands; `request` does so by itself while it waits
    Answer(end::AnswerArgs),
    /// Operator service: watch, lock, launch, claim and collect until told to stop
    Bid(Box<operate::BidArgs>),
    /// Serve one request to its end, then exit
    Fulfil(Box<operate::FulfilArgs>),
    /// Challenger service: look at every anchored leaf, void bad ones
    Challenge(challenge::ChallengeArgs),
}

impl MarketCommand {
    /// Whether it runs until it is told to stop.
    pub const fn is_service(&self) -> bool {
        matches!(self, Self::Bid(_) | Self::Challenge(_))
    }
}

/// Runs one of them.
pub async fn run(command: MarketCommand, settings: &Settings, progress: Progress) -> Result<Reply> {
    match command {
        MarketCommand::Deposit(args) => account::deposit(&args, settings, progress).await,
        MarketCommand::Withdraw(args) => account::withdraw(&args, settings, progress).await,
        MarketCommand::Request(args) => request::run(*args, settings, progress).await,
        MarketCommand::Status(args) => status::run(&args, settings).await,
        MarketCommand::Cancel(args) => end::run(&args, end::How::Cancel, settings, progress).await,
        MarketCommand::Expire(args) => end::run(&args, end::How::Expire, settings, progress).await,
        MarketCommand::Slash(args) => end::run(&args, end::How::Slash, settings, progress).await,
        MarketCommand::Unwind(args) => end::run(&args, end::How::Unwind, settings, progress).await,
        MarketCommand::Answer(args) => end::answer(&args, settings, progress).await,
        MarketCommand::Bid(args) => operate::bid(*args, settings, progress).await,
        MarketCommand::Fulfil(args) => operate::fulfil(*args, settings, progress).await,
        MarketCommand::Challenge(args) => challenge::run(args, settings, progress).await,
    }
}

/// Which node to ask.
#[derive(Debug, Clone, Default, Args)]
pub struct NodeArgs {
    /// HTTP address of the node [env: NONOS_MARKET_NODE] [file: market.node] [default: http://127.0.0.1:8661]
    #[arg(long, value_name = "URL")]
    node: Option<String>,
}

impl NodeArgs {
    fn client(&self, settings: &Settings) -> Result<NodeClient> {
        let named =
            self.node.clone().map_or_else(|| Process.text("NONOS_MARKET_NODE"), |url| Ok(Some(url)))?;
        let url = named.or_else(|| settings.market.node.clone());
        Ok(NodeClient::new(url.as_deref().unwrap_or(DEFAULT_NODE))?)
    }
}

/// Chain, deployment, account and node of a command.
pub(crate) struct Site {
    pub(crate) datadir: DataDir,
    pub(crate) chain: Chain,
    pub(crate) deployment: Deployment,
    pub(crate) market: EvmChain,
    pub(crate) node: Arc<HttpNode>,
}

impl Site {
    pub(crate) async fn open(settings: &Settings, node: &NodeArgs) -> Result<Self> {
        let datadir = DataDir::open(settings)?;
        let chain = Chain::connect(settings).await?;
        let deployment = read_deployment(&datadir, &chain).await?;
        let sender =
            Sender::new(chain.provider.clone(), signer(&chain, settings)?, chain.id, Patience::default());
        let market = EvmChain::new(chain.provider.clone(), deployment.clone(), Arc::new(sender));
        let node = Arc::new(HttpNode(node.client(settings)?));
        Ok(Self { datadir, chain, deployment, market, node })
    }

    fn requester(&self) -> Requester {
        Requester::new(self.market.clone(), self.node.clone())
    }
}

/// The account that signs: the one named, or the first well-known one of a development chain.
fn signer(chain: &Chain, settings: &Settings) -> Result<PrivateKeySigner> {
    match &settings.account {
        Some(account) => Ok(account.clone()),
        None if is_dev_chain(chain.id) => Ok(PrivateKeySigner::from_bytes(&DEV_KEYS[0])?),
        None => bail!(
            "chain {} is not a development chain, so an account has to be named: give --account-key-file FILE or set \
             NONOS_ACCOUNT_KEY",
            chain.id
        ),
    }
}

/// A 32-byte id in hex.
pub(crate) fn id(text: &str) -> Result<B256> {
    text.parse().map_err(|_| eyre!("`{text}` is no id; expected 0x and 64 hex digits"))
}
