//! Installs: proofs that an operator holds a capsule's binary, as files, and the job that makes them.
//!
//! Two backends say the same thing to different judges.
//!
//! | | halo2 | STARK |
//! |---|---|---|
//! | judge | the chain (`CapsuleRegistry`) | anybody off the chain; no contract takes it |
//! | shows | J | J, the length, and C unless it is hidden |
//! | chunk | 2,592 bytes, independent of the others | 97,992 bytes, each after the one before |
//! | whose it is | J is in the circuit | [`nonos_circuits::link`] or [`nonos_circuits::hidden_link`], one proof a file |
//!
//! A publisher who hides the digest of a binary makes a *digest proof*: the STARK without J, by which anybody can check
//! that C commits to the SHA3-512 of a real binary. The manifest names the file by its hash.
//!
//! A file is judged by [`verify_stark`] or [`verify_halo2_install`], one chunk in memory at a time. Nodes pass STARK files
//! on piece by piece out of a [`ProofLibrary`].
//!
//! [`InstallJob`] makes one: native hash first, then chunk by chunk, each on disk before the next is begun, so that a kill
//! costs the chunk at hand and nothing else. What it trusts after a restart it has verified again.
//!
//! | module | noun |
//! |---|---|
//! | [`format`] | the bytes of a file: header, frames |
//! | [`claim`], [`links`] | what a file says, and whose it is |
//! | [`verify`] | judging a file |
//! | [`subject`] | who installs what, checked natively |
//! | [`backend`], [`halo2`], [`stark`] | what makes and checks chunks |
//! | [`job`], [`folder`] | the resumable job and its folder |
//! | [`library`] | verified files, by what they are of |

mod backend;
mod claim;
mod error;
mod folder;
mod format;
mod halo2;
mod job;
mod library;
mod links;
mod stark;
mod subject;
mod verify;

#[cfg(test)]
mod tests;

pub use backend::{BackendName, InstallBackend, Product};
pub use claim::{Claim, Shown, StarkFile};
pub use error::{FileError, InstallRefusal, JobError};
pub use format::{FileKind, Halo2Chunk, Halo2Install, Halo2Reader, InstallReader, StarkReader};
pub use halo2::Halo2Backend;
pub use job::{InstallJob, JobEvent};
pub use library::{Kept, LibraryError, MAX_SHARED_CHUNKS, ProofLibrary, Receiving};
pub use links::{Links, LinksError};
pub use stark::StarkBackend;
pub use subject::{DigestSubject, InstallSubject};
pub use verify::{StarkJudge, StarkTerms, Verified, keccak256_of, verify_halo2_install, verify_stark};

/// Longest link proof or halo2 chunk proof in a file, in bytes.
pub const MAX_HALO2_PROOF: usize = 16 * 1024;
