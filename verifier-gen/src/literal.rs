//! Field elements, points and digests as Solidity literals.

use halo2curves::{
    bn256::{Fq, Fr, G1Affine, G2Affine},
    ff::PrimeField,
};
use nonos_circuits::backend::encoding::{g1_to_be, g2_to_be, scalar_to_be};

use crate::memory::WORD;

/// Shortest hexadecimal form, at least one digit.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = hex::encode(bytes);
    let digits = digits.trim_start_matches('0');
    format!("0x{}", if digits.is_empty() { "0" } else { digits })
}

pub(crate) fn scalar(value: &Fr) -> String {
    hex(&scalar_to_be(value))
}

/// `value + multiple * r`, which must be below 2^256: multiple <= 4, or 5 for small values.
pub(crate) fn scalar_plus(value: &Fr, multiple: u8) -> String {
    let mut sum = scalar_to_be(value);
    let modulus = modulus();
    for _ in 0..multiple {
        let mut carry = 0u16;
        for (digit, add) in sum.iter_mut().zip(modulus).rev() {
            let total = u16::from(*digit) + u16::from(add) + carry;
            *digit = total as u8;
            carry = total >> 8;
        }
    }
    hex(&sum)
}

/// r, big-endian.
pub(crate) fn modulus() -> [u8; WORD] {
    // r = (r - 1) + 1, and r is odd, so the last byte does not overflow.
    let mut bytes = scalar_to_be(&-Fr::from(1));
    bytes[WORD - 1] += 1;
    bytes
}

/// p, big-endian.
pub(crate) fn base_modulus() -> [u8; WORD] {
    let mut bytes = (-Fq::from(1)).to_repr();
    bytes.reverse();
    bytes[WORD - 1] += 1;
    bytes
}

/// x and y; (0, 0) for the identity, as EIP-196 has it.
pub(crate) fn g1(point: &G1Affine) -> [String; 2] {
    let bytes = g1_to_be(point);
    let (x, y) = bytes.split_at(WORD);
    [hex(x), hex(y)]
}

/// The four words of EIP-197: x imaginary, x real, y imaginary, y real.
pub(crate) fn g2(point: &G2Affine) -> Vec<String> {
    g2_to_be(point).chunks(WORD).map(hex).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moduli_are_those_of_eip_196() {
        assert_eq!(hex(&modulus()), "0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001");
        assert_eq!(
            hex(&base_modulus()),
            "0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47"
        );
    }

    #[test]
    fn multiples_of_r_are_added_as_integers() {
        assert_eq!(
            scalar_plus(&Fr::from(1), 1),
            "0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000002"
        );
        assert_eq!(
            scalar_plus(&Fr::from(0), 5),
            "0xf1f5883e65f820d099915c908786b9d1c903896a609f32d65369cbe3b0000005"
        );
        assert_eq!(scalar_plus(&Fr::from(0), 0), "0x0");
    }
}
