//! Where an agent stands in the chain: a durable cursor that notices reorganisations and copes with capped log ranges.
//!
//! Reading a block twice is harmless to every agent (what they do is keyed by request or leaf, and decided by the contract's
//! present state), so after a reorganisation the cursor goes back further than it must rather than keep every hash.

use crate::chain::{Blocks, Head};
use crate::error::TableError;
use crate::table::Table;
use alloy_primitives::B256;
use nonos_contracts::ChainError;
use serde::{Deserialize, Serialize};

/// Blocks per request to begin with: below the cap of every large provider.
const PAGE: u64 = 2_000;
/// Smallest page before an error is taken for something else than a range limit.
const MIN_PAGE: u64 = 1;
/// How far back a reorganisation sends the cursor: deeper than any that a live chain has had.
const REWIND: u64 = 96;
const NOTE: &str = "cursor";

/// The newest block, for an agent that looks again and again: a chain that does not answer is reported.
pub async fn newest(chain: &(impl Blocks + ?Sized), outage: impl FnOnce()) -> Option<Head> {
    match chain.head().await {
        Ok(head) => Some(head),
        Err(error) => {
            outage();
            tracing::warn!(%error, "the chain does not answer");
            None
        }
    }
}

/// The last block that was read completely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Position {
    number: u64,
    hash: B256,
}

/// A durable position, and the page size that the endpoint takes.
#[derive(Debug)]
pub struct Cursor {
    first: u64,
    position: Option<Position>,
    /// Where reading goes on after a reorganisation, until that much was read.
    rewound: Option<u64>,
    page: u64,
}

/// Blocks to be read now, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First block.
    pub from: u64,
    /// Last block.
    pub to: u64,
    /// Hash of the last block, before anything was read.
    hash: B256,
    /// The chain was reorganised: what was known from `from` on may not be so any more.
    pub reorganised: bool,
}

impl Cursor {
    /// Goes on where the table says, or from `first`.
    pub fn load(table: &Table, first: u64) -> Result<Self, TableError> {
        Ok(Self { first, position: table.note(NOTE)?, rewound: None, page: PAGE })
    }

    /// First block that was not read yet.
    pub fn next(&self) -> u64 {
        let after = self.position.map_or(self.first, |position| position.number.saturating_add(1));
        self.rewound.unwrap_or(after)
    }

    /// What to read next under this head: `None` if everything was read. Goes back where the chain was reorganised.
    pub async fn span(
        &mut self,
        chain: &(impl Blocks + ?Sized),
        head: &Head,
    ) -> Result<Option<Span>, ChainError> {
        if let (Some(position), None) = (self.position, self.rewound)
            && hash_at(chain, head, position.number).await? != Some(position.hash)
        {
            let back = position.number.min(head.number).saturating_sub(REWIND).max(self.first);
            tracing::warn!(block = position.number, reading_from = back, "the chain was reorganised");
            self.rewound = Some(back);
        }
        let from = self.next();
        if from > head.number {
            return Ok(None);
        }
        let to = from.saturating_add(self.page - 1).min(head.number);
        let hash = hash_at(chain, head, to).await?;
        Ok(hash.map(|hash| Span { from, to, hash, reorganised: self.rewound.is_some() }))
    }

    /// The same for an agent that looks again and again: a chain that does not answer is reported and has nothing due.
    pub async fn due(&mut self, chain: &(impl Blocks + ?Sized), head: &Head) -> Option<Span> {
        let span = self.span(chain, head).await;
        span.unwrap_or_else(|error| {
            tracing::warn!(%error, "cannot tell where the chain is");
            None
        })
    }

    /// Halves the page if the endpoint refused it; false if the page is as small as it gets, or this is no refusal.
    pub fn shrink(&mut self, error: &ChainError) -> bool {
        let refused = matches!(error, ChainError::Transport { source, .. } if source.is_error_resp());
        if refused && self.page > MIN_PAGE {
            self.page = (self.page / 2).max(MIN_PAGE);
            tracing::debug!(page = self.page, "the endpoint takes smaller ranges");
            return true;
        }
        false
    }

    /// The span was read and acted upon: remembers that, durably.
    pub fn advance(&mut self, table: &Table, span: &Span) -> Result<(), TableError> {
        let position = Position { number: span.to, hash: span.hash };
        table.set_note(NOTE, &position)?;
        self.position = Some(position);
        self.rewound = None;
        Ok(())
    }
}

async fn hash_at(
    chain: &(impl Blocks + ?Sized),
    head: &Head,
    number: u64,
) -> Result<Option<B256>, ChainError> {
    match number == head.number {
        true => Ok(Some(head.hash)),
        false => chain.hash_of(number).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Site;
    use alloy_primitives::Address;
    use async_trait::async_trait;
    use std::sync::Mutex;

    struct Hashes(Mutex<Vec<B256>>);

    impl Hashes {
        fn grow(&self, to: usize, salt: u8) {
            let mut hashes = self.0.lock().unwrap();
            while hashes.len() < to {
                let number = hashes.len() as u64;
                hashes.push(alloy_primitives::keccak256([&number.to_be_bytes()[..], &[salt]].concat()));
            }
        }

        fn cut(&self, to: usize) {
            self.0.lock().unwrap().truncate(to);
        }
    }

    #[async_trait]
    impl Blocks for Hashes {
        async fn head(&self) -> Result<Head, ChainError> {
            let hashes = self.0.lock().unwrap();
            let number = hashes.len() as u64 - 1;
            Ok(Head { number, hash: hashes[hashes.len() - 1], timestamp: number })
        }

        async fn hash_of(&self, number: u64) -> Result<Option<B256>, ChainError> {
            Ok(self.0.lock().unwrap().get(number as usize).copied())
        }
    }

    async fn step(cursor: &mut Cursor, chain: &Hashes, table: &Table) -> Option<(u64, u64, bool)> {
        let head = chain.head().await.unwrap();
        let span = cursor.span(chain, &head).await.unwrap()?;
        cursor.advance(table, &span).unwrap();
        Some((span.from, span.to, span.reorganised))
    }

    #[tokio::test]
    async fn reads_every_block_once_goes_on_after_a_restart_and_back_after_a_reorganisation() {
        let dir = tempfile::tempdir().unwrap();
        let site = Site { chain_id: 1, contract: Address::ZERO };
        let table = Table::open(&dir.path().join("t"), "operator", site).unwrap();
        let chain = Hashes(Mutex::new(Vec::new()));
        chain.grow(4_500, 0);
        let mut cursor = Cursor::load(&table, 10).unwrap();
        assert_eq!(step(&mut cursor, &chain, &table).await, Some((10, 2_009, false)));
        assert_eq!(step(&mut cursor, &chain, &table).await, Some((2_010, 4_009, false)));
        let mut cursor = Cursor::load(&table, 10).unwrap();
        assert_eq!(step(&mut cursor, &chain, &table).await, Some((4_010, 4_499, false)));
        assert_eq!(step(&mut cursor, &chain, &table).await, None);

        // The newest three blocks are replaced by two others: the head is lower than the cursor.
        chain.cut(4_497);
        chain.grow(4_499, 1);
        let span = step(&mut cursor, &chain, &table).await;
        assert_eq!(span, Some((4_498 - REWIND, 4_498, true)));
        assert_eq!(step(&mut cursor, &chain, &table).await, None);
        // And by as many others while we were away.
        chain.cut(4_490);
        chain.grow(4_499, 2);
        let mut cursor = Cursor::load(&table, 10).unwrap();
        let span = step(&mut cursor, &chain, &table).await;
        assert_eq!(span, Some((4_498 - REWIND, 4_498, true)));
    }

    #[test]
    fn a_refused_range_is_halved_and_an_outage_is_not() {
        use alloy::rpc::json_rpc::{ErrorPayload, RpcError};
        let mut cursor = Cursor { first: 0, position: None, rewound: None, page: 3 };
        let payload =
            ErrorPayload { code: -32005, message: "query exceeds max block range".into(), data: None };
        let refusal = ChainError::Transport { what: String::new(), source: RpcError::ErrorResp(payload) };
        assert!(cursor.shrink(&refusal));
        assert_eq!(cursor.page, 1);
        assert!(!cursor.shrink(&refusal), "as small as it gets");
        let outage = ChainError::NoBlock(3);
        let mut cursor = Cursor { first: 0, position: None, rewound: None, page: 3 };
        assert!(!cursor.shrink(&outage));
    }
}
