//! The install circuit: the Hash Gate for chains. SHA3-512 of a binary, its commitment and its install leaf.
//!
//! A binary is proven in chunks of [`CHUNK_BYTES`]. Statement for one chunk, all constrained in the circuit, for the five
//! public instances `[J, position, more, state in, state out]`:
//!
//! 1. J = P(INST; k, P(CAP; digest, terms)) for a secret k.
//! 2. The sponge of SHA3-512 takes in blocks: 1 to 36 from zero if position = 0, otherwise 36 from the state that `state in`
//!    commits to, which is F(SPG; lanes, J, position, k). At position 0 `state in` is any such commitment.
//! 3. `state out` commits in the same way to the state afterwards, for position + 1.
//! 4. If more = 0, the last block is padded as FIPS 202 demands, and with D the first 64 bytes of the state afterwards and
//!    C = SHA3-256("nonos1.C" ‖ D ‖ salt), digest = P(DIG; C_hi, C_lo).
//! 5. more is 0 or 1.
//!
//! So a chain of proofs with one J, positions 0, 1, …, each `state out` being the next `state in`, and more = 0 in the
//! last alone says: those who made it, together, know a binary whose SHA3-512 is behind the commitment of the capsule in J.
//! J, the position and k stand in every commitment to a state: a state of another install, or of another place in this one,
//! is not one that a chunk goes on from. Position is any field element here; who takes a chain counts it up from 0.
//!
//! C, D, the salt, the capsule and its exact length stay private. The number of chunks does not, and tells the length to
//! 2,592 bytes: among capsules of different lengths it can be as good as the capsule's name.
//!
//! | module | what |
//! |---|---|
//! | [`crate::sponge`] | the chip: the permutation on bits, columns and polynomials, slots and rows |
//! | [`layout`] | the statement |
//! | [`witness`] | the typed witness, and natively what is wrong with it |
//! | [`circuit`], [`prover`] | halo2's view, proving |
//!
//! `docs/circuits/install.md` goes through the gates and the free cells one by one.

pub mod circuit;
pub mod layout;
pub mod prover;
pub mod witness;

#[cfg(test)]
mod tests;

pub use crate::sponge::{LANES, WORDS};
pub use circuit::InstallCircuit;
pub use prover::{Install, InstallError, InstallProver, pinned_developer_key};
pub use witness::{InstallWitness, Subject, WitnessError, chunk_count, chunks};

/// The circuit has 2^16 rows.
pub const K: u32 = 16;
/// Blocks of a chunk.
pub const BLOCKS: usize = 36;
/// Bytes of a block: the rate of SHA3-512.
pub const RATE: usize = 8 * WORDS;
/// Bytes of a chunk that is not the last.
pub const CHUNK_BYTES: usize = RATE * BLOCKS;
/// Public instances of a chunk's proof: J, position, more, state in, state out.
pub const INSTANCES: usize = 5;
