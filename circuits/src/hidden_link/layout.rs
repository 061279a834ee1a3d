//! The statement: one permutation of SHA3-256 and three hashes, and what ties their cells together.
//!
//! ```text
//! slots                                   what
//! 0 … 4, then 24 rounds                   what B is the hash of, packed plane by plane; its permutation
//! BLINDED, closed                         B, packed
//! WINDOW … WINDOW + 65, bits apart        rows of arithmetic: 64 strips of 66 rows, one for each bit; the instances first
//! ```
//!
//! Never fails: for a block that is not one of the statement it writes rows that break a copy.

use super::{INSTANCES, K};
use crate::sponge::keccak::ROUNDS;
use crate::sponge::sheet::{Packing, Sheet, Wire};
use crate::sponge::{LANES, Shape};
use halo2curves::bn256::Fr;
use halo2curves::ff::{Field, PrimeField};
use nonos_core::poseidon::tag;

/// First slot of the rounds.
pub(super) const ROUND: usize = 5;
/// Slot of B.
pub(super) const BLINDED: usize = ROUND + ROUNDS;
/// First row of the strips of arithmetic.
pub(super) const WINDOW: usize = BLINDED + 2;
/// The chip of this circuit. It absorbs nothing: the block is the whole message.
pub(super) const SHAPE: Shape = Shape { k: K, window: WINDOW, message: None };
/// Lane of the block's tag.
pub(super) const TAG_LANE: usize = 4;
/// The tag's bytes.
pub(super) const TAG: [u8; 8] = *b"nonos1.B";
/// Lane of the first padding byte.
pub(super) const PAD_LANE: usize = 9;
/// Lane of the last padding bit.
pub(super) const END_LANE: usize = 16;

/// Everything the prover brings. Not `Debug`: it holds the operator's secret.
#[derive(Clone, Copy)]
pub(super) struct Inputs {
    /// The operator's secret.
    pub k: Fr,
    /// P(MAN; policyHash, manifest).
    pub terms: Fr,
    /// The state that is permuted into B: C, the tag, ρ and the padding.
    pub block: [u64; LANES],
}

/// A finished sheet and the public instances it satisfies.
#[derive(Clone)]
pub(super) struct Layout {
    /// All rows.
    pub sheet: Sheet,
    /// `[J, B_hi, B_lo]`.
    pub instance: [Fr; INSTANCES],
}

/// Lays out the whole statement.
pub(super) fn lay_out(inputs: &Inputs) -> Layout {
    let mut sheet = Sheet::new(SHAPE);
    let commitment = block(&mut sheet, &inputs.block);
    let blinded = sheet.rounds(ROUND, &inputs.block);
    let packed = sheet.pack_closed(BLINDED, &blinded, &[Packing::Digest])[0];
    let [blinded_hi, blinded_lo] = sheet.halves(packed);

    let [k, terms] = [inputs.k, inputs.terms].map(|value| sheet.free(value));
    let [hi, lo] = sheet.halves(commitment);
    let digest = sheet.hash(tag("DIG"), hi, lo);
    let leaf = sheet.install_leaf(k, digest, terms);

    let own = [leaf, blinded_hi, blinded_lo];
    let instance = own.map(|wire| wire.value);
    for (public, own) in sheet.publish(instance).into_iter().zip(own) {
        sheet.equal(own, public);
    }
    Layout { sheet, instance }
}

/// The block that B is the hash of, its packed planes compared with what they have to be. C and ρ are free. Returns the words
/// of the first plane, which hold C.
///
/// ```text
/// plane  l0 ‖ l1            l2 ‖ l3            l4
/// 0      C_hi               C_lo               tag          bytes in order, the first the highest, times 2^−120 and 2^−56
///
/// plane  l0 + 2^64·l1       l2 + 2^64·l3       l4
/// 1      ρ                  ρ                  6
/// 2      0, 0               0, 0               0
/// 3      0, 2^63            0, 0               0
/// 4      0, 0               0, 0               0
/// ```
fn block(sheet: &mut Sheet, block: &[u64; LANES]) -> [Wire; 3] {
    use Packing::{Digest, Pairs};
    let packed = sheet.pack(0, block, &[Digest, Pairs, Pairs, Pairs, Pairs]);
    let name = Fr::from(u64::from_be_bytes(TAG)) * Fr::TWO_INV.pow_vartime([56]);
    let end = Fr::from(2).pow_vartime([64 + 63]);
    let [name, six, end, zero] = [name, Fr::from(6), end, Fr::ZERO].map(|value| Some(sheet.constant(value)));
    let expected =
        [[None, None, name], [None, None, six], [zero, zero, zero], [end, zero, zero], [zero, zero, zero]];
    sheet.compare(&packed, &expected);
    packed[0]
}

const _: () = assert!(SHAPE.fits(), "slots end before the blinding rows");
