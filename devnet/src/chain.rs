//! The chain itself: blocks, state, pool, clock and snapshots under one lock. Every operation either happens whole or
//! returns an error and changes nothing.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use alloy::{
    consensus::{Header, Transaction, TxEnvelope, transaction::SignerRecoverable},
    eips::{
        BlockId, BlockNumberOrTag,
        eip1559::{BaseFeeParams, calc_next_block_base_fee},
        eip2935,
    },
};
use alloy_primitives::{Address, B256, Bytes};
use revm::{
    Database,
    bytecode::Bytecode,
    handler::{Handler, MainnetHandler},
    state::AccountInfo,
};

use crate::{
    accounts::dev_accounts,
    block::{self, Block, Executed, SharedBlock},
    clock::{Clock, wall_time},
    config::{Config, Hardfork, MiningMode},
    error::RpcError,
    evm::{self, View},
    filters::Filters,
    pool::Pool,
    state::{AccountChange, Changes, State, Version},
};

/// Most blocks one mining request may make.
pub(crate) const MAX_MINE: u64 = 100_000;
/// Most live snapshots.
const MAX_SNAPSHOTS: usize = 65_536;

/// Where a query looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    /// After this block of the canonical chain.
    Block(u64),
    /// After the block that would be made now.
    Pending,
}

#[derive(Clone, Copy, Debug)]
struct Snapshot {
    height: u64,
    version: Version,
    clock: Clock,
    next_base_fee: Option<u64>,
}

/// What happens to the transactions of blocks that a reorganisation removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orphans {
    /// They go back to the pool, as on a real network.
    Requeue,
    /// They are lost, as if they had never been sent.
    Drop,
}

/// All that a devnet holds.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) config: Config,
    pub(crate) state: State,
    pub(crate) blocks: Vec<SharedBlock>,
    pub(crate) pool: Pool,
    pub(crate) clock: Clock,
    pub(crate) filters: Filters,
    by_hash: HashMap<B256, u64>,
    tx_index: HashMap<B256, (u64, usize)>,
    snapshots: BTreeMap<u64, Snapshot>,
    last_snapshot: u64,
    next_base_fee: Option<u64>,
    /// Counts rollbacks, so that a block made again after one gets another hash.
    branch: u64,
}

impl Chain {
    pub(crate) fn new(config: Config) -> Self {
        let mut genesis = Changes::default();
        for account in dev_accounts() {
            let info = AccountInfo::from_balance(config.balance);
            genesis
                .accounts
                .insert(account.address(), AccountChange { info: Some(info), ..Default::default() });
        }
        if config.hardfork >= Hardfork::Prague {
            let code = Bytecode::new_raw(eip2935::HISTORY_STORAGE_CODE.clone());
            let info = AccountInfo { nonce: 1, ..AccountInfo::from_bytecode(code.clone()) };
            genesis.codes.insert(info.code_hash, code);
            genesis.accounts.insert(
                eip2935::HISTORY_STORAGE_ADDRESS,
                AccountChange { info: Some(info), ..Default::default() },
            );
        }
        let time = config.genesis_timestamp.unwrap_or_else(wall_time);
        let header = block::genesis_header(&config, time);
        let clock = config.genesis_timestamp.map_or_else(Clock::default, Clock::starting_at);
        let mut chain = Self {
            config,
            state: State::default(),
            blocks: Vec::new(),
            pool: Pool::default(),
            clock,
            filters: Filters::default(),
            by_hash: HashMap::new(),
            tx_index: HashMap::new(),
            snapshots: BTreeMap::new(),
            last_snapshot: 0,
            next_base_fee: None,
            branch: 0,
        };
        chain.append(Executed { header, txs: Vec::new(), changes: genesis, invalid: Vec::new() });
        chain
    }

    /// The newest block. There is always one: genesis is made with the chain.
    pub(crate) fn head(&self) -> &SharedBlock {
        &self.blocks[self.blocks.len() - 1]
    }

    pub(crate) fn height(&self) -> u64 {
        self.head().header.number
    }

    pub(crate) fn block(&self, number: u64) -> Option<&SharedBlock> {
        self.blocks.get(usize::try_from(number).ok()?)
    }

    pub(crate) fn block_by_hash(&self, hash: &B256) -> Option<&SharedBlock> {
        self.block(*self.by_hash.get(hash)?)
    }

    /// Block and index of a mined transaction.
    pub(crate) fn find_tx(&self, hash: &B256) -> Option<(&SharedBlock, usize)> {
        let (number, index) = self.tx_index.get(hash)?;
        Some((self.block(*number)?, *index))
    }

    /// Number a tag stands for; `None` for a block that does not exist yet.
    pub(crate) fn number_of(&self, tag: BlockNumberOrTag) -> Option<At> {
        let final_height = self.height().saturating_sub(self.config.finality_depth);
        match tag {
            BlockNumberOrTag::Latest => Some(At::Block(self.height())),
            BlockNumberOrTag::Safe | BlockNumberOrTag::Finalized => Some(At::Block(final_height)),
            BlockNumberOrTag::Earliest => Some(At::Block(0)),
            BlockNumberOrTag::Pending => Some(At::Pending),
            BlockNumberOrTag::Number(n) => (n <= self.height()).then_some(At::Block(n)),
        }
    }

    /// Resolves a block parameter, with geth's errors for what is not there.
    pub(crate) fn resolve(&self, id: BlockId) -> Result<At, RpcError> {
        match id {
            BlockId::Number(tag) => self.number_of(tag).ok_or_else(|| {
                RpcError::server(format!("header not found: no block {tag}, the head is {}", self.height()))
            }),
            BlockId::Hash(hash) => {
                self.by_hash.get(&hash.block_hash).map(|number| At::Block(*number)).ok_or_else(|| {
                    RpcError::server(format!("header for hash not found: {}", hash.block_hash))
                })
            }
        }
    }

    /// State at the head, with development overrides applied.
    pub(crate) fn view(&self) -> View<'_> {
        View { state: &self.state, blocks: &self.blocks, version: self.state.version() }
    }

    /// State after a block.
    pub(crate) fn view_at(&self, number: u64) -> Result<View<'_>, RpcError> {
        let block = self.block(number).ok_or_else(|| RpcError::server("header not found"))?;
        if block.version < self.state.floor() {
            return Err(RpcError::server(format!(
                "state at block {number} is pruned: history is kept for {} blocks",
                self.config.history_blocks
            )));
        }
        Ok(View { version: block.version, ..self.view() })
    }

    pub(crate) fn nonce(&self, sender: Address) -> u64 {
        self.view().account(sender).nonce
    }

    /// Base fee of the next block, in wei per gas (EIP-1559, or the one set for it).
    pub(crate) fn next_base_fee(&self) -> u64 {
        let head = &self.head().header;
        self.next_base_fee.unwrap_or_else(|| {
            let base_fee = head.base_fee_per_gas.unwrap_or_default();
            calc_next_block_base_fee(head.gas_used, head.gas_limit, base_fee, BaseFeeParams::ethereum())
        })
    }

    pub(crate) fn set_next_base_fee(&mut self, base_fee: u64) {
        self.next_base_fee = Some(base_fee);
    }

    fn next_header(&self) -> Header {
        let parent = &self.head().header;
        let timestamp = self.clock.next_timestamp(parent.timestamp);
        block::next_header(&self.config, parent, timestamp, self.next_base_fee(), self.branch)
    }

    /// Runs what the next block would contain, without making it.
    pub(crate) fn execute_pending(&self) -> Result<Executed, RpcError> {
        let header = self.next_header();
        let candidates = self.pool.ready(self.next_base_fee(), |sender| self.nonce(sender));
        block::execute(&self.config, self.view(), header, candidates)
    }

    /// The block that would be made now, sealed.
    pub(crate) fn pending_block(&self) -> Result<Block, RpcError> {
        Ok(self.execute_pending()?.seal(self, self.state.version() + 1).0)
    }

    fn append(&mut self, executed: Executed) {
        let (block, changes, roots) = executed.seal(self, self.state.version() + 1);
        self.state.commit(changes, roots);
        let number = block.header.number;
        for (index, tx) in block.txs.iter().enumerate() {
            self.tx_index.insert(tx.hash, (number, index));
            self.pool.remove(&tx.hash);
        }
        self.by_hash.insert(block.header.hash(), number);
        self.clock.made(block.header.timestamp);
        self.next_base_fee = None;
        self.blocks.push(Arc::new(block));
        if let Some(oldest) = number.checked_sub(self.config.history_blocks) {
            let floor = self.block(oldest).map_or(0, |block| block.version);
            self.state.prune(floor);
        }
    }

    fn drop_stale(&mut self) {
        let view = View { state: &self.state, blocks: &self.blocks, version: self.state.version() };
        self.pool.drop_stale(|sender| view.account(sender).nonce);
    }

    /// Makes one block of whatever is ready, empty if nothing is.
    pub(crate) fn mine(&mut self) -> Result<(), RpcError> {
        let executed = self.execute_pending()?;
        for (hash, _) in &executed.invalid {
            self.pool.remove(hash);
        }
        self.append(executed);
        self.drop_stale();
        Ok(())
    }

    /// Makes `count` blocks; with `interval`, that many seconds apart.
    pub(crate) fn mine_many(&mut self, count: u64, interval: Option<u64>) -> Result<(), RpcError> {
        if count > MAX_MINE {
            return Err(RpcError::params(format!(
                "cannot mine {count} blocks at once; the limit is {MAX_MINE}"
            )));
        }
        for made in 0..count {
            if let (Some(seconds), true) = (interval, made > 0) {
                let parent = self.head().header.timestamp;
                self.clock.set_next(parent.saturating_add(seconds), parent)?;
            }
            self.mine()?;
        }
        Ok(())
    }

    /// Makes blocks while there is something to put in; returns why transactions were thrown out.
    fn mine_ready(&mut self) -> Result<Vec<(B256, RpcError)>, RpcError> {
        let mut invalid = Vec::new();
        loop {
            let executed = self.execute_pending()?;
            for (hash, error) in &executed.invalid {
                self.pool.remove(hash);
                invalid.push((*hash, error.clone()));
            }
            if executed.txs.is_empty() {
                return Ok(invalid);
            }
            self.append(executed);
            self.drop_stale();
        }
    }

    /// In instant mode, mines what is ready (used when instant mode is switched on, too).
    pub(crate) fn mine_if_instant(&mut self) -> Result<Vec<(B256, RpcError)>, RpcError> {
        if self.config.mining == MiningMode::Instant { self.mine_ready() } else { Ok(Vec::new()) }
    }

    /// Takes a signed transaction; mines it at once in instant mode.
    pub(crate) fn submit(&mut self, tx: TxEnvelope) -> Result<B256, RpcError> {
        let sender = tx.recover_signer().map_err(|error| {
            RpcError::server(format!("invalid sender: the signature does not recover ({error})"))
        })?;
        let tx = alloy::consensus::transaction::Recovered::new_unchecked(tx, sender);
        let known = self.tx_index.contains_key(tx.tx_hash());
        if known {
            return Err(RpcError::server("already known"));
        }
        self.admit(&tx)?;
        let hash = self.pool.insert(tx, self.config.max_pool)?;
        match self.mine_if_instant()?.into_iter().find(|(failed, _)| *failed == hash) {
            Some((_, error)) => Err(error),
            None => Ok(hash),
        }
    }

    /// Everything that can be said about a transaction before it runs.
    fn admit(&self, tx: &alloy::consensus::transaction::Recovered<TxEnvelope>) -> Result<(), RpcError> {
        if tx.is_eip4844() {
            return Err(RpcError::server(
                "transaction type not supported: this chain takes no blob transactions",
            ));
        }
        if let Some(id) = tx.chain_id().filter(|id| *id != self.config.chain_id) {
            return Err(RpcError::server(format!(
                "invalid chain id for signer: have {id} want {}",
                self.config.chain_id
            )));
        }
        let next = self.nonce(tx.signer());
        if tx.nonce() < next {
            return Err(RpcError::server(format!(
                "nonce too low: next nonce {next}, tx nonce {}",
                tx.nonce()
            )));
        }
        let gap = tx.nonce() - self.pool.next_nonce(tx.signer(), next).min(tx.nonce());
        if gap > self.config.max_nonce_gap {
            return Err(RpcError::server(format!(
                "nonce too high: next nonce {}, tx nonce {}; a gap of at most {} may wait in the pool",
                tx.nonce() - gap,
                tx.nonce(),
                self.config.max_nonce_gap
            )));
        }
        let mut block = evm::block_env(&self.next_header());
        let instant = self.config.mining == MiningMode::Instant;
        if instant && tx.max_fee_per_gas() < u128::from(block.basefee) {
            return Err(RpcError::server(format!(
                "max fee per gas less than block base fee: maxFeePerGas {}, baseFee {}",
                tx.max_fee_per_gas(),
                block.basefee
            )));
        }
        // Otherwise it may wait for a cheaper block.
        block.basefee = 0;
        let mut cfg = evm::cfg_env(&self.config);
        cfg.disable_nonce_check = true;
        let mut evm = evm::evm(cfg, block, revm::database::CacheDB::new(self.view()));
        evm.ctx.tx = evm::tx_env(tx);
        check(&mut evm)
    }

    /// Remembers this moment; the id is good for one [`Self::revert`].
    pub(crate) fn snapshot(&mut self) -> Result<u64, RpcError> {
        if self.snapshots.len() >= MAX_SNAPSHOTS {
            return Err(RpcError::new(
                crate::error::LIMIT_EXCEEDED,
                format!("{MAX_SNAPSHOTS} snapshots are live; revert to one of them first"),
            ));
        }
        let snapshot = Snapshot {
            height: self.height(),
            version: self.state.version(),
            clock: self.clock,
            next_base_fee: self.next_base_fee,
        };
        self.last_snapshot += 1;
        self.snapshots.insert(self.last_snapshot, snapshot);
        Ok(self.last_snapshot)
    }

    /// Goes back to a snapshot; it and later ones are used up. False when there is no such snapshot.
    pub(crate) fn revert(&mut self, id: u64) -> Result<bool, RpcError> {
        let Some(snapshot) = self.snapshots.get(&id).copied() else { return Ok(false) };
        self.rewind(snapshot.height, snapshot.version)?;
        self.snapshots.split_off(&id);
        self.clock = snapshot.clock;
        self.next_base_fee = snapshot.next_base_fee;
        self.drop_stale();
        Ok(true)
    }

    /// Removes the newest `depth` blocks. Their transactions are requeued or dropped; nothing is mined.
    pub(crate) fn rollback(&mut self, depth: u64, orphans: Orphans) -> Result<(), RpcError> {
        let height = self.height();
        let target = height.checked_sub(depth).ok_or_else(|| {
            RpcError::params(format!("cannot remove {depth} blocks: the chain has {height} above genesis"))
        })?;
        let version = self.view_at(target)?.version;
        let removed = self.rewind(target, version)?;
        // Snapshots of removed blocks are gone with them.
        self.snapshots.retain(|_, snapshot| snapshot.version <= version);
        if orphans == Orphans::Requeue {
            for tx in removed.iter().flat_map(|block| &block.txs) {
                // A full pool or a replacement that came meanwhile wins; that is what a node does, too.
                let _ = self.pool.insert(tx.tx.clone(), self.config.max_pool);
            }
        }
        self.drop_stale();
        Ok(())
    }

    fn rewind(&mut self, height: u64, version: Version) -> Result<Vec<SharedBlock>, RpcError> {
        if version < self.state.floor() {
            return Err(RpcError::server(format!(
                "cannot go back to block {height}: state is kept for {} blocks",
                self.config.history_blocks
            )));
        }
        let keep = usize::try_from(height).map_or(usize::MAX, |h| h + 1);
        let removed = self.blocks.split_off(keep.min(self.blocks.len()));
        for block in &removed {
            self.by_hash.remove(&block.header.hash());
            for tx in &block.txs {
                self.tx_index.remove(&tx.hash);
            }
        }
        self.state.revert(version);
        self.set_head_version(version);
        self.filters.rewound(height);
        self.branch += 1;
        Ok(removed)
    }

    /// Changes the state at the head outside of any transaction (development overrides).
    pub(crate) fn override_account(
        &mut self,
        address: Address,
        edit: impl FnOnce(&mut AccountInfo, &mut HashMap<alloy_primitives::U256, alloy_primitives::U256>),
    ) {
        let mut info = self.view().account(address);
        let mut slots = HashMap::new();
        edit(&mut info, &mut slots);
        let mut changes = Changes::default();
        if let Some(code) = info.code.clone().filter(|code| !code.is_empty()) {
            changes.codes.insert(info.code_hash, code);
        }
        let info = Some(info).filter(|info| !info.is_empty());
        changes.accounts.insert(address, AccountChange { info, slots });
        let roots = self.state.roots(&changes);
        let version = self.state.commit(changes, roots);
        self.set_head_version(version);
        self.drop_stale();
    }

    fn set_head_version(&mut self, version: Version) {
        if let Some(head) = self.blocks.last_mut() {
            Arc::make_mut(head).version = version;
        }
    }

    /// Code at the head.
    pub(crate) fn set_code(&mut self, address: Address, code: Bytes) -> Result<(), RpcError> {
        let code = Bytecode::new_raw_checked(code)
            .map_err(|error| RpcError::params(format!("this code cannot be installed: {error}")))?;
        self.override_account(address, |info, _| {
            info.code_hash = code.hash_slow();
            info.code = Some(code);
        });
        Ok(())
    }
}

/// revm's own checks of a transaction against block and state, without running it.
fn check<DB>(evm: &mut revm::handler::MainnetEvm<revm::handler::MainnetContext<DB>>) -> Result<(), RpcError>
where
    DB: Database<Error = std::convert::Infallible>,
{
    let handler = MainnetHandler::<
        _,
        revm::context_interface::result::EVMError<std::convert::Infallible>,
        revm::handler::EthFrame<revm::interpreter::interpreter::EthInterpreter>,
    >::default();
    let mut gas = handler.validate(evm)?;
    handler.validate_against_state_and_deduct_caller(evm, &mut gas)?;
    Ok(())
}
