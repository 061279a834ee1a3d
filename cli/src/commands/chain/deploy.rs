//! `nonos chain deploy`: every contract, wired, checked, and remembered.

use crate::chain::{Chain, write_deployment};
use crate::commands::capsule::PolicySpec;
use crate::datadir::{DataDir, read_limited};
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use alloy_primitives::{Address, U256};
use clap::Args;
use eyre::{Result, WrapErr, bail, eyre};
use nonos_contracts::{DeployConfig, MarketConfig, Stakes, Times};
use nonos_core::chain::is_dev_chain;
use nonos_core::policy::Policy;
use nonos_node::capsule_runtime::{caps::Capability, syscalls};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Deposit of an operator: 0.1 ETH.
const DEPOSIT_WEI: u128 = 100_000_000_000_000_000;

/// Arguments of `nonos chain deploy`.
#[derive(Debug, Args)]
pub struct DeployArgs {
    /// Mesh floor: TOML with the keys of a capsule's [policy]; catalogs may not be laxer [default: full sandbox, no network]
    #[arg(long, value_name = "FILE")]
    floor: Option<PathBuf>,
    /// Deposit of an operator in wei
    #[arg(long, default_value_t = DEPOSIT_WEI)]
    deposit: u128,
    /// Owner of the verifier router [default: the sender]
    #[arg(long, value_name = "ADDRESS")]
    owner: Option<Address>,
    /// Who may stop verifiers besides the owner [default: nobody]
    #[arg(long, value_name = "ADDRESS")]
    guardian: Option<Address>,
    #[command(flatten)]
    terms: TermsArgs,
}

/// What is fixed for ever at deployment. Short times are for development chains.
#[derive(Debug, Args)]
#[command(next_help_heading = "Terms")]
struct TermsArgs {
    /// Time from anchoring a batch to its finality [default: 7 days]
    #[arg(long, value_name = "SECONDS")]
    challenge_window: Option<u64>,
    /// Time to answer a demand, at most an eighth of the window [default: 12 hours, or what fits]
    #[arg(long, value_name = "SECONDS")]
    reveal_period: Option<u64>,
    /// Time after finality for which a relayer's slice stays locked [default: 7 days]
    #[arg(long, value_name = "SECONDS")]
    late_slash: Option<u64>,
    /// Time from an operator's exit to the release of its deposit [default: 14 days]
    #[arg(long, value_name = "SECONDS")]
    unbonding_delay: Option<u64>,
    /// Oldest launch that is recorded [default: 1 day]
    #[arg(long, value_name = "SECONDS")]
    max_receipt_age: Option<u64>,
    /// Time that a transaction may need to be included [default: 1 hour]
    #[arg(long, value_name = "SECONDS")]
    inclusion_margin: Option<u64>,
    /// Bond that a relayer locks for each batch [default: 0.1 ETH]
    #[arg(long, value_name = "WEI")]
    slice: Option<u128>,
    /// Lowest base fee at which demands are priced [default: 1 gwei]
    #[arg(long, value_name = "WEI")]
    base_fee_floor: Option<u64>,
    /// Time to have a receipt verified after its claim was dropped [default: 1 hour]
    #[arg(long, value_name = "SECONDS")]
    grace: Option<u64>,
}

impl TermsArgs {
    fn times(&self) -> Times {
        let defaults = Times::default();
        let window = self.challenge_window.unwrap_or(defaults.challenge_window);
        let fitted = defaults.with_challenge_window(window);
        Times {
            max_receipt_age: self.max_receipt_age.unwrap_or(fitted.max_receipt_age),
            inclusion_margin: self.inclusion_margin.unwrap_or(fitted.inclusion_margin),
            reveal_period: self.reveal_period.unwrap_or(fitted.reveal_period),
            late_slash: self.late_slash.unwrap_or(fitted.late_slash),
            unbonding_delay: self.unbonding_delay.unwrap_or(fitted.unbonding_delay),
            ..fitted
        }
    }

    fn stakes(&self) -> Stakes {
        let defaults = Stakes::default();
        Stakes {
            slice: self.slice.unwrap_or(defaults.slice),
            base_fee_floor: self.base_fee_floor.unwrap_or(defaults.base_fee_floor),
        }
    }

    fn market(&self) -> MarketConfig {
        let defaults = MarketConfig::default();
        MarketConfig { grace: self.grace.unwrap_or(defaults.grace), ..defaults }
    }
}

/// Deploys from the settings' account and writes the deployment file.
pub async fn run(args: &DeployArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let chain = Chain::connect(settings).await?;
    let sender = chain.account()?;
    let floor = match &args.floor {
        Some(path) => read_floor(path)?,
        None => mesh_floor(),
    };
    if !is_dev_chain(chain.id) {
        bail!(
            "chain {} is not a development chain, and the checked-in verifier stands on the developer setup, whose \
             trapdoor is public: generate one with `nonos circuit gen-solidity --srs FILE`, build the contracts with it, \
             and build this program again",
            chain.id
        );
    }
    let config = DeployConfig {
        owner: args.owner.unwrap_or(sender),
        guardian: args.guardian.unwrap_or_default(),
        policy_floor: floor,
        operator_deposit: U256::from(args.deposit),
        times: args.terms.times(),
        stakes: args.terms.stakes(),
        market: args.terms.market(),
        verification: None,
    };
    let step = progress.step("deploying the contracts");
    let deployment = nonos_contracts::deploy(&chain.provider, &config).await?;
    step.done("");
    let path = write_deployment(&DataDir::open(settings)?, &deployment)?;
    let text = format!("{}\n\nwritten to {}", super::lines(&deployment), path.display());
    Ok(Reply::new(text, json!({ "file": path, "deployment": deployment })))
}

/// What a development chain gets: the checked-in verifier and this floor.
pub fn config(owner: Address, policy_floor: Policy) -> DeployConfig {
    let operator_deposit = U256::from(DEPOSIT_WEI);
    DeployConfig { operator_deposit, ..DeployConfig::new(owner, policy_floor) }
}

/// The default floor: every layer of the sandbox, its own system calls, any capability, 4 GiB, no network.
pub fn mesh_floor() -> Policy {
    let capabilities = Capability::ALL.iter().fold(0, |bits, capability| bits | capability.mask());
    Policy {
        required_cpu: 0,
        min_isolation: 4,
        allowed_syscalls: syscalls::bitmap(capabilities),
        allowed_caps: capabilities,
        max_memory_pages: 65_536,
        max_network: 0,
        measurements: Vec::new(),
    }
}

fn read_floor(path: &Path) -> Result<Policy> {
    let bytes = read_limited(path, "mesh floor", 1 << 20)?;
    let text = String::from_utf8_lossy(&bytes);
    let spec: PolicySpec = toml::from_str(&text)
        .map_err(|error| eyre!("the mesh floor {} is wrong: {error}", path.display()))?;
    spec.policy().wrap_err_with(|| format!("the mesh floor {} is wrong", path.display()))
}
