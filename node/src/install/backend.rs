//! What a job needs from a proof system.

use super::error::{InstallRefusal, JobError};
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

impl std::fmt::Display for BackendName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What a job makes. Jobs for different things stand beside each other in the folder of their context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Product {
    /// An install for the chain.
    Halo2,
    /// An install for anybody.
    Stark {
        /// Whether it hides C.
        hidden: bool,
        /// Parameters.
        security: Security,
    },
    /// A publisher's digest proof.
    Digest {
        /// Parameters.
        security: Security,
    },
}

impl Product {
    /// Name of the job's folder.
    pub fn folder(self) -> String {
        let (name, security) = match self {
            Self::Halo2 => return "halo2".to_owned(),
            Self::Stark { hidden: false, security } => ("stark", security),
            Self::Stark { hidden: true, security } => ("stark-hidden", security),
            Self::Digest { security } => ("digest", security),
        };
        match security {
            Security::Conjectured => name.to_owned(),
            Security::Proven => format!("{name}-proven"),
        }
    }
}

/// Makes and checks the chunks of one file.
///
/// A job goes through the positions once, from 0 up, and at each either has a kept chunk accepted or a new one proven.
pub trait InstallBackend {
    /// What is made.
    fn product(&self) -> Product;
    /// J, or what a digest proof carries in its place.
    fn context(&self) -> [u8; 32];
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
