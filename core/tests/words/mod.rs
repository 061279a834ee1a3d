//! What generated cases are made of.

use alloy_primitives::{Address, B256, U256, keccak256};

/// Pseudo-random words: keccak256 of a counter.
pub struct Words(pub u64);

impl Words {
    pub fn word(&mut self) -> B256 {
        self.0 += 1;
        keccak256(self.0.to_be_bytes())
    }

    pub fn number(&mut self) -> U256 {
        U256::from_be_bytes(self.word().0)
    }

    /// Of a random length, so that small and extreme values appear.
    pub fn wide(&mut self, bits: usize) -> U256 {
        let length = self.below(bits as u64 + 1) as usize;
        let mask = if length == 256 { U256::MAX } else { (U256::from(1) << length) - U256::from(1) };
        self.number() & mask
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        (self.number() % U256::from(bound)).to::<u64>()
    }

    pub fn address(&mut self) -> Address {
        Address::from_slice(&self.word()[12..])
    }
}
