//! Names for the columns of a row.

use crate::keccak::{IOTA_BITS, LANES, ROUNDS};

/// Limbs of a lane: 24, 24 and 16 bits, so that a limb is whole bytes and stays below the field's order.
pub(crate) const LIMBS: usize = 3;
/// Lanes of SHA3-512's capacity: all of a state that a message does not reach.
pub(crate) const CAPACITY_LANES: usize = 16;
/// First lane of SHA3-512's capacity.
pub(crate) const CAPACITY_START: usize = LANES - CAPACITY_LANES;

/// What a slot of 24 rows is for, in the order of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// First permutation of the incoming commitment.
    In0,
    /// Second permutation of the incoming commitment.
    In1,
    /// An absorption that another follows.
    Absorb,
    /// The chunk's last absorption.
    End,
    /// First permutation of the outgoing commitment; in the last chunk the one that makes C.
    Out0,
    /// Second permutation of the outgoing commitment; in the last chunk the one that makes B.
    Out1,
    /// Means nothing: fills the trace.
    Fill,
}

/// Number of kinds.
pub(crate) const KINDS: usize = 7;

/// The row that a slot ends on, by what the next row must take over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    /// End of `In0`.
    In0,
    /// End of `In1`: the sponge starts or goes on.
    In1,
    /// End of `Absorb`.
    Absorb,
    /// End of an `Absorb` before `End`: the next block may hold padding.
    Pad,
    /// End of an `In1` before `End`: the next block is the chunk's only one and may hold padding.
    Only,
    /// End of `End`.
    End,
    /// End of `Out0`.
    Out0,
    /// End of `Out1`.
    Out1,
}

/// Number of edges.
pub(crate) const EDGES: usize = 8;

pub(crate) const STEP: usize = 0;
pub(crate) const PARITY: usize = STEP + ROUNDS;
pub(crate) const THETA: usize = PARITY + 5 * 64;
pub(crate) const CHI: usize = THETA + LANES * 64;
pub(crate) const HELD: usize = CHI + IOTA_BITS.len();
pub(crate) const KIND: usize = HELD + CAPACITY_LANES * LIMBS;
pub(crate) const COUNT: usize = KIND + KINDS;
pub(crate) const EDGE: usize = COUNT + 1;
/// Columns of the trace.
pub(crate) const WIDTH: usize = EDGE + EDGES;

/// A row by name.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a, T>(pub &'a [T]);

impl<T: Copy> Row<'_, T> {
    /// 1 in round `index`.
    pub fn step(&self, index: usize) -> T {
        self.0[STEP + index]
    }

    /// Bit `z` of the input's parity of column x.
    pub fn parity(&self, x: usize, z: usize) -> T {
        self.0[PARITY + 64 * (x % 5) + z % 64]
    }

    /// Bit `z` of a lane after theta.
    pub fn theta(&self, lane: usize, z: usize) -> T {
        self.0[THETA + 64 * lane + z % 64]
    }

    /// Bit `IOTA_BITS[index]` of lane 0 before iota.
    pub fn chi(&self, index: usize) -> T {
        self.0[CHI + index]
    }

    /// Limb of the incoming state's capacity, the same on all rows.
    pub fn held(&self, lane: usize, limb: usize) -> T {
        self.0[HELD + LIMBS * lane + limb]
    }

    /// 1 on the rows of a slot of this kind.
    pub fn kind(&self, kind: Kind) -> T {
        self.0[KIND + kind as usize]
    }

    /// Absorptions so far, the slot's own included.
    pub fn count(&self) -> T {
        self.0[COUNT]
    }

    /// 1 on a slot's last row, by what follows.
    pub fn edge(&self, edge: Edge) -> T {
        self.0[EDGE + edge as usize]
    }
}

/// Splits a lane into limbs.
pub(crate) fn limbs(lane: u64) -> [u32; LIMBS] {
    [(lane & 0xff_ffff) as u32, (lane >> 24 & 0xff_ffff) as u32, (lane >> 48) as u32]
}

/// The bits of limb `limb` in a lane.
pub(crate) const fn limb_bits(limb: usize) -> std::ops::Range<usize> {
    match limb {
        0 => 0..24,
        1 => 24..48,
        _ => 48..64,
    }
}
