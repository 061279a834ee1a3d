//! The Hash Gate as a STARK: possession of a binary of megabytes, in chunks, in zero knowledge.
//!
//! One chunk proof says: "I know the bytes of this chunk such that the sponge of SHA3-512, started from the state
//! behind one commitment, absorbs them and ends in the state behind another; in the last chunk, padded as FIPS 202
//! demands, in a digest D with C = SHA3-256("nonos1.C" ‖ D ‖ salt) and B = SHA3-256(C ‖ "nonos1.B" ‖ ρ)". All chunk
//! proofs of a file together ([`verify_all`]) say that whoever made them knows a binary of exactly so many bytes whose
//! SHA3-512 is behind the C behind B. Context, position, length and chunk size are constrained in *every* chunk, the
//! commitments to states being hashes over them. `docs/circuits/install-stark.md` has the constraints.
//!
//! **What stays hidden.** A proof shows B, never C. Who knows ρ can open B to C. A file that hides nothing takes zeros for
//! ρ and shows C beside B; with a ρ that can be guessed, B confirms guesses of C.
//!
//! **What this does not say.** The context is opaque here. For an operator's install it is J, and that J = P(INST; k, L)
//! for a capsule leaf L made from the C behind B is what a link proof has to show, which is not part of this crate:
//! without one, chunk proofs say nothing about whose install it is, and proofs for one capsule would open another.
//!
//! # Security
//!
//! | | [`Security::Conjectured`] | [`Security::Proven`] |
//! |---|---|---|
//! | FRI queries | 56 | 140 |
//! | conjectured bits of a chunk / of 172 chunks (16 MiB) / of 1,024 chunks | 123 / 115 / 113 | 123 / 115 / 113 |
//! | proven bits of the same | 53 / 45 / 43 | 110 / 102 / 100 |
//!
//! *Bits of a chunk* is the least over the rounds of the protocol (round-by-round soundness, Fiat-Shamir in the random
//! oracle model), for 2^15 rows, which hiding doubles. *Bits of a file* are lower by log2 of the chunks, rounded up: a
//! forger needs to break one. Files of more than [`MAX_CHUNKS`] chunks (100 MB) are refused rather than proven with
//! less than the name says. A test recomputes the two rows with Plonky3's analysis; by hand:
//!
//! - **Rate** 1/4: `LOG_BLOWUP` = 2. A constraint of degree 4 on a hidden trace needs four quotient chunks, and that
//!   much room.
//! - **Queries, proven.** In the unique-decoding regime a word that is further than (1 − ρ)/2 from the code survives a
//!   query with probability (1 + ρ)/2 = 5/8, that is 0.678 bits: 140·0.678 + 16 = 110.9. (In the list-decoding regime
//!   up to the Johnson bound the same parameters have 115 bits.)
//! - **Queries, conjectured.** Under the random-words conjecture (eprint 2025/2010) a query is worth nearly log2(1/ρ) =
//!   2 bits: about 2·56 + 16 = 128 bits, so that what binds is the batching round below. Those who publish the
//!   conjecture recommend proven bounds: `Proven` has them, for 2.3 times the bytes.
//! - **Grinding** 16 bits before the queries, nowhere else.
//! - **Challenges** in KoalaBear^5, 154.9 bits. Batching some 4,100 openings over a codeword of 2^18 points costs 31 of
//!   them: 123 bits remain. In KoalaBear^4 (123.9 bits) three rounds would have to be ground instead, by 10 to 18 bits
//!   each.
//! - **Hashing.** Trees and transcript are Keccak with 256-bit digests: 128 bits against collisions.
//! - **Hiding.** Every trace column is masked by as many random values as it has rows, which covers 2·(queries + 5·2
//!   points) ≤ 300 openings: so 512 rows at least, whatever the size. Five random codewords mask the batched
//!   polynomial, leaves are salted with 124 bits. Randomness is seeded by the operating system for every proof.
//!
//! # Cost
//!
//! Per chunk of the default size (97,992 bytes of binary, 1,365 permutations), two busy cores with AVX-512: 112 to 130
//! permutations per CPU second, everything included; 26 ms to verify and 0.73 MB (`Conjectured`), 46 ms and 1.65 MB
//! (`Proven`); 2.3 GB peak memory.
//!
//! Plonky3 picks its vector instructions when it is compiled. Build provers with `RUSTFLAGS="-C target-cpu=native"`: with
//! AVX2 (`x86-64-v3`) it is 75 to 87 permutations per CPU second, in a build for any x86-64 35.
//!
//! # Example
//!
//! ```
//! use nonos_hash_stark::{HashProver, Install, Security, digest_reader, verify_all};
//! use std::io::Cursor;
//!
//! let binary = b"a very small capsule";
//! let (length, digest) = digest_reader(&binary[..])?;
//! let (context, salt, blinding) = ([1; 32], [7; 32], [8; 32]);
//! let install = Install { context, digest, salt, blinding, length, chunk_blocks: 2 };
//! let file = install.statement();
//! let chunks = HashProver::new(Security::Conjectured).prove_chunks(Cursor::new(binary), install, None, |_| {})?;
//! let proofs = chunks.collect::<Result<Vec<_>, _>>()?;
//! verify_all(&proofs, &file, Security::Conjectured)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
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

pub use digest::digest_reader;
pub use error::{DecodeError, ProveError, ScheduleError, VerifyError};
pub use proof::{ChunkProof, max_proof_bytes};
pub use prover::{Chunks, HashProver, Install, Progress};
pub use resume::ResumeState;
pub use schedule::{DEFAULT_CHUNK_BLOCKS, MAX_CHUNK_BLOCKS, MAX_LENGTH, MIN_CHUNK_BLOCKS, RATE, Schedule};
pub use security::{MAX_CHUNKS, Security};
pub use statement::{FileStatement, StateCommitment};
pub use verifier::{FileVerifier, verify_all, verify_chunk};
