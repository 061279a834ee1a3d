//! What the chain says, kept in memory: roots with their life, batches, and how well the chain can be followed.
//!
//! Everything follows from a journal of facts (events with the number and time of their block). A poll reads the facts of new
//! blocks, derives the state that they would give, compares its roots with the contracts' own at that block, and only then
//! takes it: an RPC server that drops or invents events changes nothing. A reorganisation shows as another hash of a block
//! that was read; the journal is cut back to the last head that still stands, or read again from the start.
//!
//! What this does not notice: events that were superseded within the very blocks of one poll, or before the first one, can be
//! withheld. A root of the past is then unknown here and receipts under it are refused; none is wrongly taken.

mod facts;
mod rpc;
mod source;
mod state;
mod watcher;

pub use facts::{Dated, Fact};
pub use rpc::RpcSource;
pub use source::{BatchStanding, ChainFault, ChainSource, Head};
pub use state::{AnchoredBatch, ChainState};
pub use watcher::{ChainWatcher, Notice, Pace};
