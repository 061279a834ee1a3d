//! Installs: proofs that an operator holds a capsule's binary, as files, and the job that makes them.
//!
//! Two backends say the same thing to different judges.
//!
//! | | halo2 | STARK |
//! |---|---|---|
//! | judge | the chain (`CapsuleRegistry`) | anybody off the chain; no contract takes it |
//! | shows | J | J, C and the length |
//! | chunk | 2,592 bytes, independent of the others | 97,992 bytes, each after the one before |
//! | whose it is | J is in the circuit | [`nonos_circuits::link`], one proof a file |
//!
//! A file is judged by [`verify_stark_install`] or [`verify_halo2_install`], one chunk in memory at a time.
//!
//! [`InstallJob`] makes one: native hash first, then chunk by chunk, each on disk before the next is begun, so that a kill
//! costs the chunk at hand and nothing else. What it trusts after a restart it has verified again.
//!
//! | module | noun |
//! |---|---|
//! | [`format`] | the bytes of a file: header, frames |
//! | [`verify`] | judging a file |
//! | [`subject`] | who installs what, checked natively |
//! | [`backend`], [`halo2`], [`stark`] | what makes and checks chunks |
//! | [`job`], [`folder`] | the resumable job and its folder |

mod backend;
mod error;
mod folder;
mod format;
mod halo2;
mod job;
mod stark;
mod subject;
mod verify;

#[cfg(test)]
mod tests;

pub use backend::{BackendName, InstallBackend};
pub use error::{FileError, InstallRefusal, JobError};
pub use format::{Halo2Chunk, Halo2Install, Halo2Reader, InstallReader, StarkInstall, StarkReader};
pub use halo2::Halo2Backend;
pub use job::{InstallJob, JobEvent};
pub use stark::StarkBackend;
pub use subject::InstallSubject;
pub use verify::{StarkTerms, verify_halo2_install, verify_stark_install};

/// Longest link proof or halo2 chunk proof in a file, in bytes.
pub const MAX_HALO2_PROOF: usize = 16 * 1024;
