//! What is true is provable, and the values are those of independent implementations.

use super::fixture::{binary, satisfied, subject, witnesses};
use crate::install::layout::SHAPE;
use crate::install::{BLOCKS, CHUNK_BYTES, INSTANCES, InstallCircuit, K, LANES, RATE, chunk_count};
use crate::mock;
use crate::sponge::checker::Checker;
use halo2_proofs::plonk::{Circuit, ConstraintSystem};
use halo2curves::bn256::Fr;
use nonos_core::capsule::{capsule_leaf, capsule_terms, install_leaf};
use nonos_core::poseidon::{hash2, tag_n};
use nonos_core::{ManifestDigest, PolicyHash};
use sha3::{Digest, Sha3_512};

fn digest(state: &[u64; LANES]) -> [u8; 64] {
    std::array::from_fn(|i| state[i / 8].to_le_bytes()[i % 8])
}

/// FIPS 202 examples of NIST's Cryptographic Algorithm Validation Program, and the example of FIPS 180 carried over.
#[test]
fn the_sponge_is_sha3_512() {
    let cases: [(&[u8], &str); 3] = [
        (
            b"",
            "a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a615b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e301758586281dcd26",
        ),
        (
            b"abc",
            "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
        ),
        (
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "04a371e84ecfb5b8b77cb48610fca8182dd457ce6f326a0fd3d7ec2f1e91636dee691fbe0c985302ba1b0d8dc78c086346b533b49c030d99a27daf1139d6e75e",
        ),
    ];
    let checker = Checker::new(SHAPE);
    for (message, expected) in cases {
        let witness = &witnesses(message)[0];
        assert_eq!(hex::encode(digest(&witness.state_after())), expected);
        satisfied(&checker, witness);
    }
}

#[test]
fn honest_chunks_of_every_kind_of_length_are_provable() {
    let checker = Checker::new(SHAPE);
    let lengths =
        [0, 1, 7, 8, 63, 64, 65, 70, 71, 72, 73, 143, 144, 145, 500, CHUNK_BYTES - 1, CHUNK_BYTES + 1];
    for length in lengths {
        let binary = binary(length as u64, length);
        let all = witnesses(&binary);
        assert_eq!(all.len() as u64, chunk_count(length as u64), "{length}");
        for witness in &all {
            let circuit = InstallCircuit::new(witness);
            let instance = witness.instance().unwrap();
            assert_eq!(circuit.instance(), instance);
            assert_eq!(checker.outside_rounds(circuit.sheet(), &instance), Default::default(), "{length}");
        }
        let end = all.last().unwrap().state_after();
        assert_eq!(digest(&end), <[u8; 64]>::from(Sha3_512::digest(&binary)), "{length}");
    }
}

#[test]
fn halo2_finds_the_first_and_the_last_chunk_satisfied() {
    for witness in witnesses(&binary(4, CHUNK_BYTES + 500)) {
        let circuit = InstallCircuit::new(&witness);
        assert_eq!(mock::mock(K, &circuit, &witness.instance().unwrap()), Ok(()));
    }
}

/// At a capacity's edge: 36 blocks hold 2,591 bytes and the padding.
#[test]
fn chunks_are_as_few_as_can_be() {
    let full = CHUNK_BYTES as u64;
    let cases = [(0, 1), (1, 1), (full - 1, 1), (full, 2), (2 * full - 1, 2), (2 * full, 3), (1 << 16, 26)];
    for (length, count) in cases {
        assert_eq!(chunk_count(length), count, "{length}");
    }
    for length in [0, 71, 72, CHUNK_BYTES, CHUNK_BYTES + 72 * 3 + 5, 3 * CHUNK_BYTES - 1] {
        let all = witnesses(&binary(9, length));
        assert_eq!(all.iter().map(|witness| witness.bytes.len()).sum::<usize>(), length);
        assert!(all.iter().skip(1).all(|witness| witness.inputs().blocks.len() == BLOCKS));
        assert!(all.iter().all(|witness| witness.more == (witness.position + 1 < all.len() as u64)));
    }
}

#[test]
fn instances_are_what_the_module_says() {
    let (policy, manifest) =
        (PolicyHash::from(Fr::from(3)), ManifestDigest::from(alloy_primitives::B256::repeat_byte(9)));
    let bytes = binary(5, 3_000);
    let mut subject = subject(&bytes);
    subject.terms = capsule_terms(policy, manifest);
    let all: Vec<_> = crate::install::chunks(&bytes, subject).collect();
    let leaf = install_leaf(&subject.k, capsule_leaf(&subject.commitment, policy, manifest));
    let instances: Vec<[Fr; INSTANCES]> = all.iter().map(|witness| witness.instance().unwrap()).collect();
    for (i, instance) in instances.iter().enumerate() {
        assert_eq!(instance[0], leaf.into());
        assert_eq!(instance[1], Fr::from(i as u64));
        assert_eq!(instance[2], Fr::from(u64::from(i + 1 < all.len())));
        // F(SPG; …) written out: elements of three and two lanes, in the order of the planes.
        let high = Fr::from(1u64 << 32) * Fr::from(1u64 << 32);
        let l: Vec<Fr> = all[i].state.iter().map(|lane| Fr::from(*lane)).collect();
        let mut sum = l[0] + l[1] * high + l[4] * high * high;
        let mut next = |x| sum = hash2(tag_n("SPG", 13), sum, x);
        next(l[2] + l[3] * high);
        for y in 1..5 {
            next(l[5 * y] + l[5 * y + 1] * high + l[5 * y + 4] * high * high);
            next(l[5 * y + 2] + l[5 * y + 3] * high);
        }
        [instance[0], instance[1], subject.k].into_iter().for_each(next);
        assert_eq!(instance[3], sum);
    }
    assert_eq!(instances[0][4], instances[1][3]);
}

#[test]
fn the_circuit_has_the_shape_that_was_paid_for() {
    let mut cs = ConstraintSystem::<Fr>::default();
    InstallCircuit::configure(&mut cs);
    assert_eq!(cs.degree(), 5);
    assert_eq!([cs.num_advice_columns(), cs.num_fixed_columns(), cs.num_instance_columns()], [35, 6, 1]);
    assert_eq!(cs.permutation().get_columns().len(), 3);
    assert!(cs.lookups().is_empty());
    let usable = (1 << K) - cs.blinding_factors() - 1;
    let circuit = InstallCircuit::shape();
    let used = (0..1 << K)
        .rev()
        .find(|row| (0..35).any(|column| circuit.sheet().cell((column, *row)).is_some()))
        .unwrap();
    assert!(used < usable, "row {used} is used, {usable} can be");
    println!("{} of 64 strips are spare; a block is {RATE} bytes", circuit.sheet().spare_strips());
}
