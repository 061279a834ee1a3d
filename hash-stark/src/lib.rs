//! The Hash Gate as a STARK.
#![forbid(unsafe_code)]

mod air;
#[cfg(test)]
mod air_tests;
mod columns;
mod config;
mod digest;
mod error;
mod keccak;
mod proof;
mod prover;
mod resume;
mod schedule;
mod security;
mod statement;
mod trace;
mod verifier;

pub use columns::WIDTH;
pub use digest::digest_reader;
pub use error::{DecodeError, ProveError, ScheduleError, VerifyError};
pub use proof::{ChunkProof, max_proof_bytes};
pub use prover::{Chunks, HashProver, Install, Progress};
pub use resume::ResumeState;
pub use schedule::{DEFAULT_CHUNK_BLOCKS, MAX_CHUNK_BLOCKS, MAX_LENGTH, MIN_CHUNK_BLOCKS, RATE, Schedule};
pub use security::{MAX_CHUNKS, Security};
pub use statement::{FileStatement, StateCommitment};
pub use verifier::{FileVerifier, verify_all, verify_chunk};
