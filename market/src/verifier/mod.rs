//! The verifier agent: looks at every leaf of a batch that somebody wants an opinion on, bids, and vouches for it.
//!
//! It looks before it bids, since a stake answers for what it says, and silence is fined. It never says Invalid: that is
//! paid only if the fraud is proven, which is what the challenger is for. A batch with a leaf that it cannot see, that is
//! wrong, or that stands under a key which its node does not pin, gets no bid.

mod agent;
mod decide;
mod desk;
mod job;
mod metrics;

pub use agent::{Terms, VerifierAgent};
pub use decide::{Offer, offer};
pub use desk::Desk;
pub use job::{Entry, Jobs, Look};
pub use metrics::VerifierMetrics;

/// Name of the agent in its table.
pub const AGENT: &str = "verifier";
