//! `nonos relayer bond | deposit | withdraw`.

use super::signer;
use crate::chain::{Chain, read_deployment};
use crate::datadir::DataDir;
use crate::ether::{AmountArgs, ether, in_ether};
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::table::pairs;
use alloy::providers::DynProvider;
use alloy_primitives::{Address, U256};
use clap::Args;
use eyre::Result;
use nonos_relayer::bond;
use serde_json::json;

/// Arguments of `nonos relayer withdraw`.
#[derive(Debug, Args)]
pub struct WithdrawArgs {
    /// Ether, such as 0.5
    #[arg(value_parser = ether)]
    amount: U256,
    /// Who gets it [default: the relayer's account]
    #[arg(long, value_name = "ADDRESS")]
    to: Option<Address>,
}

struct Account {
    provider: DynProvider,
    anchor: Address,
    address: Address,
}

impl Account {
    async fn open(settings: &Settings) -> Result<Self> {
        let chain = Chain::connect(settings).await?;
        let deployment = read_deployment(&DataDir::open(settings)?, &chain).await?;
        let address = signer(&chain, settings)?.address();
        Ok(Self { provider: chain.provider, anchor: deployment.addresses.receipt_anchor, address })
    }

    async fn reply(&self) -> Result<Reply> {
        let bond = bond::bond(&self.provider, self.anchor, self.address).await?;
        let text = pairs([
            ("account", self.address.to_string()),
            ("free", in_ether(bond.free)),
            ("locked", in_ether(bond.locked)),
            ("each batch locks", in_ether(bond.slice)),
            ("enough for", format!("{} more batches", bond.batches())),
        ]);
        let object = json!({
            "account": self.address, "free_wei": bond.free.to_string(), "locked_wei": bond.locked.to_string(),
            "slice_wei": bond.slice.to_string(), "batches": bond.batches().to_string(),
        });
        Ok(Reply::new(text, object))
    }
}

/// Shows the bond.
pub async fn show(settings: &Settings) -> Result<Reply> {
    Account::open(settings).await?.reply().await
}

/// Pays in, and shows the bond.
pub async fn deposit(args: &AmountArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let account = Account::open(settings).await?;
    let step = progress.step("depositing");
    bond::deposit(&account.provider, account.anchor, account.address, args.amount).await?;
    step.done("");
    account.reply().await
}

/// Takes out, and shows the bond.
pub async fn withdraw(args: &WithdrawArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let account = Account::open(settings).await?;
    let to = args.to.unwrap_or(account.address);
    let step = progress.step("withdrawing");
    bond::withdraw(&account.provider, account.anchor, account.address, args.amount, to).await?;
    step.done("");
    account.reply().await
}
