//! Capabilities: one bit per function of the import module `nonos`.
//!
//! | bit | import | meaning |
//! |---|---|---|
//! | 0 | `input_len() -> i32` | length of the input in bytes |
//! | 1 | `input_read(dst: i32, offset: i32, len: i32) -> i32` | copies input from `offset` to `dst`; returns the bytes copied, fewer at the end |
//! | 2 | `output_write(src: i32, len: i32) -> i32` | appends to the output; returns `len`; more than the limit ends the run |
//! | 3 | `log_write(src: i32, len: i32) -> i32` | appends to the log; returns what still fitted |
//! | 4 | `clock_ms() -> i64` | wall clock, milliseconds since 1970 |
//! | 5 | `random_fill(dst: i32, len: i32) -> i32` | fills memory with random bytes of the system; returns 0 |
//!
//! Pointers outside `memory` trap. A capsule that imports neither 4 nor 5 is a function of its input. The state
//! lists the bits of what the capsule really imports, which must be a subset of the policy's.

use wasmtime::ValType;

/// The import module.
pub const IMPORT_MODULE: &str = "nonos";

/// One capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// `input_len`
    InputLen,
    /// `input_read`
    InputRead,
    /// `output_write`
    OutputWrite,
    /// `log_write`
    LogWrite,
    /// `clock_ms`
    ClockMs,
    /// `random_fill`
    RandomFill,
}

impl Capability {
    /// All of them, in the order of the bits.
    pub const ALL: [Self; 6] =
        [Self::InputLen, Self::InputRead, Self::OutputWrite, Self::LogWrite, Self::ClockMs, Self::RandomFill];

    /// Position in the capability word.
    pub const fn bit(self) -> u8 {
        self as u8
    }

    /// The capability word with this bit only.
    pub const fn mask(self) -> u64 {
        1 << self.bit()
    }

    /// Name of the import.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InputLen => "input_len",
            Self::InputRead => "input_read",
            Self::OutputWrite => "output_write",
            Self::LogWrite => "log_write",
            Self::ClockMs => "clock_ms",
            Self::RandomFill => "random_fill",
        }
    }

    /// The capability behind an import name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.name() == name)
    }

    /// Parameters and results in WebAssembly types.
    pub(super) fn signature(self) -> (&'static [ValType], &'static [ValType]) {
        use ValType::{I32, I64};
        match self {
            Self::InputLen => (&[], &[I32]),
            Self::InputRead => (&[I32, I32, I32], &[I32]),
            Self::OutputWrite | Self::LogWrite | Self::RandomFill => (&[I32, I32], &[I32]),
            Self::ClockMs => (&[], &[I64]),
        }
    }
}

/// The capability word of several capabilities.
pub fn mask_of(capabilities: &[Capability]) -> u64 {
    capabilities.iter().fold(0, |word, c| word | c.mask())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_those_of_the_table_and_names_resolve() {
        for (bit, capability) in Capability::ALL.into_iter().enumerate() {
            assert_eq!(capability.bit() as usize, bit);
            assert_eq!(Capability::named(capability.name()), Some(capability));
        }
        assert_eq!(Capability::named("fd_write"), None);
        assert_eq!(mask_of(&[Capability::InputLen, Capability::RandomFill]), 0b100001);
    }
}
