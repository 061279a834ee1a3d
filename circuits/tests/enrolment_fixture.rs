//! Two real proofs as data that the contracts' tests read: an enrolment, and a publisher's registration.
//!
//! `core/tests/enrolment_proof.json` is what `RealEnrolment.t.sol` hands to the registries around the real verifier. It is
//! to be made again when the circuit or its pinned key changes: `NONOS_WRITE_VECTORS=1` does, in about a minute.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use ed25519_dalek::{Signer, SigningKey};
use nonos_circuits::backend::Srs;
use nonos_circuits::enrolment::{EnrolmentProver, EnrolmentWitness, INSTANCES, K};
use nonos_core::Fr;
use nonos_core::enrolment::{EnrolmentTerms, PublisherTerms, instances};
use nonos_core::field::{fr_from_u128, fr_to_u256};
use serde_json::{Value, json};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../core/tests/enrolment_proof.json");

/// An address that belongs to nobody.
fn address(name: &str) -> Address {
    Address::from_slice(&keccak256(name)[12..])
}

fn key(name: &str) -> SigningKey {
    SigningKey::from_bytes(&keccak256(name).0)
}

fn k() -> Fr {
    fr_from_u128(0x6b6b_6b6b_6b6b_6b6b)
}

fn enrolment() -> EnrolmentTerms {
    EnrolmentTerms {
        root_key: key("root key").verifying_key().to_bytes(),
        controller: address("controller"),
        registry: address("operator registry"),
        chain_id: 31337,
        predecessor: U256::ZERO,
        valid_until: 1_900_000_000,
        seq: 7,
    }
}

fn registration() -> PublisherTerms {
    PublisherTerms {
        key: key("publisher key").verifying_key().to_bytes(),
        controller: address("controller"),
        registry: address("capsule registry"),
        chain_id: 31337,
    }
}

fn word(number: impl Into<U256>) -> B256 {
    B256::new(number.into().to_be_bytes())
}

/// Everything but the proofs.
fn terms() -> Value {
    let (e, p) = (enrolment(), registration());
    json!({
        "chainId": word(U256::from(e.chain_id)),
        "registry": e.registry.into_word(),
        "capsuleRegistry": p.registry.into_word(),
        "controller": e.controller.into_word(),
        "operator": B256::new(e.root_key),
        "leaf": word(e.leaf(&k()).to_u256()),
        "validUntil": word(U256::from(e.valid_until)),
        "seq": word(U256::from(e.seq)),
        "digest": e.digest(),
        "meta": word(fr_to_u256(&e.meta())),
        "publisher": {
            "key": B256::new(p.key),
            "leaf": word(p.leaf(&k()).to_u256()),
            "digest": p.digest(),
        },
    })
}

fn statements() -> [[Fr; INSTANCES]; 2] {
    let (e, p) = (enrolment(), registration());
    [
        instances(&e.root_key, e.leaf(&k()), e.meta(), e.digest()),
        instances(&p.key, p.leaf(&k()), p.meta(), p.digest()),
    ]
}

fn make(prover: &EnrolmentProver) -> Value {
    let (e, p) = (enrolment(), registration());
    let sign = |name, message: &[u8]| key(name).sign(message).to_bytes();
    let witnesses = [
        EnrolmentWitness {
            k: k(),
            meta: e.meta(),
            key: e.root_key,
            digest: e.digest(),
            signature: sign("root key", &e.message(&k())),
        },
        EnrolmentWitness {
            k: k(),
            meta: p.meta(),
            key: p.key,
            digest: p.digest(),
            signature: sign("publisher key", &p.message(&k())),
        },
    ];
    let [first, second] =
        witnesses.map(|witness| Bytes::from(prover.prove(&witness, [0x5e; 32]).expect("a proof").0));
    let mut made = terms();
    made["proof"] = json!(first);
    made["publisher"]["proof"] = json!(second);
    made
}

#[test]
fn the_contracts_proofs_are_of_this_circuit_and_these_terms() {
    let prover = EnrolmentProver::new(Srs::developer(K).expect("an SRS")).expect("keys");
    if std::env::var_os("NONOS_WRITE_VECTORS").is_some() {
        let text = serde_json::to_string_pretty(&make(&prover)).expect("JSON");
        std::fs::write(PATH, text + "\n").expect("written");
    }
    let mut pinned: Value =
        serde_json::from_str(&std::fs::read_to_string(PATH).expect("the file")).expect("JSON");
    let take = |holder: &mut Value| -> Bytes {
        let proof = holder.as_object_mut().and_then(|members| members.remove("proof"));
        serde_json::from_value(proof.expect("a proof")).expect("hex")
    };
    let proofs = [take(&mut pinned), take(&mut pinned["publisher"])];
    assert_eq!(pinned, terms(), "{PATH} is about other terms; NONOS_WRITE_VECTORS=1 writes it anew");
    for (proof, statement) in proofs.iter().zip(statements()) {
        let verdict = prover.verifier().verify(proof, &statement);
        verdict.expect("a proof of another circuit; NONOS_WRITE_VECTORS=1 writes it anew");
    }
}
