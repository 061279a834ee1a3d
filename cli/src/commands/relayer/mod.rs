//! `nonos relayer`: the service that anchors receipts in batches, and the bond it answers with.

mod bond;
mod run;

use crate::chain::Chain;
use crate::ether::AmountArgs;
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use alloy::signers::local::PrivateKeySigner;
use clap::Subcommand;
use eyre::{Result, bail};
use nonos_core::chain::is_dev_chain;
use nonos_devnet::DEV_KEYS;

/// Which of the well-known accounts relays on a development chain where none is named: the last, which nobody else takes.
const DEV_ACCOUNT: usize = DEV_KEYS.len() - 1;

/// `nonos relayer ...`
#[derive(Debug, Subcommand)]
pub enum RelayerCommand {
    /// Collect receipts from the node, anchor them in batches, follow the batches to finality
    Run(run::RunArgs),
    /// Show the bond and for how many batches it is enough
    Bond,
    /// Pay into the bond
    Deposit(AmountArgs),
    /// Take out of the free part of the bond
    Withdraw(bond::WithdrawArgs),
}

/// Runs the command.
pub async fn run(command: RelayerCommand, settings: &Settings, progress: Progress) -> Result<Reply> {
    match command {
        RelayerCommand::Run(args) => run::run(args, settings).await,
        RelayerCommand::Bond => bond::show(settings).await,
        RelayerCommand::Deposit(args) => bond::deposit(&args, settings, progress).await,
        RelayerCommand::Withdraw(args) => bond::withdraw(&args, settings, progress).await,
    }
}

/// The key of the relayer: the settings' account.
fn signer(chain: &Chain, settings: &Settings) -> Result<PrivateKeySigner> {
    if let Some(account) = &settings.account {
        return Ok(account.clone());
    }
    if !is_dev_chain(chain.id) {
        bail!(
            "chain {} is not a development chain, so the relayer's account has to be named: give --account-key-file FILE or \
             set NONOS_ACCOUNT_KEY",
            chain.id
        );
    }
    Ok(PrivateKeySigner::from_bytes(&DEV_KEYS[DEV_ACCOUNT])?)
}
