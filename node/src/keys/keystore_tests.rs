//! Tests of the keystore: RFC 8032 vectors, separation of the derived keys, round trip through a file.

use super::super::slip10::{ExtendedKey, HardenedIndex, Slip10Error};
use super::*;
use alloy_primitives::Address;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use nonos_core::field::Fr;
use nonos_core::ids::ReceiptDigest;
use std::collections::HashSet;

fn keystore() -> Keystore {
    Keystore::from_seeds(Zeroizing::new([1; 32]), Zeroizing::new([2; 32])).unwrap()
}

fn seed(text: &str) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(hex::decode(text).unwrap().try_into().unwrap())
}

fn capsule(n: u64) -> CapsuleLeaf {
    CapsuleLeaf::from(Fr::from(n))
}

/// (seed, public key) of RFC 8032, section 7.1, tests 1 to 3.
const RFC_8032: [(&str, &str); 3] = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    ),
];

#[test]
fn root_keys_are_those_of_rfc_8032() {
    for (secret, public) in RFC_8032 {
        let keystore = Keystore::from_seeds(seed(secret), Zeroizing::new([9; 32])).unwrap();
        assert_eq!(hex::encode(keystore.root_public()), public);
    }
}

#[test]
fn the_signature_scheme_is_that_of_rfc_8032() {
    // Test 2 of section 7.1 signs the one byte 0x72. The root key refuses bare bytes, so the vector is
    // checked on the primitive the keystore uses and the refusal on the keystore.
    let key = SigningKey::from_bytes(&seed(RFC_8032[1].0));
    assert_eq!(
        hex::encode(key.sign(&[0x72]).to_bytes()),
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    );
    let keystore = Keystore::from_seeds(seed(RFC_8032[1].0), Zeroizing::new([9; 32])).unwrap();
    let error = keystore.sign_as_root(&[0x72]).unwrap_err();
    assert!(matches!(error, KeyError::Domain(ref shown) if shown == "72"), "{error}");
    assert!(matches!(keystore.sign_as_root(&[7; 32]), Err(KeyError::Domain(_))));
}

#[test]
fn root_signatures_verify_strictly() {
    let keystore = keystore();
    let message = b"nonos1.enrol and the rest";
    let signature = Signature::from_bytes(&keystore.sign_as_root(message).unwrap());
    let key = VerifyingKey::from_bytes(&keystore.root_public()).unwrap();
    key.verify_strict(message, &signature).unwrap();
}

#[test]
fn a_saved_keystore_opens_to_the_same_keys() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys");
    let passphrase = SecretString::from("p".to_owned());
    let saved = Keystore::generate().unwrap();
    saved.save(&path, &passphrase, WorkFactor::new(2).unwrap()).unwrap();
    let opened = Keystore::open(&path, &passphrase).unwrap();
    assert_eq!(opened.root_public(), saved.root_public());
    assert_eq!(
        opened.circuit_secret(&scope(0)).unwrap().expose(),
        saved.circuit_secret(&scope(0)).unwrap().expose()
    );
    let RootKey::File(_, root_seed) = &saved.root else { panic!("not in the file") };
    let bytes = std::fs::read(&path).unwrap();
    for secret in [root_seed, &saved.master_seed] {
        assert!(!bytes.windows(32).any(|w| w == &secret[..]), "no secret in the clear");
    }
}

/// Written by the program that knew version 1 only. `keys show` said then what is pinned here.
#[test]
fn a_file_of_version_1_still_opens_to_the_same_keys() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys");
    std::fs::write(&path, include_bytes!("../../tests/data/keystore-v1")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let opened = Keystore::open(&path, &SecretString::from("correct horse".to_owned())).unwrap();
    assert_eq!(opened.root_place(), RootPlace::File);
    assert_eq!(
        hex::encode(opened.root_public()),
        "64e8e82e78794d7484f17fcaf72ff01cf091f1a3e5e1370345ce4102f206ff12"
    );
    let onion = opened.onion_key(OnionNetwork::Tor, 0).unwrap().public();
    let address = crate::onion::OnionAddress::new(OnionNetwork::Tor, onion).unwrap().to_string();
    assert_eq!(address, "tuyxzdpfeqbmcp2t4oij27tse4eothsr7tvtbxfu7woujjrvavgohiid.onion");
}

#[test]
fn contents_that_do_not_fit_together_are_refused() {
    let file = |bytes: Vec<u8>| {
        Contents::decode(1, &bytes).and_then(|c| {
            let keystore = Keystore::new(RootKey::from_stored(c.root, c.public), c.master)?;
            Ok((keystore.root_public(), c.public))
        })
    };
    let tag = b"nonos1.keystore\0".as_slice();
    let good = [tag, &[1; 32], &[2; 32], &keystore().root_public()].concat();
    let (computed, stored) = file(good.clone()).unwrap();
    assert_eq!(computed, stored);
    let short = file(good[..good.len() - 1].to_vec()).unwrap_err();
    assert!(matches!(short, KeyError::Contents { version: 1, reason: "wrong length" }), "{short}");
    let other = file([b"nonos2.keystore\0".as_slice(), &good[16..]].concat()).unwrap_err();
    assert!(matches!(other, KeyError::Contents { version: 1, reason: "wrong tag" }), "{other}");
    let equal = file([tag, &[1; 32], &[1; 32], &[0; 32]].concat()).unwrap_err();
    assert!(matches!(equal, KeyError::SameSeeds), "{equal}");

    let directory = tempfile::tempdir().unwrap();
    let (path, passphrase) = (directory.path().join("public"), SecretString::from("p".to_owned()));
    let root = StoredRoot::Seed(Zeroizing::new([1; 32]));
    let contents = Contents { master: Zeroizing::new([2; 32]), public: [9; 32], root };
    file::create(&path, &contents.encode().unwrap(), &passphrase, WorkFactor::new(1).unwrap()).unwrap();
    let error = Keystore::open(&path, &passphrase).unwrap_err();
    assert!(error.to_string().contains("the stored public key is not that of the root seed"), "{error}");
}

#[test]
fn a_root_key_elsewhere_is_known_by_its_public_half_and_signs_nothing() {
    let public = keystore().root_public();
    let directory = tempfile::tempdir().unwrap();
    let (path, passphrase) = (directory.path().join("keys"), SecretString::from("p".to_owned()));
    let made = Keystore::with_public(public).unwrap();
    made.save(&path, &passphrase, WorkFactor::new(1).unwrap()).unwrap();
    let opened = Keystore::open(&path, &passphrase).unwrap();
    assert_eq!((opened.root_public(), opened.root_place()), (public, RootPlace::Elsewhere));
    assert_eq!(
        opened.execution_key(&scope(0), capsule(1), 0).unwrap().public(),
        made.execution_key(&scope(0), capsule(1), 0).unwrap().public()
    );
    let error = opened.sign_as_root(b"nonos1.message").unwrap_err().to_string();
    assert!(error.contains("--print-message") && error.contains("--signature FILE"), "{error}");
    assert!(matches!(opened.unlock_root(), Err(KeyError::Elsewhere { .. })));
    // Not the bytes of a point, and the identity, which "signs" everything.
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut none = [0; 32];
    none[0] = 2;
    for public in [none, identity] {
        assert!(matches!(Keystore::with_public(public), Err(KeyError::PublicKey(_))));
    }
}

fn scope(generation: u32) -> IdentityScope {
    IdentityScope { chain_id: 31337, registry: Address::repeat_byte(3), generation }
}

#[test]
fn derived_keys_are_all_different() {
    let keystore = keystore();
    let mut seen = HashSet::from([keystore.root_public()]);
    for c in 0..4 {
        for index in [0, 1, (1 << 31) - 1, 1 << 31, (1 << 62) - 1] {
            assert!(seen.insert(keystore.execution_key(&scope(0), capsule(c), index).unwrap().public()));
        }
    }
    for network in OnionNetwork::ALL {
        for index in 0..3 {
            assert!(seen.insert(keystore.onion_key(network, index).unwrap().public().0));
        }
    }
    let base = scope(0);
    let elsewhere = [
        scope(1),
        IdentityScope { chain_id: base.chain_id + 1, ..base },
        IdentityScope { registry: Address::repeat_byte(4), ..base },
    ];
    let secret =
        |s: &IdentityScope| nonos_core::field::fr_to_be(&keystore.circuit_secret(s).unwrap().expose());
    let secrets: HashSet<_> = elsewhere.iter().chain([&base]).map(secret).collect();
    assert_eq!(secrets.len(), 4);
    // A rotation or a second deployment repeats no key that a receipt shows.
    for other in &elsewhere {
        assert!(seen.insert(keystore.execution_key(other, capsule(0), 0).unwrap().public()));
        assert!(seen.insert(keystore.launch_onion_key(other, OnionNetwork::Tor, 0).unwrap().public().0));
    }
    assert!(seen.insert(keystore.launch_onion_key(&base, OnionNetwork::Tor, 0).unwrap().public().0));
}

#[test]
fn derivation_is_pinned() {
    // Restoring a backup in a later version must find the same keys.
    let keystore = keystore();
    assert_eq!(
        [
            hex::encode(nonos_core::field::fr_to_be(&keystore.circuit_secret(&scope(0)).unwrap().expose())),
            hex::encode(keystore.execution_key(&scope(0), capsule(7), 42).unwrap().public()),
            hex::encode(keystore.onion_key(OnionNetwork::Tor, 0).unwrap().public().0),
        ],
        PINNED
    );
}

/// Values of this implementation, fixed so that a change of a path or a domain is noticed.
const PINNED: [&str; 3] = [
    "148e0e70b36245c9ec89ed54f31efa57eb9d407cc896526afa67d4af3046c3d1",
    "1c0c09c86b7129ad31a5c9c318d5246c4cb29500e2964cbd02198d282758abd5",
    "e294d4d99a4ea096cf02b3266ac4cbaa9c56e26b74a6535d742b303d90aaa0d3",
];

#[test]
fn indices_out_of_range_are_refused() {
    let keystore = keystore();
    let error = keystore.execution_key(&scope(0), capsule(1), 1 << 62).unwrap_err();
    assert!(matches!(error, KeyError::Derivation(Slip10Error::IndexTooLarge(n)) if n == 1 << 62));
    let error = keystore.circuit_secret(&scope(1 << 31)).unwrap_err();
    assert!(matches!(error, KeyError::Derivation(Slip10Error::IndexTooLarge(n)) if n == 1 << 31));
}

#[test]
fn receipt_signatures_verify_with_the_public_halves() {
    let keystore = keystore();
    let digest = ReceiptDigest::from(alloy_primitives::B256::repeat_byte(5));
    let execution = keystore.execution_key(&scope(0), capsule(1), 3).unwrap();
    let onion = keystore.onion_key(OnionNetwork::Anyone, 3).unwrap();
    for (public, signature) in [
        (execution.public(), execution.sign_receipt(&digest)),
        (onion.public().0, onion.sign_receipt(&digest)),
    ] {
        let key = VerifyingKey::from_bytes(&public).unwrap();
        key.verify_strict(&[5; 32], &Signature::from_bytes(&signature)).unwrap();
    }
}

#[test]
fn the_expanded_onion_secret_is_clamped_and_fits_the_public_key() {
    // What the daemon computes: A = scalar · B.
    let key = keystore().onion_key(OnionNetwork::Tor, 1).unwrap();
    let expanded = key.expanded_secret();
    assert_eq!(expanded[0] & 7, 0);
    assert_eq!(expanded[31] & 0xc0, 0x40);
    let signing = SigningKey::from_bytes(&key_seed(&key));
    // RFC 8032, 5.1.5: dalek hands out the hash before its bits are pruned.
    let mut pruned = signing.to_scalar_bytes();
    pruned[0] &= 248;
    pruned[31] = pruned[31] & 63 | 64;
    assert_eq!(&pruned[..], &expanded[..32]);
}

fn key_seed(key: &OnionKey) -> [u8; 32] {
    // The seed is private to the key; recompute it from the path through the public derivation.
    let index = |n| HardenedIndex::new(n).unwrap();
    let master = ExtendedKey::master(&[2; 32]).unwrap();
    let code = u64::from(key.network().code());
    let path = [0x4e4f_4e4f, 2, code, 0, 1].map(index);
    *master.derive(&path).secret()
}

#[test]
fn debug_output_holds_no_secret() {
    let keystore = keystore();
    let shown = format!("{keystore:?} {:?}", keystore.circuit_secret(&scope(0)).unwrap());
    assert!(!shown.contains(&hex::encode([1; 32])) && !shown.contains(&hex::encode([2; 32])));
    assert!(shown.ends_with("CircuitSecret(secret)"));
}
