//! The configuration file: TOML, unknown keys refused, relative paths taken from the file's own folder.

use super::sections::{MarketSection, NodeSection, RelayerSection};
use eyre::{Result, WrapErr, eyre};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// What the file may say. Every key is optional.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// Folder of keys, receipts, store and deployments.
    pub datadir: Option<PathBuf>,
    /// JSON-RPC address of the chain.
    pub rpc_url: Option<String>,
    /// File with the key that pays for transactions. A key itself does not belong into a configuration file.
    pub account_key_file: Option<PathBuf>,
    /// File whose first line opens the keystore.
    pub passphrase_file: Option<PathBuf>,
    /// File whose first line is the PIN of the token with the root key.
    pub pin_file: Option<PathBuf>,
    /// Ceremony file.
    pub srs: Option<PathBuf>,
    /// What is logged.
    pub log: Option<String>,
    /// `text` or `json`.
    pub log_format: Option<String>,
    /// Settings of `nonos node run`.
    #[serde(default)]
    pub node: NodeSection,
    /// Settings of `nonos relayer run`.
    #[serde(default)]
    pub relayer: RelayerSection,
    /// Settings of `nonos market`.
    #[serde(default)]
    pub market: MarketSection,
    #[serde(skip)]
    path: PathBuf,
}

impl ConfigFile {
    /// Reads `path`. The error carries the parser's line and column.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .wrap_err_with(|| format!("cannot read the configuration file {}", path.display()))?;
        let mut file: Self = toml::from_str(&text)
            .map_err(|error| eyre!("the configuration file {} is wrong: {error}", path.display()))?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        for entry in [
            &mut file.datadir,
            &mut file.account_key_file,
            &mut file.passphrase_file,
            &mut file.pin_file,
            &mut file.srs,
        ] {
            if let Some(relative) = entry.take() {
                *entry = Some(folder.join(relative));
            }
        }
        file.path = path.to_owned();
        Ok(file)
    }

    /// The file's name, for error messages.
    pub fn origin(&self) -> std::path::Display<'_> {
        self.path.display()
    }
}
