//! Lies that are consistent in themselves: whole permutations are honest, what they are given is not.

use super::{Case, broken, cases};
use crate::air::ChunkAir;
use crate::columns::{HELD, Kind, WIDTH};
use crate::config::Val;
use crate::error::VerifyError;
use crate::keccak::{State, permute};
use crate::schedule::Schedule;
use crate::security::Security;
use crate::statement::{
    BLINDED_TAG, DIGEST_TAG, STATE_TAG, blinded_block, commitment_tail, digest_block, squeeze_256, xor,
};
use crate::trace::Slot;
use crate::verifier::verify_stark;
use p3_field::PrimeCharacteristicRing;
use std::collections::BTreeSet;

/// The first, a middle and the last chunk of three, and an only chunk.
fn first() -> Case {
    cases(5 * 72 + 9, 2).remove(0)
}
fn middle() -> Case {
    cases(5 * 72 + 9, 2).remove(1)
}
fn last() -> Case {
    cases(5 * 72 + 9, 2).remove(2)
}
fn only() -> Case {
    cases(70, 2).remove(0)
}

/// A proof made from whatever trace.
fn forge(case: &Case) -> Vec<u8> {
    use rand::SeedableRng;
    let seeded = |seed| rand::rngs::StdRng::from_seed([seed; 32]);
    let config = crate::config::config(Security::Conjectured, seeded(1), seeded(2));
    let stark = p3_uni_stark::prove(&config, &ChunkAir, case.trace(), &case.public()).unwrap();
    crate::proof::encode_stark(&stark).unwrap()
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "with debug assertions the proof system refuses to prove a false trace"
)]
fn a_false_trace_makes_no_proof() {
    let judge = |case: &Case| verify_stark(&forge(case), &case.statement, Security::Conjectured);
    assert_eq!(judge(&middle()), Ok(()));
    assert_eq!(judge(&only()), Ok(()));
    let mut another_end = last();
    another_end.statement.outgoing[0] ^= 1;
    let mut started = first();
    started.state[9] = 1;
    let lies = [
        last().with_input(Kind::End, |input| input[1] ^= 0x06 << 8),
        last().with_input(Kind::End, |input| input[8] ^= 0x80 << 56),
        only().with_input(Kind::End, |input| input[8] ^= 0x80 << 56),
        middle().with_input(Kind::Absorb, |input| input[9] ^= 1),
        middle().with_input(Kind::End, |input| input[24] ^= 1),
        middle().with_input(Kind::Out1, |input| input[4] ^= 1),
        last().with_input(Kind::Out0, |input| input[1] ^= 1),
        last().with_input(Kind::Out1, |input| input[0] ^= 1),
        last().with_input(Kind::Out1, |input| input[4] = DIGEST_TAG),
        another_end,
        started,
    ];
    for (index, lie) in lies.iter().enumerate() {
        let refused = judge(lie);
        assert!(matches!(refused, Err(VerifyError::Stark { .. })), "lie {index}: {refused:?}");
    }
}

fn gate(name: &'static str) -> BTreeSet<&'static str> {
    BTreeSet::from([name])
}

fn find(case: &Case, kind: Kind) -> usize {
    case.slots.iter().position(|slot| slot.kind == kind).unwrap()
}

impl Case {
    /// Replaces the input of the slot of this kind, and what follows from it up to the end of the chunk.
    fn with_input(mut self, kind: Kind, change: impl Fn(&mut State)) -> Self {
        let at = find(&self, kind);
        change(&mut self.slots[at].input);
        self.follow(at);
        self
    }

    /// Recomputes the slots behind `at` from what their inputs were XORed with.
    fn follow(&mut self, at: usize) {
        let honest = self.witness().slots();
        for i in at + 1..self.slots.len() {
            let before = permute(&self.slots[i - 1].input);
            let block = xor(&permute(&honest[i - 1].input), &honest[i].input);
            self.slots[i].input = match self.slots[i].kind {
                Kind::Absorb | Kind::End if self.slots[i].count > 1 => xor(&before, &block),
                Kind::Out0 if self.statement.schedule.is_last(self.statement.position) => {
                    digest_block(&before, &self.salt)
                }
                Kind::Out0 => crate::statement::commitment_head(&before),
                Kind::Out1 if self.statement.schedule.is_last(self.statement.position) => {
                    blinded_block(&before, &self.outgoing)
                }
                Kind::Out1 => {
                    let Case { outgoing, statement, .. } = &*self;
                    let schedule = &statement.schedule;
                    xor(
                        &before,
                        &commitment_tail(outgoing, &statement.context, statement.position + 1, schedule),
                    )
                }
                _ => self.slots[i].input,
            };
        }
        let end = find(self, Kind::Out1);
        self.statement.outgoing = squeeze_256(&permute(&self.slots[end].input));
    }
}

#[test]
fn another_block_is_another_statement_not_a_lie() {
    // A changed byte of the message: everything that follows is honest for another binary.
    let case = middle().with_input(Kind::Absorb, |input| input[3] ^= 1);
    assert_eq!(case.broken(), BTreeSet::new());
    let case = last().with_input(Kind::Absorb, |input| input[8] ^= 1 << 63);
    assert_eq!(case.broken(), BTreeSet::new());
}

#[test]
fn capacity_is_carried() {
    let case = middle().with_input(Kind::Absorb, |input| input[9] ^= 1);
    assert_eq!(case.broken(), gate("sponge starts from the held capacity"));
    let case = middle().with_input(Kind::End, |input| input[24] ^= 1 << 63);
    assert_eq!(case.broken(), gate("carry"));
    let case = only().with_input(Kind::End, |input| input[9] = 1);
    assert_eq!(case.broken(), gate("sponge starts from the held capacity"));
}

#[test]
fn padding_is_exact() {
    // 369 = 5·72 + 9: the first padding byte is byte 9 of the last block, in lane 1.
    let lies: [fn(&mut State); 7] = [
        |input| input[1] ^= 0x06 << 8,              // no first byte
        |input| input[1] ^= (0x06 ^ 0x01) << 8,     // Keccak's padding
        |input| input[1] ^= (0x06 ^ 0x1f) << 8,     // SHAKE's
        |input| input[1] ^= 0x06 << 8 | 0x06 << 16, // one byte longer
        |input| input[2] ^= 1,                      // a byte of the padding
        |input| input[8] ^= 0x80 << 56,             // no last bit
        |input| input[8] ^= 0x01 << 56,             // a bit beside it
    ];
    for lie in lies {
        assert_eq!(last().with_input(Kind::End, lie).broken(), gate("padding"));
    }
    // One byte shorter: the byte before the padding is not checked by it, the place itself is.
    let shorter = last().with_input(Kind::End, |input| input[1] ^= 0x06 << 8 | 0x06);
    assert_eq!(shorter.broken(), gate("padding"));
    // Bytes of the message stay free up to the last.
    let free = last().with_input(Kind::End, |input| input[1] ^= 0xff);
    assert_eq!(free.broken(), BTreeSet::new());
}

#[test]
fn padding_is_exact_at_the_edges_of_a_block() {
    for length in [0, 1, 71, 72, 73, 143, 144, 145] {
        let name = if length < 72 { "padding of the only block" } else { "padding" };
        let at = length as usize % 72;
        for lie in [at, 71] {
            let case = cases(length, 2).pop().unwrap();
            let case = case.with_input(Kind::End, |input| input[lie / 8] ^= 2 << (8 * (lie % 8)));
            assert_eq!(case.broken(), gate(name), "length {length}, byte {lie}");
        }
        if at > 0 {
            let case = cases(length, 2).pop().unwrap();
            let byte = at - 1;
            let case = case.with_input(Kind::End, |input| input[byte / 8] ^= 2 << (8 * (byte % 8)));
            assert_eq!(case.broken(), BTreeSet::new(), "length {length}: byte {byte} is the message's");
        }
    }
}

#[test]
fn another_length_is_refused() {
    for (length, chunk_blocks) in [(369, 2), (70, 2), (71, 2), (72, 2), (1, 2)] {
        for other in [length - 1, length + 1] {
            for mut case in cases(length, chunk_blocks) {
                let schedule = Schedule::new(other, chunk_blocks).unwrap();
                if case.statement.position >= schedule.chunks() {
                    continue;
                }
                case.statement.schedule = schedule;
                let trace = cases(length, chunk_blocks).remove(case.statement.position as usize).trace();
                assert!(broken(&trace, &case.public()).contains("length"), "{length} as {other}");
            }
        }
    }
}

#[test]
fn a_length_that_agrees_with_itself_still_meets_the_padding() {
    // Whoever commits to length ± 1 everywhere, but absorbs the same bytes with the same padding.
    for other in [368, 370] {
        let mut case = last();
        let honest = case.slots.clone();
        case.statement.schedule = Schedule::new(other, 2).unwrap();
        let head = permute(&honest[0].input);
        let tail = commitment_tail(&case.blinding, &case.statement.context, 2, &case.statement.schedule);
        case.slots[1].input = xor(&head, &tail);
        case.statement.incoming.0 = squeeze_256(&permute(&case.slots[1].input));
        assert_eq!(case.broken(), gate("padding"));
    }
}

#[test]
fn the_number_of_blocks_is_fixed() {
    // One absorption more, its block being zero.
    let mut case = middle();
    let end = find(&case, Kind::End);
    case.slots[end].kind = Kind::Absorb;
    let extra = Slot { kind: Kind::End, input: permute(&case.slots[end].input), count: 3 };
    case.slots.insert(end + 1, extra);
    case.slots.iter_mut().skip(end + 2).for_each(|slot| slot.count = 3);
    assert!(case.broken().contains("End at the chunk's blocks"));
    // One less.
    let mut case = middle();
    let absorb = find(&case, Kind::Absorb);
    case.slots.remove(absorb);
    case.slots.iter_mut().skip(absorb).for_each(|slot| slot.count = 1);
    assert!(case.broken().contains("End at the chunk's blocks"));
    // No end at all.
    let mut case = middle();
    case.slots.truncate(find(&case, Kind::End));
    for count in 2..30 {
        case.slots.push(Slot {
            kind: Kind::Absorb,
            input: permute(&case.slots.last().unwrap().input),
            count,
        });
    }
    assert_eq!(case.broken(), gate("last kind"));
}

#[test]
fn slots_keep_their_order() {
    // A chunk that goes straight from the commitment to the fillers.
    let mut case = middle();
    case.slots.truncate(2);
    let refused = case.broken();
    assert!(refused.contains("Absorb or End after In1 and Absorb"), "{refused:?}");
    assert!(refused.contains("Fill after Out1 and Fill"), "{refused:?}");
    // One that starts with a filler.
    let mut case = middle();
    case.slots.insert(0, Slot { kind: Kind::Fill, input: [0; 25], count: 0 });
    assert!(case.broken().contains("first kind"));
    // One that starts again behind the fillers.
    let mut case = middle();
    let again = case.slots.clone();
    case.slots.push(Slot { kind: Kind::Fill, input: [0; 25], count: 2 });
    case.slots.extend(again);
    assert!(case.broken().contains("In0 once"));
}

#[test]
fn fillers_are_free_and_harmless() {
    let mut case = middle();
    case.slots.push(Slot { kind: Kind::Fill, input: [u64::MAX; 25], count: 2 });
    assert_eq!(case.broken(), BTreeSet::new());
}

#[test]
fn commitments_hold_context_position_and_length() {
    for (at, name) in [(4, "context"), (7, "context"), (9, "length"), (10, "chunk size")] {
        let lie = |input: &mut State| input[at] ^= 1;
        let mut case = middle().with_input(Kind::In1, lie);
        case.statement.incoming.0 = squeeze_256(&permute(&case.slots[1].input));
        assert_eq!(case.broken(), gate(name), "incoming lane {at}");
        assert_eq!(middle().with_input(Kind::Out1, lie).broken(), gate(name), "outgoing lane {at}");
    }
    let mut case = middle().with_input(Kind::In1, |input| input[8] ^= 1);
    case.statement.incoming.0 = squeeze_256(&permute(&case.slots[1].input));
    assert_eq!(case.broken(), gate("position"));
    let case = middle().with_input(Kind::Out1, |input| input[8] ^= 1);
    assert_eq!(case.broken(), gate("position of the next chunk"));
    for lane in [11, 12, 16] {
        let case = middle().with_input(Kind::Out1, |input| input[lane] ^= 1 << 63);
        assert_eq!(case.broken(), gate("padding of a commitment"));
    }
    let case = middle().with_input(Kind::Out1, |input| input[17] ^= 1);
    assert_eq!(case.broken(), gate("carry"));
    // The blinding is the prover's.
    let case = middle().with_input(Kind::Out1, |input| input[0] ^= 0xdead);
    assert_eq!(case.broken(), BTreeSet::new());
}

#[test]
fn commitments_are_to_the_states() {
    let case = middle().with_input(Kind::Out0, |input| input[5] ^= 1);
    assert_eq!(case.broken(), gate("outgoing state"));
    let case = middle().with_input(Kind::Out0, |input| input[0] = STATE_TAG ^ 1);
    assert_eq!(case.broken(), gate("outgoing state"));
    let case = middle().with_input(Kind::Out0, |input| input[20] = 1);
    assert_eq!(case.broken(), gate("outgoing state"));
    let mut case = middle();
    case.slots[0].input[3] ^= 1;
    assert!(case.broken().contains("incoming state"));
    let mut case = middle();
    case.statement.incoming.0[31] ^= 1;
    assert_eq!(case.broken(), gate("incoming commitment"));
    let mut case = middle();
    case.statement.outgoing[0] ^= 1;
    assert_eq!(case.broken(), gate("outgoing commitment"));
}

#[test]
fn c_is_of_the_digest() {
    for lane in [1, 8] {
        let case = last().with_input(Kind::Out0, |input| input[lane] ^= 1);
        assert_eq!(case.broken(), gate("digest"), "lane {lane}");
    }
    for lane in [0, 13, 14, 16, 17, 24] {
        let case = last().with_input(Kind::Out0, |input| input[lane] ^= 1 << 63);
        assert_eq!(case.broken(), gate("digest"), "lane {lane}");
    }
    for lane in 9..13 {
        let case = last().with_input(Kind::Out0, |input| input[lane] ^= 1);
        assert_eq!(case.broken(), BTreeSet::new(), "the salt is the prover's");
    }
}

#[test]
fn b_is_of_c() {
    // C of another capsule, in each of its lanes.
    let other = permute(&digest_block(&[7; 25], &[0xc0; 32]));
    let case = last().with_input(Kind::Out1, |input| input[..4].copy_from_slice(&other[..4]));
    assert_eq!(case.broken(), gate("blinded commitment head"));
    for lane in 0..4 {
        let case = last().with_input(Kind::Out1, |input| input[lane] ^= 1 << 40);
        assert_eq!(case.broken(), gate("blinded commitment head"), "lane {lane} of C");
    }
    // Another tag, that of another hash among them.
    for tag in [0, DIGEST_TAG, STATE_TAG, BLINDED_TAG ^ 1, BLINDED_TAG ^ 1 << 63] {
        let case = last().with_input(Kind::Out1, |input| input[4] = tag);
        assert_eq!(case.broken(), gate("blinded commitment head"), "tag {tag:x}");
    }
    // The padding: Keccak's and SHAKE's suffix, none, a longer message, no last bit, and every lane behind the suffix.
    let lies: [fn(&mut State); 5] = [
        |input| input[9] = 0x01,
        |input| input[9] = 0x1f,
        |input| input[9] = 0,
        |input| (input[9], input[10]) = (5, 0x06),
        |input| input[16] = 0,
    ];
    for (index, lie) in lies.into_iter().enumerate() {
        let case = last().with_input(Kind::Out1, lie);
        assert_eq!(case.broken(), gate("blinded commitment head"), "padding {index}");
    }
    for lane in 9..25 {
        let case = last().with_input(Kind::Out1, |input| input[lane] ^= 1 << 20);
        assert_eq!(case.broken(), gate("blinded commitment head"), "lane {lane}");
    }
    // The blinding is the prover's, but B is of this one.
    for lane in 5..9 {
        let case = last().with_input(Kind::Out1, |input| input[lane] ^= 1);
        assert_eq!(case.broken(), BTreeSet::new(), "the blinding is the prover's");
    }
    let honest = last();
    let mut case = last().with_input(Kind::Out1, |input| input[5] ^= 1);
    case.statement.outgoing = honest.statement.outgoing;
    assert_eq!(case.broken(), gate("outgoing commitment"), "B of another blinding");
    let mut case = last();
    case.statement.outgoing[17] ^= 1;
    assert_eq!(case.broken(), gate("outgoing commitment"));
    // C itself is not B: that is what the last chunk published before B existed.
    let mut case = last();
    let out0 = find(&case, Kind::Out0);
    case.statement.outgoing = squeeze_256(&permute(&case.slots[out0].input));
    assert_eq!(case.broken(), gate("outgoing commitment"));
}

#[test]
fn another_salt_is_another_statement_not_a_lie() {
    // C and B follow from it.
    let case = last().with_input(Kind::Out0, |input| input[9] ^= 1);
    assert_eq!(case.broken(), BTreeSet::new());
    assert_ne!(case.statement.outgoing, last().statement.outgoing);
}

#[test]
fn the_first_chunk_starts_from_the_empty_state() {
    let mut case = first();
    case.state[9] = 1;
    case.slots = case.witness().slots();
    case.follow(2);
    case.statement.incoming = crate::statement::commit(
        &case.state,
        &case.blinding,
        &case.statement.context,
        0,
        &case.statement.schedule,
    );
    assert_eq!(case.broken(), gate("empty state at position 0"));
    // The held state is one for the whole trace.
    let case = middle();
    let mut trace = case.trace();
    for row in 100..trace.values.len() / WIDTH {
        trace.values[row * WIDTH + HELD] += Val::ONE;
    }
    assert!(broken(&trace, &case.public()).contains("held stays"));
}
