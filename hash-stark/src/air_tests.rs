//! Honest traces satisfy every constraint; a lie breaks the gate that is there for it; no cell can be changed.

mod cells;
mod lies;

use crate::air::{ChunkAir, constrain};
use crate::columns::WIDTH;
use crate::config::Val;
use crate::keccak::{State, permute};
use crate::schedule::Schedule;
use crate::statement::{ChunkStatement, at, blinded_block, commit, digest_block, squeeze_256};
use crate::trace::{Slot, Witness, rows};
use p3_air::check_all_constraints;
use p3_air::symbolic::{AirLayout, SymbolicAirBuilder};
use p3_matrix::dense::RowMajorMatrix;
use std::collections::BTreeSet;

/// A chunk of a fixed binary, what is said about it and what a prover knows.
struct Case {
    statement: ChunkStatement,
    bytes: Vec<u8>,
    state: State,
    blinding: [u8; 32],
    outgoing: [u8; 32],
    salt: [u8; 32],
    slots: Vec<Slot>,
}

impl Case {
    fn witness(&self) -> Witness<'_> {
        Witness {
            schedule: self.statement.schedule,
            position: self.statement.position,
            context: self.statement.context,
            state: self.state,
            blinding: self.blinding,
            outgoing: self.outgoing,
            salt: self.salt,
            bytes: &self.bytes,
        }
    }

    fn trace(&self) -> RowMajorMatrix<Val> {
        rows(&self.slots, &self.state, self.statement.schedule.log_rows(self.statement.position))
    }

    fn public(&self) -> Vec<Val> {
        self.statement.public_values()
    }

    /// Names of the gates that the trace breaks.
    fn broken(&self) -> BTreeSet<&'static str> {
        broken(&self.trace(), &self.public())
    }
}

fn broken(trace: &RowMajorMatrix<Val>, public: &[Val]) -> BTreeSet<&'static str> {
    let gates = gates();
    let report = check_all_constraints(&ChunkAir, trace, public, None);
    report.failures.iter().map(|failure| gates[failure.constraint]).collect()
}

/// Every chunk of a binary of `length` bytes.
fn cases(length: u64, chunk_blocks: u32) -> Vec<Case> {
    let binary: Vec<u8> = (0..length).map(|i| (i * 7 + 3) as u8).collect();
    let schedule = Schedule::new(length, chunk_blocks).unwrap();
    let context = std::array::from_fn(|i| 0xa0 ^ i as u8);
    let mut state: State = [0; 25];
    let chunk = |position: u32| {
        let range = schedule.bytes_at(position);
        let mut case = Case {
            statement: ChunkStatement {
                context,
                schedule,
                position,
                incoming: commit(&state, &[position as u8; 32], &context, position, &schedule),
                outgoing: [0; 32],
            },
            bytes: binary[range.start as usize..range.end as usize].to_vec(),
            state,
            blinding: [position as u8; 32],
            outgoing: [position as u8 + 1; 32],
            salt: [0xc0; 32],
            slots: Vec::new(),
        };
        case.slots = case.witness().slots();
        state = case.witness().absorb();
        case.statement.outgoing = if schedule.is_last(position) {
            let committed = permute(&digest_block(&state, &case.salt));
            squeeze_256(&permute(&blinded_block(&committed, &case.outgoing)))
        } else {
            commit(&state, &case.outgoing, &context, position + 1, &schedule).0
        };
        case
    };
    (0..schedule.chunks()).map(chunk).collect()
}

/// The gates in the order in which they are stated.
fn gates() -> Vec<&'static str> {
    let layout = AirLayout { main_width: WIDTH, num_public_values: at::COUNT, ..Default::default() };
    let mut builder = SymbolicAirBuilder::<Val>::new(layout);
    let mut names = Vec::new();
    constrain(&mut builder, &mut |_, gate, _| names.push(gate));
    names
}

#[test]
fn honest_chunks_satisfy_every_constraint() {
    for length in [0, 1, 71, 72, 73, 143, 144, 145, 300, 431, 432, 500] {
        for chunk_blocks in [2, 3] {
            for case in cases(length, chunk_blocks) {
                let position = case.statement.position;
                assert_eq!(case.broken(), BTreeSet::new(), "length {length}, position {position}");
            }
        }
    }
}

#[test]
fn constraints_are_of_degree_four_and_their_number_is_known() {
    let layout = AirLayout { main_width: WIDTH, num_public_values: at::COUNT, ..Default::default() };
    let mut builder = SymbolicAirBuilder::<Val>::new(layout);
    let mut degree = 0;
    constrain(&mut builder, &mut |_, _, value| degree = degree.max(value.degree_multiple()));
    assert_eq!((degree, gates().len(), WIDTH), (crate::air::DEGREE, 3_042, 2_015));
}
