//! Receipts, packages and EIP-712 digests against ethers-core, an implementation by other people.
//!
//! What it proves: our bytes are the Solidity ABI and EIP-712 as others understand them, for generated cases, and not only
//! self-consistent.

use alloy_primitives::{Address, B256, FixedBytes, U256};
use ethers_core::abi::{Token, encode};
use ethers_core::types::transaction::eip712::{Eip712, TypedData};
use nonos_core::manifest::{Manifest, PolicyAbi};
use nonos_core::package::Package;
use nonos_core::receipt::{Opening, Receipt, ReceiptHeader};
use proptest::prelude::*;
use serde_json::json;

/// Types and names of the header as the protocol document has them, not as our code has them.
const HEADER: [(&str, &str); 21] = [
    ("schema", "uint16"),
    ("verifierKey", "bytes32"),
    ("flags", "uint8"),
    ("capsuleTag", "uint256"),
    ("catalogRoot", "uint256"),
    ("operatorTag", "uint256"),
    ("operatorRoot", "uint256"),
    ("installRoot", "uint256"),
    ("stateTag", "uint256"),
    ("nullifier", "uint256"),
    ("executionKey", "bytes32"),
    ("onionNetwork", "uint8"),
    ("onionKey", "bytes32"),
    ("launchedAt", "uint64"),
    ("notBeforeBlock", "uint64"),
    ("notBeforeHash", "bytes32"),
    ("requestId", "bytes32"),
    ("payee", "address"),
    ("inputHash", "bytes32"),
    ("outputHash", "bytes32"),
    ("disclosures", "bytes32"),
];

fn uint(bytes: impl AsRef<[u8]>) -> Token {
    Token::Uint(ethers_core::types::U256::from_big_endian(bytes.as_ref()))
}

fn fixed(bytes: impl AsRef<[u8]>) -> Token {
    Token::FixedBytes(bytes.as_ref().to_vec())
}

fn dynamic(bytes: impl AsRef<[u8]>) -> Token {
    Token::Bytes(bytes.as_ref().to_vec())
}

/// A field element: any 31 bytes.
fn element() -> impl Strategy<Value = U256> {
    any::<[u8; 31]>().prop_map(|b| U256::from_be_slice(&b))
}

fn word() -> impl Strategy<Value = B256> {
    any::<[u8; 32]>().prop_map(B256::from)
}

prop_compose! {
    fn header()(
        fields in prop::array::uniform7(element()),
        words in prop::array::uniform7(word()),
        onion in 0u8..=3,
        flags in 0u8..=3,
        launched in any::<u64>(),
        block in any::<u64>(),
        payee in any::<[u8; 20]>(),
    ) -> ReceiptHeader {
        ReceiptHeader {
            schema: 1, verifierKey: words[0], flags, capsuleTag: fields[0], catalogRoot: fields[1],
            operatorTag: fields[2], operatorRoot: fields[3], installRoot: fields[4], stateTag: fields[5],
            nullifier: fields[6], executionKey: words[1], onionNetwork: onion,
            onionKey: if onion == 0 { B256::ZERO } else { words[2] }, launchedAt: launched, notBeforeBlock: block,
            notBeforeHash: words[3], requestId: words[4], payee: Address::from(payee), inputHash: words[5],
            outputHash: words[6], disclosures: B256::ZERO,
        }
    }
}

prop_compose! {
    fn receipt()(
        header in header(),
        chain in any::<u64>(),
        anchor in any::<[u8; 20]>(),
        proof in prop::collection::vec(any::<u8>(), 1..1400),
        openings in prop::collection::vec(
            (any::<[u8; 16]>(), "[a-z]{0,40}", prop::collection::vec(any::<u8>(), 0..80),
             prop::collection::vec(word(), 0..4)), 0..4),
    ) -> Receipt {
        let onion = if header.onionNetwork == 0 { vec![] } else { vec![9; 64] };
        let openings = openings.into_iter().enumerate().map(|(i, (salt, name, value, path))| Opening {
            salt: FixedBytes(salt), name, value: value.into(), index: i as u32, size: 16, path,
        });
        Receipt {
            chainId: chain, anchor: Address::from(anchor), executionSignature: vec![7; 64].into(),
            onionSignature: onion.into(), launchProof: proof.into(), openings: openings.collect(), header,
        }
    }
}

/// The header's values, in order, as 32-byte words.
fn header_words(h: &ReceiptHeader) -> [B256; 21] {
    let small = |x: u64| B256::from(U256::from(x));
    [
        small(h.schema.into()),
        h.verifierKey,
        small(h.flags.into()),
        h.capsuleTag.into(),
        h.catalogRoot.into(),
        h.operatorTag.into(),
        h.operatorRoot.into(),
        h.installRoot.into(),
        h.stateTag.into(),
        h.nullifier.into(),
        h.executionKey,
        small(h.onionNetwork.into()),
        h.onionKey,
        small(h.launchedAt),
        small(h.notBeforeBlock),
        h.notBeforeHash,
        h.requestId,
        h.payee.into_word(),
        h.inputHash,
        h.outputHash,
        h.disclosures,
    ]
}

fn header_token(h: &ReceiptHeader) -> Token {
    let token = |((_, kind), word): (&(&str, &str), B256)| match *kind {
        "bytes32" => fixed(word),
        "address" => Token::Address(Address::from_word(word).into_array().into()),
        _ => uint(word),
    };
    Token::Tuple(HEADER.iter().zip(header_words(h)).map(token).collect())
}

fn receipt_token(r: &Receipt) -> Token {
    let openings = r.openings.iter().map(|o| {
        Token::Tuple(vec![
            fixed(o.salt),
            Token::String(o.name.clone()),
            dynamic(&o.value),
            uint(o.index.to_be_bytes()),
            uint(o.size.to_be_bytes()),
            Token::Array(o.path.iter().map(fixed).collect()),
        ])
    });
    Token::Tuple(vec![
        uint(r.chainId.to_be_bytes()),
        Token::Address(r.anchor.into_array().into()),
        header_token(&r.header),
        dynamic(&r.executionSignature),
        dynamic(&r.onionSignature),
        dynamic(&r.launchProof),
        Token::Array(openings.collect()),
    ])
}

fn typed_data(h: &ReceiptHeader, chain_id: u64, anchor: Address) -> TypedData {
    let types: Vec<_> = HEADER.iter().map(|(name, kind)| json!({"name": name, "type": kind})).collect();
    let message: serde_json::Map<_, _> = HEADER
        .iter()
        .zip(header_words(h))
        .map(|((name, kind), word)| {
            let value = match *kind {
                "bytes32" => json!(word),
                "address" => json!(Address::from_word(word)),
                _ => json!(U256::from_be_bytes(word.0).to_string()),
            };
            (name.to_string(), value)
        })
        .collect();
    serde_json::from_value(json!({
        "primaryType": "ReceiptHeader",
        "domain": {
            "name": "NONOS Receipt", "version": "1", "chainId": format!("{chain_id:#x}"), "verifyingContract": anchor,
        },
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"}, {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"}, {"name": "verifyingContract", "type": "address"},
            ],
            "ReceiptHeader": types,
        },
        "message": message,
    }))
    .expect("typed data")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn receipts_are_the_abi_that_others_write(r in receipt()) {
        let theirs = encode(&[receipt_token(&r)]);
        prop_assert_eq!(&r.encode(), &theirs);
        prop_assert_eq!(Receipt::decode(&theirs).expect("decodes"), r);
    }

    #[test]
    fn digests_are_the_eip712_that_others_compute(
        h in header(), chain in any::<u64>(), anchor in any::<[u8; 20]>()
    ) {
        let anchor = Address::from(anchor);
        let theirs = typed_data(&h, chain, anchor).encode_eip712().expect("digest");
        prop_assert_eq!(B256::from(h.digest(chain, anchor)), B256::from(theirs));
    }

    #[test]
    fn packages_are_the_abi_that_others_write(
        name in "[a-z]{1,40}", payload in prop::collection::vec(any::<u8>(), 1..300),
        syscalls in prop::array::uniform8(any::<u64>()), commitment in word(), publisher in word(),
    ) {
        let policy = PolicyAbi {
            requiredCpu: 3, minIsolation: 2, allowedSyscalls: syscalls, allowedCaps: 7, maxMemoryPages: 64,
            maxNetwork: 0, measurements: vec![U256::from(5)],
        };
        let manifest = Manifest {
            schema: 1, name: name.clone(), version: "1.0.0".into(), publisher, payloadSize: payload.len() as u64,
            sha3_512: Default::default(), blake3: B256::ZERO, commitment, salt: B256::ZERO, digestProof: B256::repeat_byte(3), policy,
            operators: vec![],
        };
        let package = Package { manifest, signature: vec![1; 64].into(), payload: payload.clone().into() };
        let theirs = encode(&[Token::Tuple(vec![
            Token::Tuple(vec![
                uint([1]), Token::String(name), Token::String("1.0.0".into()), fixed(publisher),
                uint((payload.len() as u64).to_be_bytes()), dynamic([]), fixed(B256::ZERO), fixed(commitment),
                fixed(B256::ZERO), fixed(B256::repeat_byte(3)),
                Token::Tuple(vec![
                    uint([3]), uint([2]),
                    Token::FixedArray(syscalls.iter().map(|w| uint(w.to_be_bytes())).collect()),
                    uint([7]), uint([64]), uint([0]), Token::Array(vec![uint([5])]),
                ]),
                Token::Array(vec![]),
            ]),
            dynamic([1; 64]),
            dynamic(&payload),
        ])]);
        prop_assert_eq!(package.encode(), theirs);
    }
}
