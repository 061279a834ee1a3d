//! Circuits of the protocol and the proof system they run on.
//!
//! [`backend`] proves and verifies any halo2 circuit on BN254 with KZG; [`enrolment`] is the circuit of an enrolment,
//! [`launch`] that of a launch, [`link`] what ties a binary that was proven elsewhere to an install leaf.

pub mod backend;
pub mod enrolment;
pub mod install;
pub mod launch;
pub mod link;
#[cfg(test)]
mod mock;
pub mod statement;
