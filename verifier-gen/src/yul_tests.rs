//! Random expressions, written as Yul and interpreted with overflow checks, against field arithmetic.
//!
//! This is what shows that lazy sums never leave the word: the interpreter fails on any wrap-around, and the inputs are
//! mostly extremes.

use std::collections::HashMap;

use alloy_primitives::U256;
use halo2curves::bn256::Fr;
use nonos_circuits::backend::encoding::scalar_to_be;
use proptest::prelude::*;

use crate::{
    dag::{Dag, Id, Node, UNREDUCED, Word},
    literal,
    memory::WORD,
    yul::{Assignment, Spans, Writer},
};

const INPUTS: usize = 6;
const OUTPUT: usize = 0x1000;

fn modulus() -> U256 {
    U256::from_be_bytes(literal::modulus())
}

/// A machine that refuses to wrap around.
struct Machine {
    memory: HashMap<usize, U256>,
    variables: HashMap<String, U256>,
}

impl Machine {
    fn run(&mut self, line: &str) {
        let line = line.trim().trim_start_matches("let ");
        if let Some((name, value)) = line.split_once(" := ") {
            let value = self.expression(&mut value.trim());
            self.variables.insert(name.to_string(), value);
        } else if let Some(rest) = line.strip_prefix("mstore(") {
            let (ptr, mut rest) = rest.split_once(", ").unwrap();
            let value = self.expression(&mut rest);
            assert_eq!(rest, ")");
            let ptr = usize::from_str_radix(&ptr[2..], 16).unwrap();
            self.memory.insert(ptr, value);
        }
    }

    fn expression(&self, text: &mut &str) -> U256 {
        let end = text.find(['(', ')', ',']).unwrap_or(text.len());
        let (token, rest) = text.split_at(end);
        *text = rest;
        if !rest.starts_with('(') {
            return match token.strip_prefix("0x") {
                Some(digits) => U256::from_str_radix(digits, 16).unwrap(),
                None if token == "r" => modulus(),
                None => token.parse().unwrap_or_else(|_| self.variables[token]),
            };
        }
        let mut operands = vec![];
        while !text.starts_with(')') {
            *text = text[1..].trim_start();
            operands.push(self.expression(text));
        }
        *text = &text[1..];
        match (token, operands.as_slice()) {
            ("mload", [ptr]) => self.memory[&ptr.to::<usize>()],
            ("add", [a, b]) => a.checked_add(*b).expect("add wraps around"),
            ("sub", [a, b]) => a.checked_sub(*b).expect("sub wraps around"),
            ("mul", [a, b]) => a.checked_mul(*b).expect("mul wraps around"),
            ("mod", [a, b]) => a % b,
            ("addmod", [a, b, c]) => a.add_mod(*b, *c),
            ("mulmod", [a, b, c]) => a.mul_mod(*b, *c),
            other => panic!("{other:?}"),
        }
    }
}

fn to_word(value: &Fr) -> U256 {
    U256::from_be_bytes(scalar_to_be(value))
}

fn to_field(value: U256) -> Fr {
    nonos_circuits::backend::encoding::scalar_from_be(&(value % modulus()).to_be_bytes()).unwrap()
}

fn evaluate(dag: &Dag, id: Id, inputs: &[U256]) -> Fr {
    match dag.node(id) {
        Node::Const(value) => value,
        Node::Word(word) => to_field(inputs[word.ptr / WORD]),
        Node::Accumulator(_) => unreachable!("not generated"),
        Node::Neg(a) => -evaluate(dag, a, inputs),
        Node::Add(a, b) => evaluate(dag, a, inputs) + evaluate(dag, b, inputs),
        Node::Mul(a, b) => evaluate(dag, a, inputs) * evaluate(dag, b, inputs),
    }
}

/// Reduced words are at most r, unreduced ones anything.
fn input(index: usize, kind: u8, random: u64) -> U256 {
    let unreduced = index == INPUTS - 1;
    match kind % 4 {
        0 => U256::ZERO,
        1 if unreduced => U256::MAX,
        1 => modulus(),
        2 => modulus() - U256::from(1),
        _ => to_word(&Fr::from(random).square().square().square()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn written_expressions_do_not_wrap_around_and_are_the_field_values(
        operations in prop::collection::vec((0u8..7, any::<u16>(), any::<u16>(), any::<u64>()), 1..40),
        kinds in prop::collection::vec((any::<u8>(), any::<u64>()), INPUTS),
        roots in 1usize..4,
    ) {
        let mut dag = Dag::default();
        let mut ids: Vec<Id> = (0..INPUTS)
            .map(|i| dag.word(Word { ptr: WORD * i, bound: if i + 1 == INPUTS { UNREDUCED } else { 1 } }))
            .collect();
        for (operation, a, b, constant) in operations {
            let (a, b) = (ids[a as usize % ids.len()], ids[b as usize % ids.len()]);
            let id = match operation {
                0 | 1 => dag.add(a, b),
                2 | 3 => dag.sub(a, b),
                4 => dag.mul(a, b),
                5 => { let c = dag.constant(Fr::from(constant % 7)); dag.mul(a, c) }
                _ => { let c = dag.constant(-Fr::from(constant)); dag.add(a, c) }
            };
            ids.push(id);
        }
        let outputs: Vec<Id> = ids.iter().rev().take(roots).copied().collect();
        let assignments: Vec<Assignment> = outputs
            .iter()
            .enumerate()
            .map(|(i, &id)| Assignment::word(OUTPUT + WORD * i, id, ""))
            .collect();
        let inputs: Vec<U256> =
            kinds.iter().enumerate().map(|(i, (kind, random))| input(i, *kind, *random)).collect();
        let names = HashMap::new();
        let lines = Writer::new(&dag, &names, outputs.clone()).block(&assignments, 0, &Spans::new());
        let memory = inputs.iter().enumerate().map(|(i, value)| (WORD * i, *value)).collect();
        let mut machine = Machine { memory, variables: HashMap::new() };
        lines.iter().for_each(|line| machine.run(line));
        for (i, &id) in outputs.iter().enumerate() {
            let value = machine.memory[&(OUTPUT + WORD * i)];
            prop_assert_eq!(to_field(value), evaluate(&dag, id, &inputs), "{:?}", lines);
        }
    }
}
