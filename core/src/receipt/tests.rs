//! Receipts: digest against an independent computation, signatures, and a decoder that never gives one receipt two ids.

use super::*;
use crate::disclosure::{Disclosures, Secret};
use crate::field::{MODULUS, fr_reduce, fr_to_u256};
use crate::receipt::{DecodeError, MAX_OPENINGS, MAX_PATH};
use alloy_primitives::{FixedBytes, address, b256, hex};
use alloy_sol_types::SolValue;
use ed25519_dalek::{Signer, SigningKey};
use proptest::prelude::*;

const ANCHOR: Address = address!("5FbDB2315678afecb367f032d93F642f64180aa3");

fn signer(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn sign(receipt: &mut Receipt) {
    let digest = receipt.digest();
    receipt.executionSignature = signer(1).sign(digest.bytes()).to_bytes().into();
    receipt.onionSignature = if receipt.header.names_onion() {
        signer(2).sign(digest.bytes()).to_bytes().into()
    } else {
        Default::default()
    };
}

/// A signed receipt with two of three values opened, naming an onion service or not.
fn sample(onion: bool) -> Receipt {
    let secrets = (0..3u8)
        .map(|i| Secret { salt: FixedBytes::repeat_byte(i), name: format!("value-{i}"), value: vec![i; 40] })
        .collect();
    let disclosures = Disclosures::new(secrets).unwrap();
    let header = ReceiptHeader {
        schema: 1,
        verifierKey: B256::repeat_byte(0x11),
        flags: 1,
        capsuleTag: U256::from(0xca),
        catalogRoot: U256::from(0xcb),
        operatorTag: U256::from(0xcc),
        operatorRoot: U256::from(0xcd),
        installRoot: U256::from(0xce),
        stateTag: U256::from(0xcf),
        nullifier: MODULUS - U256::from(1),
        executionKey: B256::new(signer(1).verifying_key().to_bytes()),
        onionNetwork: if onion { ONION_TOR } else { ONION_NONE },
        onionKey: if onion { B256::new(signer(2).verifying_key().to_bytes()) } else { B256::ZERO },
        launchedAt: 1_800_000_000,
        notBeforeBlock: 123,
        notBeforeHash: B256::repeat_byte(0x22),
        requestId: B256::ZERO,
        payee: address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
        inputHash: B256::repeat_byte(0x33),
        outputHash: B256::repeat_byte(0x44),
        disclosures: disclosures.root(),
    };
    let mut receipt = Receipt {
        chainId: 31337,
        anchor: ANCHOR,
        header,
        executionSignature: Default::default(),
        onionSignature: Default::default(),
        launchProof: vec![0xab; 1250].into(),
        openings: vec![disclosures.open(0).unwrap(), disclosures.open(2).unwrap()],
    };
    sign(&mut receipt);
    receipt
}

/// EIP-712 by hand: type strings typed out from the standard's rules, words concatenated, nothing of alloy's macro involved.
fn digest_by_hand(h: &ReceiptHeader, chain_id: u64, anchor: Address) -> B256 {
    let header_type = "ReceiptHeader(uint16 schema,bytes32 verifierKey,uint8 flags,uint256 capsuleTag,uint256 catalogRoot,\
        uint256 operatorTag,uint256 operatorRoot,uint256 installRoot,uint256 stateTag,uint256 nullifier,\
        bytes32 executionKey,uint8 onionNetwork,bytes32 onionKey,uint64 launchedAt,uint64 notBeforeBlock,\
        bytes32 notBeforeHash,bytes32 requestId,address payee,bytes32 inputHash,bytes32 outputHash,bytes32 disclosures)";
    let domain_type = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
    let number = |x: u64| U256::from(x).to_be_bytes::<32>();
    let words = [
        keccak256(header_type).0,
        number(h.schema.into()),
        h.verifierKey.0,
        number(h.flags.into()),
        h.capsuleTag.to_be_bytes(),
        h.catalogRoot.to_be_bytes(),
        h.operatorTag.to_be_bytes(),
        h.operatorRoot.to_be_bytes(),
        h.installRoot.to_be_bytes(),
        h.stateTag.to_be_bytes(),
        h.nullifier.to_be_bytes(),
        h.executionKey.0,
        number(h.onionNetwork.into()),
        h.onionKey.0,
        number(h.launchedAt),
        number(h.notBeforeBlock),
        h.notBeforeHash.0,
        h.requestId.0,
        h.payee.into_word().0,
        h.inputHash.0,
        h.outputHash.0,
        h.disclosures.0,
    ];
    let domain = [
        keccak256(domain_type).0,
        keccak256("NONOS Receipt").0,
        keccak256("1").0,
        number(chain_id),
        anchor.into_word().0,
    ];
    let (domain, message) = (keccak256(domain.concat()), keccak256(words.concat()));
    keccak256([b"\x19\x01".as_slice(), domain.as_slice(), message.as_slice()].concat())
}

#[test]
fn digest_equals_eip_712_by_hand_and_binding_is_its_residue() {
    for (receipt, chain) in [(sample(true), 31337), (sample(false), 1)] {
        let digest = receipt.header.digest(chain, ANCHOR);
        assert_eq!(digest.0, digest_by_hand(&receipt.header, chain, ANCHOR));
        assert_eq!(fr_to_u256(&digest.binding()), U256::from_be_bytes(digest.0.0) % MODULUS);
    }
}

#[test]
fn digest_is_pinned() {
    // A change here breaks every deployed contract and every stored receipt.
    assert_eq!(sample(true).digest().0, PINNED_DIGEST);
}
const PINNED_DIGEST: B256 = b256!("b75671062365fef4a6f4508aa7359c1f37e7bf04fbe7e4fed74651c15f66a047");

#[test]
fn digest_separates_chains_and_anchors() {
    let header = sample(true).header;
    let base = header.digest(1, ANCHOR);
    assert_ne!(base, header.digest(2, ANCHOR));
    assert_ne!(base, header.digest(1, Address::ZERO));
}

#[test]
fn instances_are_the_header_in_circuit_order() {
    let r = sample(true);
    let expected = [
        U256::from_be_bytes(r.digest().0.0) % MODULUS,
        U256::from(0xcb),
        U256::from(0xca),
        U256::from(0xcd),
        U256::from(0xcc),
        U256::from(0xce),
        U256::from(0xcf),
        U256::from(500_000),
        MODULUS - U256::from(1),
        U256::from(1),
    ];
    assert_eq!(r.instance().unwrap().map(|x| fr_to_u256(&x)), expected);
}

#[test]
fn headers_outside_the_domain_are_refused_by_name() {
    let ok = sample(true).header;
    let edit = |f: fn(&mut ReceiptHeader)| {
        let mut header = ok.clone();
        f(&mut header);
        assert_eq!(
            header.validate().map(|()| [Fr::zero(); 10]),
            header.instance(1, ANCHOR),
            "instance checks the same"
        );
        header.validate().unwrap_err()
    };
    assert_eq!(edit(|h| h.schema = 2), HeaderError::Schema(2));
    assert_eq!(edit(|h| h.flags = 4), HeaderError::Flags(4));
    assert_eq!(edit(|h| h.onionNetwork = 4), HeaderError::OnionNetwork(4));
    assert_eq!(edit(|h| h.onionKey = B256::ZERO), HeaderError::OnionKey { network: 1, key: B256::ZERO });
    assert_eq!(edit(|h| h.onionNetwork = 0), HeaderError::OnionKey { network: 0, key: ok.onionKey });
    let source = FieldError::NonCanonical { value: MODULUS };
    type Edit = fn(&mut ReceiptHeader);
    let fields: [(&str, Edit); 7] = [
        ("capsuleTag", |h| h.capsuleTag = MODULUS),
        ("catalogRoot", |h| h.catalogRoot = MODULUS),
        ("operatorTag", |h| h.operatorTag = MODULUS),
        ("operatorRoot", |h| h.operatorRoot = MODULUS),
        ("installRoot", |h| h.installRoot = MODULUS),
        ("stateTag", |h| h.stateTag = MODULUS),
        ("nullifier", |h| h.nullifier = MODULUS),
    ];
    for (name, f) in fields {
        assert_eq!(edit(f), HeaderError::Field { name, source });
    }
}

#[test]
fn both_signatures_are_demanded_and_bound_to_the_header() {
    for onion in [true, false] {
        let receipt = sample(onion);
        assert_eq!(receipt.verify_self_contained(), Ok(()));
        let mut other = receipt.clone();
        other.header.outputHash = B256::ZERO;
        assert_eq!(other.verify_signatures(), Err(SignatureError::Invalid { role: "execution" }));
        let mut other = receipt.clone();
        other.chainId = 1;
        assert_eq!(other.verify_signatures(), Err(SignatureError::Invalid { role: "execution" }));
    }
    let mut borrowed = sample(true);
    borrowed.onionSignature = borrowed.executionSignature.clone();
    assert_eq!(borrowed.verify_signatures(), Err(SignatureError::Invalid { role: "onion" }));
    let mut spare = sample(false);
    spare.onionSignature = spare.executionSignature.clone();
    assert_eq!(spare.verify_signatures(), Err(SignatureError::Length { role: "absent onion", actual: 64 }));
}

#[test]
fn openings_must_be_under_the_header() {
    let mut receipt = sample(true);
    receipt.openings[1].value = vec![9].into();
    let err = receipt.verify_openings().unwrap_err();
    assert!(
        matches!(err, ReceiptError::Opening { position: 1, source: DisclosureError::Root { expected, .. } } if expected == receipt.header.disclosures)
    );
}

#[test]
fn leaf_binds_digest_and_proof() {
    let receipt = sample(true);
    let mut preimage = vec![0u8];
    preimage.extend(receipt.digest().bytes());
    preimage.extend(keccak256([0xab; 1250]));
    assert_eq!(receipt.leaf().0, keccak256(preimage));
    let mut other = receipt.clone();
    other.launchProof = vec![0xab; 1249].into();
    assert_ne!(other.leaf(), receipt.leaf());
}

#[test]
fn encoding_is_standard_abi_and_roundtrips() {
    for onion in [true, false] {
        let receipt = sample(onion);
        let bytes = receipt.encode();
        assert_eq!(bytes, receipt.abi_encode());
        assert_eq!(hex::encode(&bytes[..64]), format!("{:064x}{:064x}", 32, 31337));
        assert_eq!(Receipt::decode(&bytes), Ok(receipt.clone()));
        assert_eq!(receipt.message_id().0, keccak256(bytes));
    }
}

#[test]
fn every_byte_counts() {
    // A flipped bit anywhere is refused or names another message; it never decodes to the same receipt.
    let receipt = sample(true);
    let bytes = receipt.encode();
    let (mut refused, mut other) = (0, 0);
    for i in 0..bytes.len() {
        let mut bent = bytes.clone();
        bent[i] ^= 1 << (i % 8);
        match Receipt::decode(&bent) {
            Err(_) => refused += 1,
            Ok(decoded) => {
                assert_ne!(decoded, receipt, "byte {i}");
                assert_ne!(decoded.message_id(), receipt.message_id(), "byte {i}");
                other += 1;
            }
        }
    }
    assert!(refused > 500 && other > 1500, "{refused} refused, {other} other receipts");
}

#[test]
fn trailing_and_missing_bytes_are_refused() {
    let bytes = sample(true).encode();
    for spare in [1, 31, 32, 64] {
        let long = [bytes.clone(), vec![0; spare]].concat();
        assert_eq!(
            Receipt::decode(&long),
            Err(DecodeError::NotCanonical { at: bytes.len() }),
            "{spare} more"
        );
    }
    for cut in 0..bytes.len() {
        assert!(matches!(
            Receipt::decode(&bytes[..cut]),
            Err(DecodeError::Truncated { .. } | DecodeError::Abi(_) | DecodeError::NotCanonical { .. })
        ));
    }
    assert_eq!(Receipt::decode(&[]), Err(DecodeError::Truncated { what: "the list of openings", len: 0 }));
    let actual = MAX_RECEIPT_BYTES + 1;
    assert_eq!(Receipt::decode(&vec![0; actual]), Err(DecodeError::TooLarge { actual }));
}

#[test]
fn dirty_padding_and_shared_tails_are_not_canonical() {
    let receipt = sample(true);
    let bytes = receipt.encode();
    // The last byte of the proof's padding: 1250 = 39·32 + 2.
    let proof = bytes.windows(1250).position(|w| w == receipt.launchProof.as_ref()).unwrap();
    let mut dirty = bytes.clone();
    dirty[proof + 1250] = 1;
    assert!(matches!(Receipt::decode(&dirty), Err(DecodeError::Abi(_) | DecodeError::NotCanonical { .. })));
    // Both signature offsets point at the execution signature: the same content, another layout.
    let mut twin = receipt;
    twin.onionSignature = twin.executionSignature.clone();
    let mut shared = twin.encode();
    let (execution, onion) = (32 + 23 * 32, 32 + 24 * 32);
    shared.copy_within(execution..execution + 32, onion);
    assert_eq!(Receipt::decode(&shared), Err(DecodeError::NotCanonical { at: onion + 31 }));
}

#[test]
fn lengths_and_counts_are_refused_by_name() {
    let decode = |f: &dyn Fn(&mut Receipt)| {
        let mut receipt = sample(true);
        f(&mut receipt);
        let form = receipt.check_form().unwrap_err();
        assert_eq!(Receipt::decode(&receipt.encode()), Err(form.clone()));
        form
    };
    let length = |role, expected, actual| DecodeError::SignatureLength { role, expected, actual };
    assert_eq!(decode(&|r| r.executionSignature = vec![0; 63].into()), length("execution", 64, 63));
    assert_eq!(decode(&|r| r.onionSignature = vec![].into()), length("onion", 64, 0));
    let no_onion = |r: &mut Receipt| (r.header.onionNetwork, r.header.onionKey) = (0, B256::ZERO);
    assert_eq!(decode(&no_onion), length("onion", 0, 64));
    assert_eq!(decode(&|r| r.launchProof = vec![].into()), DecodeError::NoProof);
    assert_eq!(decode(&|r| r.header.flags = 8), DecodeError::Header(HeaderError::Flags(8)));
    assert_eq!(decode(&|r| r.openings.swap(0, 1)), DecodeError::OpeningOrder { position: 1 });
    assert_eq!(decode(&|r| r.openings[1] = r.openings[0].clone()), DecodeError::OpeningOrder { position: 1 });
    assert_eq!(decode(&|r| r.openings[1].size = 4), DecodeError::OpeningOrder { position: 1 });
    let many = |r: &mut Receipt| r.openings = vec![r.openings[0].clone(); MAX_OPENINGS + 1];
    assert_eq!(decode(&many), DecodeError::TooManyOpenings { actual: 65 });
    let long = |r: &mut Receipt| r.openings[1].path = vec![B256::ZERO; MAX_PATH + 1];
    assert_eq!(decode(&long), DecodeError::PathTooLong { position: 1, actual: 17 });
}

#[test]
fn overlapping_offsets_cannot_blow_up_the_openings() {
    // A list that claims 2^64 - 1 entries, and one whose entries all share one long path.
    let mut bytes = sample(true).encode();
    let offset = 32 + usize::from(bytes[32 + 26 * 32 + 30]) * 256 + usize::from(bytes[32 + 26 * 32 + 31]);
    bytes[offset + 24..offset + 32].fill(0xff);
    assert_eq!(Receipt::decode(&bytes), Err(DecodeError::TooManyOpenings { actual: usize::MAX }));
    bytes[offset..offset + 32].fill(0xff);
    assert_eq!(Receipt::decode(&bytes), Err(DecodeError::TooManyOpenings { actual: usize::MAX }));
}

#[test]
fn json_roundtrips() {
    let receipt = sample(true);
    let json = serde_json::to_string(&receipt).unwrap();
    assert_eq!(serde_json::from_str::<Receipt>(&json).unwrap(), receipt);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2048)) {
        prop_assert!(Receipt::decode(&bytes).is_err());
    }

    #[test]
    fn damaged_receipts_never_panic_and_what_decodes_is_canonical(edits in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![Just(0u8), Just(0xff), Just(0x20), any::<u8>()]), 1..8), cut in any::<prop::sample::Index>(), words in prop::collection::vec((0usize..70, 0u64..3000), 0..3)) {
        let mut bytes = sample(true).encode();
        for (at, value) in edits { let at = at.index(bytes.len()); bytes[at] = value; }
        for (word, value) in words { if let Some(w) = bytes.get_mut(word * 32 + 24..word * 32 + 32) { w.copy_from_slice(&value.to_be_bytes()); } }
        if cut.index(4) == 0 { let len = cut.index(bytes.len()); bytes.truncate(len); }
        if let Ok(receipt) = Receipt::decode(&bytes) {
            prop_assert_eq!(receipt.encode(), bytes);
            prop_assert_eq!(receipt.check_form(), Ok(()));
            let _ = receipt.verify_self_contained();
        }
    }

    #[test]
    fn any_header_field_changes_the_digest(edit in 0usize..21, value in any::<[u8; 32]>()) {
        let receipt = sample(true);
        let mut words: Vec<u8> = receipt.header.abi_encode();
        let widths = [2, 32, 1, 32, 32, 32, 32, 32, 32, 32, 32, 1, 32, 8, 8, 32, 32, 20, 32, 32, 32];
        let (start, end) = (edit * 32 + 32 - widths[edit], edit * 32 + 32);
        words[start..end].copy_from_slice(&value[..widths[edit]]);
        let other = ReceiptHeader::abi_decode_validate(&words).unwrap();
        prop_assert_eq!(other == receipt.header, other.digest(1, ANCHOR) == receipt.header.digest(1, ANCHOR));
        prop_assert_eq!(other.digest(7, ANCHOR).0, digest_by_hand(&other, 7, ANCHOR));
        prop_assert_eq!(other.digest(7, ANCHOR).binding(), fr_reduce(digest_by_hand(&other, 7, ANCHOR)));
    }
}
