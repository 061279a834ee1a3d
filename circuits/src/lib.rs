//! Circuits of the protocol and the proof system they run on.
//!
//! [`backend`] proves and verifies any halo2 circuit on BN254 with KZG.

pub mod backend;
