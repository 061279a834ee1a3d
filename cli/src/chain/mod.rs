//! The chain as the commands see it: connection and accounts, transactions, registries, the deployment file.

mod connect;
mod deployment;
mod lookup;
mod operators;
mod registry;
mod send;
mod trees;

pub use connect::Chain;
pub use deployment::{read_deployment, write_deployment};
#[cfg(test)]
pub use operators::Bounds;
pub use operators::{HeldDeposit, OperatorFacts};
pub use registry::publisher_id;
pub use send::Sent;
pub use trees::Trees;
