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
use nonos_contracts::{DeployConfig, Times};
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
        times: Times::default(),
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
    DeployConfig {
        owner,
        guardian: Address::ZERO,
        policy_floor,
        operator_deposit: U256::from(DEPOSIT_WEI),
        times: Times::default(),
    }
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
