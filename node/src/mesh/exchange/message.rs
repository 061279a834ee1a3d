//! Questions and answers, and their one encoding each.

use alloy_primitives::B256;
use nonos_core::batch::MAX_BATCH_BYTES;
use nonos_core::package::MAX_PACKAGE_BYTES;
use nonos_core::receipt::MAX_RECEIPT_BYTES;
use nonos_core::{BatchId, CapsuleLeaf, MessageId, ReceiptLeaf};
use nonos_hash_stark::max_proof_bytes;

use super::verdict::MeshVerdict;

/// Largest blob in bytes.
pub const MAX_BLOB_BYTES: usize = 1 << 20;
/// Most message ids in one answer.
pub const MAX_RECENT: u16 = 1_024;
/// Largest encoded verdict.
const MAX_VERDICT_BYTES: usize = 1_024;
/// Bytes before the payload: kind and length.
pub(super) const FRAME_HEAD: usize = 5;

/// Why bytes are no frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Fewer than five bytes.
    #[error("a frame of {0} bytes: it starts with a kind and a length, five bytes")]
    Short(usize),
    /// No such kind, or not one that may come here.
    #[error("unexpected frame of kind {0:#04x}")]
    Kind(u8),
    /// Longer or shorter than this kind allows.
    #[error("a frame of kind {kind:#04x} with {length} bytes; {min} to {max} are allowed")]
    Length {
        /// The kind.
        kind: u8,
        /// Announced length.
        length: u64,
        /// Least.
        min: usize,
        /// Most.
        max: usize,
    },
    /// Announced and actual length differ.
    #[error("the frame announces {announced} bytes of payload and has {actual}")]
    Announced {
        /// Announced.
        announced: usize,
        /// Found.
        actual: usize,
    },
    /// The content has another form than its kind.
    #[error("frame of kind {kind:#04x}: {reason}")]
    Content {
        /// The kind.
        kind: u8,
        /// What is wrong.
        reason: &'static str,
    },
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// The receipt with this message id.
    Receipt(MessageId),
    /// The receipt with this batch leaf.
    ReceiptByLeaf(ReceiptLeaf),
    /// The record of this batch.
    Batch(BatchId),
    /// The bytes with this keccak256.
    Blob(B256),
    /// The package of this capsule.
    Package(CapsuleLeaf),
    /// A piece of a STARK install or digest proof: 0 is its keccak256 and what stands before the chunks, i the chunk at
    /// position i − 1.
    Proof {
        /// J, or what a digest proof carries in its place.
        context: B256,
        /// keccak256 of the file; zero for any of this context.
        hash: B256,
        /// Which piece.
        piece: u32,
    },
    /// Verdicts on these bytes.
    Verify(Vec<u8>),
    /// The newest message ids, at most so many (1 to [`MAX_RECENT`]).
    Recent(u16),
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// What was asked for.
    Found(Vec<u8>),
    /// Verdicts.
    Verdict(MeshVerdict),
    /// Message ids, newest first.
    Recent(Vec<MessageId>),
    /// Not here.
    NotFound,
    /// Not now: ask less, or later.
    Busy,
}

const RECEIPT: u8 = 1;
const BY_LEAF: u8 = 2;
const BATCH: u8 = 3;
const BLOB: u8 = 4;
const PACKAGE: u8 = 5;
const VERIFY: u8 = 6;
const RECENT: u8 = 7;
const PROOF: u8 = 8;
/// An answer is of the kind of its question with this bit.
const ANSWER: u8 = 0x80;
const NOT_FOUND: u8 = 0x80;
const BUSY: u8 = 0xff;

fn bounded(kind: u8, length: u64, min: usize, max: usize) -> Result<usize, FrameError> {
    match usize::try_from(length) {
        Ok(size) if (min..=max).contains(&size) => Ok(size),
        _ => Err(FrameError::Length { kind, length, min, max }),
    }
}

fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(FRAME_HEAD + payload.len());
    bytes.push(kind);
    // No payload comes near 4 GiB; a larger one would be refused by its own reader.
    bytes.extend_from_slice(&u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// Kind, and announced length.
pub(super) fn head(bytes: [u8; FRAME_HEAD]) -> (u8, u64) {
    let [kind, length @ ..] = bytes;
    (kind, u64::from(u32::from_be_bytes(length)))
}

fn split(bytes: &[u8]) -> Result<(u8, u64, &[u8]), FrameError> {
    let (first, payload) = bytes.split_first_chunk().ok_or(FrameError::Short(bytes.len()))?;
    let (kind, length) = head(*first);
    Ok((kind, length, payload))
}

fn exact(announced: usize, payload: &[u8]) -> Result<&[u8], FrameError> {
    if announced == payload.len() {
        Ok(payload)
    } else {
        Err(FrameError::Announced { announced, actual: payload.len() })
    }
}

impl Request {
    /// The first byte of the frame.
    pub fn kind(&self) -> u8 {
        match self {
            Self::Receipt(_) => RECEIPT,
            Self::ReceiptByLeaf(_) => BY_LEAF,
            Self::Batch(_) => BATCH,
            Self::Blob(_) => BLOB,
            Self::Package(_) => PACKAGE,
            Self::Verify(_) => VERIFY,
            Self::Recent(_) => RECENT,
            Self::Proof { .. } => PROOF,
        }
    }

    /// The length a frame may announce, checked before it is read.
    pub(super) fn payload_len(kind: u8, length: u64) -> Result<usize, FrameError> {
        match kind {
            RECEIPT | BY_LEAF | BATCH | BLOB | PACKAGE => bounded(kind, length, 32, 32),
            VERIFY => bounded(kind, length, 1, MAX_RECEIPT_BYTES),
            RECENT => bounded(kind, length, 2, 2),
            PROOF => bounded(kind, length, 68, 68),
            other => Err(FrameError::Kind(other)),
        }
    }

    /// Largest answer, payload alone.
    pub fn max_answer(&self) -> usize {
        answer_bounds(self.kind()).1
    }

    /// The frame.
    pub fn encode(&self) -> Vec<u8> {
        let kind = self.kind();
        match self {
            Self::Receipt(id) => frame(kind, id.bytes()),
            Self::ReceiptByLeaf(leaf) => frame(kind, leaf.bytes()),
            Self::Batch(id) => frame(kind, id.bytes()),
            Self::Blob(hash) => frame(kind, hash.as_slice()),
            Self::Package(capsule) => frame(kind, B256::from(*capsule).as_slice()),
            Self::Verify(bytes) => frame(kind, bytes),
            Self::Recent(limit) => frame(kind, &limit.to_be_bytes()),
            Self::Proof { context, hash, piece } => {
                frame(kind, &[context.as_slice(), hash.as_slice(), &piece.to_be_bytes()].concat())
            }
        }
    }

    /// Reads exactly what [`Self::encode`] writes.
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        let (kind, length, payload) = split(bytes)?;
        let payload = exact(Self::payload_len(kind, length)?, payload)?;
        let content = |reason| FrameError::Content { kind, reason };
        let word = || B256::try_from(payload).map_err(|_| content("not a word"));
        Ok(match kind {
            RECEIPT => Self::Receipt(word()?.into()),
            BY_LEAF => Self::ReceiptByLeaf(word()?.into()),
            BATCH => Self::Batch(word()?.into()),
            BLOB => Self::Blob(word()?),
            PACKAGE => Self::Package(
                CapsuleLeaf::from_be(&word()?.0)
                    .map_err(|_| content("not the canonical form of a field element"))?,
            ),
            VERIFY => Self::Verify(payload.to_vec()),
            PROOF => match (payload.as_chunks::<32>().0, payload.last_chunk()) {
                ([context, hash], Some(piece)) => Self::Proof {
                    context: context.into(),
                    hash: hash.into(),
                    piece: u32::from_be_bytes(*piece),
                },
                _ => return Err(content("not two words and a number")),
            },
            _ => match payload.try_into().map(u16::from_be_bytes) {
                Ok(limit @ 1..=MAX_RECENT) => Self::Recent(limit),
                _ => return Err(content("asks for none, or for more ids than one answer holds")),
            },
        })
    }
}

/// Least and most bytes of the answer to a question of this kind.
fn answer_bounds(kind: u8) -> (usize, usize) {
    match kind {
        RECEIPT | BY_LEAF => (1, MAX_RECEIPT_BYTES),
        BATCH => (1, MAX_BATCH_BYTES),
        BLOB => (0, MAX_BLOB_BYTES),
        PACKAGE => (1, MAX_PACKAGE_BYTES),
        VERIFY => (1, MAX_VERDICT_BYTES),
        PROOF => (1, max_proof_bytes()),
        _ => (0, 32 * MAX_RECENT as usize),
    }
}

impl Response {
    /// The length an answer to a question of kind `asked` may announce, checked before it is read.
    pub(super) fn payload_len(asked: u8, kind: u8, length: u64) -> Result<usize, FrameError> {
        match kind {
            NOT_FOUND | BUSY => bounded(kind, length, 0, 0),
            _ if kind == asked | ANSWER && (RECEIPT..=PROOF).contains(&asked) => {
                let (min, max) = answer_bounds(asked);
                bounded(kind, length, min, max)
            }
            other => Err(FrameError::Kind(other)),
        }
    }

    /// The frame of an answer to a question of kind `asked`.
    pub fn encode(&self, asked: u8) -> Vec<u8> {
        match self {
            Self::Found(bytes) => frame(asked | ANSWER, bytes),
            Self::Verdict(verdict) => frame(asked | ANSWER, &verdict.encode()),
            Self::Recent(ids) => {
                frame(asked | ANSWER, &ids.iter().flat_map(|id| *id.bytes()).collect::<Vec<_>>())
            }
            Self::NotFound => frame(NOT_FOUND, &[]),
            Self::Busy => frame(BUSY, &[]),
        }
    }

    /// Reads exactly what [`Self::encode`] writes for a question of kind `asked`.
    pub fn decode(asked: u8, bytes: &[u8]) -> Result<Self, FrameError> {
        let (kind, length, payload) = split(bytes)?;
        let payload = exact(Self::payload_len(asked, kind, length)?, payload)?;
        match kind {
            NOT_FOUND => return Ok(Self::NotFound),
            BUSY => return Ok(Self::Busy),
            _ => {}
        }
        let content = |reason| FrameError::Content { kind, reason };
        match asked {
            VERIFY => MeshVerdict::decode(payload).map(Self::Verdict).map_err(content),
            RECENT => {
                let (words, rest) = payload.as_chunks::<32>();
                if !rest.is_empty() {
                    return Err(content("not a whole number of ids"));
                }
                Ok(Self::Recent(words.iter().map(|word| MessageId::from(*word)).collect()))
            }
            _ => Ok(Self::Found(payload.to_vec())),
        }
    }
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
