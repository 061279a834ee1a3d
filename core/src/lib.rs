//! The nouns of the protocol: field, hash, identity, capsule, policy, receipt, trees, prices, trust.
//!
//! Architecture invariant: no input or output, no async, no proof system. Everything here is a total function of its
//! arguments; bytes that came from outside are decoded strictly and refused with an error that names the offending
//! value. The lints below keep it that way: nothing outside the tests may index, unwrap, panic or overflow.
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::arithmetic_side_effects
    )
)]
#![forbid(unsafe_code)]

pub mod batch;
pub mod capsule;
pub mod chain;
pub mod disclosure;
pub mod enrolment;
pub mod field;
mod grain;
pub mod identity;
pub mod ids;
pub mod launch_values;
pub mod lean_imt;
pub mod manifest;
pub mod merkle;
pub mod opinion;
pub mod package;
pub mod policy;
pub mod poseidon;
pub mod pricing;
pub mod publisher;
pub mod receipt;
mod receipt_codec;
pub mod request;
pub mod signature;
pub mod trust;

pub use field::Fr;
pub use ids::*;
