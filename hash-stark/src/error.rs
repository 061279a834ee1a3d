//! Everything that can be wrong, by name.

use crate::schedule::{MAX_CHUNK_BLOCKS, MAX_LENGTH, MIN_CHUNK_BLOCKS};
use crate::security::Security;

/// Why a binary cannot be cut into chunks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Too long.
    #[error("a binary of {length} bytes: fewer than {MAX_LENGTH} can be proven")]
    TooLong {
        /// Bytes given.
        length: u64,
    },
    /// A chunk size outside the limits.
    #[error("chunks of {chunk_blocks} blocks: from {MIN_CHUNK_BLOCKS} to {MAX_CHUNK_BLOCKS} are possible")]
    ChunkSize {
        /// Blocks given.
        chunk_blocks: u32,
    },
    /// Positions would not fit.
    #[error("{length} bytes in chunks of {chunk_blocks} blocks are 2^24 chunks or more: take larger chunks")]
    TooManyChunks {
        /// Bytes given.
        length: u64,
        /// Blocks of a chunk.
        chunk_blocks: u32,
    },
    /// The security of the whole file would sink below what its name promises.
    #[error(
        "{chunks} chunks: {security:?} keeps its 100 bits up to {max} chunks of a file; take larger chunks"
    )]
    Security {
        /// Chunks of the file.
        chunks: u32,
        /// Most chunks.
        max: u32,
        /// The parameters asked for.
        security: Security,
    },
}

/// Why bytes are not a chunk proof or a saved state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Over the limit.
    #[error("{actual} bytes: {what} has at most {max}")]
    TooLarge {
        /// What was to be decoded.
        what: &'static str,
        /// Bytes found.
        actual: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// Not ABI.
    #[error("not the ABI encoding of {what}: {error}")]
    Abi {
        /// What was to be decoded.
        what: &'static str,
        /// The decoder's word.
        error: String,
    },
    /// Another encoding of the same.
    #[error("not canonical: re-encoding {what} differs")]
    NotCanonical {
        /// What was to be decoded.
        what: &'static str,
    },
    /// A format of another time.
    #[error("version {actual} of {what}: this library knows {known}")]
    Version {
        /// What was to be decoded.
        what: &'static str,
        /// Version found.
        actual: u8,
        /// Version known.
        known: u8,
    },
    /// No such parameters.
    #[error("security parameters number {actual}: 1 (conjectured) and 2 (proven) exist")]
    Security {
        /// Number found.
        actual: u8,
    },
    /// The inner proof.
    #[error("not a FRI proof: {0}")]
    Stark(String),
}

/// Why chunks are not proven.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The cut.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// The reader.
    #[error("reading the binary: {0}")]
    Read(#[from] std::io::Error),
    /// The binary is not as long as said.
    #[error("the binary has {actual} bytes, {expected} were announced")]
    Length {
        /// Bytes announced.
        expected: u64,
        /// Bytes read.
        actual: u64,
    },
    /// The binary is another.
    #[error("SHA3-512 of the binary is {actual}, expected {expected}: not the binary of the manifest")]
    Digest {
        /// Digest announced, hexadecimal.
        expected: String,
        /// Digest found, hexadecimal.
        actual: String,
    },
    /// A saved state of another install.
    #[error("the saved state belongs to another install or other parameters")]
    ForeignState,
    /// A saved state that does not fit the binary.
    #[error("the saved state at chunk {position} does not open its commitment for this binary")]
    State {
        /// Position of the state.
        position: u32,
    },
    /// The operating system gave no randomness.
    #[error("no randomness from the operating system: {0}")]
    Randomness(String),
    /// The proof system failed.
    #[error("proving chunk {position}: {error}")]
    Stark {
        /// Position of the chunk.
        position: u32,
        /// What it said.
        error: String,
    },
    /// The fresh proof does not verify; it is not handed out.
    #[error("the proof of chunk {position} that was just made is refused: {error}")]
    Unsound {
        /// Position of the chunk.
        position: u32,
        /// The verifier's word.
        error: Box<VerifyError>,
    },
}

/// Why proofs are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The cut.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// Bytes that are no proof.
    #[error("chunk {position}: {error}")]
    Decode {
        /// Position of the chunk.
        position: u32,
        /// What is wrong.
        error: DecodeError,
    },
    /// Weaker or other parameters than asked for.
    #[error("chunk {position} is proven with {actual:?} parameters, {expected:?} are asked for")]
    Security {
        /// Position of the chunk.
        position: u32,
        /// Parameters asked for.
        expected: Security,
        /// Parameters of the proof.
        actual: Security,
    },
    /// A position the file does not have.
    #[error("position {position} of a file of {chunks} chunks")]
    Position {
        /// Position of the chunk.
        position: u32,
        /// Chunks of the file.
        chunks: u32,
    },
    /// Chunks missing, doubled or out of order.
    #[error("chunk {actual} where chunk {expected} is due: chunks are missing, doubled or out of order")]
    Order {
        /// Position due.
        expected: u32,
        /// Position found.
        actual: u32,
    },
    /// The chain of states is broken.
    #[error("chunk {position} starts from another state than the chunk before it ended in")]
    Continuity {
        /// Position of the chunk.
        position: u32,
    },
    /// The last chunk ends in another blinded commitment.
    #[error("the last chunk ends in another B than the file's: another binary, salt or blinding")]
    Commitment,
    /// Too few or too many chunks.
    #[error("{actual} chunks of a file of {expected}")]
    Count {
        /// Chunks of the file.
        expected: u32,
        /// Chunks given.
        actual: u32,
    },
    /// A trace of another height.
    #[error("chunk {position} has a trace of 2^{actual} rows, 2^{expected} are due")]
    Rows {
        /// Position of the chunk.
        position: u32,
        /// log2 of the rows due.
        expected: usize,
        /// log2 of the rows found, `usize::MAX` where it is none.
        actual: usize,
    },
    /// The proof does not prove this statement.
    #[error("the proof of chunk {position} is invalid for this context, B, length and position: {error}")]
    Stark {
        /// Position of the chunk.
        position: u32,
        /// The verifier's word.
        error: String,
    },
}
