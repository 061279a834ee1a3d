//! Connecting: over HTTP or to a chain in this process, with the accounts that sign.

use crate::settings::Settings;
use alloy::network::EthereumWallet;
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::client::RpcClient;
use alloy::signers::local::PrivateKeySigner;
use alloy::transports::http::{Http, reqwest};
use alloy_primitives::Address;
use eyre::{Result, WrapErr, ensure, eyre};
use nonos_core::chain::is_dev_chain;
use nonos_devnet::{DEV_KEYS, Devnet};
use std::time::Duration;

/// How often a receipt is asked for while alloy itself waits for one.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// How long a node may take to accept a connection, and to answer.
const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(60);

/// A chain, and the accounts that can send to it.
#[derive(Debug, Clone)]
pub struct Chain {
    /// alloy's provider; signs for every account in `accounts`.
    pub provider: DynProvider,
    /// EIP-155 chain id.
    pub id: u64,
    /// Accounts, the default sender first. Empty: reading only.
    accounts: Vec<Address>,
}

impl Chain {
    /// The chain of the settings, over HTTP. A development chain without a named account uses the well-known ones.
    pub async fn connect(settings: &Settings) -> Result<Self> {
        let url = settings.require_rpc_url()?;
        let http = reqwest::Client::builder().connect_timeout(CONNECT).timeout(ANSWER).build();
        let http = http.wrap_err("cannot set up the HTTP client")?;
        let client =
            RpcClient::new(Http::with_client(http, url.clone()), true).with_poll_interval(POLL_INTERVAL);
        let plain = ProviderBuilder::new().connect_client(client.clone());
        let id = plain.get_chain_id().await.map_err(|error| {
            eyre!("no answer from the chain at {url}: {error}; is it running? (`nonos devnet` starts one)")
        })?;
        let signers = match &settings.account {
            Some(account) => vec![account.clone()],
            None if is_dev_chain(id) => dev_signers(),
            None => Vec::new(),
        };
        Ok(Self::new(client, id, signers))
    }

    /// A chain in this process, with its development accounts.
    pub fn embedded(devnet: &Devnet) -> Self {
        Self::new(devnet.client(), devnet.chain_id(), devnet.accounts().to_vec())
    }

    fn new(client: RpcClient, id: u64, signers: Vec<PrivateKeySigner>) -> Self {
        let accounts = signers.iter().map(PrivateKeySigner::address).collect();
        let mut wallet = EthereumWallet::default();
        // The last one registered becomes alloy's default signer.
        for signer in signers.into_iter().rev() {
            wallet.register_default_signer(signer);
        }
        // The chain is asked for each nonce: services of the same account send too, and a transaction that is refused by
        // its estimate must not leave a gap.
        let provider = ProviderBuilder::new()
            .disable_recommended_fillers()
            .with_gas_estimation()
            .with_simple_nonce_management()
            .fetch_chain_id()
            .wallet(wallet)
            .connect_client(client)
            .erased();
        Self { provider, id, accounts }
    }

    /// The default sender, or an error that says how to name one.
    pub fn account(&self) -> Result<Address> {
        self.account_at(0)
    }

    /// The sender for role `index`; a chain with fewer accounts gives the same one to several roles.
    pub fn account_at(&self, index: usize) -> Result<Address> {
        ensure!(
            !self.accounts.is_empty(),
            "chain {} is not a development chain, so an account has to be named: give --account-key-file FILE or set \
             NONOS_ACCOUNT_KEY",
            self.id
        );
        Ok(self.accounts[index % self.accounts.len()])
    }

    /// Can this program send from `account`?
    pub fn has_account(&self, account: Address) -> bool {
        self.accounts.contains(&account)
    }

    /// Errors unless this is a development chain: unproven entries and the developer setup exist there only.
    pub fn require_development(&self, what: &str) -> Result<()> {
        ensure!(
            is_dev_chain(self.id),
            "{what} is possible on development chains (31337, 1337) only; this is chain {}",
            self.id
        );
        Ok(())
    }
}

fn dev_signers() -> Vec<PrivateKeySigner> {
    DEV_KEYS.iter().filter_map(|key| PrivateKeySigner::from_bytes(key).ok()).collect()
}
