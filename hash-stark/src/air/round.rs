//! One round of keccak-f per row.
//!
//! A row holds the bits after theta and the parities before it. Both the round's input and its output are expressions of
//! degree 3 in them, so that no column repeats either.
//!
//! Written as loops over flat lists: this is evaluated at 2^18 points per chunk.

use super::{Frame, pack};
use crate::columns::{LIMBS, Row, limb_bits};
use crate::keccak::{IOTA_BITS, LANES, ROTATIONS, ROUND_CONSTANTS, ROUNDS, pi_source};
use crate::schedule::RATE;
use p3_air::AirBuilder;
use p3_field::{Dup, PrimeCharacteristicRing};

/// What theta adds to a lane of column x, bit by bit: C[x − 1, z] ⊕ C[x + 1, z − 1]; 64 bits per column.
fn theta_effect<AB: AirBuilder>(row: Row<'_, AB::Var>) -> Vec<AB::Expr> {
    let mut effect = Vec::with_capacity(5 * 64);
    for x in 0..5 {
        for z in 0..64 {
            let left: AB::Expr = row.parity(x + 4, z).into();
            effect.push(left.xor(&row.parity(x + 1, z + 63).into()));
        }
    }
    effect
}

/// The output of this row.
pub(super) struct Output<E> {
    /// 1,600 bits, 64 per lane.
    pub bits: Vec<E>,
    /// Limbs by lane.
    pub limbs: Vec<[E; LIMBS]>,
}

/// The input of the row below.
pub(super) struct Input<E> {
    /// Bytes of the nine lanes that a block reaches.
    pub bytes: Vec<E>,
    /// Limbs by lane.
    pub limbs: Vec<[E; LIMBS]>,
}

/// The limbs of a lane's 64 bits.
fn to_limbs<E: PrimeCharacteristicRing>(lane: &[E]) -> [E; LIMBS] {
    std::array::from_fn(|limb| pack(&lane[limb_bits(limb)]))
}

/// Constrains this row to be the round that its step names, and returns its output.
pub(super) fn constrain<AB: AirBuilder>(
    frame: &Frame<'_, AB>,
    emit: &mut impl FnMut(&'static str, AB::Expr),
) -> Output<AB::Expr> {
    let row = frame.row;
    for x in 0..5 {
        for z in 0..64 {
            emit("parity is a bit", row.parity(x, z).into().bool_check());
        }
    }
    for lane in 0..LANES {
        for z in 0..64 {
            emit("theta is a bit", row.theta(lane, z).into().bool_check());
        }
    }
    // Theta adds the same bit t to all five lanes of a column, and 5t = t modulo 2. So the parity C of the input is right
    // if and only if the parity of the output is C ⊕ t.
    let effect = theta_effect::<AB>(row);
    for x in 0..5 {
        for z in 0..64 {
            let bit = |y: usize| -> AB::Expr { row.theta(x + 5 * y, z).into() };
            let left = bit(0).xor(&bit(1)).xor(&bit(2).xor(&bit(3)));
            let right = bit(4).xor(&row.parity(x, z).into()).xor(&effect[64 * x + z]);
            emit("parity", left - right);
        }
    }
    let mut bits: Vec<AB::Expr> = Vec::with_capacity(64 * LANES);
    for lane in 0..LANES {
        let (x, plane) = (lane % 5, lane - lane % 5);
        let [a, b, c] = [x, x + 1, x + 2].map(|x| pi_source(plane + x % 5));
        let [ra, rb, rc] = [a, b, c].map(|source| 64 - ROTATIONS[source] as usize);
        for z in 0..64 {
            let not: AB::Expr = row.theta(b, z + rb).into();
            let and: AB::Expr = row.theta(c, z + rc).into();
            bits.push(not.andn(&and).xor(&row.theta(a, z + ra).into()));
        }
    }
    for (index, z) in IOTA_BITS.into_iter().enumerate() {
        let before: AB::Expr = row.chi(index).into();
        emit("chi", before.dup() - bits[z].dup());
        let constant: AB::Expr = (0..ROUNDS)
            .filter(|round| ROUND_CONSTANTS[*round] >> z & 1 == 1)
            .map(|round| row.step(round).into())
            .sum();
        bits[z] = before.xor(&constant);
    }
    let limbs = bits.chunks_exact(64).map(to_limbs).collect();
    Output { bits, limbs }
}

/// The input of the row below: A = A′ ⊕ theta's effect.
pub(super) fn next_input<AB: AirBuilder>(frame: &Frame<'_, AB>) -> Input<AB::Expr> {
    let row = frame.next;
    let effect = theta_effect::<AB>(row);
    let mut bytes = Vec::with_capacity(RATE);
    let mut limbs = Vec::with_capacity(LANES);
    let mut bits = Vec::with_capacity(64);
    for lane in 0..LANES {
        bits.clear();
        for z in 0..64 {
            let bit: AB::Expr = row.theta(lane, z).into();
            bits.push(bit.xor(&effect[64 * (lane % 5) + z]));
        }
        if 8 * lane < RATE {
            bytes.extend(bits.chunks_exact(8).map(pack));
        }
        limbs.push(to_limbs(&bits));
    }
    Input { bytes, limbs }
}
