//! Installs and digest proofs: which backend, what it will cost, proving with interruptions, and sending what the chain takes.

mod estimate;
mod prove;
mod submit;

pub use estimate::{Choice, Estimate, Wish, available_mb, choose};
pub use prove::{Order, Outcome, Work, finished, prove};
pub use submit::{Submitted, submit};
