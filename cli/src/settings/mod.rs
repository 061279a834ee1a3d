//! Settings: every value resolved once, in the order flag, environment, configuration file, default.

mod env;
mod file;
mod log;
mod sections;

pub use env::{Environment, Process};
pub use log::{LogFormat, LogSettings};
pub use sections::{MarketSection, NodeSection, RelayerSection, layered};

use crate::args::GlobalArgs;
use alloy::signers::local::PrivateKeySigner;
use alloy::transports::http::reqwest::Url;
use eyre::{Result, WrapErr, bail, eyre};
use file::ConfigFile;
use std::path::{Path, PathBuf};

/// Where a passphrase or a PIN comes from. Never from the command line, which other users can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// First line of this file.
    File(PathBuf),
    /// The environment variable itself. Kept out of `Debug` by `Secret`.
    Value(Secret),
    /// Ask on the terminal.
    Prompt,
}

/// A string that never shows in debug output.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// What a command runs with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// One JSON object on stdout.
    pub json: bool,
    /// No progress on stderr.
    pub quiet: bool,
    /// Folder of keys, receipts, store and deployments. May not exist yet; none if there is no home folder either.
    pub datadir: Option<PathBuf>,
    /// Was the folder named (flag, environment or file), or is it the default?
    pub datadir_named: bool,
    /// Chain to talk to.
    pub rpc_url: Option<Url>,
    /// Account that pays for transactions.
    pub account: Option<PrivateKeySigner>,
    /// How to open the keystore.
    pub passphrase: SecretSource,
    /// How to open the token that holds the root key, if it is on one.
    pub pin: SecretSource,
    /// Ceremony file; none means the developer setup.
    pub srs: Option<PathBuf>,
    /// What is logged, and how.
    pub log: LogSettings,
    /// The file's word on `nonos node run`.
    pub node: NodeSection,
    /// The file's word on `nonos relayer run`.
    #[allow(dead_code)]
    pub relayer: RelayerSection,
    /// The file's word on `nonos market`.
    pub market: MarketSection,
}

impl Settings {
    /// Resolves everything once. Errors name the value and where it came from.
    pub fn resolve(flags: &GlobalArgs, env: &impl Environment) -> Result<Self> {
        let home = env.path("HOME")?.map(|home| home.join(".nonos"));
        let datadir_env = env.path("NONOS_DATADIR")?;
        let before_file = flags.datadir.clone().or_else(|| datadir_env.clone()).or_else(|| home.clone());
        let file = match flags.config.clone().or(env.path("NONOS_CONFIG")?) {
            Some(path) => ConfigFile::read(&path)?,
            None => match before_file.map(|dir| dir.join("nonos.toml")).filter(|path| path.exists()) {
                Some(path) => ConfigFile::read(&path)?,
                None => ConfigFile::default(),
            },
        };
        let named = flags.datadir.clone().or(datadir_env).or_else(|| file.datadir.clone());
        let datadir_named = named.is_some();
        Ok(Self {
            json: flags.json,
            quiet: flags.quiet,
            datadir: named.or(home),
            datadir_named,
            rpc_url: rpc_url(flags, env, &file)?,
            account: account(flags, env, &file)?,
            passphrase: secret(&flags.passphrase_file, "NONOS_PASSPHRASE", env, &file.passphrase_file)?,
            pin: secret(&flags.pin_file, "NONOS_PIN", env, &file.pin_file)?,
            srs: flags.srs.clone().or(env.path("NONOS_SRS")?).or_else(|| file.srs.clone()),
            log: LogSettings::resolve(flags, env, &file)?,
            node: file.node,
            relayer: file.relayer,
            market: file.market,
        })
    }

    /// The data folder, or an error that says how to name one.
    pub fn require_datadir(&self) -> Result<&Path> {
        self.datadir
            .as_deref()
            .ok_or_else(|| eyre!("no data folder: HOME is not set; give --datadir DIR or set NONOS_DATADIR"))
    }

    /// The chain's address, or an error that says how to give one.
    pub fn require_rpc_url(&self) -> Result<&Url> {
        self.rpc_url.as_ref().ok_or_else(|| {
            eyre!(
                "this needs a chain: give --rpc-url URL, set NONOS_RPC_URL or put rpc_url into the configuration \
                 file (`nonos devnet` starts one)"
            )
        })
    }
}

fn rpc_url(flags: &GlobalArgs, env: &impl Environment, file: &ConfigFile) -> Result<Option<Url>> {
    let (text, source) = match (&flags.rpc_url, env.text("NONOS_RPC_URL")?, &file.rpc_url) {
        (Some(text), _, _) => (text.clone(), "--rpc-url".to_owned()),
        (None, Some(text), _) => (text, "NONOS_RPC_URL".to_owned()),
        (None, None, Some(text)) => (text.clone(), format!("rpc_url in {}", file.origin())),
        (None, None, None) => return Ok(None),
    };
    let url: Url = text
        .parse()
        .wrap_err_with(|| format!("{source}: `{text}` is not a URL; expected http://host:port"))?;
    if !matches!(url.scheme(), "http" | "https") {
        bail!("{source}: `{text}` has the scheme `{}`; only http and https are spoken", url.scheme());
    }
    Ok(Some(url))
}

fn account(
    flags: &GlobalArgs,
    env: &impl Environment,
    file: &ConfigFile,
) -> Result<Option<PrivateKeySigner>> {
    if let Some(path) = &flags.account_key_file {
        return read_account(path, "--account-key-file").map(Some);
    }
    if let Some(key) = env.text("NONOS_ACCOUNT_KEY")? {
        return parse_account(&key, "NONOS_ACCOUNT_KEY").map(Some);
    }
    if let Some(path) = env.path("NONOS_ACCOUNT_KEY_FILE")? {
        return read_account(&path, "NONOS_ACCOUNT_KEY_FILE").map(Some);
    }
    match &file.account_key_file {
        Some(path) => read_account(path, &format!("account_key_file in {}", file.origin())).map(Some),
        None => Ok(None),
    }
}

fn read_account(path: &Path, source: &str) -> Result<PrivateKeySigner> {
    let text = std::fs::read_to_string(path)
        .wrap_err_with(|| format!("{source}: cannot read the account key {}", path.display()))?;
    parse_account(&text, &format!("{source}: {}", path.display()))
}

// The key itself must not end up in an error message.
fn parse_account(text: &str, source: &str) -> Result<PrivateKeySigner> {
    let text = text.trim();
    text.strip_prefix("0x").unwrap_or(text).parse().map_err(|_| {
        eyre!("{source}: not a secp256k1 secret key; expected 64 hex digits, found {} characters", text.len())
    })
}

/// The flag, then the variable with the secret itself, then the one with a file's name, then the configuration.
fn secret(
    flag: &Option<PathBuf>,
    variable: &str,
    env: &impl Environment,
    file: &Option<PathBuf>,
) -> Result<SecretSource> {
    if let Some(path) = flag {
        return Ok(SecretSource::File(path.clone()));
    }
    if let Some(value) = env.text(variable)? {
        return Ok(SecretSource::Value(Secret(value)));
    }
    if let Some(path) = env.path(&format!("{variable}_FILE"))? {
        return Ok(SecretSource::File(path));
    }
    Ok(file.clone().map_or(SecretSource::Prompt, SecretSource::File))
}

#[cfg(test)]
mod tests;
