//! `nonos chain addresses`: where the contracts are.

use crate::chain::{Chain, read_deployment};
use crate::datadir::DataDir;
use crate::output::Reply;
use crate::settings::Settings;
use eyre::Result;
use serde_json::json;

/// Reads the deployment file of the chain and checks it against the chain.
pub async fn run(settings: &Settings) -> Result<Reply> {
    let chain = Chain::connect(settings).await?;
    let deployment = read_deployment(&DataDir::open(settings)?, &chain).await?;
    Ok(Reply::new(super::lines(&deployment), json!(deployment)))
}
