//! Market agents: requester, operator, challenger, verifier.
//!
//! Each agent is a service, `run(self, cancel)`, that stands on traits for the chain ([`chain`]), the node ([`node`]) and, for
//! operators, the launcher ([`launch`]), and remembers in a [`table`] of its own.
//!
//! Architecture invariant: agents import no node, no circuit and no runtime. What is decided is decided by the contracts'
//! present state; what an agent remembers only keeps it from doing work twice.
#![forbid(unsafe_code)]

pub mod chain;
pub mod challenger;
pub mod clock;
pub mod cursor;
mod error;
mod http_node;
mod judge;
pub mod launch;
pub mod node;
pub mod operator;
mod repeat;
pub mod requester;
pub mod table;
pub mod verifier;

#[cfg(test)]
mod sim;

pub use error::{MarketError, NodeError, SendError, TableError};
pub use http_node::HttpNode;
