//! What an ed25519 key signs to stand behind an identity on chain: the enrolment of an operator, and the registration of a
//! publisher.
//!
//! Both are proven with one circuit. Its statement is about [`message`]: `"nonos1.enrol" ‖ leaf ‖ digest`, where the digest
//! is EIP-712 typed data under the registry's own domain, so a signature for one contract, chain, account or role is none
//! for another. The Solidity twins are `OperatorRegistry` and `CapsuleRegistry`.

use crate::field::{Fr, fr_halves};
use crate::identity::{identity_leaf, identity_meta};
use crate::ids::IdentityLeaf;
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{Eip712Domain, SolStruct, eip712_domain, sol};

/// Public instances of the enrolment circuit.
pub const INSTANCES: usize = 6;
/// Length of the signed message: tag, leaf, digest.
pub const MESSAGE_BYTES: usize = 76;
/// First bytes of the signed message.
pub const MESSAGE_TAG: &[u8; 12] = b"nonos1.enrol";

sol! {
    /// What an operator's root key signs, beside the identity leaf.
    #[derive(Debug, PartialEq, Eq)]
    struct Enrolment {
        bytes32 operator;
        address controller;
        uint256 predecessor;
        uint64 validUntil;
        uint32 seq;
    }

    /// What a publisher's key signs, beside a leaf that nothing else uses.
    #[derive(Debug, PartialEq, Eq)]
    struct PublisherRegistration {
        bytes32 key;
        address controller;
    }
}

/// The EIP-712 domain of enrolments: the operator registry on its chain.
pub fn operator_domain(chain_id: u64, registry: Address) -> Eip712Domain {
    eip712_domain! { name: "NONOS Operators", version: "1", chain_id: chain_id, verifying_contract: registry, }
}

/// The EIP-712 domain of publishers: the capsule registry on its chain.
pub fn publisher_domain(chain_id: u64, registry: Address) -> Eip712Domain {
    eip712_domain! { name: "NONOS Publishers", version: "1", chain_id: chain_id, verifying_contract: registry, }
}

/// An enrolment and where it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrolmentTerms {
    /// ed25519 root key A, which is the operator's id.
    pub root_key: [u8; 32],
    /// Account that will act for the operator.
    pub controller: Address,
    /// The operator registry.
    pub registry: Address,
    /// Its chain.
    pub chain_id: u64,
    /// The leaf that this root key enrolled before, whether or not it is still in the tree; 0 if it never did.
    pub predecessor: U256,
    /// Unix seconds after which the leaf may be removed.
    pub valid_until: u64,
    /// Number of the enrolment, greater than every one before under this root key.
    pub seq: u32,
}

impl EnrolmentTerms {
    /// The EIP-712 digest.
    pub fn digest(&self) -> B256 {
        let data = Enrolment {
            operator: self.root_key.into(),
            controller: self.controller,
            predecessor: self.predecessor,
            validUntil: self.valid_until,
            seq: self.seq,
        };
        data.eip712_signing_hash(&operator_domain(self.chain_id, self.registry))
    }

    /// Second input of the identity leaf.
    pub fn meta(&self) -> Fr {
        let Self { root_key, controller, registry, chain_id, valid_until, seq, .. } = self;
        identity_meta(root_key, *controller, *registry, *chain_id, *valid_until, *seq)
    }

    /// I = P(ID; k, meta).
    pub fn leaf(&self, k: &Fr) -> IdentityLeaf {
        identity_leaf(k, &self.meta())
    }

    /// What the root key signs for secret `k`.
    pub fn message(&self, k: &Fr) -> [u8; MESSAGE_BYTES] {
        message(self.leaf(k), self.digest())
    }
}

/// A publisher's registration and where it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublisherTerms {
    /// ed25519 key that signs the publisher's manifests.
    pub key: [u8; 32],
    /// Account that will extend the catalog.
    pub controller: Address,
    /// The capsule registry.
    pub registry: Address,
    /// Its chain.
    pub chain_id: u64,
}

impl PublisherTerms {
    /// The EIP-712 digest.
    pub fn digest(&self) -> B256 {
        let data = PublisherRegistration { key: self.key.into(), controller: self.controller };
        data.eip712_signing_hash(&publisher_domain(self.chain_id, self.registry))
    }

    /// Second input of the leaf: 0, as a publisher has no identity.
    pub fn meta(&self) -> Fr {
        Fr::zero()
    }

    /// P(ID; k, 0): no registry takes it as an identity, since the meta of an identity is a hash.
    pub fn leaf(&self, k: &Fr) -> IdentityLeaf {
        identity_leaf(k, &self.meta())
    }

    /// What the publisher's key signs for secret `k`, which may be any.
    pub fn message(&self, k: &Fr) -> [u8; MESSAGE_BYTES] {
        message(self.leaf(k), self.digest())
    }
}

/// `"nonos1.enrol" ‖ leaf (32, big-endian) ‖ digest (32)`.
pub fn message(leaf: IdentityLeaf, digest: B256) -> [u8; MESSAGE_BYTES] {
    let bytes = MESSAGE_TAG.iter().copied().chain(leaf.to_be()).chain(digest.0);
    let mut message = [0; MESSAGE_BYTES];
    for (slot, byte) in message.iter_mut().zip(bytes) {
        *slot = byte;
    }
    message
}

/// The public instances of a proof: `[key_hi, key_lo, leaf, meta, digest_hi, digest_lo]`, the halves of 32 bytes being
/// big-endian integers of their first and last 16.
pub fn instances(key: &[u8; 32], leaf: IdentityLeaf, meta: Fr, digest: B256) -> [Fr; INSTANCES] {
    let [key_hi, key_lo] = fr_halves(B256::new(*key));
    let [digest_hi, digest_lo] = fr_halves(digest);
    [key_hi, key_lo, leaf.fr(), meta, digest_hi, digest_lo]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::fr_from_u128;
    use alloy_primitives::{address, keccak256};
    use alloy_sol_types::SolValue;

    fn terms() -> EnrolmentTerms {
        EnrolmentTerms {
            root_key: [7; 32],
            controller: address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
            registry: address!("5FbDB2315678afecb367f032d93F642f64180aa3"),
            chain_id: 31337,
            predecessor: U256::from(9),
            valid_until: 1_800_000_000,
            seq: 3,
        }
    }

    /// EIP-712 by hand, from the strings.
    fn by_hand(name: &str, registry: Address, type_: &str, fields: Vec<u8>) -> B256 {
        let domain_type =
            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
        let domain = (keccak256(domain_type), keccak256(name), keccak256("1"), U256::from(31337), registry);
        let data = [keccak256(type_).to_vec(), fields].concat();
        keccak256([&[0x19, 0x01][..], &keccak256(domain.abi_encode()).0, &keccak256(data).0].concat())
    }

    #[test]
    fn digests_follow_eip_712() {
        let t = terms();
        let fields = (B256::new(t.root_key), t.controller, t.predecessor, t.valid_until, t.seq).abi_encode();
        let type_ =
            "Enrolment(bytes32 operator,address controller,uint256 predecessor,uint64 validUntil,uint32 seq)";
        assert_eq!(t.digest(), by_hand("NONOS Operators", t.registry, type_, fields));
        let p =
            PublisherTerms { key: [8; 32], controller: t.controller, registry: t.registry, chain_id: 31337 };
        let fields = (B256::new(p.key), p.controller).abi_encode();
        let type_ = "PublisherRegistration(bytes32 key,address controller)";
        assert_eq!(p.digest(), by_hand("NONOS Publishers", p.registry, type_, fields));
    }

    #[test]
    fn message_is_tag_leaf_and_digest() {
        let (t, k) = (terms(), Fr::from(5));
        let message = t.message(&k);
        assert_eq!(&message[..12], b"nonos1.enrol");
        assert_eq!(message[12..44], t.leaf(&k).to_be());
        assert_eq!(message[44..], t.digest().0);
        assert_eq!(t.leaf(&k), identity_leaf(&k, &t.meta()));
    }

    #[test]
    fn instances_are_big_endian_halves() {
        let mut key = [0; 32];
        (key[0], key[15], key[16], key[31]) = (1, 2, 3, 4);
        let [hi, lo, leaf, meta, ..] = instances(&key, Fr::from(11).into(), Fr::from(12), B256::ZERO);
        assert_eq!(hi, fr_from_u128((1 << 120) + 2));
        assert_eq!(lo, fr_from_u128((3 << 120) + 4));
        assert_eq!((leaf, meta), (Fr::from(11), Fr::from(12)));
    }

    #[test]
    fn every_term_counts() {
        let base = terms().digest();
        let other = Address::repeat_byte(1);
        for changed in [
            EnrolmentTerms { root_key: [6; 32], ..terms() },
            EnrolmentTerms { controller: other, ..terms() },
            EnrolmentTerms { registry: other, ..terms() },
            EnrolmentTerms { chain_id: 1, ..terms() },
            EnrolmentTerms { predecessor: U256::from(8), ..terms() },
            EnrolmentTerms { valid_until: 1_800_000_001, ..terms() },
            EnrolmentTerms { seq: 4, ..terms() },
        ] {
            assert_ne!(changed.digest(), base);
        }
    }
}
