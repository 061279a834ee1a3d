//! Circuits of the protocol and the proof system they run on.
//!
//! [`backend`] proves and verifies any halo2 circuit on BN254 with KZG; [`launch`] is the circuit of a launch.

pub mod backend;
pub mod launch;
