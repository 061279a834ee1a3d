//! Strict bytes of a receipt: one receipt, one encoding, one message id.

use crate::ids::MessageId;
use crate::receipt::{HeaderError, Receipt};
use crate::signature::SIGNATURE_BYTES;
use alloy_primitives::keccak256;
use alloy_sol_types::SolValue;

/// Largest receipt in bytes: the message limit of the mesh.
pub const MAX_RECEIPT_BYTES: usize = 64 * 1024;
/// Most openings in one receipt.
pub const MAX_OPENINGS: usize = 64;
/// Longest disclosure path: trees of up to 2^16 leaves.
pub const MAX_PATH: usize = 16;

/// Words before the receipt's tuple starts.
const HEAD_OFFSET: usize = 32;
/// Word of the tuple that holds the offset of `openings`: chainId, anchor, 21 header words, three byte strings.
const OPENINGS_WORD: usize = 26;
/// Word of an opening that holds the offset of `path`.
const PATH_WORD: usize = 5;

/// Why bytes are not a receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Over the limit.
    #[error("{actual} bytes: a receipt has at most {MAX_RECEIPT_BYTES}")]
    TooLarge {
        /// Bytes found.
        actual: usize,
    },
    /// An offset or count points outside the bytes.
    #[error("truncated: {what} lies outside the {len} bytes")]
    Truncated {
        /// What was to be read.
        what: &'static str,
        /// Bytes found.
        len: usize,
    },
    /// More openings than allowed.
    #[error("{actual} openings: a receipt has at most {MAX_OPENINGS}")]
    TooManyOpenings {
        /// Openings claimed.
        actual: usize,
    },
    /// A path longer than any allowed tree is deep.
    #[error("opening {position} has a path of {actual} nodes: at most {MAX_PATH}")]
    PathTooLong {
        /// Position in the list.
        position: usize,
        /// Nodes claimed.
        actual: usize,
    },
    /// Not ABI.
    #[error("not the ABI encoding of a receipt: {0}")]
    Abi(String),
    /// ABI, but not the one encoding.
    #[error("not canonical: re-encoding differs from byte {at} (trailing bytes, odd offsets or padding)")]
    NotCanonical {
        /// First byte that differs.
        at: usize,
    },
    /// The header is malformed.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// A signature has the wrong length.
    #[error("{role} signature of {actual} bytes where {expected} are due")]
    SignatureLength {
        /// Whose signature.
        role: &'static str,
        /// 64, or 0 for the onion signature of a receipt that names no onion.
        expected: usize,
        /// Bytes found.
        actual: usize,
    },
    /// No proof.
    #[error("the launch proof is empty")]
    NoProof,
    /// Openings are listed once each, by ascending index, in one tree.
    #[error("opening {position} is out of order: indices ascend and all sizes are equal")]
    OpeningOrder {
        /// Position in the list.
        position: usize,
    },
}

/// Reads the small integer in the word at `at`; `None` outside the bytes. Larger integers saturate.
fn word(bytes: &[u8], at: usize) -> Option<usize> {
    let word = bytes.get(at..at.checked_add(32)?)?;
    let (high, low) = word.split_at_checked(24)?;
    let low = u64::from_be_bytes(low.try_into().ok()?);
    if high.iter().any(|b| *b != 0) {
        return Some(usize::MAX);
    }
    Some(usize::try_from(low).unwrap_or(usize::MAX))
}

/// Bounds every count before anything is allocated, so that overlapping offsets cannot blow 64 KiB up to megabytes.
fn check_counts(bytes: &[u8]) -> Result<(), DecodeError> {
    let truncated = |what| DecodeError::Truncated { what, len: bytes.len() };
    let at = |base: usize, words: usize| words.checked_mul(32).and_then(|offset| base.checked_add(offset));
    let follow = |base: usize, words: usize| base.checked_add(word(bytes, at(base, words)?)?);

    let openings = follow(HEAD_OFFSET, OPENINGS_WORD).ok_or(truncated("the list of openings"))?;
    let count = word(bytes, openings).ok_or(truncated("the number of openings"))?;
    if count > MAX_OPENINGS {
        return Err(DecodeError::TooManyOpenings { actual: count });
    }
    for position in 0..count {
        let items = openings.checked_add(32);
        let opening = items.and_then(|base| follow(base, position)).ok_or(truncated("an opening"))?;
        let path = follow(opening, PATH_WORD).ok_or(truncated("the path of an opening"))?;
        let actual = word(bytes, path).ok_or(truncated("the length of a path"))?;
        if actual > MAX_PATH {
            return Err(DecodeError::PathTooLong { position, actual });
        }
    }
    Ok(())
}

impl Receipt {
    /// The ABI encoding (`abi.encode(receipt)`).
    pub fn encode(&self) -> Vec<u8> {
        self.abi_encode()
    }

    /// Names these exact bytes: keccak256 of the encoding.
    pub fn message_id(&self) -> MessageId {
        keccak256(self.encode()).into()
    }

    /// Decodes strictly: size, canonical form, header, lengths. Signatures and proof are the next steps, not part of it.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > MAX_RECEIPT_BYTES {
            return Err(DecodeError::TooLarge { actual: bytes.len() });
        }
        check_counts(bytes)?;
        let receipt = Self::abi_decode_validate(bytes).map_err(|e| DecodeError::Abi(e.to_string()))?;
        let again = receipt.encode();
        if again != bytes {
            let at = again.iter().zip(bytes).take_while(|(a, b)| a == b).count();
            return Err(DecodeError::NotCanonical { at });
        }
        receipt.check_form()?;
        Ok(receipt)
    }

    /// The form that [`Receipt::decode`] accepts; call it before sending a receipt built here.
    pub fn check_form(&self) -> Result<(), DecodeError> {
        self.header.validate()?;
        let onion = if self.header.names_onion() { SIGNATURE_BYTES } else { 0 };
        for (role, expected, actual) in [
            ("execution", SIGNATURE_BYTES, self.executionSignature.len()),
            ("onion", onion, self.onionSignature.len()),
        ] {
            if actual != expected {
                return Err(DecodeError::SignatureLength { role, expected, actual });
            }
        }
        if self.launchProof.is_empty() {
            return Err(DecodeError::NoProof);
        }
        if self.openings.len() > MAX_OPENINGS {
            return Err(DecodeError::TooManyOpenings { actual: self.openings.len() });
        }
        for (position, opening) in self.openings.iter().enumerate() {
            if opening.path.len() > MAX_PATH {
                return Err(DecodeError::PathTooLong { position, actual: opening.path.len() });
            }
        }
        let pairs = self.openings.iter().zip(self.openings.iter().skip(1));
        for (position, (a, b)) in (1usize..).zip(pairs) {
            if a.index >= b.index || a.size != b.size {
                return Err(DecodeError::OpeningOrder { position });
            }
        }
        let actual = self.abi_encoded_size();
        if actual > MAX_RECEIPT_BYTES { Err(DecodeError::TooLarge { actual }) } else { Ok(()) }
    }
}
