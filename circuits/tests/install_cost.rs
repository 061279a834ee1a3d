//! What the proof of one chunk costs: 37 permutations. `cargo test --release -p nonos-circuits --test install_cost --
//! --ignored --nocapture`

mod cost_support;

use halo2curves::bn256::Fr;
use nonos_circuits::install::{CHUNK_BYTES, Install, Subject, chunks};
use nonos_core::capsule::digest_commitment;
use sha3::{Digest, Sha3_512};

#[test]
#[ignore = "a measurement, not a check: it depends on the machine"]
fn one_chunk() {
    let witness = |n: u64| {
        let binary: Vec<u8> = (0..CHUNK_BYTES as u64 - 1).map(|i| (i * i + n) as u8).collect();
        let salt = [7; 32];
        let commitment = digest_commitment(&Sha3_512::digest(&binary).into(), &salt);
        let subject = Subject { k: Fr::from(5), terms: Fr::from(6), commitment, salt };
        chunks(&binary, subject).next().unwrap()
    };
    cost_support::print_cost::<Install>(2, witness, |circuit| {
        format!("{} strips spare", circuit.sheet().spare_strips())
    });
}
