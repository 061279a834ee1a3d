//! A beacon is what both keys signed, for this mesh and this hour, and nothing else.

use super::*;
use crate::mesh::verify::Outcome;
use proptest::prelude::*;
use zeroize::Zeroizing;

const NOW: u64 = 1_800_000_000;

fn registry() -> Address {
    Address::repeat_byte(7)
}

fn scope() -> BeaconScope {
    BeaconScope { chain_id: 31_337, registry: registry() }
}

fn keys() -> (Keystore, NodeKey) {
    let store = Keystore::from_seeds(Zeroizing::new([1; 32]), Zeroizing::new([2; 32])).unwrap();
    (store, NodeKey::from_seed(Zeroizing::new([3; 32])))
}

fn beacon(addresses: &[&str]) -> SignedBeacon {
    let (root, key) = keys();
    let addresses: Vec<Multiaddr> = addresses.iter().map(|a| a.parse().unwrap()).collect();
    SignedBeacon::sign((31_337, registry()), &root, &key, &addresses, NOW).unwrap()
}

#[test]
fn a_beacon_reads_back_and_verifies_within_its_hour() {
    let signed = beacon(&["/ip4/1.2.3.4/tcp/4001", "/ip4/1.2.3.4/udp/4001/quic-v1"]);
    let bytes = signed.encode();
    assert!(bytes.len() < 1_200, "{}", bytes.len());
    let read = SignedBeacon::decode(&bytes).unwrap();
    assert_eq!(read, signed);
    assert_eq!(read.peer().unwrap(), keys().1.peer_id());
    for now in [NOW - SKEW, NOW, NOW + LIFETIME] {
        assert_eq!(read.verify(&scope(), now), Ok(()));
    }
    for now in [NOW - SKEW - 1, NOW + LIFETIME + 1] {
        assert_eq!(read.verify(&scope(), now), Err(BeaconError::Time { issued_at: NOW, now }));
    }
}

#[test]
fn another_chain_or_registry_is_told_apart_from_a_lie() {
    let signed = beacon(&[]);
    for other in [BeaconScope { chain_id: 1, ..scope() }, BeaconScope { registry: Address::ZERO, ..scope() }]
    {
        let fault = signed.verify(&other, NOW).unwrap_err();
        assert!(matches!(fault, BeaconError::OtherDeployment { chain_id: 31_337, .. }));
        assert_eq!(fault.outcome(), Outcome::Ignore(Reason::OtherDeployment));
    }
}

#[test]
fn nobody_claims_a_foreign_peer_or_speaks_for_a_foreign_operator() {
    let (root, key) = keys();
    let thief = NodeKey::from_seed(Zeroizing::new([9; 32]));
    let mut claimed = beacon(&[]);
    // The operator claims somebody else's peer: its own signature is right, the peer's is missing.
    claimed.beacon.peerId = thief.peer_id().to_bytes().into();
    claimed.rootSignature = root.sign_beacon(&claimed.beacon.message()).unwrap().to_vec().into();
    claimed.peerSignature = key.keypair().sign(&claimed.beacon.message()).unwrap().into();
    let fault = claimed.verify(&scope(), NOW).unwrap_err();
    assert_eq!(fault, BeaconError::Signature(SignatureError::Invalid { role: "peer" }));
    assert_eq!(fault.outcome(), Outcome::Reject);
    // A peer adorns itself with somebody else's operator.
    let mut adorned = beacon(&[]);
    adorned.beacon.operatorId = B256::repeat_byte(1);
    adorned.peerSignature = key.keypair().sign(&adorned.beacon.message()).unwrap().into();
    assert!(matches!(adorned.verify(&scope(), NOW), Err(BeaconError::Signature(_))));
}

#[test]
fn every_field_is_signed() {
    type Change = fn(&mut Beacon);
    let changes: [Change; 3] =
        [|b| b.issuedAt += 1, |b| b.addresses.push("/ip4/9.9.9.9/tcp/1".into()), |b| b.addresses.clear()];
    for change in changes {
        let mut signed = beacon(&["/ip4/1.2.3.4/tcp/4001"]);
        change(&mut signed.beacon);
        let read = SignedBeacon::decode(&signed.encode()).unwrap();
        assert_eq!(
            read.verify(&scope(), NOW),
            Err(BeaconError::Signature(SignatureError::Invalid { role: "root" }))
        );
    }
}

#[test]
fn addresses_are_few_short_and_in_one_form() {
    let with = |addresses: Vec<String>| {
        let mut signed = beacon(&[]);
        signed.beacon.addresses = addresses;
        SignedBeacon::decode(&signed.encode())
    };
    let plain = "/ip4/1.2.3.4/tcp/4001".to_owned();
    assert!(with(vec![plain.clone(); MAX_ADDRESSES]).is_ok());
    for (addresses, position) in [
        (vec![plain.clone(); MAX_ADDRESSES + 1], MAX_ADDRESSES),
        (vec![plain.clone(), "nowhere".into()], 1),
        (vec!["/ip4/1.2.3.4/tcp/04001".into()], 0),
        (vec![format!("/dns4/{}/tcp/1", "a".repeat(250))], 0),
    ] {
        let fault = with(addresses).unwrap_err();
        assert!(matches!(fault, BeaconError::Address { position: p, .. } if p == position), "{fault}");
    }
    assert!(matches!(SignedBeacon::decode(&[0; MAX_BEACON_BYTES + 1]), Err(BeaconError::TooLarge(_))));
}

#[test]
fn a_peer_that_is_no_ed25519_key_is_refused() {
    let mut signed = beacon(&[]);
    for bytes in [vec![], vec![0x12, 32], PeerId::random().to_bytes(), [&[0x12, 32][..], &[5; 32]].concat()] {
        signed.beacon.peerId = bytes.into();
        assert_eq!(SignedBeacon::decode(&signed.encode()), Err(BeaconError::Peer));
    }
}

proptest! {
    #[test]
    fn flipped_bits_never_verify(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let mut bytes = beacon(&["/ip4/1.2.3.4/tcp/4001"]).encode();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let verdict = SignedBeacon::decode(&bytes).and_then(|signed| signed.verify(&scope(), NOW));
        prop_assert!(verdict.is_err());
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..1_500)) {
        let _ = SignedBeacon::decode(&bytes);
    }
}
