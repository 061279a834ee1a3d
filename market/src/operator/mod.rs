//! The operator agent: from a request on the market to its payment, through kills, outages, reorganisations and relayers that
//! withhold.
//!
//! | file | noun |
//! |---|---|
//! | [`terms`] | what is served at all |
//! | [`job`] | what is remembered of a request |
//! | [`decide`] | what is next, as a pure function |
//! | `agent`, `act` | the service |
//!
//! Three rules keep it from losing collateral. The contract's state decides, before and after every transaction; the table
//! only says what we hold. A receipt is on disk before it is used, and is looked for before another launch begins. And
//! nobody is waited for in the last seconds before a deadline: the receipt goes to `verifyNow` then.

mod act;
mod agent;
pub mod decide;
pub mod job;
mod metrics;
pub mod terms;

pub use act::serves;
pub use agent::OperatorAgent;
pub use job::{Job, Jobs, Outcome, Stage};
pub use metrics::{Kind, OperatorMetrics, SentKind};
pub use terms::{Refusal, Terms};

/// Name of the agent in its table.
pub const AGENT: &str = "operator";

#[cfg(test)]
mod tests;
