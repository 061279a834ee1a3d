//! The statement: which gadgets stand where, and what ties their cells together.
//!
//! Never fails: for inputs that are not a valid enrolment it writes rows that break a gate, a lookup or a copy. Whether a
//! witness is valid is decided, with words, in [`super::witness`].

use super::encoding::{big_endian, encodes, zero};
use super::native::{Point, order};
use super::point::{Curve, Multiples, PointWires, combine, double};
use super::sheet::{Sheet, Wire};
use super::{INSTANCES, poseidon, scalar, sha512};
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use nonos_core::enrolment::{MESSAGE_BYTES, MESSAGE_TAG};
use num_bigint::BigUint;

/// Everything the prover brings. Not `Debug`: it holds the operator's secret and the signature.
#[derive(Clone)]
pub struct Inputs {
    /// The operator's secret.
    pub k: Fr,
    /// Second input of the identity leaf.
    pub meta: Fr,
    /// P(ID; k, meta), as it stands in the message.
    pub leaf: [u8; 32],
    /// EIP-712 digest.
    pub digest: [u8; 32],
    /// Encoding of the public key A.
    pub key: [u8; 32],
    /// N = −A.
    pub negated_key: Point,
    /// Q with N = [8]Q.
    pub eighth: Point,
    /// Encoding of R: the first half of the signature.
    pub r: [u8; 32],
    /// s: the second half, little-endian.
    pub s: [u8; 32],
    /// SHA-512(R ‖ A ‖ M) modulo L, little-endian.
    pub challenge: [u8; 32],
}

impl Inputs {
    /// Works out the rest for a key, a signature and a challenge. A key that is no point gives the neutral element.
    pub fn complete(mut self) -> Self {
        let key = Point::decode(&self.key).unwrap_or_else(Point::identity);
        self.negated_key = key.negate();
        // 8^−1 modulo L; for a key of another order there is no Q, and this one breaks a copy.
        let eighth = BigUint::from(8u32).modpow(&(order() - 2u32), order());
        self.eighth = self.negated_key.times(&eighth);
        self
    }
}

/// A finished sheet and the public instances it satisfies.
#[derive(Clone)]
pub struct Layout {
    /// All rows.
    pub sheet: Sheet,
    /// The values of the instance cells.
    pub instance: [Fr; INSTANCES],
}

/// SHA-512 pads with a bit, zeros, and 128 bits of length.
const HASHED_BYTES: usize = 32 + 32 + MESSAGE_BYTES;
const BLOCK_BYTES: usize = 128;

/// Lays out the whole statement.
pub fn lay_out(inputs: &Inputs) -> Layout {
    let be = |bytes: &[u8]| super::sheet::integer(&BigUint::from_bytes_be(bytes));
    let instance = [
        be(&inputs.key[..16]),
        be(&inputs.key[16..]),
        be(&inputs.leaf),
        inputs.meta,
        be(&inputs.digest[..16]),
        be(&inputs.digest[16..]),
    ];
    let mut sheet = Sheet::new();
    let sheet_ = &mut sheet;
    let [key_hi, key_lo, leaf, meta, digest_hi, digest_lo] = sheet_.publish(instance);
    let zero = zero(sheet_);

    // The leaf opens to the secret.
    let k = sheet_.free(inputs.k);
    let hashed = poseidon::hash(sheet_, "ID", k, meta);
    sheet_.equal(hashed, leaf);

    // The bytes that are hashed, and what they say.
    let r = sheet_.bytes(&inputs.r);
    let key = sheet_.bytes(&inputs.key);
    let leaf_bytes = sheet_.bytes(&inputs.leaf);
    let digest = sheet_.bytes(&inputs.digest);
    for (wires, public) in
        [(&key[..16], key_hi), (&key[16..], key_lo), (&digest[..16], digest_hi), (&digest[16..], digest_lo)]
    {
        let value = big_endian(sheet_, wires);
        sheet_.equal(value, public);
    }
    canonical_leaf(sheet_, &leaf_bytes, leaf);

    // c = SHA-512(R ‖ A ‖ M) modulo L.
    let tag = MESSAGE_TAG.map(|byte| sheet_.sum(&[], Fr::from(u64::from(byte))));
    let message: Vec<Wire> =
        r.iter().chain(&key).chain(&tag).chain(&leaf_bytes).chain(&digest).copied().collect();
    let blocks = pad(sheet_, zero, &message);
    let hash = sha512::digest(sheet_, zero, &blocks);

    // A is in the subgroup of order L, and its encoding is the public one.
    let curve = Curve::new(sheet_);
    let negated_key = multiple_of_eight(sheet_, &curve, &inputs.eighth);
    encodes(sheet_, &curve, zero, &key, &negated_key, true);

    // R = [s]B − [c]A, and its encoding is the signature's.
    curve.offer_multiples(sheet_, &negated_key);
    let multiples = Multiples::new(&inputs.negated_key);
    let sum = combine(sheet_, &multiples, &inputs.s, &inputs.challenge);
    scalar::canonical(sheet_, &sum.s);
    scalar::reduce(sheet_, zero, &hash, &sum.c);
    encodes(sheet_, &curve, zero, &r, &sum.point, false);
    Layout { sheet, instance }
}

/// The 32 bytes are the one encoding of the leaf: below r.
fn canonical_leaf(sheet: &mut Sheet, bytes: &[Wire; 32], leaf: Wire) {
    let (hi, lo) = (big_endian(sheet, &bytes[..16]), big_endian(sheet, &bytes[16..]));
    let value = sheet.sum(&[(super::power_of_two(128), hi), (Fr::ONE, lo)], Fr::ZERO);
    sheet.equal(value, leaf);
    let modulus = BigUint::from_bytes_be(&nonos_core::field::MODULUS.to_be_bytes::<32>());
    super::encoding::below(sheet, lo, hi, &modulus);
}

/// [8]Q for a witness Q on the curve.
fn multiple_of_eight(sheet: &mut Sheet, curve: &Curve, eighth: &Point) -> PointWires {
    let mut point = curve.witness(sheet, eighth);
    for _ in 0..3 {
        point = double(sheet, &point);
    }
    point
}

/// FIPS 180-4, 5.1.2, for 140 bytes: two blocks.
fn pad(sheet: &mut Sheet, zero: Wire, message: &[Wire]) -> [[Wire; 16]; 2] {
    const { assert!(HASHED_BYTES + 17 <= 2 * BLOCK_BYTES && HASHED_BYTES > BLOCK_BYTES) };
    let one_bit = sheet.sum(&[], Fr::from(0x80));
    let length = sheet.sum(&[], Fr::from(8 * HASHED_BYTES as u64));
    let mut bytes = message.to_vec();
    bytes.push(one_bit);
    bytes.resize(2 * BLOCK_BYTES - 16, zero);
    let mut words: Vec<Wire> = bytes
        .chunks(8)
        .map(|bytes| if bytes.iter().all(|b| b.cell == zero.cell) { zero } else { big_endian(sheet, bytes) })
        .collect();
    words.extend([zero, length]);
    std::array::from_fn(|block| std::array::from_fn(|i| words[16 * block + i]))
}
