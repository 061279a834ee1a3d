//! What a hidden link proof costs: one keccak permutation. `cargo test --release -p nonos-circuits --test hidden_link_cost --
//! --ignored --nocapture`

mod cost_support;

use halo2curves::bn256::Fr;
use nonos_circuits::hidden_link::{HiddenLink, HiddenLinkWitness};
use nonos_core::DigestCommitment;

#[test]
#[ignore = "a measurement, not a check: it depends on the machine"]
fn one_link() {
    let witness = |n: u64| HiddenLinkWitness {
        k: Fr::from(5),
        terms: Fr::from(6),
        commitment: DigestCommitment([n as u8; 32]),
        blinding: [7; 32],
    };
    cost_support::print_cost::<HiddenLink>(5, witness, |circuit| {
        format!("{} strips spare", circuit.sheet().spare_strips())
    });
}
