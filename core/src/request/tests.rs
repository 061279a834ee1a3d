//! Requests: the id against EIP-712 by hand, every member bound, terms as the contract takes them, one form of signature.

use super::*;
use alloy_primitives::{B256, address, keccak256};
use alloy_sol_types::{SolStruct, SolValue};
use proptest::prelude::*;

const MARKET: Address = address!("5FbDB2315678afecb367f032d93F642f64180aa3");
const NOW: u64 = 1_800_000_000;

fn terms() -> MarketTerms {
    MarketTerms { anchor: Address::repeat_byte(0xaa), protocol_fee_bps: 250, collateral_floor_bps: 2000 }
}

fn sample() -> ProofRequest {
    ProofRequest {
        requester: Address::repeat_byte(1),
        salt: U256::from(2),
        anchor: terms().anchor,
        verifierKey: B256::repeat_byte(3),
        publisherId: B256::repeat_byte(4),
        capsuleLeaf: U256::from(5),
        inputHash: B256::repeat_byte(6),
        inputLocatorHash: B256::repeat_byte(7),
        earliestLaunch: NOW,
        assurance: 0,
        minTrust: 8,
        operatorId: B256::repeat_byte(9),
        paymentToken: Address::ZERO,
        offer: Offer {
            minPrice: 10,
            maxPrice: 11,
            rampStart: NOW,
            rampLength: 12,
            lockTimeout: 13,
            timeout: 14,
        },
        baseCollateral: 15,
        relayFee: 16,
        maxProtocolFeeBps: 250,
        feeSharesHash: B256::ZERO,
        callback: Address::ZERO,
        callbackGas: 0,
    }
}

fn with(change: impl FnOnce(&mut Offer)) -> ProofRequest {
    let mut request = sample();
    change(&mut request.offer);
    request
}

/// The sample with one member changed, once per member, and the member's name.
fn mutations() -> Vec<(&'static str, ProofRequest)> {
    macro_rules! mutate {
        ($($member:ident $(. $inner:ident)? = $value:expr),* $(,)?) => {
            vec![$({
                let mut request = sample();
                request.$member $(. $inner)? = $value;
                (concat!(stringify!($member) $(, ".", stringify!($inner))?), request)
            }),*]
        };
    }
    mutate! {
        requester = Address::repeat_byte(0x51), salt = U256::MAX, anchor = Address::repeat_byte(0x52),
        verifierKey = B256::ZERO, publisherId = B256::ZERO, capsuleLeaf = U256::from(6), inputHash = B256::ZERO,
        inputLocatorHash = B256::ZERO, earliestLaunch = NOW + 1, assurance = 1, minTrust = 9, operatorId = B256::ZERO,
        paymentToken = Address::repeat_byte(0x53), offer.minPrice = 9, offer.maxPrice = 12, offer.rampStart = NOW + 1, offer.rampLength = 11,
        offer.lockTimeout = 12, offer.timeout = 15, baseCollateral = 16, relayFee = 17, maxProtocolFeeBps = 251,
        feeSharesHash = B256::repeat_byte(1), callback = Address::repeat_byte(0x54), callbackGas = 1,
    }
}

/// EIP-712 by hand: the type string typed out, words concatenated, nothing of alloy's macro involved in the hash.
fn id_by_hand(request: &ProofRequest, chain_id: u64, market: Address) -> B256 {
    let request_type = "ProofRequest(address requester,uint256 salt,address anchor,bytes32 verifierKey,bytes32 publisherId,\
        uint256 capsuleLeaf,bytes32 inputHash,bytes32 inputLocatorHash,uint64 earliestLaunch,uint8 assurance,\
        uint16 minTrust,bytes32 operatorId,address paymentToken,uint128 minPrice,uint128 maxPrice,uint64 rampStart,\
        uint32 rampLength,uint32 lockTimeout,uint32 timeout,uint128 baseCollateral,uint128 relayFee,\
        uint16 maxProtocolFeeBps,bytes32 feeSharesHash,address callback,uint32 callbackGas)";
    let domain_type = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
    let hash_of_struct = keccak256([keccak256(request_type).to_vec(), request.abi_encode()].concat());
    let domain = (
        keccak256(domain_type),
        keccak256("NONOS ProofMarket"),
        keccak256("1"),
        U256::from(chain_id),
        market,
    );
    let words = [keccak256(domain.abi_encode()), hash_of_struct];
    keccak256([vec![0x19, 0x01], words.concat()].concat())
}

#[test]
fn the_id_is_eip712_written_out() {
    let request = sample();
    assert_eq!(request.id(31337, MARKET).0, id_by_hand(&request, 31337, MARKET));
    assert_ne!(request.id(31337, MARKET), request.id(1, MARKET), "the chain is bound");
    assert_ne!(request.id(31337, MARKET), request.id(31337, Address::ZERO), "the market is bound");
}

#[test]
fn every_member_changes_the_id() {
    let id = sample().id(31337, MARKET);
    let mutations = mutations();
    assert_eq!(mutations.len(), 25, "one mutation per member");
    for (member, mutated) in mutations {
        assert_ne!(mutated.id(31337, MARKET), id, "{member}");
    }
}

#[test]
fn terms_that_no_market_takes_are_named() {
    assert_eq!(sample().validate(&terms(), NOW), Ok(()));
    let refused = [
        ("anchor", "the market's is"),
        ("callback", "with 0 gas"),
        ("callbackGas", "no callback (the zero address) none"),
    ];
    for (member, request) in mutations() {
        let expected = refused.iter().find(|(name, _)| *name == member);
        match (request.validate(&terms(), NOW), expected) {
            (Ok(()), None) => {}
            (Err(error), Some((_, text))) => assert!(error.to_string().contains(text), "{member}: {error}"),
            (result, _) => panic!("{member}: {result:?}"),
        }
    }
    let request = ProofRequest { requester: Address::ZERO, ..sample() };
    assert_eq!(request.validate(&terms(), NOW), Err(RequestError::ZeroRequester));
    let request = ProofRequest { assurance: 4, ..sample() };
    assert_eq!(request.validate(&terms(), NOW), Err(RequestError::Assurance(4)));
    let request = ProofRequest { maxProtocolFeeBps: 249, ..sample() };
    let expected = RequestError::ProtocolFee { fee: 250, accepted: 249 };
    assert_eq!(request.validate(&terms(), NOW), Err(expected));
    let request = with(|offer| offer.minPrice = 12);
    assert!(matches!(request.validate(&terms(), NOW), Err(RequestError::Offer(OfferError::Prices { .. }))));
    for (name, request) in [
        ("maxPrice", with(|offer| offer.maxPrice = MAX_AMOUNT + 1)),
        ("relayFee", ProofRequest { relayFee: MAX_AMOUNT + 1, ..sample() }),
    ] {
        let expected = RequestError::Amount { name, amount: MAX_AMOUNT + 1 };
        assert_eq!(request.validate(&terms(), NOW), Err(expected));
    }
    let request = with(|offer| offer.rampStart = NOW + MAX_TERM - 14);
    assert_eq!(request.validate(&terms(), NOW), Ok(()), "a year is allowed");
    let deadline = NOW + MAX_TERM;
    let expected = RequestError::TooFar { deadline, now: NOW - 1 };
    assert_eq!(request.validate(&terms(), NOW - 1), Err(expected));

    let mut late = with(|_| {});
    let deadline = late.deadline();
    late.earliestLaunch = deadline;
    assert_eq!(late.validate(&terms(), NOW), Ok(()), "in its last second");
    late.earliestLaunch += 1;
    let expected = RequestError::LaunchAfterDeadline { earliest: deadline + 1, deadline };
    assert_eq!(late.validate(&terms(), NOW), Err(expected));
}

#[test]
fn a_signature_has_one_form() {
    let low = Signature::new(U256::from(5), U256::from(6), true);
    let bytes = low.as_bytes();
    assert_eq!(parse_signature(&bytes), Ok(low));
    let order = U256::from_str_radix("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16);
    let high = Signature::new(U256::from(5), order.unwrap() - U256::from(6), false);
    assert_eq!(parse_signature(&high.as_bytes()), Err(RequestSignatureError::HighS(high.s())));
    assert_eq!(canonical_signature(high), bytes, "the same signature, in its lower form");
    assert_eq!(canonical_signature(low), bytes);
    assert_eq!(parse_signature(&bytes[..64]), Err(RequestSignatureError::Length(64)));
    assert_eq!(parse_signature(&[]), Err(RequestSignatureError::Length(0)));
    let mut parity = bytes;
    for v in [0, 1, 26, 29, 37] {
        parity[64] = v;
        assert_eq!(parse_signature(&parity), Err(RequestSignatureError::Parity(v)), "v = {v}");
    }
}

#[test]
fn the_protocol_fee_is_a_floor() {
    assert_eq!(protocol_fee(39, 250), 0);
    assert_eq!(protocol_fee(40, 250), 1);
    assert_eq!(protocol_fee(u128::MAX, 10_000), u128::MAX);
}

proptest! {
    #[test]
    fn the_encoding_is_strict_about_every_word(salt in any::<[u8; 32]>(), min in any::<u128>(), start in any::<u64>(), length in any::<u32>()) {
        let request = ProofRequest {
            salt: U256::from_be_bytes(salt),
            offer: Offer { minPrice: min, rampStart: start, rampLength: length, ..sample().offer },
            ..sample()
        };
        let bytes = request.abi_encode();
        prop_assert_eq!(bytes.len(), 25 * 32);
        prop_assert_eq!(ProofRequest::abi_decode_validate(&bytes).unwrap(), request);
    }
}

#[test]
fn a_callback_has_gas_within_bounds() {
    let callback = Address::repeat_byte(1);
    for (gas, taken) in [(0, false), (1, true), (MAX_CALLBACK_GAS, true), (MAX_CALLBACK_GAS + 1, false)] {
        let request = ProofRequest { callback, callbackGas: gas, ..sample() };
        assert_eq!(request.validate(&terms(), NOW).is_ok(), taken, "{gas}");
    }
}

#[test]
fn a_lock_authorisation_is_signed_as_eip712_says() {
    let authorization = LockAuthorization {
        requestId: B256::repeat_byte(1),
        locker: Address::repeat_byte(2),
        operatorId: B256::repeat_byte(3),
        minPrice: 4,
        maxCollateral: 5,
        deadline: 6,
        nonce: U256::from(7),
    };
    let expected = authorization.eip712_signing_hash(&domain(31337, MARKET));
    assert_eq!(authorization.digest(31337, MARKET), expected);
    assert_ne!(authorization.digest(1, MARKET), expected, "the chain is bound");
    assert_ne!(authorization.digest(31337, Address::ZERO), expected, "the market is bound");
}

#[test]
fn fee_shares_are_named_by_their_hash_and_bounded() {
    let share = |bps| FeeShare { recipient: Address::repeat_byte(1), bps };
    assert_eq!(fee_shares_hash(&[]), Ok(B256::ZERO), "none is zero");
    let two = vec![share(1_000), share(333)];
    assert_eq!(fee_shares_hash(&two), Ok(keccak256(two.abi_encode())));
    assert_eq!(fee_shares_hash(&vec![share(1); 9]), Err(FeeShareError::TooMany(9)));
    assert_eq!(fee_shares_hash(&[share(1), share(0)]), Err(FeeShareError::Empty(1)));
    let nobody = FeeShare { recipient: Address::ZERO, bps: 1 };
    assert_eq!(fee_shares_hash(&[nobody]), Err(FeeShareError::Empty(0)));
    assert_eq!(fee_shares_hash(&[share(5_000), share(1)]), Err(FeeShareError::TooHigh(5_001)));
    assert!(fee_shares_hash(&[share(4_999), share(1)]).is_ok());
}
