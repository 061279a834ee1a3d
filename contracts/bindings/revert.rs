//! Revert data as text: the error's name, its values, and what usually causes it.

use std::collections::HashMap;
use std::sync::OnceLock;

use alloy_primitives::{Address, B256, U256, hex, keccak256};

use crate::artifact::{AbiParam, Artifact};

/// An error of one of our contracts.
#[derive(Debug)]
struct KnownError {
    name: String,
    inputs: Vec<AbiParam>,
}

fn known() -> &'static HashMap<[u8; 4], KnownError> {
    static KNOWN: OnceLock<HashMap<[u8; 4], KnownError>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let errors = Artifact::all().unwrap_or_default().into_iter().flat_map(|artifact| artifact.abi);
        errors
            .filter(|entry| entry.kind == "error")
            .map(|entry| {
                let types: Vec<&str> = entry.inputs.iter().map(|input| input.ty.as_str()).collect();
                let hash = keccak256(format!("{}({})", entry.name, types.join(",")));
                ([hash[0], hash[1], hash[2], hash[3]], KnownError { name: entry.name, inputs: entry.inputs })
            })
            .collect()
    })
}

/// Readable form of revert data: `Name(member: value, ..): likely cause`.
///
/// Total: data of any length and content gives some text. Names and members come from the artifacts, so the text follows
/// the contracts without anything to maintain here but the causes.
pub fn describe_revert(data: &[u8]) -> String {
    let Some((selector, words)) = data.split_first_chunk::<4>() else {
        return match data {
            [] => "no reason given (out of gas, no contract at the address, or a failed low-level call)"
                .to_owned(),
            _ => format!("revert data too short to name an error: 0x{}", hex::encode(data)),
        };
    };
    match known().get(selector) {
        Some(error) => {
            let values = error.inputs.iter().enumerate().map(|(i, input)| {
                let value =
                    word(words, i).map_or_else(|| "<missing>".to_owned(), |word| show(&input.ty, &word));
                format!("{}: {value}", input.name.trim_end_matches('_'))
            });
            let values: Vec<String> = values.collect();
            let call = format!("{}({})", error.name, values.join(", "));
            match cause(&error.name) {
                Some(cause) => format!("{call}: {cause}"),
                None => call,
            }
        }
        None => describe_builtin(*selector, words, data),
    }
}

fn word(words: &[u8], index: usize) -> Option<B256> {
    let start = index.checked_mul(32)?;
    words.get(start..start.checked_add(32)?).map(B256::from_slice)
}

fn show(ty: &str, word: &B256) -> String {
    let number = U256::from_be_bytes(word.0);
    match ty {
        "address" => Address::from_word(*word).to_string(),
        "bool" => (!number.is_zero()).to_string(),
        "bytes32" => text(word).unwrap_or_else(|| word.to_string()),
        _ if number.bit_len() <= 64 => number.to_string(),
        _ => format!("{number:#066x}"),
    }
}

/// A zero-padded ASCII name in a word.
fn text(word: &B256) -> Option<String> {
    let end = word.iter().position(|byte| *byte == 0).unwrap_or(32);
    let (name, padding) = word.split_at(end);
    let printable = name.iter().all(|byte| (b' '..=b'~').contains(byte));
    (!name.is_empty() && printable && padding.iter().all(|byte| *byte == 0))
        .then(|| format!("\"{}\"", String::from_utf8_lossy(name)))
}

fn describe_builtin(selector: [u8; 4], words: &[u8], data: &[u8]) -> String {
    match selector {
        // Panic(uint256)
        [0x4e, 0x48, 0x7b, 0x71] => match word(words, 0).map(|code| U256::from_be_bytes(code.0)) {
            Some(code) => format!(
                "Panic({code:#04x}): a bug in the contract, or arguments that overflow; please report it"
            ),
            None => "Panic without a code".to_owned(),
        },
        // Error(string)
        [0x08, 0xc3, 0x79, 0xa0] => {
            let length = word(words, 1).and_then(|word| usize::try_from(U256::from_be_bytes(word.0)).ok());
            let message = length.and_then(|length| words.get(64..64usize.checked_add(length)?));
            format!("Error({:?})", String::from_utf8_lossy(message.unwrap_or_default()))
        }
        _ => format!("error of an unknown contract: 0x{}", hex::encode(data)),
    }
}

/// What usually causes an error, and what to do. Only where the name and values do not say it already.
fn cause(name: &str) -> Option<&'static str> {
    Some(match name {
        "WrongSiblingNodes" | "WrongSiblingCount" => {
            "the tree changed since the Merkle path was made; rebuild the path from the latest events and retry"
        }
        "EnrolmentProofRejected" => {
            "signed by another key, for another registry, controller, validity, number or leaf, or on top of another \
             predecessor: read the terms from the chain again, and prove again"
        }
        "PublisherProofRejected" => {
            "signed by another key, or for another account, registry or chain; prove again for this account"
        }
        "WrongChain" => "the enrolment was signed for another chain; read the terms here, and prove again",
        "LiabilitiesOpen" => {
            "locks of this operator have not ended: fulfil, drop, slash or unwind them, as anybody may"
        }
        "InstallNotReached" => {
            "the chunks before were not admitted on this chain, or cut elsewhere: send the install from the last state that \
             was reached, or from its first chunk"
        }
        "InstallProofRejected" => {
            "the proof is of another chunk, install or binary, or the last chunk and the others were mixed up; prove this \
             chunk again from the state before it"
        }
        "NoChunks" => "an install is sent with at least one proven chunk",
        "DeveloperSetup" => "the trapdoor of a developer setup is public; use a ceremony file on this chain",
        "LeafUsed" => {
            "a leaf is accepted once: an install is there already, for an enrolment use a fresh identity key or a higher \
             sequence number"
        }
        "StaleSequence" => "this enrolment is older than one already accepted",
        "KeyUnset" => "no verifier was added for this circuit; wrong deployment, or a newer node",
        "KeyRemoved" => "this circuit version was withdrawn for good; update the node",
        "Stopped" => "the verifier router was stopped for good",
        "RootUnknown" => "the proof was made for a tree of another chain or registry, or for an unmined root",
        "RootStale" => "the proof was made too long ago; launch again with the current roots",
        "LaunchedAfterRoot" => {
            "the tree had changed before the launch: the operator left, or the capsule was revoked, or the launch was \
             made with old events; launch again with the current roots"
        }
        "LaunchedBeforeRoot" => {
            "the launch is dated before the tree had this state; check the operator's clock, or launch again"
        }
        "NotACapsule" => "the first leaf of a catalog names its publisher and stays",
        "ValidityTooShort" => "an enrolment must last longer; choose a later validUntil",
        "NotBeforeUnknown" => "the block is older than 8,191 blocks, or not mined yet on this chain",
        "NotBeforeMismatch" => "the receipt names a block of another chain, or one that was reorganised away",
        "LaunchedBeforeCheckpoint" => {
            "the launch is dated before the block that it names; check the operator's clock"
        }
        "LaunchedInFuture" => "the operator's clock is ahead of the chain's; wait for the next block",
        "NullifierUsed" => {
            "this receipt is recorded already (isRecorded says so), or another with the same index in this hour"
        }
        "ProofInvalid" => "the proof does not belong to this header",
        "NoBlob" => "the transaction carries no blob of this number",
        "OpeningRefused" => "another blob, commitment or proof; or give the transaction more gas",
        "LaunchAfterDeadline" => "nothing could serve it: the earliest launch is after the deadline",
        "InputDemandTooLate" => "two graces have to fit before the deadline: one to answer, one to serve",
        "InputAnswerTooLate" => "the locker may leave by now",
        "InsufficientGas" => "raise the gas limit: the verifier must be able to finish",
        "BatchUnknown" => {
            "never anchored by this relayer on this chain, or reorganised away; check every member"
        }
        "BatchExists" => "anchored before, by this relayer: nothing is lost, and nothing to do",
        "BatchHasFallen" => "every leaf of it is void; anchor the receipts again in another batch",
        "NotIncluded" => {
            "the path, index or batch is another leaf's, or the header or proof is not the one in the leaf"
        }
        "FreeBondTooSmall" => "deposit more bond, or release the slices of batches that are no longer liable",
        "StillLiable" => "wait until liableUntil is over and no demand is open",
        "RouterStopped" => {
            "the verifier router was stopped for good: nothing becomes final any more; withdraw"
        }
        "AlreadyCommitted" => "the commitment stands; challenge in a later block",
        "NotCommitted" => "commit from the challenging account first, with the same batch, index and salt",
        "CommittedThisBlock" => "wait for the next block",
        "LeafValid" => "the leaf is honest",
        "LeafAlreadyVoid" => "somebody was faster",
        "SameReceipt" => "one receipt that was anchored twice: both leaves stand, and nothing is lost",
        "OtherVerifierKey" => "receipts for different circuits or setups are no duplicates of each other",
        "NotEarlier" => "the other leaf was first: exchange the two",
        "RecordedTooLate" => "only a record made in a second before the leaf was anchored voids it",
        "EarlierUnproven" => "whoever made that leaf had no proof: challenge that one, by challengeLeaf",
        "PrecompileRepriced" => {
            "this chain charges more for BN254 operations than the verifiers were made for; nobody is slashed"
        }
        "DemandBondTooSmall" => "the base fee rose; send more: what is too much comes back as free bond",
        "TooManyDemands" => "wait until one is answered",
        "WrongDeposit" => "send exactly the deposit of the registry",
        "TokenWithoutCode" => "paymentToken is no contract on this chain; the zero address pays in ether",
        "OtherFeeShares" => {
            "give the very shares that the request names by their hash, in their order; none if it is zero"
        }
        "RequestNeeded" => "it pays in a token, calls back or shares the price: settle it with fulfilClaimed",
        "CallbackGasMissing" => "send it with more gas: the callback is due its share",
        "NotRescuable" => "half of the time between the last lock and the deadline is the locker's alone",
        "SignatureRefused" => "the contract at this address does not call the signature valid (ERC-1271)",
        "NonceUsed" => "each nonce of a locker serves once; sign anew with another",
        "LockDeadlinePassed" => "nobody took the request in time; sign a new one",
        "DeadlineTooFar" => "check the unit: times are in seconds",
        "InsufficientBalance" => {
            "deposit in the market first; a lock sets price, relay fee and collateral aside"
        }
        "NotSubmitted" => "give the requester's signature, or let the requester submit the request",
        "SignatureInvalid" => "signed for another chain or market, or the request was changed after signing",
        "SignatureHighS" => "normalise the signature: s in the lower half of the group order",
        "TrustTooLow" => "the operator has not earned the score that this request asks for",
        "EnrolmentTooShort" => "renew the operator's enrolment before it takes this request",
        "SliceExhausted" => {
            "the batch's bond is too small for this price; use verifyNow, or a relayer with more bond"
        }
        "TooLate" => "the receipt was anchored or recorded after the deadline",
        "UnwindInstead" => "the verifier was stopped or removed; unwind gives everybody its own back",
        "LockDeadlineAhead" => {
            "a receipt that was recorded by the lock deadline can be settled for a grace longer"
        }
        "CapsuleNotListed" => "the publisher revoked the capsule, or never published it",
        "BalanceTooLarge" => "no honest token has such balances",
        "LeafNotFinal" => "wait until the batch is final",
        "PolicyBelowFloor" => "the policy allows something that the mesh floor forbids",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::{operators::OperatorRegistry, router::VerifierRouter};
    use alloy_sol_types::{Revert, SolError};
    use proptest::prelude::*;

    #[test]
    fn custom_errors_show_names_values_and_cause() {
        let data =
            OperatorRegistry::WrongDeposit { sent: U256::from(1), required: U256::from(2) }.abi_encode();
        assert_eq!(
            describe_revert(&data),
            "WrongDeposit(sent: 1, required: 2): send exactly the deposit of the registry"
        );
        let key = B256::repeat_byte(7);
        let data = VerifierRouter::KeyRemoved { key }.abi_encode();
        assert_eq!(
            describe_revert(&data),
            format!("KeyRemoved(key: {key}): this circuit version was withdrawn for good; update the node")
        );
    }

    #[test]
    fn names_in_words_are_text_and_trailing_underscores_go() {
        let name = B256::right_padding_from(b"deposit");
        let data = OperatorRegistry::BadParameter { name, value: U256::MAX }.abi_encode();
        assert_eq!(
            describe_revert(&data),
            format!("BadParameter(name: \"deposit\", value: {:#066x})", U256::MAX)
        );
        let data = OperatorRegistry::AlreadyExpired { validUntil: 3, now_: 4 }.abi_encode();
        assert_eq!(describe_revert(&data), "AlreadyExpired(validUntil: 3, now: 4)");
    }

    #[test]
    fn builtin_and_foreign_errors_are_named() {
        assert_eq!(describe_revert(&Revert::from("no").abi_encode()), "Error(\"no\")");
        assert_eq!(describe_revert(&[1, 2]), "revert data too short to name an error: 0x0102");
        assert_eq!(describe_revert(&[1, 2, 3, 4]), "error of an unknown contract: 0x01020304");
        assert!(describe_revert(&[]).starts_with("no reason given"));
    }

    #[test]
    fn every_error_has_value_types_only() {
        for (selector, error) in known() {
            for input in &error.inputs {
                let value = input.ty.starts_with("uint")
                    || matches!(input.ty.as_str(), "address" | "bool" | "bytes32");
                assert!(value, "{selector:?} {}: {} cannot be shown", error.name, input.ty);
            }
        }
        assert!(known().len() > 40);
    }

    proptest! {
        #[test]
        fn any_bytes_give_some_text(data in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(!describe_revert(&data).is_empty());
        }

        #[test]
        fn truncated_errors_give_some_text(len in 0usize..68) {
            let data = OperatorRegistry::WrongDeposit { sent: U256::MAX, required: U256::MAX }.abi_encode();
            prop_assert!(!describe_revert(&data[..len]).is_empty());
        }
    }
}
