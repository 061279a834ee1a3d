//! The announcement of an anchored batch: the four words that the contract names it by.

use alloy_primitives::{Address, B256, keccak256};
use nonos_core::BatchRoot;

/// Length of an announcement in bytes: four ABI words.
pub const ANNOUNCEMENT_BYTES: usize = 128;

/// Why bytes are no announcement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnnouncementError {
    /// Not four words.
    #[error("{0} bytes: the announcement of a batch has exactly {ANNOUNCEMENT_BYTES}")]
    Length(usize),
    /// A word has bits where its type has none.
    #[error("the {0} word is not canonical: bits above its type are set")]
    NotCanonical(&'static str),
    /// A batch has leaves.
    #[error("the batch has no leaves")]
    Empty,
}

/// `abi.encode(BatchRef)`: relayer, root, size, data commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BatchAnnouncement {
    /// The relayer that anchored it.
    pub relayer: Address,
    /// Root of the RFC 9162 tree over its leaves.
    pub root: BatchRoot,
    /// Number of leaves.
    pub size: u32,
    /// keccak256 of the leaves, one after the other.
    pub data_commitment: B256,
}

impl BatchAnnouncement {
    /// `keccak256(abi.encode(relayer, root, size, dataCommitment))`: the contract's key of the batch.
    pub fn batch_id(&self) -> B256 {
        keccak256(self.encode())
    }

    /// Four words.
    pub fn encode(&self) -> [u8; ANNOUNCEMENT_BYTES] {
        let mut bytes = [0; ANNOUNCEMENT_BYTES];
        bytes[12..32].copy_from_slice(self.relayer.as_slice());
        bytes[32..64].copy_from_slice(self.root.bytes());
        bytes[92..96].copy_from_slice(&self.size.to_be_bytes());
        bytes[96..128].copy_from_slice(self.data_commitment.as_slice());
        bytes
    }

    /// Reads exactly what [`Self::encode`] writes.
    pub fn decode(bytes: &[u8]) -> Result<Self, AnnouncementError> {
        let bytes: &[u8; ANNOUNCEMENT_BYTES] =
            bytes.try_into().map_err(|_| AnnouncementError::Length(bytes.len()))?;
        let word = |i: usize| B256::from_slice(&bytes[32 * i..32 * i + 32]);
        let clear = |range: std::ops::Range<usize>| bytes[range].iter().all(|byte| *byte == 0);
        if !clear(0..12) {
            return Err(AnnouncementError::NotCanonical("relayer"));
        }
        if !clear(64..92) {
            return Err(AnnouncementError::NotCanonical("size"));
        }
        let size = u32::from_be_bytes([bytes[92], bytes[93], bytes[94], bytes[95]]);
        if size == 0 {
            return Err(AnnouncementError::Empty);
        }
        Ok(Self {
            relayer: Address::from_slice(&bytes[12..32]),
            root: word(1).into(),
            size,
            data_commitment: word(3),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_sol_types::SolValue;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_encoding_is_the_abis_and_reads_back(
            relayer in any::<[u8; 20]>(), root in any::<[u8; 32]>(), size in 1u32.., commitment in any::<[u8; 32]>(),
        ) {
            let batch = BatchAnnouncement {
                relayer: relayer.into(),
                root: root.into(),
                size,
                data_commitment: commitment.into(),
            };
            let words = (batch.relayer, B256::from(root), size, B256::from(commitment)).abi_encode();
            prop_assert_eq!(&batch.encode()[..], &words[..]);
            prop_assert_eq!(BatchAnnouncement::decode(&words), Ok(batch));
        }

        #[test]
        fn whatever_decodes_encodes_to_the_same_bytes(bytes in proptest::collection::vec(any::<u8>(), 120..136)) {
            if let Ok(batch) = BatchAnnouncement::decode(&bytes) {
                prop_assert_eq!(&batch.encode()[..], &bytes[..]);
            }
        }
    }

    #[test]
    fn dirty_words_and_wrong_lengths_are_named() {
        let batch = BatchAnnouncement {
            relayer: Address::repeat_byte(1),
            root: B256::repeat_byte(2).into(),
            size: 3,
            data_commitment: B256::repeat_byte(4),
        };
        let bent = |at: usize| {
            let mut bytes = batch.encode();
            bytes[at] ^= 1;
            BatchAnnouncement::decode(&bytes)
        };
        assert_eq!(bent(0), Err(AnnouncementError::NotCanonical("relayer")));
        assert_eq!(bent(64), Err(AnnouncementError::NotCanonical("size")));
        assert_eq!(bent(91), Err(AnnouncementError::NotCanonical("size")));
        assert_eq!(BatchAnnouncement::decode(&batch.encode()[..127]), Err(AnnouncementError::Length(127)));
        assert_eq!(
            BatchAnnouncement::decode(&BatchAnnouncement { size: 0, ..batch }.encode()),
            Err(AnnouncementError::Empty)
        );
    }
}
