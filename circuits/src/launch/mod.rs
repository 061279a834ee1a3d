//! The launch circuit: one proof per launch, the State Gate and its links to enrolment and install.
//!
//! Statement, all constrained in the circuit, for the ten public instances
//! `[binding, catalogRoot, capsuleTag, operatorRoot, operatorTag, installRoot, stateTag, epoch, nullifier, flags]`:
//!
//! 1. I = P(ID; k, meta) is in the operator tree, J = P(INST; k, L) in the install tree, L in the catalog.
//! 2. L = P(CAP; P(DIG; C), P(MAN; policyHash, manifest)), policyHash = F(POL; w0..w4).
//! 3. stateTag = F(STATE; w0..w4, salt), and the state words satisfy the policy words.
//! 4. capsuleTag and operatorTag are L and I, or hide them if a salt is not zero; flags say which.
//! 5. nullifier = P(NUL; k, epoch·2^10 + index), index < 1024.
//! 6. binding, the digest of the receipt header, is part of all this.
//!
//! | module | what |
//! |---|---|
//! | [`opcode`], [`gates`] | the chip: columns, selectors, polynomials |
//! | [`recurrence`], [`trace`] | algebra and values of one Poseidon permutation |
//! | [`sheet`] | rows under construction |
//! | [`poseidon`], [`merkle`], [`bits`], [`glue`] | the gadgets |
//! | [`layout`] | the statement |
//! | [`witness`] | the typed witness, and natively what is wrong with it |
//! | [`circuit`], [`prover`] | halo2's view, proving |
//!
//! `docs/circuits/launch.md` goes through the instances and the free cells one by one.

pub mod bits;
pub mod circuit;
pub mod gates;
pub mod glue;
pub mod layout;
pub mod merkle;
pub mod opcode;
pub mod poseidon;
pub mod prover;
pub mod recurrence;
pub mod sheet;
pub mod trace;
pub mod witness;

#[cfg(test)]
pub(crate) mod tests;

pub use circuit::LaunchCircuit;
pub use prover::{Launch, LaunchError, LaunchProver, pinned_developer_key};
pub use witness::{LaunchWitness, WitnessError};

/// The circuit has 2^13 rows.
pub const K: u32 = 13;
/// Public instances of a launch proof.
pub const INSTANCES: usize = 10;
/// Levels of the operator tree.
pub const OPERATOR_DEPTH: usize = 20;
/// Levels of the install tree.
pub const INSTALL_DEPTH: usize = 20;
/// Levels of a publisher's catalog.
pub const CATALOG_DEPTH: usize = 12;
/// Bits of the receipt index within an epoch.
pub const INDEX_BITS: usize = 10;
/// Bits of a memory limit in 64 KiB pages.
pub const MEMORY_BITS: usize = 24;
