//! What is accepted and what is not: native verification, the generated contract and snark-verifier's contract.

use nonos_circuits::backend::encoding::scalar_from_be;
use revm::primitives::{hardfork::SpecId, keccak256};

use crate::{
    evm::{self, Outcome},
    oracle,
    shapes::{Shape, shape, shapes},
};

const WORD: usize = 32;
/// r and p, big-endian (EIP-196).
const R: &str = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
const P: &str = "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47";

#[test]
fn valid_proofs_are_accepted_under_this_and_the_next_hard_fork() {
    for shape in shapes() {
        for fork in [SpecId::PRAGUE, SpecId::OSAKA, SpecId::NEXT] {
            let outcome = evm::call(&shape.compiled.runtime, &shape.calldata(), fork);
            assert!(outcome.accepts(), "{} under {fork:?}: {outcome:?}", shape.spec.name);
        }
    }
}

/// snark-verifier cannot load a commitment that is the identity, so the degenerate shape is left out.
#[test]
fn snark_verifiers_contract_accepts_the_same_proofs() {
    let mut compared = 0;
    for shape in shapes().filter(|shape| !shape.spec.degenerate) {
        let theirs = oracle::runtime(shape);
        // Their contract returns nothing and reverts on a false proof.
        let outcome = evm::call(&theirs, &shape.calldata(), SpecId::OSAKA);
        assert!(matches!(outcome, Outcome::Returned { .. }), "{}: {outcome:?}", shape.spec.name);
        let ours = evm::call(&shape.compiled.runtime, &shape.calldata(), SpecId::OSAKA);
        assert!(
            ours.gas() < outcome.gas(),
            "{}: {} gas, theirs {}",
            shape.spec.name,
            ours.gas(),
            outcome.gas()
        );
        assert!(shape.compiled.runtime.len() < theirs.len(), "{}", shape.spec.name);
        let mut false_proof = shape.calldata();
        add(&mut false_proof, shape.instances.len(), &one());
        assert!(!matches!(evm::call(&theirs, &false_proof, SpecId::OSAKA), Outcome::Returned { .. }));
        compared += 1;
    }
    assert_eq!(compared, 6);
}

/// Every word of instances and proof: plus one, plus the modulus, zero, exchanged with the next word.
#[test]
fn native_and_contract_verdicts_agree_on_every_mutated_word() {
    for shape in shapes() {
        let valid = shape.calldata();
        let kinds = word_kinds(shape);
        assert_eq!(kinds.len() * WORD, valid.len());
        for (index, kind) in kinds.iter().enumerate() {
            let modulus = modulus(if *kind == Kind::Scalar { R } else { P });
            let mut mutants: Vec<Vec<u8>> = vec![];
            for change in [one(), modulus] {
                let mut mutant = valid.clone();
                add(&mut mutant, index, &change);
                mutants.push(mutant);
            }
            let mut zero = valid.clone();
            word_mut(&mut zero, index).fill(0);
            mutants.push(zero);
            if index + 1 < kinds.len() {
                let mut swapped = valid.clone();
                for i in 0..WORD {
                    swapped.swap(index * WORD + i, (index + 1) * WORD + i);
                }
                mutants.push(swapped);
            }
            if *kind == Kind::X {
                let mut infinity = valid.clone();
                word_mut(&mut infinity, index).fill(0);
                word_mut(&mut infinity, index + 1).fill(0);
                mutants.push(infinity);
                // The opposite point is on the curve.
                let mut opposite = valid.clone();
                negate(word_mut(&mut opposite, index + 1));
                mutants.push(opposite);
            }
            for (number, mutant) in mutants.iter().filter(|mutant| **mutant != valid).enumerate() {
                let native = native_verdict(shape, mutant);
                let contract = evm::call(&shape.compiled.runtime, mutant, SpecId::OSAKA);
                let context = format!("{}, word {index} ({kind:?}), mutation {number}", shape.spec.name);
                assert_eq!(native, contract.accepts(), "{context}: {contract:?}");
                assert!(!native, "{context} is accepted");
            }
        }
    }
}

/// The reverts say what was wrong.
#[test]
fn refusals_carry_their_reason() {
    let shape = shape("ten instances in a gate");
    let valid = shape.calldata();
    let run = |data: &[u8]| evm::call(&shape.compiled.runtime, data, SpecId::OSAKA);
    let reverted = |signature: &str| Outcome::Reverted(keccak256(signature)[..4].to_vec());
    let instance = |change: &str| {
        let mut data = valid.clone();
        add(&mut data, 0, &modulus(change));
        data
    };
    assert_eq!(run(&instance(R)), reverted("NotCanonical()"));
    let mut infinity = valid.clone();
    let first_point = shape.instances.len();
    word_mut(&mut infinity, first_point).fill(0);
    word_mut(&mut infinity, first_point + 1).fill(0);
    assert_eq!(run(&infinity), reverted("NotCanonical()"));
    let mut wrong = valid.clone();
    add(&mut wrong, 0, &one());
    assert_eq!(run(&wrong), reverted("Rejected()"));
    for length in [0, WORD, valid.len() - WORD, valid.len() - 1, valid.len() + 1, valid.len() + WORD] {
        let mut data = valid.clone();
        data.resize(length, 0);
        let mut expected = keccak256("CalldataLength(uint256,uint256)")[..4].to_vec();
        expected.extend([[0; 24].as_slice(), &(length as u64).to_be_bytes()].concat());
        expected.extend([[0; 24].as_slice(), &(valid.len() as u64).to_be_bytes()].concat());
        assert_eq!(run(&data), Outcome::Reverted(expected), "{length} bytes");
    }
}

/// Wrong lengths are refused by every shape, natively too.
#[test]
fn trailing_and_missing_bytes_are_refused() {
    for shape in shapes() {
        let valid = shape.calldata();
        for change in [-32, -1, 1, 32] {
            let mut data = valid.clone();
            data.resize((valid.len() as i64 + change) as usize, 0);
            assert!(!evm::call(&shape.compiled.runtime, &data, SpecId::OSAKA).accepts());
            let proof = &data[shape.instances.len() * WORD..];
            assert!(shape.verifier.verify(proof, &shape.instances).is_err());
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Scalar,
    X,
    Y,
}

fn word_kinds(shape: &Shape) -> Vec<Kind> {
    use nonos_circuits::backend::shape::Item;
    let instances = shape.instances.iter().map(|_| Kind::Scalar);
    let proof = shape.verifier.shape().items().flat_map(|item| match item {
        Item::Point(_) => vec![Kind::X, Kind::Y],
        Item::Scalar(_) => vec![Kind::Scalar],
    });
    instances.chain(proof).collect()
}

/// The native verifier on the same bytes; an instance that is not below r has no native form.
fn native_verdict(shape: &Shape, data: &[u8]) -> bool {
    let (instances, proof) = data.split_at(shape.instances.len() * WORD);
    let instances: Option<Vec<_>> =
        instances.chunks(WORD).map(|word| scalar_from_be(word.try_into().unwrap())).collect();
    instances.is_some_and(|instances| shape.verifier.verify(proof, &instances).is_ok())
}

fn word_mut(data: &mut [u8], index: usize) -> &mut [u8] {
    &mut data[index * WORD..(index + 1) * WORD]
}

/// Adds mod 2^256.
fn add(data: &mut [u8], index: usize, change: &[u8]) {
    let mut carry = 0;
    for (digit, add) in word_mut(data, index).iter_mut().zip(change).rev() {
        let sum = u16::from(*digit) + u16::from(*add) + carry;
        *digit = sum as u8;
        carry = sum >> 8;
    }
}

/// y := p - y.
fn negate(word: &mut [u8]) {
    let mut borrow = 0;
    for (digit, p) in word.iter_mut().zip(modulus(P)).rev() {
        let difference = i16::from(p) - i16::from(*digit) - borrow;
        *digit = difference as u8;
        borrow = i16::from(difference < 0);
    }
}

fn modulus(digits: &str) -> Vec<u8> {
    (0..WORD).map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap()).collect()
}

fn one() -> Vec<u8> {
    let mut word = vec![0; WORD];
    word[WORD - 1] = 1;
    word
}
