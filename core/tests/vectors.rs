//! Pins one value of every definition, as data that Solidity and TypeScript can be held to.
//!
//! The unit tests derive each value independently; this file says that they never change. A change here breaks every
//! deployed contract, enrolled identity and stored receipt.

use alloy_primitives::{Address, B256, U256, keccak256};
use nonos_core::capsule::{capsule_leaf, digest_commitment, install_leaf};
use nonos_core::disclosure::{Disclosures, Secret};
use nonos_core::identity::{identity_leaf, identity_meta};
use nonos_core::launch_values::{capsule_tag, derive_salt, nullifier, operator_tag, state_tag};
use nonos_core::lean_imt::LeanImt;
use nonos_core::merkle::MerkleTree;
use nonos_core::policy::{Policy, State};
use nonos_core::pricing::{Offer, required_collateral};
use nonos_core::trust::{ONE, Standing};
use nonos_core::{Fr, ManifestDigest, field::fr_to_be};
use std::collections::BTreeMap;

fn hex(x: impl Into<B256>) -> String {
    x.into().to_string()
}

fn values() -> BTreeMap<&'static str, String> {
    let k = Fr::from(0x6b);
    let meta = identity_meta(
        &[0xa1; 32],
        Address::repeat_byte(0xc1),
        Address::repeat_byte(0xe1),
        31337,
        1_900_000_000,
        7,
    );
    let identity = identity_leaf(&k, &meta);
    let policy = Policy {
        required_cpu: 0b1011,
        min_isolation: 3,
        allowed_syscalls: [u64::MAX, 0xff, 0, 1, 2, 3, 4, 1 << 63],
        allowed_caps: 0x0f0f,
        max_memory_pages: 1024,
        max_network: 2,
        measurements: vec![Fr::from(11), Fr::from(12)],
    };
    let state = State {
        cpu: u128::MAX,
        isolation: 4,
        syscalls: [1; 8],
        caps: 1,
        memory_pages: 16,
        network: 0,
        measurement: Fr::from(12),
    };
    let commitment = digest_commitment(&[0x5d; 64], &[0x5a; 32]);
    let capsule = capsule_leaf(&commitment, policy.hash(), ManifestDigest(B256::repeat_byte(0x3a)));
    let salt = derive_salt(&k, &[0xee; 32]);
    let imt = LeanImt::from_leaves((1u64..=11).map(Fr::from)).expect("distinct leaves");
    let tree = MerkleTree::new((0u64..11).map(|i| keccak256(i.to_be_bytes()))).expect("leaves");
    let secrets =
        (0..3u8).map(|i| Secret { salt: [i; 16].into(), name: format!("n{i}"), value: vec![i; 3] }).collect();
    let disclosures = Disclosures::new(secrets).expect("few values");
    let offer = Offer {
        min_price: 10,
        max_price: u128::MAX,
        ramp_start: 1000,
        ramp_length: 7,
        lock_timeout: 9,
        timeout: 20,
    };
    let score = Standing { successes: 123_456_789, faults: 3 * ONE }.score();
    BTreeMap::from([
        ("meta", hex(fr_to_be(&meta))),
        ("identityLeaf", hex(identity)),
        ("digestCommitment", hex(commitment)),
        ("policyHash", hex(policy.hash())),
        ("capsuleLeaf", hex(capsule)),
        ("installLeaf", hex(install_leaf(&k, capsule))),
        ("salt", hex(fr_to_be(&salt))),
        ("capsuleTag", hex(capsule_tag(capsule, &salt))),
        ("operatorTag", hex(operator_tag(identity, &salt))),
        ("stateTag", hex(state_tag(&state.words(), &salt))),
        ("nullifier", hex(nullifier(&k, 500_000, 1023).expect("below 1024"))),
        ("leanImtRoot11", hex(fr_to_be(&imt.root()))),
        ("batchRoot11", hex(tree.root())),
        ("disclosures3", hex(disclosures.root())),
        ("price1003", offer.price_at(1003).to_string()),
        ("collateral", required_collateral(1_000_001, score, 77_777, 1234).to_string()),
        ("score", U256::from(score).to_string()),
    ])
}

#[test]
fn definitions_never_change() {
    let pinned: BTreeMap<String, String> = serde_json::from_str(include_str!("vectors.json")).expect("JSON");
    let now: BTreeMap<String, String> = values().into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
    assert_eq!(now, pinned, "\n{}", serde_json::to_string_pretty(&now).unwrap_or_default());
}
