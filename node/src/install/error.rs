//! Everything that can be wrong with an install file or with the job that makes one.

use super::claim::Shown;
use super::format::FileKind;
use alloy_primitives::B256;
use nonos_circuits::backend::VerifyError as ProofError;
use nonos_circuits::install::WitnessError;
use nonos_core::field::FieldError;
use nonos_core::manifest::ManifestError;
use nonos_core::{DigestCommitment, InstallLeaf};
use nonos_hash_stark::{DecodeError, ProveError, ScheduleError, Security, VerifyError};
use std::path::PathBuf;

/// Why bytes are no install file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Reading or writing failed.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Something else.
    #[error("not an install file: it does not start with `nonos1.install`")]
    Foreign,
    /// A file of another time.
    #[error("an install file of version {0}: this program knows version 1")]
    Version(u8),
    /// An unknown kind.
    #[error("an install file of kind {0}: 1 to 4 exist")]
    Kind(u8),
    /// A file of another kind.
    #[error("the file is a {actual}, a {expected} was expected")]
    OtherKind {
        /// Expected.
        expected: FileKind,
        /// Found.
        actual: FileKind,
    },
    /// It ends too early.
    #[error("the file ends within {0}: it is truncated, or chunks are missing")]
    Truncated(String),
    /// Bytes behind the last chunk.
    #[error("bytes behind the last chunk: chunks too many, or another file appended")]
    Trailing,
    /// A frame over its limit.
    #[error("{what} of {actual} bytes: at most {max}")]
    TooLarge {
        /// What the frame should hold.
        what: String,
        /// Announced length.
        actual: usize,
        /// Limit.
        max: usize,
    },
    /// The header is not the one encoding of its values.
    #[error("the header is not canonical: {0}")]
    Header(String),
    /// J or a state is no field element.
    #[error("{what}: {source}")]
    Field {
        /// Which value.
        what: String,
        /// What is wrong with it.
        source: FieldError,
    },
    /// No such parameters.
    #[error("security parameters number {0}: 1 (conjectured) and 2 (proven) exist")]
    Security(u8),
    /// The length and the chunk size make no file.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// A number of chunks that no binary has.
    #[error("{0} chunks: an install has 1 to {max}", max = super::format::MAX_HALO2_CHUNKS)]
    Chunks(u32),
    /// A chunk proof that does not decode.
    #[error("chunk {position}: {source}")]
    Chunk {
        /// Where it stands.
        position: u32,
        /// What is wrong.
        source: DecodeError,
    },
}

/// Why an install file proves nothing, or not what was asked.
#[derive(Debug, thiserror::Error)]
pub enum InstallRefusal {
    /// The bytes.
    #[error(transparent)]
    File(#[from] FileError),
    /// Weaker parameters than asked for.
    #[error("made with {actual:?} security, {required:?} is required: install again with --proven")]
    Security {
        /// Required.
        required: Security,
        /// Of the file.
        actual: Security,
    },
    /// Another binary than the manifest's.
    #[error(
        "the file is about the binary behind {actual}, the manifest commits to {expected}: another capsule"
    )]
    Commitment {
        /// Of the manifest.
        expected: DigestCommitment,
        /// Of the file.
        actual: DigestCommitment,
    },
    /// Another length than the manifest's.
    #[error("the file is about a binary of {actual} bytes, the manifest states {expected}")]
    Length {
        /// Of the manifest.
        expected: u64,
        /// Of the file.
        actual: u64,
    },
    /// A hidden commitment, to be compared.
    #[error(
        "the file hides which capsule it is about, so it cannot be compared with one: only its operator can open it"
    )]
    CommitmentHidden,
    /// Another install than asked for.
    #[error("the file is about install leaf {actual}, not {expected}")]
    Context {
        /// Asked for.
        expected: B256,
        /// Of the file.
        actual: B256,
    },
    /// J was not made from C.
    #[error(
        "the link proof does not show that install leaf {leaf} was made from the commitment {shown:?}: {source}"
    )]
    Link {
        /// J.
        leaf: InstallLeaf,
        /// C, or what hides it.
        shown: Shown,
        /// The verifier's word.
        source: ProofError,
    },
    /// Another file than was asked for, or than the manifest names.
    #[error("the file's keccak256 is {actual}, not {expected}: another proof, or a changed one")]
    Hash {
        /// Asked for.
        expected: B256,
        /// Of the file.
        actual: B256,
    },
    /// A chunk of the STARK, or their order.
    #[error(transparent)]
    Stark(#[from] VerifyError),
    /// A chunk of halo2.
    #[error("the proof of chunk {position} is refused: {source}")]
    Halo2 {
        /// Its position.
        position: u32,
        /// The verifier's word.
        source: ProofError,
    },
}

/// Why a job did not finish.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The binary is not the manifest's.
    #[error("nothing was proven: {0}")]
    Manifest(#[from] ManifestError),
    /// The operating system refused.
    #[error("{action} {path}: {source}")]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// Another process works on it.
    #[error("another process is installing this capsule (it holds {0}); wait for it or stop it")]
    Busy(PathBuf),
    /// The folder is of a job with other parameters.
    #[error(
        "{path} is of another job ({found}, now {wanted}): go on with the settings of that one; if it is finished, its file is \
         there, and a manifest may name it"
    )]
    OtherPlan {
        /// The folder.
        path: PathBuf,
        /// What it holds.
        found: String,
        /// What was asked.
        wanted: String,
    },
    /// The plan is no plan.
    #[error("the plan {path} is damaged: {reason}; remove the folder to begin anew")]
    Plan {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The STARK prover failed.
    #[error(transparent)]
    Stark(#[from] ProveError),
    /// The witness of a chunk is wrong.
    #[error(transparent)]
    Witness(#[from] WitnessError),
    /// A halo2 prover failed.
    #[error("{what}: {reason}")]
    Halo2 {
        /// What was to be proven.
        what: String,
        /// The prover's word.
        reason: String,
    },
    /// A chunk was asked for out of turn.
    #[error("chunk {0} does not exist or is not the next one: this is a defect of this program")]
    Turn(u32),
    /// A kept chunk changed after it was verified.
    #[error("a chunk that was just verified cannot be read back: {0}")]
    Unreadable(String),
    /// The operating system gave no randomness.
    #[error("the operating system gives no random bytes: {0}")]
    Random(#[from] getrandom::Error),
    /// The finished file does not verify.
    #[error("the finished file is refused, so it was discarded (a damaged disk?): {0}")]
    Unsound(#[from] InstallRefusal),
    /// Writing the file.
    #[error(transparent)]
    File(#[from] FileError),
}
