//! World state that remembers: every account and slot keeps its values by version, so that state can be read at a
//! past block and rolled back. A version is one committed set of changes (a block, or a development override).

use std::collections::{HashMap, HashSet, VecDeque};

use alloy::consensus::TrieAccount;
use alloy::trie::{EMPTY_ROOT_HASH, root};
use alloy_primitives::{Address, B256, U256, keccak256};
use revm::{bytecode::Bytecode, primitives::KECCAK_EMPTY, state::AccountInfo};

use crate::history::History;

/// Number of a committed set of changes; grows by one per commit.
pub(crate) type Version = u64;

/// New values of one account. `info` is `None` when the account does not exist afterwards (EIP-161).
#[derive(Clone, Debug, Default)]
pub(crate) struct AccountChange {
    pub(crate) info: Option<AccountInfo>,
    pub(crate) slots: HashMap<U256, U256>,
}

/// What a block (or an override) writes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    pub(crate) accounts: HashMap<Address, AccountChange>,
    pub(crate) codes: HashMap<B256, Bytecode>,
}

/// State root after some changes, with the storage roots that had to be computed for it.
#[derive(Clone, Debug)]
pub(crate) struct Roots {
    pub(crate) state: B256,
    storage: HashMap<Address, B256>,
}

#[derive(Debug)]
struct Slot {
    hashed: B256,
    values: History<U256>,
}

#[derive(Debug)]
struct Account {
    hashed: B256,
    info: History<Option<AccountInfo>>,
    storage_root: History<B256>,
    slots: HashMap<U256, Slot>,
}

impl Account {
    fn new(address: Address) -> Self {
        Self {
            hashed: keccak256(address),
            info: History::default(),
            storage_root: History::default(),
            slots: HashMap::new(),
        }
    }
}

/// The versioned world state.
#[derive(Debug, Default)]
pub(crate) struct State {
    accounts: HashMap<Address, Account>,
    codes: HashMap<B256, Bytecode>,
    version: Version,
    floor: Version,
    touched: VecDeque<(Version, Vec<Address>)>,
}

impl State {
    /// The newest version.
    pub(crate) const fn version(&self) -> Version {
        self.version
    }

    /// The oldest version that can still be read or reverted to.
    pub(crate) const fn floor(&self) -> Version {
        self.floor
    }

    /// Account at a version; code is filled in.
    pub(crate) fn account(&self, address: Address, version: Version) -> Option<AccountInfo> {
        let mut info = self.accounts.get(&address)?.info.at(version)?.clone()?;
        info.code = Some(self.code(info.code_hash));
        Some(info)
    }

    /// Storage slot at a version; zero when never written.
    pub(crate) fn slot(&self, address: Address, key: U256, version: Version) -> U256 {
        self.accounts
            .get(&address)
            .and_then(|account| account.slots.get(&key))
            .and_then(|slot| slot.values.at(version).copied())
            .unwrap_or_default()
    }

    /// Code by hash; empty when unknown.
    pub(crate) fn code(&self, hash: B256) -> Bytecode {
        self.codes.get(&hash).cloned().unwrap_or_default()
    }

    /// Slots of an account that hold something at the newest version.
    pub(crate) fn live_slots(&self, address: Address) -> Vec<U256> {
        let Some(account) = self.accounts.get(&address) else { return Vec::new() };
        let live = |slot: &Slot| slot.values.latest().is_some_and(|value| !value.is_zero());
        account.slots.iter().filter(|(_, slot)| live(slot)).map(|(key, _)| *key).collect()
    }

    /// Merkle-Patricia state root (Yellow Paper, appendix D) once `changes` are applied to the newest version.
    pub(crate) fn roots(&self, changes: &Changes) -> Roots {
        let mut storage = HashMap::new();
        for (address, change) in &changes.accounts {
            if !change.slots.is_empty() {
                storage.insert(*address, self.storage_root(*address, &change.slots));
            }
        }
        let mut leaves = Vec::with_capacity(self.accounts.len() + changes.accounts.len());
        let fresh = changes.accounts.keys().filter(|a| !self.accounts.contains_key(*a));
        for (address, account) in
            self.accounts.iter().map(|(a, v)| (a, Some(v))).chain(fresh.map(|a| (a, None)))
        {
            let info = match changes.accounts.get(address) {
                Some(change) => change.info.as_ref(),
                None => account.and_then(|a| a.info.latest()).and_then(Option::as_ref),
            };
            let Some(info) = info else { continue };
            let storage_root = storage
                .get(address)
                .or_else(|| account.and_then(|a| a.storage_root.latest()))
                .copied()
                .unwrap_or(EMPTY_ROOT_HASH);
            let leaf = TrieAccount {
                nonce: info.nonce,
                balance: info.balance,
                storage_root,
                code_hash: info.code_hash,
            };
            leaves.push((account.map_or_else(|| keccak256(address), |a| a.hashed), leaf));
        }
        Roots { state: root::state_root_unsorted(leaves), storage }
    }

    fn storage_root(&self, address: Address, written: &HashMap<U256, U256>) -> B256 {
        let mut leaves: Vec<(B256, U256)> = Vec::new();
        if let Some(account) = self.accounts.get(&address) {
            let kept = account.slots.iter().filter(|(key, _)| !written.contains_key(*key));
            leaves.extend(kept.filter_map(|(_, s)| Some((s.hashed, *s.values.latest()?))));
        }
        leaves.extend(written.iter().map(|(key, value)| (keccak256(key.to_be_bytes::<32>()), *value)));
        leaves.retain(|(_, value)| !value.is_zero());
        root::storage_root_unsorted(leaves)
    }

    /// Applies changes as a new version.
    pub(crate) fn commit(&mut self, changes: Changes, roots: Roots) -> Version {
        self.version += 1;
        let version = self.version;
        self.codes.extend(changes.codes);
        let mut touched = Vec::with_capacity(changes.accounts.len());
        for (address, change) in changes.accounts {
            let account = self.accounts.entry(address).or_insert_with(|| Account::new(address));
            let info = change.info.map(|mut info| {
                // Code lives once in `codes`.
                info.code = None;
                if info.code_hash.is_zero() {
                    info.code_hash = KECCAK_EMPTY;
                }
                info
            });
            account.info.push(version, info);
            if let Some(root) = roots.storage.get(&address) {
                account.storage_root.push(version, *root);
            }
            for (key, value) in change.slots {
                let slot = account.slots.entry(key).or_insert_with(|| Slot {
                    hashed: keccak256(key.to_be_bytes::<32>()),
                    values: History::default(),
                });
                slot.values.push(version, value);
            }
            touched.push(address);
        }
        self.touched.push_back((version, touched));
        version
    }

    /// Forgets every version after `version`. The caller checks that it is not below the floor.
    pub(crate) fn revert(&mut self, version: Version) {
        let mut addresses = HashSet::new();
        while self.touched.back().is_some_and(|(v, _)| *v > version) {
            addresses.extend(self.touched.pop_back().map(|(_, a)| a).unwrap_or_default());
        }
        for address in addresses {
            let Some(account) = self.accounts.get_mut(&address) else { continue };
            account.info.truncate(version);
            account.storage_root.truncate(version);
            account.slots.retain(|_, slot| !slot.values.truncate(version));
            if account.info.is_empty() && account.slots.is_empty() {
                self.accounts.remove(&address);
            }
        }
        self.version = version;
    }

    /// Gives up the ability to read below `floor`, and the memory that needs.
    pub(crate) fn prune(&mut self, floor: Version) {
        if floor <= self.floor {
            return;
        }
        self.floor = floor;
        let mut addresses = HashSet::new();
        while self.touched.front().is_some_and(|(v, _)| *v <= floor) {
            addresses.extend(self.touched.pop_front().map(|(_, a)| a).unwrap_or_default());
        }
        for address in addresses {
            let Some(account) = self.accounts.get_mut(&address) else { continue };
            account.info.prune(floor);
            account.storage_root.prune(floor);
            account.slots.values_mut().for_each(|slot| slot.values.prune(floor));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The state root from nothing but the live accounts and slots.
    fn root_from_scratch(state: &State) -> B256 {
        let accounts = state.accounts.iter().filter_map(|(address, account)| {
            let info = account.info.latest()?.clone()?;
            let slots = state.live_slots(*address).into_iter();
            let storage = slots.map(|key| (B256::from(key), state.slot(*address, key, state.version)));
            let leaf = TrieAccount {
                nonce: info.nonce,
                balance: info.balance,
                storage_root: root::storage_root_unhashed(storage),
                code_hash: info.code_hash,
            };
            Some((*address, leaf))
        });
        root::state_root_unhashed(accounts.collect::<Vec<_>>())
    }

    /// Changes that write, overwrite and clear slots and remove accounts, different for every `seed`.
    fn changes(seed: u64) -> Changes {
        let mut changes = Changes::default();
        for i in 0..4u64 {
            let random = U256::from_be_bytes(keccak256((seed * 4 + i).to_be_bytes()).0);
            let address = Address::with_last_byte(random.byte(0) % 8);
            let info = (!random.byte(1).is_multiple_of(5)).then(|| AccountInfo::from_balance(random));
            let value = U256::from(random.byte(3) % 3);
            let slots = info.iter().map(|_| (U256::from(random.byte(2) % 6), value)).collect();
            changes.accounts.insert(address, AccountChange { info, slots });
        }
        changes
    }

    fn commit(state: &mut State, changes: Changes) -> B256 {
        let roots = state.roots(&changes);
        let root = roots.state;
        state.commit(changes, roots);
        root
    }

    #[test]
    fn kept_roots_agree_with_roots_from_scratch_and_survive_reverts() {
        let mut state = State::default();
        let mut known = vec![root_from_scratch(&state)];
        for seed in 0..60 {
            known.push(commit(&mut state, changes(seed)));
            assert_eq!(known.last(), Some(&root_from_scratch(&state)), "after commit {seed}");
            if seed % 7 == 6 {
                let back = state.version() - 5;
                state.revert(back);
                known.truncate(back as usize + 1);
                assert_eq!(state.roots(&Changes::default()).state, known[back as usize], "after a revert");
                assert_eq!(root_from_scratch(&state), known[back as usize]);
            }
        }
    }

    #[test]
    fn pruning_changes_no_answer_at_or_above_the_floor() {
        let (mut full, mut pruned) = (State::default(), State::default());
        for seed in 0..40 {
            commit(&mut full, changes(seed));
            commit(&mut pruned, changes(seed));
            pruned.prune(pruned.version().saturating_sub(10));
        }
        assert_eq!(pruned.floor(), 30);
        for version in 30..=40 {
            for address in (0..8).map(Address::with_last_byte) {
                assert_eq!(pruned.account(address, version), full.account(address, version));
                for key in (0..6).map(U256::from) {
                    assert_eq!(pruned.slot(address, key, version), full.slot(address, key, version));
                }
            }
        }
        let entries =
            |state: &State| -> usize { state.touched.iter().map(|(_, addresses)| addresses.len()).sum() };
        assert!(entries(&pruned) < entries(&full));
    }
}
