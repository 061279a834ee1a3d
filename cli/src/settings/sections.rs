//! The sections of the configuration file, one per service, and how a value of theirs is resolved.

use super::env::Environment;
use eyre::{Result, eyre};
use serde::Deserialize;
use std::fmt::Display;
use std::str::FromStr;

/// `[node]`: what `nonos node run` can be told in the file. Every key is optional.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeSection {
    /// Multiaddrs the mesh listens on.
    pub listen: Option<Vec<String>>,
    /// Multiaddrs under which others reach this node, where they differ from those it listens on.
    pub external: Option<Vec<String>>,
    /// Multiaddrs of peers to dial, each with `/p2p/PEER-ID`.
    pub peers: Option<Vec<String>>,
    /// Address of the HTTP API.
    pub http: Option<String>,
    /// Whether the HTTP API may listen where other machines reach it.
    pub allow_remote: Option<bool>,
    /// `redb` or `sled`.
    pub backend: Option<String>,
}

/// `[relayer]`: what `nonos relayer run` can be told in the file. Every key is optional.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelayerSection {
    /// Address of the relayer's node.
    pub node: Option<String>,
    /// Address of the status server, on loopback.
    pub http: Option<String>,
    /// Most receipts in one batch.
    pub max_batch: Option<u32>,
    /// Seconds after which a smaller batch goes, if gas is cheap enough.
    pub max_age: Option<u64>,
    /// Seconds after which it goes at any price.
    pub hard_age: Option<u64>,
    /// Gwei up to which gas is cheap enough.
    pub gas_ceiling: Option<f64>,
    /// Gwei that no transaction ever exceeds.
    pub fee_cap: Option<f64>,
    /// Blocks after which the chain is taken for settled.
    pub confirmations: Option<u64>,
    /// How often the chain is asked, in milliseconds.
    pub poll_ms: Option<u64>,
}

/// `[market]`: what the agents of `nonos market` can be told in the file. Every key is optional.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarketSection {
    /// HTTP address of the node that the agents ask.
    pub node: Option<String>,
}

/// One value: the flag, or the environment variable, or the file's word, in this order. A variable that does not parse is
/// an error that names it.
pub fn layered<T>(
    flag: Option<T>,
    variable: &str,
    env: &impl Environment,
    file: Option<T>,
) -> Result<Option<T>>
where
    T: FromStr,
    T::Err: Display,
{
    if flag.is_some() {
        return Ok(flag);
    }
    match env.text(variable)? {
        Some(text) => text.parse().map(Some).map_err(|error| eyre!("{variable}: `{text}`: {error}")),
        None => Ok(file),
    }
}
