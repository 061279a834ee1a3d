//! The enrolment circuit: one proof per enrolment, the Identity Gate.
//!
//! Statement, all constrained in the circuit, for the six public instances `[key_hi, key_lo, leaf, meta, digest_hi,
//! digest_lo]`, with A = key_hi ‖ key_lo and M = "nonos1.enrol" ‖ leaf ‖ digest:
//!
//! 1. leaf = P(ID; k, meta) for a secret k.
//! 2. A is the canonical encoding of a point of order L on edwards25519.
//! 3. (R, s) is an ed25519 signature of M by A: R the canonical encoding of a point with x ≠ 0, s < L, and
//!    [s]B = R + [c]A with c = SHA-512(R ‖ A ‖ M), the equation of RFC 8032, 5.1.7 without cofactor.
//!
//! k, R and s stay private. The same circuit serves publishers, whose leaf means nothing ([`nonos_core::enrolment`]).
//!
//! | module | what |
//! |---|---|
//! | [`gates`], [`table`] | the chip: columns, lookups, polynomials, the lookup table |
//! | [`sheet`] | rows under construction |
//! | [`field`], [`point`] | arithmetic modulo 2^255 − 19, edwards25519 |
//! | [`sha512`], [`scalar`] | the challenge |
//! | [`encoding`], [`poseidon`] | bytes and canonical values, the leaf |
//! | [`native`] | the curve in plain integers |
//! | [`layout`] | the statement |
//! | [`witness`] | the typed witness, and natively what is wrong with it |
//! | [`circuit`], [`prover`] | halo2's view, proving |
//!
//! `docs/circuits/enrolment.md` goes through the gates, their bounds and the free cells one by one.

pub mod circuit;
pub mod encoding;
pub mod field;
pub mod gates;
pub mod layout;
pub mod native;
pub mod point;
pub mod poseidon;
pub mod prover;
pub mod scalar;
pub mod sha512;
pub mod sheet;
pub mod table;
pub mod witness;

#[cfg(test)]
mod tests;

pub use circuit::EnrolmentCircuit;
pub use nonos_core::enrolment::INSTANCES;
pub use prover::{Enrolment, EnrolmentError, EnrolmentProver, pinned_developer_key};
pub use witness::{EnrolmentWitness, WitnessError};

use halo2curves::bn256::Fr;
use halo2curves::ff::{Field, PrimeField};

/// The circuit has 2^15 rows.
pub const K: u32 = 15;
/// Rows that a gate may stand on: 2^15 less six blinding rows and one for the permutation argument.
pub const USABLE_ROWS: usize = (1 << K) - 7;

/// 2^exponent.
pub(crate) fn power_of_two(exponent: u32) -> Fr {
    Fr::from(2).pow_vartime([u64::from(exponent)])
}

/// 2^−exponent.
pub(crate) fn inverse_power_of_two(exponent: u32) -> Fr {
    Fr::TWO_INV.pow_vartime([u64::from(exponent)])
}
