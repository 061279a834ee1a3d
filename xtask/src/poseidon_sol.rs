//! Writes `PoseidonTagged.sol`: the permutation with a free first word, for domain-tagged hashes on chain.
//!
//! Full rounds are unrolled as they stand. Partial rounds are not: as in the circuit, only their S-box inputs x_i are
//! computed, by the linear recurrence of [`nonos_circuits::launch::recurrence`], 5 products and an S-box a round instead
//! of 9 and an S-box. Before the last full rounds the other two words are recovered: with M = [[m, r], [u, N]], round
//! constants (e_i, c_i), w_i = x_i^5 and T = [r; rN], S = N²T⁻¹,
//!
//! ```text
//! v61 = u·w60 + N·u·w59 + S·(x60 − m·w59 − e60, x61 − m·w60 − r·u·w59 − e61 − r·c60) + N·c60 + c61
//! ```
//!
//! Sums of at most five terms below r stay below 2^256, so most of them are not reduced.

use halo2curves::bn256::Fr;
use halo2curves::ff::PrimeField;
use nonos_circuits::launch::recurrence::{FIRST, LAST, recurrence};
use nonos_core::field::fr_to_u256;
use nonos_core::poseidon::{ROUNDS, constants};
use std::fmt::Write;

type V2 = [Fr; 2];
type M2 = [V2; 2];

fn dot(a: V2, b: V2) -> Fr {
    a[0] * b[0] + a[1] * b[1]
}

fn column(m: M2, j: usize) -> V2 {
    [m[0][j], m[1][j]]
}

fn apply(m: M2, v: V2) -> V2 {
    [dot(m[0], v), dot(m[1], v)]
}

fn multiply(a: M2, b: M2) -> M2 {
    let entry = |i: usize, j: usize| dot(a[i], column(b, j));
    [[entry(0, 0), entry(0, 1)], [entry(1, 0), entry(1, 1)]]
}

fn inverse(m: M2) -> M2 {
    let determinant = m[0][0] * m[1][1] - m[0][1] * m[1][0];
    let scale =
        Option::<Fr>::from(determinant.invert()).expect("a test of the circuit checks that T is invertible");
    [[m[1][1] * scale, -m[0][1] * scale], [-m[1][0] * scale, m[0][0] * scale]]
}

/// A field element as a Solidity literal.
fn literal(value: Fr) -> String {
    format!("0x{:064x}", fr_to_u256(&value))
}

/// `mulmod(name, value, r)`.
fn times((name, value): &(&str, Fr)) -> String {
    format!("mulmod({name}, {}, r)", literal(*value))
}

/// The unreduced sum of products and a constant, nested to the left.
fn sum(terms: &[(&str, Fr)], constant: Fr) -> String {
    let first = times(&terms[0]);
    let products = terms[1..].iter().fold(first, |acc, term| format!("add({acc}, {})", times(term)));
    format!("add({products}, {})", literal(constant))
}

/// Statements of one function body, eight levels of indentation less deep than they are printed.
struct Body(String);

impl Body {
    fn line(&mut self, text: impl AsRef<str>) {
        let _ = writeln!(self.0, "            {}", text.as_ref());
    }

    fn comment(&mut self, text: &str) {
        self.line(format!("// {text}"));
    }

    /// `target := source^5`, with `s` as scratch.
    fn sbox(&mut self, target: &str, source: &str) {
        self.line(format!("s := mulmod({source}, {source}, r)"));
        self.line(format!("{target} := mulmod(mulmod(s, s, r), {source}, r)"));
    }

    /// S-boxes of all three words of round `i`, mixed into the other three names with the constants of round i + 1.
    fn full_round(&mut self, i: usize, from: [&str; 3], to: [&str; 3]) {
        self.comment(&format!("round {i}"));
        for word in from {
            self.sbox(word, word);
        }
        for (j, target) in to.iter().enumerate() {
            let row = constants().mds[j];
            let terms: Vec<_> = from.iter().copied().zip(row).collect();
            self.line(format!("{target} := {}", sum(&terms, constants().round[i + 1][j])));
        }
    }
}

/// The whole file.
pub fn render() -> String {
    let (rounds, mds) = (&constants().round, &constants().mds);
    let rec = recurrence();
    let (m, r) = (mds[0][0], [mds[0][1], mds[0][2]]);
    let u = [mds[1][0], mds[2][0]];
    let n: M2 = [[mds[1][1], mds[1][2]], [mds[2][1], mds[2][2]]];
    let rn = [dot(r, column(n, 0)), dot(r, column(n, 1))];
    let e = |i: usize| rounds[i][0];
    let c = |i: usize| [rounds[i][1], rounds[i][2]];

    let mut b = Body(String::new());
    b.line(format!("let r := 0x{}", Fr::MODULUS.trim_start_matches("0x")));
    for (j, name) in ["a", "b", "c"].iter().enumerate() {
        let word =
            if j == 0 { "mload(input)".to_owned() } else { format!("mload(add(input, {:#x}))", 32 * j) };
        b.line(format!("let {name} := addmod({word}, {}, r)", literal(rounds[0][j])));
    }
    b.line("let x");
    b.line("let y");
    b.line("let z");
    b.line("let s");
    let (abc, xyz) = (["a", "b", "c"], ["x", "y", "z"]);
    for i in 0..FIRST {
        let (from, to) = if i % 2 == 0 { (abc, xyz) } else { (xyz, abc) };
        b.full_round(i, from, to);
    }

    // Four full rounds leave the state in a, b, c: a = x4, (b, c) = v4. w4, w5, w6 go to x, y, z.
    b.comment("rounds 4 to 60 by their S-box inputs");
    b.sbox("x", "a");
    b.line(format!("a := {}", sum(&[("x", m), ("b", r[0]), ("c", r[1])], e(FIRST + 1))));
    b.sbox("y", "a");
    let ru = dot(r, u);
    let sixth = sum(&[("y", m), ("x", ru), ("b", rn[0]), ("c", rn[1])], dot(r, c(FIRST + 1)) + e(FIRST + 2));
    b.line(format!("b := {sixth}"));
    b.sbox("z", "b");
    // (a, b) are x_{i+1}, x_{i+2}; the w names rotate.
    let mut words = ["x", "y", "z"];
    let mut inputs = ["a", "b"];
    let steps = rec.kappa.len();
    for (i, kappa) in rec.kappa.iter().enumerate() {
        let [w0, w1, w2] = words;
        let [x1, x2] = inputs;
        let terms = [(w2, rec.m), (w1, rec.g1), (w0, rec.g0), (x2, rec.t), (x1, -rec.d)];
        let products = terms[1..].iter().fold(times(&terms[0]), |acc, t| format!("add({acc}, {})", times(t)));
        b.line(format!("{x1} := addmod({products}, {}, r)", literal(*kappa)));
        if i + 1 < steps {
            b.sbox(w0, x1);
            words = [w1, w2, w0];
        }
        inputs = [x2, x1];
    }
    // Now inputs = (x60, x61) and the last two of words are w59, w60.
    b.comment("the other words before round 61");
    let [_, w59, w60] = words;
    let [x60, x61] = inputs;
    let s = multiply(multiply(n, n), inverse([r, rn]));
    let nu = apply(n, u);
    let from_w59 = apply(s, [m, ru]);
    let known = apply(s, [e(LAST - 1), e(LAST) + dot(r, c(LAST - 1))]);
    let nc = apply(n, c(LAST - 1));
    let spare = words[0];
    for (j, target) in [spare, "c"].iter().enumerate() {
        let terms = [(w59, nu[j] - from_w59[j]), (w60, u[j] - s[j][1] * m), (x60, s[j][0]), (x61, s[j][1])];
        b.line(format!("{target} := {}", sum(&terms, nc[j] + c(LAST)[j] - known[j])));
    }
    // State before round 61: (x61, spare, c). The names that are free take the next one.
    let (first, second) = ([x61, spare, "c"], [x60, w59, w60]);
    for i in LAST..ROUNDS - 1 {
        let (from, to) = if (i - LAST).is_multiple_of(2) { (first, second) } else { (second, first) };
        b.full_round(i, from, to);
    }
    let last = if (ROUNDS - 1 - LAST).is_multiple_of(2) { first } else { second };
    b.comment(&format!("round {}, of which only the first word is wanted", ROUNDS - 1));
    for word in last {
        b.sbox(word, word);
    }
    let [p, q, t] = [0, 1, 2].map(|k| times(&(last[k], mds[0][k])));
    b.line(format!("out := addmod(add({p}, {q}), {t}, r)"));

    HEAD.to_owned() + &b.0 + TAIL
}

const HEAD: &str = "\
// SPDX-License-Identifier: MIT OR Apache-2.0
// Generated by xtask from the constants of nonos-core. Do not edit: run `cargo xtask gen`.
pragma solidity ^0.8.30;

/// @title PoseidonTagged: P(t; a, b), Poseidon over BN254 of width 3 whose first word is a domain tag
/// @notice circomlib's parameters (8 full and 57 partial rounds). With tag 0 it is the hash of tree nodes.
/// @dev Partial rounds run on a linear recurrence of their S-box inputs: docs/circuits/launch.md derives it.
library PoseidonTagged {
    /// @notice The first word of the permutation of [t, a, b]; inputs are taken modulo r.
    function hash(uint256[3] memory input) public pure returns (uint256 out) {
        assembly (\"memory-safe\") {
";

const TAIL: &str = "        }
    }
}
";
