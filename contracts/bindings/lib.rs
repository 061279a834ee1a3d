//! Rust bindings of the contracts: types from the checked-in artifacts, deployment, chain reads, readable reverts.
//!
//! The files in `contracts/artifacts` are made from forge's output by `contracts/artifacts.mjs`; nothing here compiles
//! Solidity. Architecture invariant: this crate knows chains and `nonos-core`, no circuit, no node, no key storage.

pub mod abi;
pub mod anchor;
mod artifact;
pub mod batch;
pub mod blob;
pub mod challenge;
pub mod deploy;
mod deployment;
pub mod enrolment;
mod error;
pub mod events;
mod header;
pub mod install;
mod logs;
pub mod market;
pub mod revert;
pub mod roots;
pub mod terms;
mod transact;
pub mod tree;
pub mod trust;

pub use artifact::{Artifact, ArtifactError};
pub use deploy::{DeployConfig, deploy};
pub use deployment::{Addresses, Deployment};
pub use error::ChainError;
pub use revert::describe_revert;
pub use terms::{MarketConfig, Stakes, TermsError, Times, VerificationConfig};
