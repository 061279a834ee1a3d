//! Amounts of ether as people type and read them.

use alloy_primitives::utils::{format_ether, parse_ether};
use alloy_primitives::{Address, U256};
use clap::Args;
use eyre::{Result, eyre};

/// An amount of ether.
#[derive(Debug, Args)]
pub struct AmountArgs {
    /// Ether, such as 0.5
    #[arg(value_parser = ether)]
    pub amount: U256,
}

/// An amount that leaves an account of a market.
#[derive(Debug, Args)]
pub struct WithdrawArgs {
    /// Ether, such as 0.5
    #[arg(value_parser = ether)]
    pub amount: U256,
    /// Who gets it [default: the account itself]
    #[arg(long, value_name = "ADDRESS")]
    pub to: Option<Address>,
}

/// Wei of an amount such as 0.5.
pub fn ether(text: &str) -> Result<U256> {
    parse_ether(text).map_err(|error| eyre!("{error}; expected an amount of ether such as 0.5"))
}

/// The same for what the contracts keep in 128 bits.
pub fn ether_128(text: &str) -> Result<u128> {
    u128::try_from(ether(text)?).map_err(|_| eyre!("{text} ether is more than there is"))
}

/// Wei in ether, with the unit.
pub fn in_ether(wei: U256) -> String {
    format!("{} ETH", format_ether(wei))
}
