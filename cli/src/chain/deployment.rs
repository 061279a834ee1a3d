//! The deployment file of a chain, in the data folder.

use super::Chain;
use crate::datadir::{DataDir, read_limited, write_whole};
use eyre::{Result, WrapErr, bail};
use nonos_contracts::Deployment;
use std::path::PathBuf;

/// Writes the file; gives its name.
pub fn write_deployment(datadir: &DataDir, deployment: &Deployment) -> Result<PathBuf> {
    let path = datadir.deployment(deployment.chain_id);
    let mut text = serde_json::to_string_pretty(deployment).wrap_err("cannot encode the deployment")?;
    text.push('\n');
    write_whole(&path, text.as_bytes())?;
    Ok(path)
}

/// Reads the file of this chain and checks that the contracts are really there.
pub async fn read_deployment(datadir: &DataDir, chain: &Chain) -> Result<Deployment> {
    let path = datadir.deployment(chain.id);
    if !path.exists() {
        bail!(
            "no deployment is known for chain {}: {} does not exist; `nonos chain deploy` makes it",
            chain.id,
            path.display()
        );
    }
    let bytes = read_limited(&path, "deployment file", 1 << 20)?;
    let deployment: Deployment = serde_json::from_slice(&bytes)
        .wrap_err_with(|| format!("the deployment file {} is wrong", path.display()))?;
    deployment
        .check(&chain.provider)
        .await
        .wrap_err_with(|| format!("the deployment in {} cannot be used", path.display()))?;
    Ok(deployment)
}
