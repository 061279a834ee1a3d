//! Circuits of the protocol and the proof system they run on.
//!
//! [`backend`] proves and verifies any halo2 circuit on BN254 with KZG; [`enrolment`] is the circuit of an enrolment,
//! [`launch`] that of a launch.

pub mod backend;
pub mod enrolment;
pub mod launch;
#[cfg(test)]
mod mock;
pub mod statement;
