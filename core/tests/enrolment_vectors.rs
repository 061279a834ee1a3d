//! Generated enrolments and registrations, as data that the registries are held to: digest, meta, instances.
//!
//! `enrolment_vectors.json` holds two ABI-encoded lists, which forge decodes and recomputes. The cases are a function of a
//! counter; `NONOS_WRITE_VECTORS=1` writes the file anew.

mod pinned;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::SolValue;
use nonos_core::enrolment::{EnrolmentTerms, INSTANCES, PublisherTerms, instances};
use nonos_core::field::{Fr, fr_from_u256, fr_to_u256};

const CASES: usize = 32;

/// Pseudo-random words: keccak256 of a counter.
struct Words(u64);

impl Words {
    fn word(&mut self) -> B256 {
        self.0 += 1;
        keccak256(self.0.to_be_bytes())
    }

    fn number(&mut self) -> U256 {
        U256::from_be_bytes(self.word().0)
    }

    /// Of a random length, so that small and extreme values appear.
    fn wide(&mut self, bits: u32) -> u64 {
        let length = (self.number() % U256::from(bits + 1)).to::<u32>();
        let low = self.number().into_limbs()[0];
        low.checked_shr(64 - length).unwrap_or(0)
    }

    fn address(&mut self) -> Address {
        Address::from_slice(&self.word()[12..])
    }

    fn field(&mut self) -> Fr {
        fr_from_u256(self.number() >> 8).expect("below r")
    }
}

fn words(values: [Fr; INSTANCES]) -> [U256; INSTANCES] {
    values.map(|value| fr_to_u256(&value))
}

/// (registry, chain, operator, controller, predecessor, validUntil, seq, leaf, digest, meta, instances)
fn enrolments(source: &mut Words) -> Bytes {
    let cases: Vec<_> = (0..CASES)
        .map(|i| {
            let terms = EnrolmentTerms {
                root_key: source.word().0,
                controller: source.address(),
                registry: source.address(),
                chain_id: source.wide(63),
                predecessor: if i % 4 == 0 { U256::ZERO } else { fr_to_u256(&source.field()) },
                valid_until: source.wide(64),
                seq: u32::try_from(source.wide(32)).expect("32 bits"),
            };
            let leaf = terms.leaf(&source.field());
            let (digest, meta) = (terms.digest(), terms.meta());
            let vector = words(instances(&terms.root_key, leaf, meta, digest));
            (
                (terms.registry, U256::from(terms.chain_id), B256::new(terms.root_key), terms.controller),
                (terms.predecessor, U256::from(terms.valid_until), U256::from(terms.seq)),
                (leaf.to_u256(), digest, fr_to_u256(&meta), vector),
            )
        })
        .collect();
    cases.abi_encode().into()
}

/// (registry, chain, key, controller, leaf, digest, instances)
fn registrations(source: &mut Words) -> Bytes {
    let cases: Vec<_> = (0..CASES)
        .map(|_| {
            let terms = PublisherTerms {
                key: source.word().0,
                controller: source.address(),
                registry: source.address(),
                chain_id: source.wide(63),
            };
            let leaf = terms.leaf(&source.field());
            let digest = terms.digest();
            let vector = words(instances(&terms.key, leaf, terms.meta(), digest));
            let (chain, key) = (U256::from(terms.chain_id), B256::new(terms.key));
            (terms.registry, chain, key, terms.controller, leaf.to_u256(), digest, vector)
        })
        .collect();
    cases.abi_encode().into()
}

#[test]
fn generated_cases_never_change() {
    let source = &mut Words(0);
    pinned::assert_pinned(
        "enrolment_vectors.json",
        [("enrolments", enrolments(source)), ("registrations", registrations(source))],
    );
}
