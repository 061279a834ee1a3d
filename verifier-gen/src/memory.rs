//! Memory plan: fixed scratch at the bottom, then the transcript, then words and point buffers handed out in order.
//!
//! ```text
//! 0x000  accumulator of a Horner chain over points: x, y, scalar   } also the input of the
//! 0x060  running sum of the final combination: x, y, summand x, y   } modular exponentiation
//! 0x0e0  accumulator of the quotient pieces: x, y, scalar x^n
//! 0x140  transcript
//! ```

use crate::{
    GenError,
    dag::{Bound, Word},
};

/// Bytes of an EVM word.
pub(crate) const WORD: usize = 0x20;
/// Bytes of a G1 point.
pub(crate) const POINT: usize = 0x40;

/// Accumulator of a Horner chain: a point and behind it the scalar of the chain.
pub(crate) const CHAIN: usize = 0x00;
/// Result of the modular exponentiation, before the chains are used.
pub(crate) const INVERSE: usize = 0x00;
/// Running sum of the final combination; the next summand is behind it.
pub(crate) const SUM: usize = 0x60;
/// Accumulator for the quotient pieces.
pub(crate) const PIECES: usize = 0xe0;
/// x^n, where the chain of the quotient pieces wants it.
pub(crate) const X_TO_N: usize = PIECES + POINT;
/// First byte of the transcript.
pub(crate) const TRANSCRIPT: usize = 0x140;

const LIMIT: usize = 1 << 20;

/// Hands out memory; nothing is ever given back, so every word is written once.
#[derive(Debug, Clone)]
pub(crate) struct Memory {
    next: usize,
}

impl Memory {
    pub(crate) fn new(start: usize) -> Self {
        Self { next: start }
    }

    pub(crate) fn bytes(&mut self, len: usize) -> usize {
        let ptr = self.next;
        self.next += len;
        ptr
    }

    pub(crate) fn word(&mut self, bound: Bound) -> Word {
        Word { ptr: self.bytes(WORD), bound }
    }

    pub(crate) fn end(&self) -> usize {
        self.next
    }

    pub(crate) fn check(&self) -> Result<(), GenError> {
        if self.next > LIMIT { Err(GenError::Memory(self.next)) } else { Ok(()) }
    }
}
