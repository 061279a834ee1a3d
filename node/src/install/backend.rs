//! What a job needs from a proof system.

use super::error::{InstallRefusal, JobError};
use nonos_core::InstallLeaf;
use nonos_hash_stark::Security;
use std::io::{Read, Write};
use zeroize::Zeroizing;

/// The backends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BackendName {
    /// Verified on chain.
    Halo2,
    /// Verified off chain.
    Stark,
}

impl BackendName {
    /// As people type it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Halo2 => "halo2",
            Self::Stark => "stark",
        }
    }
}

impl BackendName {
    /// Name of a job's folder among those of one install leaf: jobs with different ones stand beside each other. The security
    /// is the STARK's.
    pub fn folder(self, security: Security) -> &'static str {
        match (self, security) {
            (Self::Halo2, _) => "halo2",
            (Self::Stark, Security::Conjectured) => "stark",
            (Self::Stark, Security::Proven) => "stark-proven",
        }
    }
}

impl std::fmt::Display for BackendName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Makes and checks the chunks of one install.
///
/// A job goes through the positions once, from 0 up, and at each either has a kept chunk accepted or a new one proven.
pub trait InstallBackend {
    /// Which one.
    fn name(&self) -> BackendName;
    /// [`BackendName::folder`].
    fn folder(&self) -> &'static str;
    /// J.
    fn leaf(&self) -> InstallLeaf;
    /// Bytes of the binary.
    fn length(&self) -> u64;
    /// Number of chunks.
    fn chunks(&self) -> u32;
    /// Everything else that kept chunks depend on (parameters, keys), as one line. A job with other parameters is another.
    fn parameters(&self) -> String;
    /// Largest kept chunk in bytes.
    fn max_kept_bytes(&self) -> usize;
    /// Judges a chunk that an earlier run kept; the error says what is wrong with it.
    fn accept(&mut self, position: u32, kept: &[u8]) -> Result<(), String>;
    /// Proves a chunk. What is returned is kept, and may hold secrets until the job is done.
    fn prove(&mut self, position: u32) -> Result<Zeroizing<Vec<u8>>, JobError>;
    /// Writes the start of the finished file.
    fn write_start(&mut self, out: &mut dyn Write) -> Result<(), JobError>;
    /// Writes a kept chunk into it, without what is secret.
    fn write_chunk(&mut self, kept: &[u8], out: &mut dyn Write) -> Result<(), JobError>;
    /// Verifies the finished file.
    fn verify(&self, file: &mut dyn Read) -> Result<(), InstallRefusal>;
}
