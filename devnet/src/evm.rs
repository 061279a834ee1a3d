//! Running revm: the state view it reads, and how our configuration, blocks and transactions look to it.

use std::convert::Infallible;

use alloy::consensus::{Header, Transaction as _, TxEnvelope, Typed2718, transaction::Recovered};
use alloy_primitives::{Address, B256, Sealed, U256};
use revm::{
    Context, Database, DatabaseRef, MainBuilder,
    bytecode::Bytecode,
    context::{BlockEnv, CfgEnv, TxEnv},
    context_interface::{block::BlobExcessGasAndPrice, either::Either},
    database::{AccountState, CacheDB},
    handler::{MainnetContext, MainnetEvm},
    primitives::{eip4844::BLOB_BASE_FEE_UPDATE_FRACTION_PRAGUE, hardfork::SpecId},
    state::AccountInfo,
};

use crate::{
    block::Block,
    config::Config,
    state::{AccountChange, Changes, State, Version},
};

/// World state at one version, with the block hashes BLOCKHASH may ask for.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) state: &'a State,
    pub(crate) blocks: &'a [std::sync::Arc<Block>],
    pub(crate) version: Version,
}

/// Writable layer over a view.
pub(crate) type Overlay<'a> = CacheDB<View<'a>>;

impl DatabaseRef for View<'_> {
    type Error = Infallible;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.state.account(address, self.version))
    }

    fn code_by_hash_ref(&self, code_hash: B256) -> Result<Bytecode, Infallible> {
        Ok(self.state.code(code_hash))
    }

    fn storage_ref(&self, address: Address, index: U256) -> Result<U256, Infallible> {
        Ok(self.state.slot(address, index, self.version))
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, Infallible> {
        let block = usize::try_from(number).ok().and_then(|n| self.blocks.get(n));
        Ok(block.map_or(B256::ZERO, |block| block.header.hash()))
    }
}

impl View<'_> {
    /// Account at this view; the default (empty) account if there is none.
    pub(crate) fn account(&self, address: Address) -> AccountInfo {
        self.state.account(address, self.version).unwrap_or_default()
    }
}

/// EVM settings of this chain.
pub(crate) fn cfg_env(config: &Config) -> CfgEnv {
    let mut cfg = CfgEnv::new_with_spec(config.hardfork.spec()).with_chain_id(config.chain_id);
    cfg.limit_contract_code_size = config.code_size_limit;
    cfg
}

/// Block environment of a header.
pub(crate) fn block_env(header: &Header) -> BlockEnv {
    BlockEnv {
        number: U256::from(header.number),
        beneficiary: header.beneficiary,
        timestamp: U256::from(header.timestamp),
        gas_limit: header.gas_limit,
        basefee: header.base_fee_per_gas.unwrap_or_default(),
        difficulty: U256::ZERO,
        prevrandao: Some(header.mix_hash),
        blob_excess_gas_and_price: header
            .excess_blob_gas
            .map(|excess| BlobExcessGasAndPrice::new(excess, BLOB_BASE_FEE_UPDATE_FRACTION_PRAGUE)),
        slot_num: header.slot_number.unwrap_or_default(),
    }
}

/// Transaction environment of a signed transaction.
pub(crate) fn tx_env(tx: &Recovered<TxEnvelope>) -> TxEnv {
    let authorizations = tx.authorization_list().unwrap_or_default();
    TxEnv {
        tx_type: tx.ty(),
        caller: tx.signer(),
        gas_limit: tx.gas_limit(),
        gas_price: tx.max_fee_per_gas(),
        kind: tx.kind(),
        value: tx.value(),
        data: tx.input().clone(),
        nonce: tx.nonce(),
        chain_id: tx.chain_id(),
        access_list: tx.access_list().cloned().unwrap_or_default(),
        gas_priority_fee: tx.max_priority_fee_per_gas(),
        blob_hashes: Vec::new(),
        max_fee_per_blob_gas: 0,
        authorization_list: authorizations.iter().cloned().map(Either::Left).collect(),
    }
}

/// An EVM over `db`.
pub(crate) fn evm<DB: Database>(cfg: CfgEnv, block: BlockEnv, db: DB) -> MainnetEvm<MainnetContext<DB>> {
    let spec: SpecId = cfg.spec;
    let context: MainnetContext<DB> = Context::new(db, spec);
    context.with_cfg(cfg).with_block(block).build_mainnet()
}

/// What an overlay changed in the view under it.
pub(crate) fn changes(overlay: Overlay<'_>) -> Changes {
    let view = overlay.db;
    let mut changes = Changes::default();
    for (address, account) in overlay.cache.accounts {
        let before = view.state.account(address, view.version);
        let wiped = matches!(account.account_state, AccountState::StorageCleared | AccountState::NotExisting);
        let mut slots: std::collections::HashMap<U256, U256> = account
            .storage
            .iter()
            .filter(|(key, value)| view.state.slot(address, **key, view.version) != **value)
            .map(|(key, value)| (*key, *value))
            .collect();
        if wiped && before.is_some() {
            for key in view.state.live_slots(address) {
                if !account.storage.contains_key(&key) {
                    slots.insert(key, U256::ZERO);
                }
            }
        }
        // EIP-161: an account that ends up empty does not exist.
        let info = account.info().filter(|info| !info.is_empty());
        if info != before || !slots.is_empty() {
            changes.accounts.insert(address, AccountChange { info, slots });
        }
    }
    let fresh = |hash: &B256| view.state.code(*hash).is_empty();
    changes.codes = overlay.cache.contracts.into_iter().filter(|(hash, _)| fresh(hash)).collect();
    changes
}

/// Puts changes back over a view, for reading the pending state.
pub(crate) fn overlay<'a>(view: View<'a>, changes: &Changes) -> Overlay<'a> {
    let mut overlay = CacheDB::new(view);
    for (address, change) in &changes.accounts {
        let mut info = change.info.clone().unwrap_or_default();
        info.code = Some(
            changes.codes.get(&info.code_hash).cloned().unwrap_or_else(|| view.state.code(info.code_hash)),
        );
        overlay.insert_account_info(*address, info);
        for (key, value) in &change.slots {
            let Ok(()) = overlay.insert_account_storage(*address, *key, *value);
        }
    }
    overlay
}

/// Header hash helper: seals without computing the hash twice.
pub(crate) fn seal(header: Header) -> Sealed<Header> {
    alloy_primitives::Sealable::seal_slow(header)
}
