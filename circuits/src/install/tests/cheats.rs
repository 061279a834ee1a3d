//! What is false is not provable: each lie, and the constraint that notices.

use super::fixture::{binary, subject, witnesses};
use crate::install::layout::{COMMIT, COMMITTED, Inputs, MESSAGE, OUT, SHAPE, block_slot};
use crate::install::{BLOCKS, CHUNK_BYTES, InstallCircuit, InstallWitness, RATE, WitnessError, chunks};
use crate::mock::Violations;
use crate::sponge::checker::Checker;
use crate::sponge::gates::{BLOCK, C, CARRY, P};
use crate::sponge::sheet::Cell;
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;

fn row(slot: usize, bit: usize) -> usize {
    SHAPE.row(slot, bit)
}

fn names(names: &[&str]) -> Violations {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// What is done to the last block and its number of bytes.
type Change = (&'static str, fn(&mut [u64; 9], &mut usize));

/// What is violated by inputs that were changed, under the instances that the changed layout gives itself. Rounds are laid
/// out honestly whatever the inputs are.
fn lie(witness: &InstallWitness, change: impl FnOnce(&mut Inputs)) -> Violations {
    let mut inputs = witness.inputs();
    change(&mut inputs);
    let circuit = InstallCircuit::from_inputs(&inputs);
    Checker::new(SHAPE).outside_rounds(circuit.sheet(), &circuit.instance())
}

#[test]
fn wrong_padding_is_noticed() {
    let all = witnesses(&binary(1, 500));
    // 500 = 6·72 + 68: word 8 of the block holds four bytes of message.
    let changes: [Change; 9] = [
        ("a byte more than there is", |_, bytes| *bytes += 1),
        ("a byte less", |_, bytes| *bytes -= 1),
        ("another word", |_, bytes| *bytes -= 8),
        ("Keccak's suffix", |block, _| block[8] ^= (0x06 ^ 0x01) << 32),
        ("SHAKE's suffix", |block, _| block[8] ^= (0x06 ^ 0x1f) << 32),
        ("no last bit", |block, _| block[8] ^= 1 << 63),
        ("a bit after the suffix", |block, _| block[8] ^= 1 << 48),
        ("no suffix", |block, _| block[8] ^= 0x06 << 32),
        ("the suffix a byte on", |block, _| block[8] ^= (0x06 << 32) ^ (0x06 << 40)),
    ];
    for (what, change) in changes {
        let violations = lie(&all[0], |inputs| {
            change(inputs.blocks.last_mut().unwrap(), &mut inputs.last_bytes);
        });
        // The digest is another one too, if the block is: both are compared by copies.
        assert_eq!(violations, names(&["copy"]), "{what}");
    }
    // A message that ends in an early word: what is after it must be zero but for the last bit.
    let short = witnesses(&binary(2, 5));
    for word in 1..9 {
        let violations = lie(&short[0], |inputs| inputs.blocks[0][word] ^= 1 << 62);
        assert_eq!(violations, names(&["copy"]), "word {word}");
    }
}

#[test]
fn a_chunk_is_the_first_if_and_only_if_its_position_is_zero() {
    let all = witnesses(&binary(3, 2 * CHUNK_BYTES - 1));
    // Another position with the state of nothing: the first block would have to take it over.
    assert_eq!(lie(&all[0], |inputs| inputs.position = 1), Violations::new(), "36 blocks may stand anywhere");
    let mut circuit = InstallCircuit::new(&all[1]);
    for bit in 0..64 {
        circuit.sheet_mut().tamper((CARRY, row(block_slot(0), bit)), Fr::ZERO);
    }
    let violations = Checker::new(SHAPE).outside_rounds(circuit.sheet(), &circuit.instance());
    assert_eq!(violations, names(&["copy", "step: next slot"]));
    let mut circuit = InstallCircuit::new(&all[0]);
    for bit in 0..64 {
        circuit.sheet_mut().tamper((CARRY, row(block_slot(0), bit)), Fr::ONE);
    }
    // The first block of a full first chunk meets the empty sponge: taking it over changes nothing, but the flag is seen.
    assert_eq!(Checker::new(SHAPE).outside_rounds(circuit.sheet(), &circuit.instance()), names(&["copy"]));
}

#[test]
fn a_later_chunk_cannot_drop_blocks() {
    let all = witnesses(&binary(3, CHUNK_BYTES + 100));
    let violations = lie(&all[1], |inputs| {
        inputs.blocks.remove(0);
    });
    assert_eq!(violations, names(&["copy"]));
}

#[test]
fn the_digest_is_the_chunks_own_unless_more_follow() {
    let all = witnesses(&binary(6, CHUNK_BYTES + 100));
    let other = Fr::from(12_345);
    assert_eq!(
        lie(&all[0], |inputs| inputs.digest = other),
        Violations::new(),
        "not known before the last chunk"
    );
    assert_eq!(lie(&all[1], |inputs| inputs.digest = other), names(&["copy"]));
    assert_eq!(lie(&all[1], |inputs| inputs.salt[3] ^= 1), names(&["copy"]));
    assert_eq!(lie(&all[1], |inputs| inputs.blocks[3][2] ^= 1), names(&["copy"]));
    assert_eq!(lie(&all[1], |inputs| inputs.state[20] ^= 1), names(&["copy"]));
}

/// Each of the five instances is compared with a cell of its own row.
#[test]
fn every_public_instance_is_constrained() {
    let circuit = InstallCircuit::new(&witnesses(&binary(7, 100))[0]);
    for i in 0..5 {
        let mut instance = circuit.instance();
        instance[i] += Fr::ONE;
        assert_eq!(
            Checker::new(SHAPE).outside_rounds(circuit.sheet(), &instance),
            names(&["mac: sum"]),
            "instance {i}"
        );
    }
}

/// A bit of every kind of word, and who notices.
#[test]
fn flipped_bits_break_the_gates_that_read_them() {
    let mut circuit = InstallCircuit::new(&witnesses(&binary(8, 700))[0]);
    let instance = circuit.instance();
    let checker = Checker::new(SHAPE);
    let block = block_slot(BLOCKS - 1);
    let cases: [(&str, Cell, &[&str]); 12] = [
        ("lane of a round", (3, row(block + 2, 9)), &["step: next slot", "theta: parity of a column"]),
        ("parity before", (C + 1, row(block + 2, 9)), &["step: next slot", "theta: what theta adds"]),
        (
            "parity after",
            (P + 1, row(block + 2, 9)),
            &["step: next slot", "theta: parity of a column", "theta: what theta adds"],
        ),
        ("word of the block", (BLOCK[4], row(block, 9)), &["absorb: lane of the message", "step: next slot"]),
        ("word of another block", (BLOCK[4], row(block - 25, 9)), &["step: next slot"]),
        ("flag", (CARRY, row(block, 9)), &["absorb: carry is that of the bit before", "step: next slot"]),
        ("state before the first block", (0, row(1, 9)), &["shift: word is packed", "step: next slot"]),
        ("state after the last", (0, row(OUT + 1, 9)), &["shift: word is packed", "step: next slot"]),
        ("what is committed", (0, row(COMMIT + 2, 9)), &["shift: word is packed", "step: next slot"]),
        ("C", (0, row(COMMITTED, 9)), &["shift: word is packed", "step: next slot"]),
        ("padding", (0, row(MESSAGE + 3, 9)), &["shift: word is packed", "step: next slot"]),
        ("sum of bits", (C, row(OUT, 9)), &["shift: word is packed"]),
    ];
    for (what, cell, expected) in cases {
        let value = circuit.sheet().cell(cell).unwrap();
        circuit.sheet_mut().tamper(cell, Fr::ONE - value);
        assert_eq!(checker.around(circuit.sheet(), &instance, &[cell]), names(expected), "{what}");
        circuit.sheet_mut().tamper(cell, value + Fr::from(2));
        assert!(!checker.around(circuit.sheet(), &instance, &[cell]).is_empty(), "{what} is not a bit");
        circuit.sheet_mut().tamper(cell, value);
    }
}

#[test]
fn native_checks_say_what_is_wrong() {
    let bytes = binary(9, CHUNK_BYTES + 10);
    let all = witnesses(&bytes);
    let refused = |change: &dyn Fn(&mut InstallWitness)| {
        let mut witness = all[1].clone();
        change(&mut witness);
        witness.instance().unwrap_err()
    };
    assert!(matches!(refused(&|w| w.bytes[5] ^= 1), WitnessError::Commitment { .. }));
    assert!(matches!(refused(&|w| w.salt[5] ^= 1), WitnessError::Commitment { .. }));
    assert!(matches!(refused(&|w| w.state[5] ^= 1), WitnessError::Commitment { .. }));
    assert!(matches!(refused(&|w| w.bytes.truncate(RATE)), WitnessError::Length { position: 1, .. }));
    assert!(matches!(refused(&|w| w.bytes.resize(CHUNK_BYTES, 0)), WitnessError::Length { .. }));
    assert!(matches!(refused(&|w| w.more = true), WitnessError::Length { .. }));
    assert_eq!(refused(&|w| w.position = 0), WitnessError::FirstState);
    let mut first = all[0].clone();
    first.bytes.clear();
    assert!(matches!(first.instance(), Err(WitnessError::Length { position: 0, bytes: 0, .. })));
    // Another binary, or another salt: the last chunk says so.
    let foreign: Vec<_> = chunks(&binary(10, 50), subject(&bytes)).collect();
    assert!(matches!(foreign[0].instance(), Err(WitnessError::Commitment { .. })));
}
