//! What a verifier remembers of a job: how far it looked, and what it thinks.

use crate::chain::{AnchoredBatch, PostedJob};
use crate::error::TableError;
use crate::table::{Entries, Table};
use alloy_primitives::B256;
use redb::TableDefinition;
use serde::{Deserialize, Serialize};

const OPEN: Entries = TableDefinition::new("verifier.open");
const CLOSED: Entries = TableDefinition::new("verifier.closed");

/// What was found of a batch so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Look {
    /// Leaves below `next` are in order.
    Underway {
        /// The leaves, once they could be had.
        leaves: Option<Vec<B256>>,
        /// The next to be looked at.
        next: u32,
    },
    /// Data and every leaf are in order.
    Sound,
    /// Nobody should vouch for this batch.
    Unsound {
        /// Why.
        why: String,
    },
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The job.
    pub job: PostedJob,
    /// Its batch.
    pub batch: AnchoredBatch,
    /// What was found.
    pub look: Look,
    /// How it ended for us; nothing while it goes on.
    pub end: Option<String>,
}

impl Entry {
    /// A job that nobody looked at.
    pub const fn new(job: PostedJob, batch: AnchoredBatch) -> Self {
        Self { job, batch, look: Look::Underway { leaves: None, next: 0 }, end: None }
    }
}

/// The durable table of jobs.
#[derive(Debug)]
pub struct Jobs<'a>(pub &'a Table);

impl Jobs<'_> {
    /// Whether a job is, or was, attended to.
    pub fn knows(&self, job: B256) -> Result<bool, TableError> {
        Ok(self.0.get::<Entry>(OPEN, job.0)?.is_some() || self.0.get::<Entry>(CLOSED, job.0)?.is_some())
    }

    /// Remembers a job, durably.
    pub fn put(&self, entry: &Entry) -> Result<(), TableError> {
        self.0.put(OPEN, entry.job.id.0, entry)
    }

    /// Ends a job for us.
    pub fn close(&self, entry: &Entry, end: String) -> Result<(), TableError> {
        let look = match &entry.look {
            Look::Underway { next, .. } => Look::Underway { leaves: None, next: *next },
            other => other.clone(),
        };
        let closed = Entry { look, end: Some(end), ..entry.clone() };
        self.0.put(CLOSED, entry.job.id.0, &closed)?;
        self.0.remove(OPEN, entry.job.id.0)
    }

    /// Forgets a job that was reorganised away.
    pub fn forget(&self, job: B256) -> Result<(), TableError> {
        self.0.remove(OPEN, job.0)
    }

    /// Every job that goes on.
    pub fn open(&self) -> Result<Vec<Entry>, TableError> {
        self.0.all(OPEN, |_: &Entry| true)
    }

    /// Every job that ended for us.
    pub fn closed(&self) -> Result<Vec<Entry>, TableError> {
        self.0.all(CLOSED, |_: &Entry| true)
    }
}
