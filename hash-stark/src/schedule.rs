//! How a binary is cut into blocks and chunks. Everything follows from its length and the chunk size.

use crate::error::ScheduleError;
use crate::keccak::ROUNDS;
use std::ops::Range;

/// Bytes that one permutation of SHA3-512 absorbs.
pub const RATE: usize = 72;
/// Permutations of a chunk that are no absorption: two for each of the state commitments; in the last chunk
/// C and B stand in the place of the second.
pub(crate) const EXTRA_SLOTS: u32 = 4;
/// Blocks of a chunk by default: the most that fit 2^15 rows, 97,992 bytes.
pub const DEFAULT_CHUNK_BLOCKS: u32 = MAX_CHUNK_BLOCKS;
/// Most blocks of a chunk: 24·(1,361 + 4) + 1 ≤ 2^15.
pub const MAX_CHUNK_BLOCKS: u32 = 1_361;
/// Least blocks of a chunk. With one, the last block's padding would meet a state that its chunk does not hold.
pub const MIN_CHUNK_BLOCKS: u32 = 2;
/// Longest binary in bytes, exclusive.
pub const MAX_LENGTH: u64 = 1 << 40;
/// Shortest trace, log2: room for the randomness that hides the openings of up to 248 queries.
pub(crate) const MIN_LOG_ROWS: usize = 9;

/// A cut of `length` bytes into chunks of `chunk_blocks` blocks. The *first* chunk takes the remainder, so that the last
/// one, whose padding is checked, is full whenever it is not alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    length: u64,
    chunk_blocks: u32,
    blocks: u64,
    chunks: u32,
}

impl Schedule {
    /// The cut; refuses lengths and chunk sizes outside the limits.
    pub fn new(length: u64, chunk_blocks: u32) -> Result<Self, ScheduleError> {
        if length >= MAX_LENGTH {
            return Err(ScheduleError::TooLong { length });
        }
        if !(MIN_CHUNK_BLOCKS..=MAX_CHUNK_BLOCKS).contains(&chunk_blocks) {
            return Err(ScheduleError::ChunkSize { chunk_blocks });
        }
        let blocks = length / RATE as u64 + 1;
        let chunks = blocks.div_ceil(u64::from(chunk_blocks));
        let chunks = u32::try_from(chunks).ok().filter(|chunks| *chunks < 1 << 24);
        let Some(chunks) = chunks else { return Err(ScheduleError::TooManyChunks { length, chunk_blocks }) };
        Ok(Self { length, chunk_blocks, blocks, chunks })
    }

    /// Bytes of the binary.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Blocks of a full chunk.
    pub fn chunk_blocks(&self) -> u32 {
        self.chunk_blocks
    }

    /// Number of chunks, at least one: an empty binary has a block, which is all padding.
    pub fn chunks(&self) -> u32 {
        self.chunks
    }

    /// Blocks of the chunk at `position`, padding included.
    pub(crate) fn blocks_at(&self, position: u32) -> u32 {
        let full = u64::from(self.chunks - 1) * u64::from(self.chunk_blocks);
        if position == 0 { (self.blocks - full) as u32 } else { self.chunk_blocks }
    }

    /// The bytes of the binary that the chunk at `position` absorbs.
    pub(crate) fn bytes_at(&self, position: u32) -> Range<u64> {
        let before = |position: u32| match position {
            0 => 0,
            _ => u64::from(self.blocks_at(0)) + u64::from(position - 1) * u64::from(self.chunk_blocks),
        };
        let start = before(position) * RATE as u64;
        let end = before(position + 1) * RATE as u64;
        start.min(self.length)..end.min(self.length)
    }

    /// Whether the chunk at `position` ends in the digest.
    pub(crate) fn is_last(&self, position: u32) -> bool {
        position + 1 == self.chunks
    }

    /// Place of the first padding byte in the last block.
    pub(crate) fn padding_start(&self) -> usize {
        (self.length % RATE as u64) as usize
    }

    /// log2 of the rows of the chunk at `position`: every slot and at least one row behind them.
    pub(crate) fn log_rows(&self, position: u32) -> usize {
        let rows = ROUNDS * (self.blocks_at(position) + EXTRA_SLOTS) as usize + 1;
        (rows.next_power_of_two().ilog2() as usize).max(MIN_LOG_ROWS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_cover_every_byte_once_and_the_last_is_full() {
        for chunk_blocks in [2, 3, 5, 17] {
            for length in (0..2_000).chain([97_991, 97_992, 98_000]) {
                let cut = Schedule::new(length, chunk_blocks).unwrap();
                let mut at = 0;
                for position in 0..cut.chunks() {
                    let bytes = cut.bytes_at(position);
                    assert_eq!(bytes.start, at);
                    at = bytes.end;
                    let blocks = cut.blocks_at(position);
                    assert!((1..=chunk_blocks).contains(&blocks));
                    if position > 0 {
                        assert_eq!(blocks, chunk_blocks);
                    }
                    if !cut.is_last(position) {
                        assert_eq!(bytes.end - bytes.start, u64::from(blocks) * 72);
                    }
                }
                assert_eq!(at, length);
                let all: u64 = (0..cut.chunks()).map(|p| u64::from(cut.blocks_at(p))).sum();
                assert_eq!(all, length / 72 + 1);
            }
        }
    }

    #[test]
    fn default_chunk_fills_its_rows() {
        let cut = Schedule::new(97_991, DEFAULT_CHUNK_BLOCKS).unwrap();
        assert_eq!((cut.chunks(), cut.blocks_at(0), cut.log_rows(0)), (1, 1_361, 15));
        assert_eq!(Schedule::new(97_992, DEFAULT_CHUNK_BLOCKS).unwrap().chunks(), 2);
        assert_eq!(Schedule::new(0, 2).unwrap().log_rows(0), MIN_LOG_ROWS);
    }

    #[test]
    fn limits_are_named() {
        assert!(matches!(Schedule::new(MAX_LENGTH, 2), Err(ScheduleError::TooLong { .. })));
        assert!(matches!(Schedule::new(MAX_LENGTH - 1, 2), Err(ScheduleError::TooManyChunks { .. })));
        for chunk_blocks in [0, 1, MAX_CHUNK_BLOCKS + 1] {
            assert_eq!(Schedule::new(1, chunk_blocks), Err(ScheduleError::ChunkSize { chunk_blocks }));
        }
    }
}
