//! Solidity verifiers for halo2 circuits (KZG over BN254, SHPLONK, keccak transcript), general over the constraint system:
//! any number of advice, fixed and instance columns, rotations (of instances too), lookups, challenge phases, permutation
//! chunks over every kind of column.
//!
//! ```text
//! Verifier ─ shape ──> transcript ─┐
//!          ─ cs ─────> constraints ┼─> expression graph ─> Yul statements ─────┐
//!          ─ queries > opening ────┘   (dag, hash-consed)  (yul, stack, slots)  ├─> template ─> Solidity
//!          ─ points ─> combination (precompile calls) ─> memory plan ───────────┘
//! ```
//!
//! The contract accepts exactly the bytes that [`Verifier::verify`](nonos_circuits::backend::Verifier::verify) accepts;
//! the tests compare verdicts on every word of proofs and instances. What the generator cannot do it refuses
//! ([`GenError`]). With the feature `solc` there is a compiler front end ([`solc`]).
//!
//! Architecture invariant: nothing here knows a particular circuit, and no text of the contract is made outside
//! `templates/`, `render` and `yul`.

mod combination;
mod constraints;
mod dag;
mod error;
mod expression;
mod generate;
mod inverse;
mod lagrange;
mod literal;
mod memory;
mod opening;
mod plan;
mod quotient;
mod render;
mod slots;
#[cfg(feature = "solc")]
pub mod solc;
mod stack;
mod transcript;
mod yul;
#[cfg(test)]
mod yul_tests;

pub use error::GenError;
pub use generate::{Generated, Options, calldata, check, generate};
