//! Circuits of the protocol and the proof system they run on.
//!
//! [`backend`] proves and verifies any halo2 circuit on BN254 with KZG; [`enrolment`] is the circuit of an enrolment,
//! [`launch`] that of a launch, [`install`] that of a binary's possession. [`link`] and [`hidden_link`] tie a binary that was
//! proven elsewhere to an install leaf; [`sponge`] is the chip that circuits with SHA-3 have in common.

pub mod backend;
pub mod enrolment;
pub mod hidden_link;
pub mod install;
pub mod launch;
pub mod link;
#[cfg(test)]
mod mock;
pub mod sponge;
pub mod statement;
