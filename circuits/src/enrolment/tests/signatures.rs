//! Signatures made by others satisfy the circuit: dalek, OpenSSL, and the equation on the vectors of RFC 8032.

use super::checker::assert_violates;
use super::fixture::witness;
use crate::enrolment::encoding::{encodes, zero};
use crate::enrolment::native::{Point, order, to_le};
use crate::enrolment::point::{Curve, Multiples, combine};
use crate::enrolment::sheet::Sheet;
use crate::enrolment::{EnrolmentCircuit, EnrolmentWitness};
use alloy_primitives::{B256, hex};
use halo2curves::bn256::Fr;
use num_bigint::BigUint;
use sha2::{Digest, Sha512};

/// RFC 8032, 7.1: key, message, signature.
const VECTORS: [(&str, &str, &str); 3] = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
];

#[test]
fn the_equation_holds_for_the_vectors_of_rfc_8032() {
    for (key, message, signature) in VECTORS {
        let key: [u8; 32] = hex::decode(key).unwrap().try_into().unwrap();
        let signature = hex::decode(signature).unwrap();
        let (r, s): ([u8; 32], [u8; 32]) =
            (signature[..32].try_into().unwrap(), signature[32..].try_into().unwrap());
        let hash =
            Sha512::new().chain_update(r).chain_update(key).chain_update(hex::decode(message).unwrap());
        let c = to_le(&(BigUint::from_bytes_le(&hash.finalize()) % order()));
        let negated = Point::decode(&key).unwrap().negate();

        let mut sheet = Sheet::new();
        let zero = zero(&mut sheet);
        let bytes = sheet.bytes(&r);
        let curve = Curve::new(&mut sheet);
        let point = curve.witness(&mut sheet, &negated);
        curve.offer_multiples(&mut sheet, &point);
        let sum = combine(&mut sheet, &Multiples::new(&negated), &s, &c);
        encodes(&mut sheet, &curve, zero, &bytes, &sum.point, false);
        assert_violates(&EnrolmentCircuit::from_sheet(sheet), &[]);
    }
}

#[test]
fn signatures_of_dalek_satisfy_the_circuit() {
    for seed in 10..14 {
        let witness = witness(seed);
        let circuit = EnrolmentCircuit::new(&witness);
        assert_eq!(circuit.instance(), witness.instance().unwrap());
        assert_violates(&circuit, &[]);
    }
}

/// Made with OpenSSL 3: `openssl pkeyutl -sign -rawin` of the message for k = 7, meta = 8, digest = 0x0909….
const OPENSSL: [(&str, &str); 2] = [
    (
        "551932c737f53c2c89c9954bffc9296a9c9f2537be92d929af11e3a2230fb715",
        "e5b75a6b28853cccacc886f67dcef3f76fe58fcadfdcdcb53de276879ac78647fcced8d00aed10f017a4ff2ab98598313c8065076ca8b0e0cbfe2f41b1f3970b",
    ),
    (
        "eee838d255c12723e2d07ee87a2715321a6eb14215f829d98ce32913e237fd77",
        "27187a0b38458eded05b150837c9da9179bdc0c99c80d96f6d0bfaab3f96dc6ed0bb0fb44de5262be2c163c6cc21a852168bc92e8f19c2fc1848d404eac6ff0e",
    ),
];

#[test]
fn signatures_of_openssl_satisfy_the_circuit() {
    for (key, signature) in OPENSSL {
        let witness = EnrolmentWitness {
            k: Fr::from(7),
            meta: Fr::from(8),
            key: hex::decode(key).unwrap().try_into().unwrap(),
            digest: B256::repeat_byte(9),
            signature: hex::decode(signature).unwrap().try_into().unwrap(),
        };
        assert!(witness.instance().is_ok());
        assert_violates(&EnrolmentCircuit::new(&witness), &[]);
    }
}
