//! What the last row of a slot hands to the first row of the next: the sponge and the hashes around it.

use super::Frame;
use super::round::{Input, Output};
use crate::columns::{CAPACITY_LANES, CAPACITY_START, Edge, LIMBS, limb_bits, limbs};
use crate::keccak::{LANES, ROUNDS};
use crate::schedule::RATE;
use crate::statement::{
    BLINDED_TAG, CHUNK_BITS, DIGEST_TAG, HASH_LANES, LENGTH_BITS, PAD_FIRST, PAD_LAST, POSITION_BITS,
    STATE_TAG, at,
};
use p3_air::AirBuilder;
use p3_field::{Dup, PrimeCharacteristicRing};

/// Constrains outputs to inputs across and inside slots.
pub(super) fn constrain<AB: AirBuilder>(
    frame: &Frame<'_, AB>,
    output: &Output<AB::Expr>,
    input: &Input<AB::Expr>,
    emit: &mut impl FnMut(&'static str, AB::Expr),
) {
    let one = AB::Expr::ONE;
    let edge = |edge: Edge| -> AB::Expr { frame.row.edge(edge).into() };
    let last_chunk = frame.public[at::LAST].dup();
    let other_chunk = one.dup() - last_chunk.dup();
    let inside = frame.transition.dup() * (one.dup() - frame.row.step(ROUNDS - 1).into());
    // The second block of a commitment to a state, at either end of the chunk.
    let tail = edge(Edge::In0) + other_chunk.dup() * edge(Edge::Out0);

    for lane in 0..LANES {
        let gate = match lane {
            0..CAPACITY_START => inside.dup(),
            CAPACITY_START..HASH_LANES => inside.dup() + edge(Edge::Absorb),
            _ => inside.dup() + edge(Edge::Absorb) + tail.dup(),
        };
        for limb in 0..LIMBS {
            let difference = output.limbs[lane][limb].dup() - input.limbs[lane][limb].dup();
            emit("carry", gate.dup() * difference);
        }
    }

    commitment_tail(frame, output, input, &tail, &other_chunk, emit);
    sponge(frame, output, input, emit);
    heads(frame, output, input, emit);

    for lane in 0..4 {
        for limb in 0..LIMBS {
            let i = LIMBS * lane + limb;
            let out = || output.limbs[lane][limb].dup();
            let incoming = frame.public[at::INCOMING + i].dup();
            let outgoing = frame.public[at::OUTGOING + i].dup();
            emit("incoming commitment", edge(Edge::In1) * (out() - incoming));
            emit("outgoing commitment", edge(Edge::Out1) * (out() - outgoing));
        }
    }
}

/// Lanes 4 to 16 of the second block of a commitment to a state: context, position, length, chunk size and padding are XORed in. Lanes 0 to 3,
/// the blinding, are free.
fn commitment_tail<AB: AirBuilder>(
    frame: &Frame<'_, AB>,
    output: &Output<AB::Expr>,
    input: &Input<AB::Expr>,
    tail: &AB::Expr,
    other_chunk: &AB::Expr,
    emit: &mut impl FnMut(&'static str, AB::Expr),
) {
    let mut number = |gate: &'static str, when: &AB::Expr, lane: usize, known: &[AB::Expr]| {
        let mut bits = output.bits[64 * lane..][..64].to_vec();
        for (bit, known) in bits.iter_mut().zip(known) {
            *bit = bit.xor(known);
        }
        for limb in 0..LIMBS {
            let given = input.limbs[lane][limb].dup();
            emit(gate, when.dup() * (super::pack(&bits[limb_bits(limb)]) - given));
        }
    };
    let public = |from: usize, count: usize| &frame.public[from..from + count];
    for lane in 0..4 {
        number("context", tail, 4 + lane, public(at::CONTEXT + 64 * lane, 64));
    }
    let incoming: AB::Expr = frame.row.edge(Edge::In0).into();
    let outgoing = other_chunk.dup() * frame.row.edge(Edge::Out0).into();
    number("position", &incoming, 8, public(at::POSITION, POSITION_BITS));
    number("position of the next chunk", &outgoing, 8, public(at::NEXT, POSITION_BITS));
    number("length", tail, 9, public(at::LENGTH, LENGTH_BITS));
    number("chunk size", tail, 10, public(at::CHUNK, CHUNK_BITS));
    for lane in 11..HASH_LANES {
        let known = match lane {
            11 => PAD_FIRST,
            16 => PAD_LAST,
            _ => 0,
        };
        let bits: [AB::Expr; 64] = std::array::from_fn(|z| AB::Expr::from_bool(known >> z & 1 == 1));
        let known = if known == 0 { &[][..] } else { &bits[..] };
        number("padding of a commitment", tail, lane, known);
    }
}

/// The capacity that the sponge starts from, and the padding of its last block. Where there is no padding the nine lanes of a
/// block are free: the block is the difference.
fn sponge<AB: AirBuilder>(
    frame: &Frame<'_, AB>,
    output: &Output<AB::Expr>,
    input: &Input<AB::Expr>,
    emit: &mut impl FnMut(&'static str, AB::Expr),
) {
    let start: AB::Expr = frame.row.edge(Edge::In1).into();
    for lane in 0..CAPACITY_LANES {
        for limb in 0..LIMBS {
            let held: AB::Expr = frame.row.held(lane, limb).into();
            let given = input.limbs[CAPACITY_START + lane][limb].dup();
            emit("sponge starts from the held capacity", start.dup() * (given - held));
        }
    }
    let pad: AB::Expr = frame.row.edge(Edge::Pad).into();
    // One block in all: the state before it is zero.
    let alone: AB::Expr = frame.row.edge(Edge::Only).into();
    let mut padded = AB::Expr::ZERO;
    for byte in 0..RATE {
        let first = frame.public[at::PADDING + byte].dup();
        padded += first.dup();
        let final_bit = AB::Expr::from_bool(byte == RATE - 1);
        let mut bits: [AB::Expr; 8] = std::array::from_fn(|z| output.bits[8 * byte + z].dup());
        // 0x06 in the first byte, 0x80 in the last; both in one where they are the same.
        for (z, known) in [(1, &first), (2, &first), (7, &final_bit)] {
            bits[z] = bits[z].xor(known);
        }
        let given = input.bytes[byte].dup();
        emit("padding", padded.dup() * pad.dup() * (super::pack(&bits) - given.dup()));
        let value = first * AB::F::from_u64(PAD_FIRST) + final_bit * AB::F::from_u64(PAD_LAST >> 56);
        emit("padding of the only block", padded.dup() * alone.dup() * (value - given));
    }
}

/// The inputs that are written out: blocks that go into the empty state, first or only ones of a hash.
fn heads<AB: AirBuilder>(
    frame: &Frame<'_, AB>,
    output: &Output<AB::Expr>,
    input: &Input<AB::Expr>,
    emit: &mut impl FnMut(&'static str, AB::Expr),
) {
    let word = |value: u64, limb: usize| AB::Expr::from_u32(limbs(value)[limb]);
    let end: AB::Expr = frame.row.edge(Edge::End).into();
    let committed: AB::Expr = frame.row.edge(Edge::Out0).into();
    let last_chunk = frame.public[at::LAST].dup();
    let other_chunk = AB::Expr::ONE - last_chunk.dup();
    for lane in 0..LANES {
        for limb in 0..LIMBS {
            let given = || input.limbs[lane][limb].dup();
            // The row below the last one is the first.
            let first = match lane {
                0 => word(STATE_TAG, limb),
                1..HASH_LANES => frame.row.held(lane - 1, limb).into(),
                _ => AB::Expr::ZERO,
            };
            emit("incoming state", frame.last.dup() * (given() - first));
            let state = match lane {
                0 => word(STATE_TAG, limb),
                1..HASH_LANES => output.limbs[CAPACITY_START + lane - 1][limb].dup(),
                _ => AB::Expr::ZERO,
            };
            emit("outgoing state", other_chunk.dup() * end.dup() * (given() - state));
            let digest = match lane {
                0 => Some(word(DIGEST_TAG, limb)),
                1..9 => Some(output.limbs[lane - 1][limb].dup()),
                // The salt.
                9..13 => None,
                13 => Some(word(PAD_FIRST, limb)),
                16 => Some(word(PAD_LAST, limb)),
                _ => Some(AB::Expr::ZERO),
            };
            if let Some(digest) = digest {
                emit("digest", last_chunk.dup() * end.dup() * (given() - digest));
            }
            let blinded = match lane {
                0..4 => Some(output.limbs[lane][limb].dup()),
                4 => Some(word(BLINDED_TAG, limb)),
                // The blinding.
                5..9 => None,
                9 => Some(word(PAD_FIRST, limb)),
                16 => Some(word(PAD_LAST, limb)),
                _ => Some(AB::Expr::ZERO),
            };
            if let Some(blinded) = blinded {
                emit("blinded commitment head", last_chunk.dup() * committed.dup() * (given() - blinded));
            }
        }
    }
}
