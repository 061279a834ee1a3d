//! SHA-512 (FIPS 180-4) on spread words.
//!
//! A word is cut into pieces of at most 13 bits; the table gives each piece's spread form, bit i at bit 2i. Adding up to
//! three spread words puts into every pair of bits the number of ones: its low bit is their exclusive or, its high bit
//! their majority (for two words: their conjunction). So every logical function is a sum that is taken apart again:
//!
//! ```text
//! Σ, σ            rot₁ + rot₂ + rot₃ = spread(x) + 2·spread(m)              result x
//! Maj(a, b, c)    a + b + c          = spread(x) + 2·spread(m)              result m
//! Ch(e, f, g)     e + f              = spread(x) + 2·spread(m)
//!                 (1…1 − e) + g      = spread(x') + 2·spread(m')            result m + m'
//! ```
//!
//! The equations are between integers below 2^130. A spread word has ones at even places only, so it and the double of
//! another share no bit and the decomposition is unique; it exists by the count. A rotation is linear in the spread form S of
//! the word and the spread form T of its lowest n bits, which the lane's accumulator passes through: (S − T)/4^n + 4^(64−n)·T.
//! Sums of words are split into a word, whose pieces make it a 64-bit number, and a carry below 2^13.

use super::encoding::{big_endian, word_of};
use super::power_of_two;
use super::sheet::{Piece, Sheet, Spread, Wire};
use super::table::spread;
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use num_bigint::BigUint;
use std::sync::OnceLock;

/// Positions at which pieces begin: for results of a logical function, where nothing is rotated.
const PLAIN: [usize; 5] = [0, 13, 26, 39, 52];
/// For e: cut at 14, 18 and 41.
const E: [usize; 7] = [0, 13, 14, 18, 31, 41, 54];
/// For a: cut at 28, 34 and 39.
const A: [usize; 7] = [0, 13, 26, 28, 34, 39, 52];
/// For w: cut at 1, 7, 8 and at 6, 19, 61.
const W: [usize; 10] = [0, 1, 6, 7, 8, 19, 32, 45, 58, 61];

fn pieces(starts: &[usize]) -> Vec<Piece> {
    let ends = starts[1..].iter().copied().chain([64]);
    starts.iter().zip(ends).map(|(start, end)| Piece { bits: end - start, position: *start }).collect()
}

/// The first 64 bits of the fractional parts of the `root`-th roots of the first primes.
fn fractions<const N: usize>(root: u32) -> [u64; N] {
    let is_prime = |n: &u32| (2..*n).take_while(|m| m * m <= *n).all(|m| !n.is_multiple_of(m));
    let mut primes = (2u32..).filter(is_prime);
    std::array::from_fn(|_| {
        let prime = BigUint::from(primes.next().unwrap_or(0));
        let root: BigUint = (prime << (64 * root)).nth_root(root);
        (root & BigUint::from(u64::MAX)).iter_u64_digits().next().unwrap_or(0)
    })
}

/// K of FIPS 180-4, 4.2.3: cube roots of the first eighty primes.
fn round_constants() -> &'static [u64; 80] {
    static CELL: OnceLock<[u64; 80]> = OnceLock::new();
    CELL.get_or_init(|| fractions(3))
}

/// H⁽⁰⁾ of FIPS 180-4, 5.3.5: square roots of the first eight primes.
fn initial_state() -> &'static [u64; 8] {
    static CELL: OnceLock<[u64; 8]> = OnceLock::new();
    CELL.get_or_init(|| fractions(2))
}

/// A rotation or a shift by this many bits.
#[derive(Clone, Copy)]
enum Turn {
    Rotate(u32),
    Shift(u32),
}
use Turn::{Rotate, Shift};

impl Turn {
    fn of(self, word: u64) -> u64 {
        match self {
            Rotate(n) => word.rotate_right(n),
            Shift(n) => word >> n,
        }
    }
}

const SIGMA_E: [Turn; 3] = [Rotate(14), Rotate(18), Rotate(41)];
const SIGMA_A: [Turn; 3] = [Rotate(28), Rotate(34), Rotate(39)];
const SIGMA_0: [Turn; 3] = [Rotate(1), Rotate(8), Shift(7)];
const SIGMA_1: [Turn; 3] = [Rotate(19), Rotate(61), Shift(6)];

struct Hasher<'a> {
    sheet: &'a mut Sheet,
    zero: Wire,
    plain: Vec<Piece>,
    e: Vec<Piece>,
    a: Vec<Piece>,
    w: Vec<Piece>,
}

/// The last four values of a and of e, newest first.
struct State {
    a: [Spread; 4],
    e: [Spread; 4],
}

/// The digest of a message of whole blocks, already padded, given as words: eight words of big-endian bytes.
pub fn digest(sheet: &mut Sheet, zero: Wire, blocks: &[[Wire; 16]]) -> [Wire; 64] {
    let mut hasher =
        Hasher { sheet, zero, plain: pieces(&PLAIN), e: pieces(&E), a: pieces(&A), w: pieces(&W) };
    let initial = *initial_state();
    let mut state = hasher.state(initial);
    for (word, value) in state.words().into_iter().zip(initial) {
        let constant = hasher.sheet.sum(&[], Fr::from(value));
        hasher.sheet.equal(constant, word.1);
    }
    let (last, first) = blocks.split_last().expect("a message has a block");
    for block in first {
        let (before, after) = (state.words(), hasher.compress(&state, block).words());
        let sums = before.iter().zip(&after).map(|(x, y)| x.0.wrapping_add(y.0)).collect::<Vec<_>>();
        state = hasher.state(std::array::from_fn(|i| sums[i]));
        for (i, word) in state.words().into_iter().enumerate() {
            hasher.addition(&[before[i], after[i]], 0, word);
        }
    }
    let (before, after) = (state.words(), hasher.compress(&state, last).words());
    let mut bytes = Vec::with_capacity(64);
    for i in 0..8 {
        let sum = before[i].0.wrapping_add(after[i].0);
        let wires = hasher.sheet.bytes(&sum.to_be_bytes());
        let word = big_endian(hasher.sheet, &wires);
        hasher.addition(&[before[i], after[i]], 0, (sum, word));
        bytes.extend(wires);
    }
    std::array::from_fn(|i| bytes[i])
}

impl State {
    /// H0 to H7 as values and cells.
    fn words(&self) -> [(u64, Wire); 8] {
        std::array::from_fn(|i| {
            let word = if i < 4 { &self.a[i] } else { &self.e[i - 4] };
            (word.value, word.dense)
        })
    }
}

impl Hasher<'_> {
    /// Cuts the eight words of a state.
    fn state(&mut self, words: [u64; 8]) -> State {
        let pairs: [[Spread; 2]; 4] = std::array::from_fn(|i| {
            self.sheet.pieces([(words[4 + i], &self.e[..]), (words[i], &self.a[..])])
        });
        State {
            e: std::array::from_fn(|i| pairs[i][0].clone()),
            a: std::array::from_fn(|i| pairs[i][1].clone()),
        }
    }

    fn compress(&mut self, state: &State, block: &[Wire; 16]) -> State {
        let schedule = self.schedule(block);
        let State { mut a, mut e } = State { a: state.a.clone(), e: state.e.clone() };
        for (w, k) in schedule.iter().zip(round_constants()) {
            let sigma_e = self.sigma(&e[0], &E, SIGMA_E);
            let both = self.conjunction(&e[0], &e[1], false);
            let neither = self.conjunction(&e[0], &e[2], true);
            let sigma_a = self.sigma(&a[0], &A, SIGMA_A);
            let majority = self.majority(&a);
            let terms = [&e[3], w, &sigma_e, &both, &neither];
            let new_e =
                terms.iter().fold(k.wrapping_add(a[3].value), |sum, term| sum.wrapping_add(term.value));
            let new_a = [&sigma_a, &majority]
                .iter()
                .fold(new_e.wrapping_sub(a[3].value), |sum, term| sum.wrapping_add(term.value));
            let [e_word, a_word] = self.sheet.pieces([(new_e, &self.e[..]), (new_a, &self.a[..])]);
            let mut addends: Vec<_> = terms.iter().map(|term| (term.value, term.dense)).collect();
            addends.push((a[3].value, a[3].dense));
            let carry = self.addition(&addends, *k, (new_e, e_word.dense));
            // T1 = e + 2^64·carry − d, so a + 2^64·carry' = T1 + Σ(a) + Maj.
            self.second_addition(carry, &e_word, &a[3], [&sigma_a, &majority], &a_word);
            e.rotate_right(1);
            a.rotate_right(1);
            (e[0], a[0]) = (e_word, a_word);
        }
        State { a, e }
    }

    /// w_0 to w_79.
    fn schedule(&mut self, block: &[Wire; 16]) -> Vec<Spread> {
        let mut words: Vec<Spread> = Vec::with_capacity(80);
        for pair in block.chunks(2) {
            let cut = self.sheet.pieces([(word_of(pair[0]), &self.w[..]), (word_of(pair[1]), &self.w[..])]);
            for (word, wire) in cut.iter().zip(pair) {
                self.sheet.equal(word.dense, *wire);
            }
            words.extend(cut);
        }
        for t in (16..80).step_by(2) {
            // w_{t+1} needs w_{t−1}, not w_t: two words of the schedule stand side by side.
            let addends: [[(u64, Wire); 4]; 2] = [t, t + 1].map(|t| {
                let (low, high) = (words[t - 15].clone(), words[t - 2].clone());
                let [low, high] = [self.sigma(&low, &W, SIGMA_0), self.sigma(&high, &W, SIGMA_1)];
                [&high, &words[t - 7], &low, &words[t - 16]].map(|word| (word.value, word.dense))
            });
            let sums = addends.map(|terms| terms.iter().fold(0u64, |sum, term| sum.wrapping_add(term.0)));
            let cut = self.sheet.pieces([(sums[0], &self.w[..]), (sums[1], &self.w[..])]);
            for (word, terms) in cut.iter().zip(&addends) {
                self.addition(terms, 0, (word.value, word.dense));
            }
            words.extend(cut);
        }
        words
    }

    /// Exclusive or of three turns of a word that is cut at `starts`.
    fn sigma(&mut self, word: &Spread, starts: &[usize], turns: [Turn; 3]) -> Spread {
        let [x, y, z] = turns.map(|turn| turn.of(word.value));
        let mut whole = Fr::ZERO;
        let mut terms = vec![];
        for turn in turns {
            let (Rotate(n) | Shift(n)) = turn;
            let cut = starts.iter().position(|start| *start == n as usize).expect("cut where it is turned");
            let quarter = super::inverse_power_of_two(2 * n);
            let below = match turn {
                Rotate(n) => power_of_two(2 * (64 - n)) - quarter,
                Shift(_) => -quarter,
            };
            whole += quarter;
            terms.push((below, word.below[cut - 1]));
        }
        terms.push((whole, word.spread()));
        let [odd, _] = self.take_apart(&terms, Fr::ZERO, [x ^ y ^ z, (x & y) | (x & z) | (y & z)]);
        odd
    }

    /// e ∧ f, or ¬e ∧ f.
    fn conjunction(&mut self, e: &Spread, f: &Spread, negate: bool) -> Spread {
        let (value, sign, constant) = match negate {
            false => (e.value, Fr::ONE, 0),
            true => (!e.value, -Fr::ONE, spread(u64::MAX)),
        };
        let terms = [(sign, e.spread()), (Fr::ONE, f.spread())];
        let constant = nonos_core::field::fr_from_u128(constant);
        let [_, both] = self.take_apart(&terms, constant, [value ^ f.value, value & f.value]);
        both
    }

    /// Maj(a, b, c).
    fn majority(&mut self, words: &[Spread; 4]) -> Spread {
        let [a, b, c, _] = words;
        let (x, y, z) = (a.value, b.value, c.value);
        let terms = [a, b, c].map(|word| (Fr::ONE, word.spread()));
        let [_, most] = self.take_apart(&terms, Fr::ZERO, [x ^ y ^ z, (x & y) | (x & z) | (y & z)]);
        most
    }

    /// Σ terms + constant = spread(low) + 2·spread(high).
    fn take_apart(&mut self, terms: &[(Fr, Wire)], constant: Fr, values: [u64; 2]) -> [Spread; 2] {
        let parts = self.sheet.pieces(values.map(|value| (value, &self.plain[..])));
        let mut terms = terms.to_vec();
        terms.push((-Fr::ONE, parts[0].spread()));
        terms.push((-Fr::from(2), parts[1].spread()));
        self.sheet.vanishing(self.zero, &terms, constant);
        parts
    }

    /// Σ addends + constant = result + 2^64·carry. Returns the carry.
    fn addition(&mut self, addends: &[(u64, Wire)], constant: u64, result: (u64, Wire)) -> Wire {
        let total = addends.iter().fold(u128::from(constant), |sum, term| sum + u128::from(term.0));
        let carry = self.sheet.range(&BigUint::from((total - u128::from(result.0)) >> 64), 1);
        let mut terms: Vec<_> = addends.iter().map(|term| (Fr::ONE, term.1)).collect();
        terms.push((-Fr::ONE, result.1));
        terms.push((-power_of_two(64), carry));
        self.sheet.vanishing(self.zero, &terms, Fr::from(constant));
        carry
    }

    fn second_addition(&mut self, carry: Wire, e: &Spread, d: &Spread, terms: [&Spread; 2], a: &Spread) {
        let carried = word_of(carry);
        let total = (u128::from(carried) << 64)
            + u128::from(e.value)
            + u128::from(terms[0].value)
            + u128::from(terms[1].value)
            - u128::from(d.value);
        let next = self.sheet.range(&BigUint::from((total - u128::from(a.value)) >> 64), 1);
        let terms = [
            (Fr::ONE, e.dense),
            (power_of_two(64), carry),
            (-Fr::ONE, d.dense),
            (Fr::ONE, terms[0].dense),
            (Fr::ONE, terms[1].dense),
            (-Fr::ONE, a.dense),
            (-power_of_two(64), next),
        ];
        self.sheet.vanishing(self.zero, &terms, Fr::ZERO);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_those_of_fips_180_4() {
        assert_eq!(initial_state()[0], 0x6a09_e667_f3bc_c908);
        assert_eq!(initial_state()[7], 0x5be0_cd19_137e_2179);
        assert_eq!(round_constants()[0], 0x428a_2f98_d728_ae22);
        assert_eq!(round_constants()[79], 0x6c44_198c_4a47_5817);
    }

    #[test]
    fn pieces_fill_the_word_and_fit_the_table() {
        for starts in [&PLAIN[..], &E, &A, &W] {
            let pieces = pieces(starts);
            assert_eq!(pieces.iter().map(|piece| piece.bits).sum::<usize>(), 64);
            assert!(pieces.iter().all(|piece| (1..=13).contains(&piece.bits)));
        }
    }
}
