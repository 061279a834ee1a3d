//! The hidden link circuit: ties a binary that was proven elsewhere to one operator's install leaf, without showing C.
//!
//! The STARK of `nonos-hash-stark` proves that somebody knows the binary behind the C behind B, for a context of 32 bytes that
//! mean nothing to it. [`crate::link`] says what they are for a C that is shown, this circuit for one that is not. Statement, for
//! the public instances `[J, B_hi, B_lo]`:
//!
//! > "I know k, terms, C and ρ such that J is the install leaf, under k, of a capsule with these terms whose binary C commits to,
//! > and B is C blinded by ρ."
//!
//! ```text
//! J = P(INST; k, P(CAP; P(DIG; C_hi, C_lo), terms))        B = SHA3-256(C ‖ "nonos1.B" ‖ ρ)
//! ```
//!
//! * J, B_hi and B_lo are public and each is a sum of nothing else; k, terms, C, ρ and the hashes between are not.
//! * C is one value: the 256 bits that enter SHA3 are packed into the two elements that enter P(DIG; …).
//! * B_hi and B_lo are packed from bits, so each is below 2^128 and they are the 32 bytes of one B.
//! * terms is any field element, as in the link: the launch proof decides what it stands for.
//! * SHA3-256 and P are collision resistant, so B has one C, J has one k, one C and one terms.
//!
//! One keccak permutation and three Poseidon permutations with the chip of the install circuit ([`crate::sponge`]); k = 13.
//! `docs/circuits/hidden-link.md` goes through rows and cells.

mod circuit;
mod layout;
mod prover;
mod witness;

#[cfg(test)]
mod tests;

pub use circuit::HiddenLinkCircuit;
pub use prover::{HiddenLink, HiddenLinkError, HiddenLinkProver, pinned_developer_key};
pub use witness::{HiddenLinkWitness, instance};

/// The circuit has 2^13 rows.
pub const K: u32 = 13;
/// Public instances of a hidden link proof: J, B_hi, B_lo.
pub const INSTANCES: usize = 3;
