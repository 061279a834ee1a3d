//! The chip of circuits that run SHA-3, and their rows: shared by the install circuit and the hidden link circuit.
//!
//! | module | what |
//! |---|---|
//! | [`keccak`] | the permutation on bits, a slot of 64 rows a round |
//! | [`gates`] | the chip: columns and polynomials |
//! | [`sheet`] | slots and rows under construction |
//! | [`circuit`] | a finished sheet as halo2 sees it |
//!
//! A circuit is a [`Shape`], that is how many rows there are and where sums stand, and a layout of its own. What the gates say
//! does not depend on either. `docs/circuits/install.md` goes through gates and rows.

#[cfg(test)]
pub(crate) mod checker;
pub mod circuit;
pub mod gates;
pub mod keccak;
pub mod sheet;

/// Lanes of the sponge.
pub const LANES: usize = 25;
/// Lanes of a block of SHA3-512.
pub const WORDS: usize = 9;
/// Rows of a strip of arithmetic.
pub const STRIP: usize = 66;

/// What circuits with this chip differ in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The circuit has 2^k rows.
    pub k: u32,
    /// First row of the strips of arithmetic and of the public instances: slots before it hold the sponge.
    ///
    /// A verifier evaluates a Lagrange polynomial for each row up to the last instance's, so they stand in bit 0.
    pub window: usize,
    /// From the slot that absorbs a message's last block to the one that holds this block as a state; none in a circuit that
    /// absorbs nothing, which has no gate `absorb`.
    pub message: Option<i32>,
}

impl Shape {
    /// Number of rows.
    pub const fn rows(self) -> usize {
        1 << self.k
    }

    /// Slots: one for each row of a bit.
    pub const fn slots(self) -> usize {
        self.rows() / 64
    }

    /// Row of a bit of a slot.
    pub const fn row(self, slot: usize, bit: usize) -> usize {
        bit * self.slots() + slot
    }

    /// Whether the strips end before the blinding rows, which are the last rows of bit 63.
    pub const fn fits(self) -> bool {
        self.window + STRIP + 9 <= self.slots()
    }
}
