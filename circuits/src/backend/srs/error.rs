//! Why an SRS is refused.

use std::io;

use thiserror::Error;

use super::{MAX_K, checks::GeneratorError};
use crate::backend::encoding::PointError;

/// Why an SRS could not be imported.
#[derive(Debug, Error)]
pub enum SrsError {
    /// k outside 1..=28.
    #[error("k = {k} is outside 1..={MAX_K}")]
    BadK {
        /// The k asked for, or found in the file.
        k: u32,
    },
    /// Fewer powers than asked for.
    #[error("the SRS has 2^{power} powers, but 2^{k} are needed: use a larger ceremony file")]
    PowerTooSmall {
        /// log2 of the powers there are.
        power: u32,
        /// log2 of the powers needed.
        k: u32,
    },
    /// The file does not begin with the magic of its format.
    #[error("not a powers-of-tau file: it begins with {0:?} instead of \"ptau\"")]
    Magic([u8; 4]),
    /// Another format version.
    #[error("powers-of-tau format version {0}, only version 1 is known")]
    Version(u32),
    /// The file ends early.
    #[error("the file ends inside {0} (truncated download?)")]
    Truncated(&'static str),
    /// Bytes after the end.
    #[error("bytes follow the end of the file's last part (concatenated or corrupted file)")]
    Trailing,
    /// Reading failed for another reason than the end of the file.
    #[error("reading {what} failed: {source}")]
    Io {
        /// What was being read.
        what: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// The file is for another curve.
    #[error("the file is for the base field 0x{prime}, not for BN254 (bn128): a ceremony of another curve")]
    ForeignCurve {
        /// The field's prime, big-endian hex.
        prime: String,
    },
    /// The header names an impossible power.
    #[error("the header says 2^{power} powers (of a ceremony of 2^{ceremony}); possible is 1..={MAX_K}")]
    BadPower {
        /// log2 of the powers in the file.
        power: u32,
        /// log2 of the powers of the whole ceremony.
        ceremony: u32,
    },
    /// A section that is not known.
    #[error("unknown section {0}")]
    UnknownSection(u32),
    /// A section appears twice.
    #[error("section {0} appears twice")]
    DuplicateSection(u32),
    /// A section is missing.
    #[error("section {id} ({what}) is missing")]
    MissingSection {
        /// Its number.
        id: u32,
        /// Its content.
        what: &'static str,
    },
    /// A section stands before the header that gives its size.
    #[error("section {0} stands before the header (section 1)")]
    HeaderNotFirst(u32),
    /// A section has not the size that the header implies.
    #[error("section {id} has {got} bytes, the header implies {expected} (header and powers disagree)")]
    SectionSize {
        /// Its number.
        id: u32,
        /// Size implied by the header.
        expected: u64,
        /// Size found.
        got: u64,
    },
    /// A point is malformed.
    #[error("{what} number {index}: {source}")]
    Point {
        /// Which list of points.
        what: &'static str,
        /// Which one, from zero.
        index: usize,
        /// What is wrong.
        source: PointError,
    },
    /// The first points are not the generators, or τ is trivial.
    #[error(transparent)]
    Generators(#[from] GeneratorError),
    /// The G1 points are not the powers of the τ in G2.
    #[error(
        "the G1 points are not consecutive powers of the tau in G2: pairing check failed (a changed point, or parts of \
         two ceremonies)"
    )]
    NotPowers,
    /// τ is a 2^k-th root of unity.
    #[error("tau is a root of unity of the domain, so it is known to everybody")]
    TauInDomain,
    /// The Lagrange basis does not belong to the powers.
    #[error("the Lagrange basis does not belong to the powers (a changed point, or parts of two files)")]
    WrongLagrange,
}
