//! What behaviour is worth: gossipsub's score, the ledger of offences, token buckets.

mod bucket;
mod ledger;
mod params;

pub(super) use bucket::TokenBucket;
pub(super) use ledger::Ledger;
pub use ledger::Offence;
pub use params::ScoreParams;
