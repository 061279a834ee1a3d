//! Manifests and packages: digests, hiding, payload checks, strict bytes.

use super::*;
use crate::field::{Fr, MODULUS};
use crate::package::{MAX_PACKAGE_BYTES, Package, PackageError};
use alloy_primitives::U256;
use ed25519_dalek::{Signer, SigningKey};
use proptest::prelude::*;

const PAYLOAD: &[u8] = b"\0asm\x01\0\0\0";
const SALT: [u8; 32] = [7; 32];

fn policy() -> Policy {
    Policy {
        required_cpu: 3,
        min_isolation: 4,
        allowed_syscalls: [u64::MAX, 1, 0, 0, 0, 0, 0, 1 << 63],
        allowed_caps: 5,
        max_memory_pages: 256,
        max_network: 1,
        measurements: vec![Fr::from(9), Fr::from(4)],
    }
}

fn publisher() -> SigningKey {
    SigningKey::from_bytes(&[3; 32])
}

fn manifest(hidden: bool) -> Manifest {
    let digest: [u8; 64] = Sha3_512::digest(PAYLOAD).into();
    Manifest {
        schema: SCHEMA,
        name: "org.example/echo".into(),
        version: "1.0.0".into(),
        publisher: B256::new(publisher().verifying_key().to_bytes()),
        payloadSize: PAYLOAD.len() as u64,
        sha3_512: if hidden { vec![].into() } else { digest.to_vec().into() },
        blake3: if hidden { B256::ZERO } else { B256::new(*blake3::hash(PAYLOAD).as_bytes()) },
        commitment: digest_commitment(&digest, &SALT).into(),
        salt: if hidden { B256::ZERO } else { SALT.into() },
        digestProof: if hidden { B256::repeat_byte(4) } else { B256::ZERO },
        policy: PolicyAbi::from(&policy()),
        operators: vec![B256::repeat_byte(1), B256::repeat_byte(2)],
    }
}

fn package(hidden: bool) -> Package {
    let manifest = manifest(hidden);
    let signature = publisher().sign(&signing_message(&manifest.digest())).to_bytes();
    Package { manifest, signature: signature.into(), payload: PAYLOAD.into() }
}

#[test]
fn public_and_hidden_manifests_lead_to_a_leaf_of_their_own() {
    let (public, hidden) = (manifest(false), manifest(true));
    assert_eq!((public.validate(), hidden.validate()), (Ok(()), Ok(())));
    assert_eq!(public.digest_commitment(), hidden.digest_commitment());
    assert_ne!(public.capsule_leaf(), hidden.capsule_leaf(), "the leaf binds the whole manifest");
    let expected = capsule_leaf(&public.digest_commitment(), policy().hash(), public.digest());
    assert_eq!(public.capsule_leaf(), Ok(expected));
    assert_eq!(public.digest().0, keccak256(public.abi_encode()));
    assert_eq!(public.checked_policy(), Ok(policy()));
}

#[test]
fn packages_verify_and_a_hidden_one_needs_its_salt() {
    assert_eq!(package(false).verify(None), Ok(()));
    assert_eq!(package(true).verify(Some(&SALT)), Ok(()));
    assert_eq!(package(true).verify(None), Err(ManifestError::SaltNeeded.into()));
    let wrong = package(true).verify(Some(&[8; 32])).unwrap_err();
    assert!(matches!(wrong, PackageError::Manifest(ManifestError::Payload { what: "commitment", .. })));
}

#[test]
fn a_signature_covers_the_manifest_and_nothing_else() {
    let invalid =
        Err(PackageError::Manifest(ManifestError::Signature(SignatureError::Invalid { role: "publisher" })));
    let mut changed = package(false);
    changed.manifest.version = "1.0.1".into();
    assert_eq!(changed.verify(None), invalid);
    let mut bare = package(false);
    bare.signature = publisher().sign(bare.manifest.digest().bytes()).to_bytes().into();
    assert_eq!(bare.verify(None), invalid, "a signature over the bare digest is of another kind");
    let mut short = package(false);
    short.signature = vec![0; 10].into();
    let length = SignatureError::Length { role: "publisher", actual: 10 };
    assert_eq!(short.verify(None), Err(PackageError::Manifest(length.into())));
}

#[test]
fn another_payload_is_refused_by_what_differs() {
    let what = |m: &Manifest, payload: &[u8]| match m.check_payload(payload, Some(&SALT)) {
        Err(ManifestError::Payload { what, .. }) => what,
        other => panic!("{other:?}"),
    };
    let mut bent = PAYLOAD.to_vec();
    bent[0] ^= 1;
    assert_eq!(what(&manifest(false), b"short"), "size");
    assert_eq!(what(&manifest(false), &bent), "sha3_512");
    assert_eq!(what(&manifest(true), &bent), "commitment");
    let mut lying = manifest(false);
    lying.blake3 = B256::ZERO;
    assert_eq!(what(&lying, PAYLOAD), "blake3");
}

#[test]
fn fields_outside_their_domain_are_refused_by_name() {
    let refuse = |hidden: bool, f: &dyn Fn(&mut Manifest)| {
        let mut m = manifest(hidden);
        f(&mut m);
        m.validate().unwrap_err()
    };
    let text = |field, value: &str, max| ManifestError::Text { field, value: value.into(), max };
    assert_eq!(refuse(false, &|m| m.schema = 0), ManifestError::Schema(0));
    assert_eq!(refuse(false, &|m| m.name = String::new()), text("name", "", 96));
    assert_eq!(refuse(false, &|m| m.name = "a\u{1b}[2J".into()), text("name", "a\u{1b}[2J", 96));
    assert_eq!(refuse(false, &|m| m.name = "x".repeat(97)), text("name", &"x".repeat(96), 96));
    assert_eq!(refuse(false, &|m| m.version = "1 0".into()), text("version", "1 0", 64));
    assert_eq!(refuse(false, &|m| m.payloadSize = 0), ManifestError::PayloadSize(0));
    assert_eq!(
        refuse(false, &|m| m.payloadSize = MAX_PAYLOAD + 1),
        ManifestError::PayloadSize(MAX_PAYLOAD + 1)
    );
    assert_eq!(refuse(false, &|m| m.sha3_512 = vec![0; 63].into()), ManifestError::DigestLength(63));
    assert_eq!(refuse(true, &|m| m.blake3 = B256::repeat_byte(1)), ManifestError::HalfHidden("blake3"));
    assert_eq!(refuse(true, &|m| m.salt = B256::repeat_byte(1)), ManifestError::HalfHidden("salt"));
    assert_eq!(refuse(true, &|m| m.digestProof = B256::ZERO), ManifestError::DigestProofMissing);
    assert_eq!(refuse(false, &|m| m.digestProof = B256::repeat_byte(1)), ManifestError::DigestProofNeedless);
    let stated = DigestCommitment([9; 32]);
    let computed = manifest(false).digest_commitment();
    assert_eq!(
        refuse(false, &|m| m.commitment = stated.into()),
        ManifestError::Commitment { stated, computed }
    );
    assert_eq!(refuse(false, &|m| m.policy.maxNetwork = 5), ManifestError::Policy(PolicyError::Network(5)));
    let source = FieldError::NonCanonical { value: MODULUS };
    assert_eq!(
        refuse(false, &|m| m.policy.measurements[1] = MODULUS),
        ManifestError::Measurement { index: 1, source }
    );
    assert_eq!(
        refuse(false, &|m| m.policy.measurements[1] = U256::ZERO),
        ManifestError::Policy(PolicyError::ZeroMeasurement(1))
    );
    assert_eq!(refuse(false, &|m| m.operators.swap(0, 1)), ManifestError::Operators { index: 1 });
    assert_eq!(refuse(false, &|m| m.operators[0] = B256::ZERO), ManifestError::Operators { index: 0 });
    let crowd: Vec<B256> = (1..=65u8).map(B256::repeat_byte).collect();
    assert_eq!(refuse(false, &|m| m.operators = crowd.clone()), ManifestError::Operators { index: 64 });
}

#[test]
fn operators_are_allowed_by_name_or_all() {
    let mut m = manifest(false);
    assert!(m.allows_operator(&B256::repeat_byte(2)) && !m.allows_operator(&B256::repeat_byte(3)));
    m.operators.clear();
    assert!(m.allows_operator(&B256::repeat_byte(3)));
}

#[test]
fn package_bytes_are_strict() {
    let package = package(false);
    let bytes = package.encode();
    assert_eq!(Package::decode(&bytes), Ok(package.clone()));
    let long = [bytes.clone(), vec![0; 32]].concat();
    assert_eq!(Package::decode(&long), Err(PackageError::NotCanonical { at: bytes.len() }));
    assert_eq!(
        Package::decode(&vec![0; MAX_PACKAGE_BYTES + 1]),
        Err(PackageError::TooLarge(MAX_PACKAGE_BYTES + 1))
    );
    assert!(matches!(Package::decode(PAYLOAD), Err(PackageError::Abi(_))));
    for i in 0..bytes.len() {
        let mut bent = bytes.clone();
        bent[i] ^= 1 << (i % 8);
        if let Ok(decoded) = Package::decode(&bent) {
            assert_ne!(decoded, package, "byte {i}");
            assert!(decoded.verify(None).is_err(), "byte {i} is covered by the signature or the digests");
        }
    }
}

proptest! {
    #[test]
    fn policies_roundtrip_through_abi(cpu in any::<u128>(), isolation in 0u8..=4, syscalls in any::<[u64; 8]>(), caps in any::<u64>(), pages in 0u32..1 << 24, network in 0u8..=4, n in 0u64..=4) {
        let policy = Policy { required_cpu: cpu, min_isolation: isolation, allowed_syscalls: syscalls, allowed_caps: caps,
            max_memory_pages: pages, max_network: network, measurements: (1..=n).map(Fr::from).collect() };
        let abi = PolicyAbi::from(&policy);
        let decoded = PolicyAbi::abi_decode_validate(&abi.abi_encode()).unwrap();
        prop_assert_eq!(Policy::try_from(&decoded), Ok(policy));
    }

    #[test]
    fn damaged_packages_never_panic(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), cut in any::<prop::sample::Index>(), noise in prop::collection::vec(any::<u8>(), 0..1500)) {
        let mut bytes = package(true).encode();
        for (at, value) in edits { let at = at.index(bytes.len()); bytes[at] = value; }
        if cut.index(4) == 0 { let len = cut.index(bytes.len()); bytes.truncate(len); }
        if let Ok(package) = Package::decode(&bytes) {
            prop_assert_eq!(package.encode(), bytes);
            let _ = package.verify(Some(&SALT));
        }
        prop_assert!(Package::decode(&noise).is_err());
    }
}
