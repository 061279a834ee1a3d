//! What a challenger remembers of a batch: how far it looked, and what it found that is not in order.

use crate::chain::AnchoredBatch;
use crate::error::TableError;
use crate::table::{Entries, Table};
use alloy_primitives::{B256, Bytes};
use nonos_core::receipt::ReceiptHeader;
use redb::TableDefinition;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const WATCHED: Entries = TableDefinition::new("challenger.watched");
const CLOSED: Entries = TableDefinition::new("challenger.closed");

/// The receipt behind a leaf, as far as a challenge needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The header.
    pub header: ReceiptHeader,
    /// The proof.
    pub proof: Bytes,
}

/// A leaf that is not simply in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Finding {
    /// Its receipt cannot be had, since this time.
    Missing {
        /// Unix seconds.
        since: u64,
    },
    /// We demanded it.
    Demanded,
    /// Its proof is said to be bad.
    Suspect {
        /// Header and proof.
        evidence: Box<Evidence>,
        /// Salt of our commitment; drawn, and on disk, before it is sent.
        salt: Option<B256>,
    },
    /// The chain could not say yet whether its proof holds.
    Undecided {
        /// Header and proof.
        evidence: Box<Evidence>,
    },
    /// It is void, by our challenge or somebody else's.
    Voided,
    /// A batch that fell by our demand.
    Fell,
}

/// A batch under watch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// The batch.
    pub batch: AnchoredBatch,
    /// When it was first looked at, Unix seconds.
    pub since: u64,
    /// Its leaves, once they could be had and fit root and commitment.
    pub leaves: Option<Vec<B256>>,
    /// Leaves below this were looked at.
    pub next: u32,
    /// What is not in order, by place.
    pub findings: BTreeMap<u32, Finding>,
    /// Demands that we made.
    pub demands: u32,
    /// Every leaf was found in order: nothing is done until it is final, or somebody shows a leaf.
    pub settled: bool,
}

impl Watch {
    /// A batch that nobody looked at yet.
    pub const fn new(batch: AnchoredBatch, since: u64) -> Self {
        Self { batch, since, leaves: None, next: 0, findings: BTreeMap::new(), demands: 0, settled: false }
    }

    /// Puts the leaves away if all of them were found in order: a window is long, and there may be many batches.
    pub fn settle(&mut self) -> bool {
        let done = self.leaves.is_some() && self.next >= self.batch.batch.size && self.findings.is_empty();
        if done {
            (self.leaves, self.settled) = (None, true);
        }
        done
    }

    /// Whether something of ours is still to be settled whatever becomes of the batch.
    pub fn is_entangled(&self) -> bool {
        self.findings
            .values()
            .any(|finding| matches!(finding, Finding::Demanded | Finding::Suspect { salt: Some(_), .. }))
    }
}

/// The durable table of watches.
#[derive(Debug)]
pub struct Watches<'a>(pub &'a Table);

impl Watches<'_> {
    /// Whether a batch is, or was, watched.
    pub fn knows(&self, batch: B256) -> Result<bool, TableError> {
        Ok(self.0.get::<Watch>(WATCHED, batch.0)?.is_some()
            || self.0.get::<Watch>(CLOSED, batch.0)?.is_some())
    }

    /// Remembers a watch, durably.
    pub fn put(&self, watch: &Watch) -> Result<(), TableError> {
        self.0.put(WATCHED, watch.batch.id.0, watch)
    }

    /// Ends a watch. Only what was not in order is kept of it.
    pub fn close(&self, watch: &Watch) -> Result<(), TableError> {
        let rest = Watch { leaves: None, ..watch.clone() };
        self.0.put(CLOSED, watch.batch.id.0, &rest)?;
        self.0.remove(WATCHED, watch.batch.id.0)
    }

    /// Forgets a batch that was reorganised away: if it comes again, it is looked at again.
    pub fn forget(&self, batch: B256) -> Result<(), TableError> {
        self.0.remove(WATCHED, batch.0)
    }

    /// Every batch under watch.
    pub fn open(&self) -> Result<Vec<Watch>, TableError> {
        self.0.all(WATCHED, |_: &Watch| true)
    }

    /// Watches that ended with a finding.
    pub fn closed_with_findings(&self) -> Result<Vec<Watch>, TableError> {
        self.0.all(CLOSED, |watch: &Watch| !watch.findings.is_empty())
    }
}
