//! [`Devnet`]: the handle everyone holds. Cloning it is cheap and gives the same chain.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, mpsc},
    thread,
    time::Duration,
};

use alloy::{rpc::client::RpcClient, signers::local::PrivateKeySigner};
use alloy_primitives::{Address, U256};

use crate::{
    Config, MiningMode, Orphans, accounts::dev_accounts, chain::Chain, error::RpcError,
    transport::DevnetTransport,
};

/// How often [`Devnet::client`] looks for new blocks.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// An embedded EVM chain.
#[derive(Clone)]
pub struct Devnet(Arc<Inner>);

struct Inner {
    chain: RwLock<Chain>,
    accounts: Vec<PrivateKeySigner>,
    config: Config,
    /// Ends the interval miner when dropped.
    miner: Mutex<Option<mpsc::Sender<()>>>,
}

impl fmt::Debug for Devnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Devnet").field("chain_id", &self.chain_id()).field("height", &self.height()).finish()
    }
}

impl Default for Devnet {
    fn default() -> Self {
        Self::new(Config::default())
    }
}

impl Devnet {
    /// Starts a chain at its genesis block.
    pub fn new(config: Config) -> Self {
        let mining = config.mining;
        let devnet = Self(Arc::new(Inner {
            chain: RwLock::new(Chain::new(config.clone())),
            accounts: dev_accounts(),
            config,
            miner: Mutex::new(None),
        }));
        devnet.schedule(mining);
        devnet
    }

    /// A transport for alloy: `RpcClient::new(devnet.transport(), true)`.
    pub fn transport(&self) -> DevnetTransport {
        DevnetTransport::new(self.clone())
    }

    /// An alloy client on [`Self::transport`] that polls every 5 ms instead of alloy's 250 ms, so that waiting for
    /// receipts does not slow tests: `ProviderBuilder::new().connect_client(devnet.client())`.
    pub fn client(&self) -> RpcClient {
        RpcClient::new(self.transport(), true).with_poll_interval(POLL_INTERVAL)
    }

    /// The ten development accounts, each with [`Config::balance`] at genesis.
    pub fn accounts(&self) -> &[PrivateKeySigner] {
        &self.0.accounts
    }

    /// EIP-155 chain id.
    pub fn chain_id(&self) -> u64 {
        self.0.config.chain_id
    }

    /// The settings the chain was started with.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// Number of the newest block.
    pub fn height(&self) -> u64 {
        self.read().height()
    }

    /// Timestamp of the newest block, Unix seconds.
    pub fn timestamp(&self) -> u64 {
        self.read().head().header.timestamp
    }

    /// Makes `count` blocks; the first takes what is ready in the pool.
    pub fn mine(&self, count: u64) -> Result<(), RpcError> {
        self.write().mine_many(count, None)
    }

    /// Moves the clock forward by `seconds`. The next block shows it.
    pub fn increase_time(&self, seconds: u64) {
        self.write().clock.increase(seconds);
    }

    /// Fixes the timestamp of the next block; an error if that is before the newest one's.
    pub fn set_next_timestamp(&self, timestamp: u64) -> Result<(), RpcError> {
        let mut chain = self.write();
        let parent = chain.head().header.timestamp;
        chain.clock.set_next(timestamp, parent)
    }

    /// Gives an account a balance in wei, outside of any transaction.
    pub fn set_balance(&self, address: Address, balance: U256) {
        self.write().override_account(address, |info, _| info.balance = balance);
    }

    /// Remembers this moment (blocks, state, clock). The id is good for one [`Self::revert`].
    pub fn snapshot(&self) -> Result<u64, RpcError> {
        self.write().snapshot()
    }

    /// Goes back to a snapshot; false when the id is unknown or used up. Transactions mined since are lost.
    pub fn revert(&self, id: u64) -> Result<bool, RpcError> {
        self.write().revert(id)
    }

    /// Removes the newest `depth` blocks and makes none in their place.
    pub fn rollback(&self, depth: u64, orphans: Orphans) -> Result<(), RpcError> {
        self.write().rollback(depth, orphans)
    }

    /// A reorganisation: replaces the newest `depth` blocks by as many others with different hashes. Requeued
    /// transactions go into the first of them, dropped ones are gone.
    pub fn reorg(&self, depth: u64, orphans: Orphans) -> Result<(), RpcError> {
        let mut chain = self.write();
        chain.rollback(depth, orphans)?;
        chain.mine_many(depth, None)
    }

    /// Switches between instant, interval and manual mining.
    pub fn set_mining(&self, mode: MiningMode) -> Result<(), RpcError> {
        let mut chain = self.write();
        chain.config.mining = mode;
        chain.mine_if_instant()?;
        drop(chain);
        self.schedule(mode);
        Ok(())
    }

    /// Replaces the interval miner by one for this mode. It is a thread, so that a chain used without a runtime
    /// still makes blocks; it ends with the last handle.
    fn schedule(&self, mode: MiningMode) {
        let mut miner = self.0.miner.lock().unwrap_or_else(PoisonError::into_inner);
        *miner = None;
        let MiningMode::Interval(period) = mode else { return };
        let (stop, stopped) = mpsc::channel::<()>();
        *miner = Some(stop);
        let weak = Arc::downgrade(&self.0);
        thread::spawn(move || {
            while stopped.recv_timeout(period) == Err(mpsc::RecvTimeoutError::Timeout) {
                let Some(inner) = weak.upgrade() else { return };
                // Mining only fails when state is inconsistent; a block less is the visible sign.
                let _ = Self(inner).mine(1);
            }
        });
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Chain> {
        self.0.chain.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, Chain> {
        self.0.chain.write().unwrap_or_else(PoisonError::into_inner)
    }
}
