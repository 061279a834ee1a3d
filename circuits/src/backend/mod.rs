//! The proof system: halo2 (PLONKish) over BN254 with KZG commitments, SHPLONK opening and a keccak transcript that an
//! EVM contract can replay.
//!
//! General over any halo2-axiom circuit: columns, rotations, lookups and challenge phases are all supported. What comes
//! from outside (proofs, instances, keys, ceremony files) is refused with an exact error unless it is canonical, so that
//! this verifier and a generated contract accept the same bytes.
//!
//! ```text
//! Srs ── keygen(circuit) ──> ProvingKey ── prove(circuit, instances) ──> proof bytes
//!  │                             │                                           │
//!  └──────── Verifier::new(srs, vk, instance counts) ── verify / verify_batch ┘
//! ```
//!
//! Circuits implement `type Params` of [`Circuit`](halo2_proofs::plonk::Circuit) (`()` if they have none): this crate
//! always enables halo2-axiom's `circuit-params`, so that one build serves us and the crates we test against.

mod cpu;
pub mod encoding;
mod keys;
mod preparse;
mod prover;
pub mod shape;
pub mod srs;
pub mod transcript;
pub mod verifier;

pub use cpu::missing_cpu_features;
pub use keys::{KeygenError, keygen};
pub use preparse::preparse;
pub use prover::{ProveError, prove, prove_seeded};
pub use shape::{ProofShape, ShapeError};
pub use srs::{Srs, SrsError};
pub use transcript::{EvmChallenge, EvmTranscript, TRANSCRIPT_VERSION};
pub use verifier::{CodecError, Verifier, VerifierError, VerifyError};

/// halo2's proving key for our curve.
pub type ProvingKey = halo2_proofs::plonk::ProvingKey<halo2curves::bn256::G1Affine>;
/// halo2's verifying key for our curve.
pub type VerifyingKey = halo2_proofs::plonk::VerifyingKey<halo2curves::bn256::G1Affine>;
/// halo2's KZG parameters for our curve.
pub type Params = halo2_proofs::poly::kzg::commitment::ParamsKZG<halo2curves::bn256::Bn256>;
