//! `nonos operator`: being one. Enrolment with a proof, rotation, exit, and what becomes of the deposit.

mod enrol;
mod leave;
mod status;

use crate::chain::{Chain, OperatorFacts, read_deployment};
use crate::commands::keys;
use crate::datadir::DataDir;
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use alloy_primitives::B256;
use clap::Subcommand;
use eyre::{Result, ensure};
use nonos_contracts::Deployment;
use nonos_node::keys::Keystore;

/// What to do as an operator.
#[derive(Debug, Subcommand)]
pub enum OperatorCommand {
    /// Enrol: prove in zero knowledge that the root key signed this identity, and pay the deposit
    Enrol(enrol::EnrolArgs),
    /// Replace the identity by a new one with a secret of its own, before it expires or after it leaked
    Rotate(enrol::RotateArgs),
    /// Leave the operator tree; the deposit can be withdrawn after the unbonding delay
    Exit,
    /// Show the enrolment: expiry, leaf, liabilities, deposits, and whether this keystore has its secret
    Status(status::StatusArgs),
    /// Remove an operator's expired leaf, for the bounty
    Expire(leave::ExpireArgs),
    /// Release the deposits that are due, and withdraw the balance
    Withdraw(leave::WithdrawArgs),
}

/// Runs one of them.
pub async fn run(command: OperatorCommand, settings: &Settings, progress: Progress) -> Result<Reply> {
    match command {
        OperatorCommand::Enrol(args) => enrol::enrol(&args, settings, progress).await,
        OperatorCommand::Rotate(args) => enrol::rotate(&args, settings, progress).await,
        OperatorCommand::Exit => leave::exit(settings, progress).await,
        OperatorCommand::Status(args) => status::run(&args, settings, progress).await,
        OperatorCommand::Expire(args) => leave::expire(&args, settings, progress).await,
        OperatorCommand::Withdraw(args) => leave::withdraw(&args, settings, progress).await,
    }
}

/// The registry and the operator whose keystore this is.
struct Desk {
    datadir: DataDir,
    chain: Chain,
    deployment: Deployment,
    keystore: Keystore,
    root: B256,
    facts: OperatorFacts,
}

impl Desk {
    async fn open(settings: &Settings, progress: Progress) -> Result<Self> {
        let datadir = DataDir::open(settings)?;
        let chain = Chain::connect(settings).await?;
        let deployment = read_deployment(&datadir, &chain).await?;
        let keystore = keys::open(settings, progress)?;
        let root = keystore.root_public().into();
        let facts = chain.operator(&deployment, root).await?;
        Ok(Self { datadir, chain, deployment, keystore, root, facts })
    }

    /// An error unless the operator is enrolled and this program can send as its controller.
    fn require_controller(&self) -> Result<()> {
        ensure!(
            self.facts.is_enrolled(),
            "operator {} is not enrolled on chain {} (any more); `nonos operator enrol` does that",
            self.root,
            self.chain.id
        );
        let (controller, account) = (self.facts.controller, self.chain.account()?);
        ensure!(
            self.chain.has_account(controller),
            "operator {} is controlled by {controller}, but transactions would be sent from {account}: name the controller's \
             key with --account-key-file",
            self.root
        );
        Ok(())
    }
}

/// A root key, 32 bytes in hex.
fn root_key(text: &str) -> Result<B256, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is not an operator: expected its root key, 0x and 64 hex digits"))
}
