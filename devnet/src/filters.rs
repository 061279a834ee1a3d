//! Installed filters (`eth_newFilter` and friends): what to look for and how far was already delivered.

use std::collections::BTreeMap;

use alloy::rpc::types::Filter;

use crate::error::{LIMIT_EXCEEDED, RpcError};

/// Most filters one chain keeps.
const MAX_FILTERS: usize = 4_096;

/// What a filter delivers.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// Hashes of new blocks.
    Blocks,
    /// Matching logs of new blocks.
    Logs(Box<Filter>),
}

/// An installed filter; blocks up to and including `delivered` have been reported.
#[derive(Clone, Debug)]
pub(crate) struct Installed {
    pub(crate) kind: Kind,
    pub(crate) delivered: u64,
}

/// The installed filters.
#[derive(Debug, Default)]
pub(crate) struct Filters {
    by_id: BTreeMap<u64, Installed>,
    last: u64,
}

impl Filters {
    /// Installs a filter that reports what comes after block `head`.
    pub(crate) fn install(&mut self, kind: Kind, head: u64) -> Result<u64, RpcError> {
        if self.by_id.len() >= MAX_FILTERS {
            let message = format!("{MAX_FILTERS} filters are installed; uninstall one first");
            return Err(RpcError::new(LIMIT_EXCEEDED, message));
        }
        self.last += 1;
        self.by_id.insert(self.last, Installed { kind, delivered: head });
        Ok(self.last)
    }

    /// Removes a filter; false when there is none with this id.
    pub(crate) fn uninstall(&mut self, id: u64) -> bool {
        self.by_id.remove(&id).is_some()
    }

    /// A filter by id.
    pub(crate) fn get(&self, id: u64) -> Result<&Installed, RpcError> {
        self.by_id.get(&id).ok_or_else(|| RpcError::server(format!("filter not found: {id:#x}")))
    }

    /// Marks blocks up to `head` as reported.
    pub(crate) fn delivered(&mut self, id: u64, head: u64) {
        if let Some(filter) = self.by_id.get_mut(&id) {
            filter.delivered = head;
        }
    }

    /// After a rollback to `height`, the blocks that replace the removed ones are new.
    pub(crate) fn rewound(&mut self, height: u64) {
        self.by_id.values_mut().for_each(|filter| filter.delivered = filter.delivered.min(height));
    }
}
