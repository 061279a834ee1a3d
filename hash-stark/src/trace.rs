//! The rows of a chunk.

use crate::columns::{CAPACITY_START, CHI, LIMBS, limbs};
use crate::columns::{COUNT, EDGE, Edge, HELD, KIND, Kind, PARITY, STEP, THETA, WIDTH};
use crate::keccak::{IOTA_BITS, ROUNDS, State, lane, permute, round};
use crate::schedule::{RATE, Schedule};
use crate::statement::{blinded_block, commitment_head, commitment_tail, digest_block, xor};
use p3_field::PrimeCharacteristicRing;
use p3_matrix::dense::RowMajorMatrix;
use p3_maybe_rayon::prelude::*;
use zeroize::Zeroize;

/// What the prover of a chunk knows.
pub(crate) struct Witness<'a> {
    pub schedule: Schedule,
    pub position: u32,
    pub context: [u8; 32],
    /// The sponge's state before the chunk.
    pub state: State,
    /// Blinding of the incoming commitment.
    pub blinding: [u8; 32],
    /// Blinding of the outgoing commitment; in the last chunk that of B.
    pub outgoing: [u8; 32],
    /// Salt of C; of no account before the last chunk.
    pub salt: [u8; 32],
    /// The chunk's bytes of the binary, without padding.
    pub bytes: &'a [u8],
}

/// A permutation and what it is for.
#[derive(Clone, Copy)]
pub(crate) struct Slot {
    pub kind: Kind,
    pub input: State,
    /// Absorptions so far, this one included.
    pub count: u32,
}

impl Witness<'_> {
    /// The chunk's blocks as lanes to XOR in, padding included.
    fn block(&self, index: u32) -> State {
        let start = (index as usize * RATE).min(self.bytes.len());
        let end = (start + RATE).min(self.bytes.len());
        let mut block = [0u8; RATE];
        block[..end - start].copy_from_slice(&self.bytes[start..end]);
        if self.schedule.is_last(self.position) && index + 1 == self.schedule.blocks_at(self.position) {
            block[end - start] ^= 0x06;
            block[RATE - 1] ^= 0x80;
        }
        let mut lanes = [0; 25];
        for (i, value) in lanes[..RATE / 8].iter_mut().enumerate() {
            *value = lane(&block, i);
        }
        block.zeroize();
        lanes
    }

    /// The sponge's state after the chunk.
    pub fn absorb(&self) -> State {
        (0..self.schedule.blocks_at(self.position))
            .fold(self.state, |state, index| permute(&xor(&state, &self.block(index))))
    }

    /// The permutations of the chunk, without those that only fill the trace.
    pub fn slots(&self) -> Vec<Slot> {
        let blocks = self.schedule.blocks_at(self.position);
        let head = commitment_head(&self.state);
        let tail = commitment_tail(&self.blinding, &self.context, self.position, &self.schedule);
        let mut slots = Vec::with_capacity(blocks as usize + 4);
        slots.push(Slot { kind: Kind::In0, input: head, count: 0 });
        slots.push(Slot { kind: Kind::In1, input: xor(&permute(&head), &tail), count: 0 });
        let mut state = self.state;
        for index in 0..blocks {
            let kind = if index + 1 == blocks { Kind::End } else { Kind::Absorb };
            let input = xor(&state, &self.block(index));
            slots.push(Slot { kind, input, count: index + 1 });
            state = permute(&input);
        }
        let (first, second) = if self.schedule.is_last(self.position) {
            let block = digest_block(&state, &self.salt);
            (block, blinded_block(&permute(&block), &self.outgoing))
        } else {
            let head = commitment_head(&state);
            let tail = commitment_tail(&self.outgoing, &self.context, self.position + 1, &self.schedule);
            (head, xor(&permute(&head), &tail))
        };
        slots.push(Slot { kind: Kind::Out0, input: first, count: blocks });
        slots.push(Slot { kind: Kind::Out1, input: second, count: blocks });
        slots
    }
}

/// Writes the trace of `slots`, whose first starts from the capacity of `state`, filled up to 2^log_rows rows.
pub(crate) fn rows<F: PrimeCharacteristicRing + Copy + Send + Sync>(
    slots: &[Slot],
    state: &State,
    log_rows: usize,
) -> RowMajorMatrix<F> {
    let mut values = vec![F::ZERO; WIDTH << log_rows];
    let count = slots.last().map_or(0, |slot| slot.count);
    let fill = Slot { kind: Kind::Fill, input: [0; 25], count };
    values.par_chunks_mut(WIDTH * ROUNDS).enumerate().for_each(|(index, part)| {
        let slot = slots.get(index).unwrap_or(&fill);
        let then = slots.get(index + 1).unwrap_or(&fill).kind;
        let mut current = slot.input;
        for (step, row) in part.chunks_exact_mut(WIDTH).enumerate() {
            current = write_row(row, slot, then, state, &current, step);
        }
    });
    RowMajorMatrix::new(values, WIDTH)
}

/// Writes one row and returns the round's output.
fn write_row<F: PrimeCharacteristicRing + Copy>(
    row: &mut [F],
    slot: &Slot,
    then: Kind,
    state: &State,
    input: &State,
    step: usize,
) -> State {
    let round = round(input, step);
    let bits = |cells: &mut [F], word: u64| {
        cells.iter_mut().enumerate().for_each(|(z, cell)| *cell = F::from_bool(word >> z & 1 == 1));
    };
    row[STEP + step] = F::ONE;
    for (x, word) in round.parity.iter().enumerate() {
        bits(&mut row[PARITY + 64 * x..][..64], *word);
    }
    for (lane, word) in round.theta.iter().enumerate() {
        bits(&mut row[THETA + 64 * lane..][..64], *word);
    }
    for (i, z) in IOTA_BITS.iter().enumerate() {
        row[CHI + i] = F::from_bool(round.chi_0 >> z & 1 == 1);
    }
    for (i, word) in state[CAPACITY_START..].iter().enumerate() {
        for (k, limb) in limbs(*word).into_iter().enumerate() {
            row[HELD + LIMBS * i + k] = F::from_u32(limb);
        }
    }
    row[KIND + slot.kind as usize] = F::ONE;
    row[COUNT] = F::from_u32(slot.count);
    if step + 1 == ROUNDS {
        let mut set = |edge: Edge| row[EDGE + edge as usize] = F::ONE;
        match slot.kind {
            Kind::In0 => set(Edge::In0),
            Kind::In1 => set(Edge::In1),
            Kind::Absorb => set(Edge::Absorb),
            Kind::End => set(Edge::End),
            Kind::Out0 => set(Edge::Out0),
            Kind::Out1 => set(Edge::Out1),
            Kind::Fill => {}
        }
        match (slot.kind, then) {
            (Kind::Absorb, Kind::End) => set(Edge::Pad),
            (Kind::In1, Kind::End) => set(Edge::Only),
            _ => {}
        }
    }
    round.output
}
