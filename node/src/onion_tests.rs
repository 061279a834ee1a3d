//! Tests of onion addresses: published vectors, round trips on every network, each error.

use super::*;
use ed25519_dalek::SigningKey;
use proptest::prelude::*;

/// The example addresses of Tor's rend-spec-v3, section 6, and one well-known service.
const TOR: [&str; 4] = [
    "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion",
    "sp3k262uwy4r2k3ycr5awluarykdpag6a7y33jxop4cs2lu5uz5sseqd.onion",
    "xa4r2iadxm55fbnqgwwi5mymqdcofiu3w6rpbtqn7b2dyn7mgwj64jyd.onion",
    "duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion",
];

fn key(seed: [u8; 32]) -> OnionKeyBytes {
    OnionKeyBytes(SigningKey::from_bytes(&seed).verifying_key().to_bytes())
}

#[test]
fn published_tor_addresses_parse_and_print_back() {
    for text in TOR {
        let address = OnionAddress::parse(text).unwrap();
        assert_eq!(address.network(), OnionNetwork::Tor);
        assert_eq!(address.to_string(), text);
        assert_eq!(OnionAddress::parse(&text.to_uppercase()).unwrap(), address);
    }
}

#[test]
fn a_foreign_suffix_is_named_before_dialling() {
    let anon = OnionAddress::new(OnionNetwork::Anon, key([1; 32])).unwrap().to_string();
    assert_eq!(
        OnionAddress::parse_for(&anon, OnionNetwork::Tor),
        Err(OnionError::ForeignSuffix {
            address: anon.clone(),
            found: OnionNetwork::Anon,
            expected: OnionNetwork::Tor
        })
    );
    assert!(OnionAddress::parse_for(&anon, OnionNetwork::Anon).is_ok());
    assert_eq!(OnionAddress::parse("example.org"), Err(OnionError::NoSuffix("example.org".into())));
}

#[test]
fn a_suffix_glued_to_another_networks_id_fails_the_checksum() {
    let id = OnionAddress::new(OnionNetwork::Tor, key([2; 32])).unwrap().service_id();
    let error = OnionAddress::parse(&format!("{id}.anyone")).unwrap_err();
    assert!(matches!(error, OnionError::Checksum { network: OnionNetwork::Anyone, .. }), "{error}");
}

#[test]
fn each_malformation_has_its_error() {
    let id = &TOR[0][..56];
    assert_eq!(OnionAddress::parse("abc.onion"), Err(OnionError::Length { id: "abc".into(), length: 3 }));
    let digit = format!("1{}.onion", &id[1..]);
    assert_eq!(OnionAddress::parse(&digit), Err(OnionError::Alphabet { character: '1', position: 0 }));
    let version = format!("{}a.onion", &id[..55]);
    assert_eq!(OnionAddress::parse(&version), Err(OnionError::Version(0)));
    let typo = format!("q{}.onion", &id[1..]);
    assert!(matches!(OnionAddress::parse(&typo), Err(OnionError::Checksum { .. })));
    assert_eq!(OnionNetwork::from_code(0), Err(OnionError::UnknownNetwork(0)));
    assert_eq!(OnionNetwork::from_code(4), Err(OnionError::UnknownNetwork(4)));
    // 54 letters and one two-byte character: 56 bytes, not 56 characters.
    let wide = format!("{}ä", "a".repeat(54));
    assert_eq!(OnionAddress::detect(&wide), Err(OnionError::Alphabet { character: 'ä', position: 54 }));
}

#[test]
fn unusable_keys_are_refused() {
    // The identity point has order 1; the second value is no point at all.
    let mut identity = [0; 32];
    identity[0] = 1;
    for bytes in [identity, [2; 32]] {
        assert_eq!(
            OnionAddress::new(OnionNetwork::Tor, OnionKeyBytes(bytes)),
            Err(OnionError::Key(hex::encode(bytes)))
        );
    }
}

proptest! {
    #[test]
    fn addresses_round_trip_on_every_network(seed: [u8; 32], n in 0usize..3) {
        let address = OnionAddress::new(OnionNetwork::ALL[n], key(seed)).unwrap();
        prop_assert_eq!(OnionAddress::parse(&address.to_string()), Ok(address));
        prop_assert_eq!(address.service_id().len(), 56);
    }

    #[test]
    fn the_network_is_recognised_from_the_service_id(seed: [u8; 32], n in 0usize..3) {
        let address = OnionAddress::new(OnionNetwork::ALL[n], key(seed)).unwrap();
        let clash = OnionNetwork::ALL.into_iter()
            .any(|o| o != address.network() && o.checksum(&address.key) == address.network.checksum(&address.key));
        prop_assume!(!clash);
        prop_assert_eq!(OnionAddress::detect(&address.service_id()), Ok(address));
    }

    #[test]
    fn base32_is_a_bijection(bytes in prop::collection::vec(any::<u8>(), 35)) {
        let bytes: [u8; 35] = bytes.try_into().unwrap();
        prop_assert_eq!(base32_decode(&base32_encode(&bytes)), Ok(bytes));
    }

    #[test]
    fn parsing_never_panics(text in "\\PC{0,70}") {
        let _ = OnionAddress::parse(&text);
        let _ = OnionAddress::detect(&text);
    }
}
