//! The challenger agent: looks at every leaf that is anchored, and makes wrong ones void.
//!
//! A node's "bad proof" is a suspicion; the chain's own verifier is asked before anything is committed, and the challenge is
//! simulated before it is sent: a valid leaf is never challenged. A leaf whose receipt cannot be had is demanded; without
//! an answer its batch falls.

mod act;
mod agent;
mod metrics;
mod watch;

pub use agent::{ChallengerAgent, Terms};
pub use metrics::ChallengerMetrics;
pub use watch::{Evidence, Finding, Watch, Watches};

/// Name of the agent in its table.
pub const AGENT: &str = "challenger";
