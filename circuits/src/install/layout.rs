//! The statement: which gadgets stand where, and what ties their cells together.
//!
//! ```text
//! slots                                   what
//! 0 … 4                                   state in, packed plane by plane
//! 5 + 25j, then 24 rounds                 block j: state and block, rounds
//! OUT … OUT + 6, closed                   state out, packed; the first two planes a second time, in single lanes
//! COMMIT … COMMIT + 4, then 24 rounds     what the commitment hashes, packed; its permutation
//! COMMITTED, closed                       C, packed
//! MESSAGE … MESSAGE + 3, closed           the last block and the lane of its padding, packed in single lanes
//! WINDOW … WINDOW + 65, bits apart        rows of arithmetic: 64 strips of 66 rows, one for each bit; the instances first
//! ```
//!
//! A message stands at the end of the blocks, so that its padding and the digest are always in the same slots: blocks
//! before its first are of no account, because the first does not take their state over.
//!
//! Never fails: for inputs that are not valid it writes rows that break a gate or a copy.

use super::{BLOCKS, INSTANCES, K, LANES, RATE, WORDS};
use crate::sponge::Shape;
use crate::sponge::gates::MESSAGE_LANES;
use crate::sponge::keccak::ROUNDS;
use crate::sponge::sheet::{Packing, Sheet, Wire};
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use nonos_core::poseidon::{hash_tagged, hash2, tag, tag_n};

/// Slot of the state after the last block.
pub const OUT: usize = block_slot(BLOCKS);
/// First slot of what the commitment hashes.
pub const COMMIT: usize = OUT + 8;
/// Slot of C.
pub const COMMITTED: usize = COMMIT + 5 + ROUNDS;
/// First slot of the last block as a state of its own.
pub const MESSAGE: usize = COMMITTED + 2;
/// First row of the strips of arithmetic.
pub const WINDOW: usize = MESSAGE + 5;
/// The chip of this circuit.
pub const SHAPE: Shape =
    Shape { k: K, window: WINDOW, message: Some((MESSAGE - block_slot(BLOCKS - 1)) as i32) };
/// Lane of the message's slot that holds the last word of the salt.
pub const SALT_LANE: usize = 17;
/// Lane of the message's slot that holds the bytes before the padding.
pub const PADDING_LANE: usize = 15;

/// Slot in which block `j` is absorbed.
pub const fn block_slot(j: usize) -> usize {
    5 + (1 + ROUNDS) * j
}

/// Everything the prover brings for one chunk. Not `Debug`: it holds the binary and the operator's secret.
#[derive(Clone)]
pub struct Inputs {
    /// The operator's secret.
    pub k: Fr,
    /// P(MAN; policyHash, manifest).
    pub terms: Fr,
    /// P(DIG; C): of the last chunk its own, before it what the last chunk will have.
    pub digest: Fr,
    /// Number of the chunk.
    pub position: u64,
    /// Whether more chunks follow.
    pub more: bool,
    /// The sponge before the chunk; of no account for the first.
    pub state: [u64; LANES],
    /// The blocks, the last of them padded if it is the binary's last: [`BLOCKS`], in the first chunk 1 to [`BLOCKS`].
    pub blocks: Vec<[u64; WORDS]>,
    /// Message bytes of the last block; [`RATE`] if more chunks follow.
    pub last_bytes: usize,
    /// Salt of C, little-endian words.
    pub salt: [u64; 4],
}

/// A finished sheet and the public instances it satisfies.
#[derive(Clone)]
pub struct Layout {
    /// All rows.
    pub sheet: Sheet,
    /// `[J, position, more, state in, state out]`.
    pub instance: [Fr; INSTANCES],
}

/// 2^exponent.
fn power(exponent: u64) -> Fr {
    Fr::from(2).pow_vartime([exponent])
}

/// F(SPG; e0 … e9, J, position, k) of a sponge state: hides it by k, and names the chunk that comes next.
///
/// e_2y = l0 + 2^64·l1 + 2^128·l4 and e_2y+1 = l2 + 2^64·l3 of plane y.
pub(super) fn commit(state: &[u64; LANES], install: Fr, position: Fr, k: Fr) -> Fr {
    let planes = state.chunks(5).flat_map(|l| {
        let l: [Fr; 5] = std::array::from_fn(|i| Fr::from(l[i]));
        [l[0] + power(64) * l[1] + power(128) * l[4], l[2] + power(64) * l[3]]
    });
    let mut elements = planes.chain([install, position, k]);
    let first = elements.next().unwrap_or(Fr::ZERO);
    let tag = tag_n("SPG", 13);
    elements.fold(first, |sum, element| hash2(tag, sum, element))
}

/// Lays out the whole statement.
pub fn lay_out(inputs: &Inputs) -> Layout {
    let install = hash_tagged("INST", inputs.k, hash_tagged("CAP", inputs.digest, inputs.terms));
    let mut sheet = Sheet::new(SHAPE);

    // The sponge.
    let state_words = sheet.pack(0, &inputs.state, &[Packing::Pairs; 5]);
    let (state, carries, last) = sponge(&mut sheet, inputs);
    let packings = [[Packing::Pairs; 5].as_slice(), &[Packing::Singles; 2]].concat();
    let mut out_words = sheet.pack_closed(OUT, &state, &packings);
    let digest_lanes = out_words.split_off(5);

    // What is public.
    let position = Fr::from(inputs.position);
    let states = [
        commit(&inputs.state, install, position, inputs.k),
        commit(&state, install, position + Fr::ONE, inputs.k),
    ];
    let instance = [install, position, Fr::from(u64::from(inputs.more)), states[0], states[1]];
    let [install, position, more, state_in, state_out] = sheet.publish(instance);

    flags(&mut sheet, &carries, position);
    let last_of_salt = padding(&mut sheet, &last, more, inputs);
    let hashed = commitment_block(&mut sheet, &out_words, &digest_lanes, last_of_salt, &state, &inputs.salt);
    let own = commitment(&mut sheet, &hashed);

    // Whose install this is.
    let [k, terms] = [inputs.k, inputs.terms].map(|value| sheet.free(value));
    let digest = digest(&mut sheet, own, more, inputs.digest);
    let leaf = sheet.install_leaf(k, digest, terms);
    sheet.equal(leaf, install);

    // The states before and after, for this install and place alone.
    let next = sheet.linear(&[(Fr::ONE, position)], Fr::ONE);
    for (words, position, public) in [(state_words, position, state_in), (out_words, next, state_out)] {
        let hidden = commit_state(&mut sheet, &words, [install, position, k]);
        sheet.equal(hidden, public);
    }
    Layout { sheet, instance }
}

/// All blocks. Returns the state after, the carry flags and the last block.
fn sponge(sheet: &mut Sheet, inputs: &Inputs) -> ([u64; LANES], Vec<Wire>, [u64; WORDS]) {
    let idle = BLOCKS.saturating_sub(inputs.blocks.len());
    let mut state = inputs.state;
    let mut carries = vec![];
    let mut last = [0; WORDS];
    for j in 0..BLOCKS {
        let slot = block_slot(j);
        last = j.checked_sub(idle).and_then(|j| inputs.blocks.get(j)).copied().unwrap_or([0; WORDS]);
        let carry = j > idle || (j == idle && inputs.position > 0);
        let (entering, flag) = sheet.absorb(slot, &state, &last, carry);
        carries.push(flag);
        state = sheet.rounds(slot + 1, &entering);
    }
    sheet.feed(block_slot(BLOCKS - 1));
    (state, carries, last)
}

/// Once a block takes the state over, all after it do; the first does if and only if the chunk is not the first.
///
/// ```text
/// flag_j·flag_{j+1} = flag_j     position·inverse = flag_0     position·flag_0 = position
/// ```
fn flags(sheet: &mut Sheet, carries: &[Wire], position: Wire) {
    for pair in carries.windows(2) {
        let both = sheet.sum(&[(Fr::ONE, pair[0], pair[1])], Fr::ZERO);
        sheet.equal(both, pair[0]);
    }
    let inverse = sheet.free(position.value.invert().unwrap_or(Fr::ZERO));
    let nonzero = sheet.sum(&[(Fr::ONE, position, inverse)], Fr::ZERO);
    sheet.equal(nonzero, carries[0]);
    let itself = sheet.sum(&[(Fr::ONE, position, carries[0])], Fr::ZERO);
    sheet.equal(itself, position);
}

/// The last block ends as FIPS 202 wants it, unless more chunks follow.
///
/// e_l says in which word l of the block the message ends, g_b after how many bytes of that word: one of them is 1 in the
/// last chunk, none before it. Words after it are zero but for the top bit of the last. The word itself, without that
/// bit, is b bytes of message, then the byte 6: with `low`, a lane of 64 bits,
///
/// ```text
/// e_l² = e_l     Σ e_l = 1 − more     g_b² = g_b     Σ g_b = 1 − more     more² = more
/// (Σ_{j<l} e_j)·(w_l − [l = 8]·2^63) = 0
/// word = Σ e_l·w_l − e_8·2^63
/// word·Σ g_b·2^(64−8b) = low + 6·2^64·(1 − more)
/// ```
///
/// The last line is one of integers, as both sides are below 2^129 in absolute value: it says that word = 6·2^8b +
/// low/2^(64−8b), and low/2^(64−8b) is below 2^8b.
///
/// Returns the last word of the salt, which is packed in a lane beside these.
fn padding(sheet: &mut Sheet, block: &[u64; WORDS], more: Wire, inputs: &Inputs) -> Wire {
    let [end, bytes] = [inputs.last_bytes / 8 % WORDS, inputs.last_bytes % 8];
    let word = if end == WORDS - 1 { block[end] & !(1 << 63) } else { block[end] };
    // All the bytes of the word below the sixth-valued one, at the top of a lane.
    let low = if inputs.more || bytes == 0 { 0 } else { word << (64 - 8 * bytes) };
    let mut lanes = [0; LANES];
    MESSAGE_LANES.iter().zip(block).for_each(|(l, word)| lanes[*l] = *word);
    lanes[PADDING_LANE] = low;
    lanes[SALT_LANE] = inputs.salt[3];
    let packed = sheet.pack_closed(MESSAGE, &lanes, &[Packing::Singles; 4]);
    let words: Vec<Wire> = packed.into_iter().flatten().collect();

    let ended = sheet.linear(&[(-Fr::ONE, more)], Fr::ONE);
    let one = sheet.constant(Fr::ONE);
    let square = sheet.sum(&[(Fr::ONE, more, more)], Fr::ZERO);
    sheet.equal(square, more);
    let mut one_hot = |count: usize, place: usize| {
        let flags: Vec<Wire> =
            (0..count).map(|i| sheet.free(Fr::from(u64::from(!inputs.more && i == place)))).collect();
        for flag in &flags {
            let square = sheet.sum(&[(Fr::ONE, *flag, *flag)], Fr::ZERO);
            sheet.equal(square, *flag);
        }
        let terms: Vec<_> = flags.iter().map(|flag| (Fr::ONE, *flag)).collect();
        let count = sheet.linear(&terms, Fr::ZERO);
        sheet.equal(count, ended);
        flags
    };
    let ends = one_hot(WORDS, end);
    let counts = one_hot(8, bytes);

    let zero = sheet.constant(Fr::ZERO);
    let top = power(63);
    for l in 1..WORDS {
        let mut terms: Vec<_> = ends[..l].iter().map(|flag| (Fr::ONE, *flag, words[l])).collect();
        if l == WORDS - 1 {
            terms.extend(ends[..l].iter().map(|flag| (-top, *flag, one)));
        }
        let rest = sheet.sum(&terms, Fr::ZERO);
        sheet.equal(rest, zero);
    }
    let mut terms: Vec<_> = ends.iter().zip(&words).map(|(flag, word)| (Fr::ONE, *flag, *word)).collect();
    terms.push((-top, ends[WORDS - 1], one));
    let word = sheet.sum(&terms, Fr::ZERO);
    let scales: Vec<_> = (0..8).zip(&counts).map(|(b, flag)| (power(64 - 8 * b), *flag)).collect();
    let scale = sheet.linear(&scales, Fr::ZERO);
    let low = sheet.sum(&[(Fr::ONE, word, scale), (-Fr::from(6) * power(64), ended, one)], Fr::ZERO);
    sheet.equal(low, words[WORDS]);
    words[WORDS + 1]
}

/// The block that C is the hash of: "nonos1.C" ‖ D ‖ salt and the padding, a state of its own, its packed planes compared
/// with what they have to be. D is the first eight lanes of the state after the last block; the salt is free.
///
/// ```text
/// plane  l0 + 2^64·l1     l2 + 2^64·l3     l4
/// 0      name, D0         D1, D2           D3
/// 1      D4, D5           D6, D7           salt 0
/// 2      salt 1, salt 2   salt 3, 6        0
/// 3      0, 2^63          0, 0             0
/// 4      0, 0             0, 0             0
/// ```
fn commitment_block(
    sheet: &mut Sheet,
    pairs: &[[Wire; 3]],
    singles: &[[Wire; 3]],
    last_of_salt: Wire,
    state: &[u64; LANES],
    salt: &[u64; 4],
) -> [u64; LANES] {
    const NAME: u64 = u64::from_le_bytes(*b"nonos1.C");
    let mut block = [0; LANES];
    block[0] = NAME;
    block[1..9].copy_from_slice(&state[..8]);
    block[9..13].copy_from_slice(salt);
    block[13] = 6;
    block[16] = 1 << 63;
    let hashed = sheet.pack(COMMIT, &block, &[Packing::Pairs; 5]);

    let high = power(64);
    // A lane whose neighbour is known alone is what is left of their pair.
    let lower = high.invert().unwrap_or(Fr::ZERO);
    let [[d0, d2, d4], [d5, d7, _]] = [singles[0], singles[1]];
    let mut rest = |pair: Wire, low: Wire| sheet.linear(&[(lower, pair), (-lower, low)], Fr::ZERO);
    let [d1, d3, d6] = [rest(pairs[0][0], d0), rest(pairs[0][1], d2), rest(pairs[1][0], d5)];
    let first = sheet.linear(&[(high, d0)], Fr::from(NAME));
    let second = sheet.linear(&[(Fr::ONE, d1), (high, d2)], Fr::ZERO);
    let fourth = sheet.linear(&[(Fr::ONE, d4), (high, d5)], Fr::ZERO);
    let fifth = sheet.linear(&[(Fr::ONE, d6), (high, d7)], Fr::ZERO);
    let salted = sheet.linear(&[(Fr::ONE, last_of_salt)], Fr::from(6) * high);
    let zero = sheet.constant(Fr::ZERO);
    let top = sheet.constant(high * power(63));
    let expected = [
        [Some(first), Some(second), Some(d3)],
        [Some(fourth), Some(fifth), None],
        [None, Some(salted), Some(zero)],
        [Some(top), Some(zero), Some(zero)],
        [Some(zero), Some(zero), Some(zero)],
    ];
    sheet.compare(&hashed, &expected);
    block
}

/// P(DIG; C_hi, C_lo), C being the first 32 bytes after the permutation of `block`.
fn commitment(sheet: &mut Sheet, block: &[u64; LANES]) -> Wire {
    let committed = sheet.rounds(COMMIT + 5, block);
    let packed = sheet.pack_closed(COMMITTED, &committed, &[Packing::Digest])[0];
    let [hi, lo] = sheet.halves(packed);
    sheet.hash(tag("DIG"), hi, lo)
}

/// The chunk's own digest, or before the last chunk anything.
///
/// ```text
/// digest = own + more·difference
/// ```
fn digest(sheet: &mut Sheet, own: Wire, more: Wire, claimed: Fr) -> Wire {
    let difference = if more.value == Fr::ZERO { Fr::ZERO } else { claimed - own.value };
    let difference = sheet.free(difference);
    let one = sheet.constant(Fr::ONE);
    sheet.sum(&[(Fr::ONE, own, one), (Fr::ONE, more, difference)], Fr::ZERO)
}

fn commit_state(sheet: &mut Sheet, planes: &[[Wire; 3]], rest: [Wire; 3]) -> Wire {
    let mut elements = vec![];
    for [first, second, fifth] in planes {
        elements.push(sheet.linear(&[(Fr::ONE, *first), (power(128), *fifth)], Fr::ZERO));
        elements.push(*second);
    }
    elements.extend(rest);
    let tag = tag_n("SPG", 13);
    let mut sum = elements[0];
    for element in &elements[1..] {
        sum = sheet.hash(tag, sum, *element);
    }
    sum
}

const _: () = assert!(RATE == 8 * WORDS && SHAPE.fits(), "slots end before the blinding rows");
