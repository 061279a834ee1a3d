//! The link circuit: ties a binary that was proven elsewhere to one operator's install leaf.
//!
//! The STARK of `nonos-hash-stark` proves that somebody knows the binary behind C, for 32 bytes J that mean nothing to it.
//! A link proof says what J is. Statement, for the public instances `[J, C_hi, C_lo]`:
//!
//! > "I know k and terms such that J is the install leaf, under k, of a capsule with these terms whose binary C commits to."
//!
//! ```text
//! J = P(INST; k, P(CAP; P(DIG; C_hi, C_lo), terms))
//! ```
//!
//! * J, C_hi and C_lo are public and each stands in a `linear` of its own; k, terms and the two hashes between are not.
//! * terms is any field element: what policy and manifest it stands for is decided where the capsule leaf meets a catalog,
//!   in the launch proof. A link proof for terms that no manifest has gives an install that no launch can use.
//! * C_hi and C_lo are not range-checked: a verifier computes both from the 32 bytes of C, so they are below 2^128.
//! * P is collision resistant, so J has one k, one C and one terms: a link proof of one capsule is none for another.
//!
//! Three Poseidon permutations with the chip of the launch circuit ([`crate::launch::gates`]), 311 rows of 512; no gates of
//! its own, no lookups. `docs/circuits/link.md` goes through instances and cells.

mod circuit;
mod layout;
mod prover;
mod witness;

#[cfg(test)]
mod tests;

pub use circuit::LinkCircuit;
pub use prover::{Link, LinkError, LinkProver, pinned_developer_key};
pub use witness::{LinkWitness, instance};

/// The circuit has 2^9 rows.
pub const K: u32 = 9;
/// Public instances of a link proof: J, C_hi, C_lo.
pub const INSTANCES: usize = 3;
