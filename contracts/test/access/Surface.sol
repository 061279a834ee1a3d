// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// @dev Who may call a function. Anyone: whoever it concerns by what it is given (a signature, a proof, the caller's own money
///      or enrolment), by rules that are the same for every account; the interfaces say which.
enum Role {
    Anyone,
    Owner,
    OwnerOrGuardian,
    Successor,
    Market,
    Attestor,
    Proposer,
    Canceller,
    Executor,
    TimelockItself
}

/// @dev Every function of every deployed contract that is neither view nor pure, with its role. A function that is not here
///      fails Surface.t.sol until somebody has decided who may call it.
abstract contract Surface {
    struct Entry {
        string contractName;
        string functionName;
        Role role;
    }

    Entry[] private entries;

    constructor() {
        _owned("VerifierRouter");
        _is("VerifierRouter", "add", Role.Owner);
        _is("VerifierRouter", "remove", Role.OwnerOrGuardian);
        _is("VerifierRouter", "stop", Role.OwnerOrGuardian);
        _owned("FeeSchedule");
        _is("FeeSchedule", "schedule", Role.Owner);
        _is("FeeSchedule", "retract", Role.OwnerOrGuardian);
        _is("TrustScores", "recordFulfilled", Role.Market);
        _is("TrustScores", "recordFaulted", Role.Market);
        _is("TrustScores", "recordChallenged", Role.Market);
        _is("OperatorRegistry", "raiseLiability", Role.Market);
        _is("OperatorRegistry", "lowerLiability", Role.Market);
        _timelock();
        _anyone("OperatorRegistry", "enrol rotate expire exit releaseDeposit withdraw");
        _anyone("CapsuleRegistry", "registerPublisher publish revoke admitInstalls");
        _is("CapsuleRegistry", "admitAttested", Role.Attestor);
        _anyone("VerificationMarket", "deposit withdraw postBatch postInstall bid attest attestFor slash contest");
        _anyone("VerificationMarket", "admit settle unwind");
        _anyone("ReceiptAnchor", "verifyNow depositBond withdrawBond anchorBatch anchorBatchWithLeaves releaseSlice");
        _anyone("ReceiptAnchor", "anchorBatchInBlob challengeBlob challengeBlobElement");
        _anyone("ReceiptAnchor", "commitChallenge challengeLeaf challengeData challengeDuplicate challengeRecorded");
        _anyone("ReceiptAnchor", "demandReveal revealLeaf closeDemand");
        _anyone("ProofMarket", "deposit withdraw submit cancel expire lock claim fulfil fulfilMany fulfilRecorded");
        _anyone("ProofMarket", "dropClaim slash unwind rescue fulfilOpen fulfilClaimed lockFor voidNonces");
        _anyone("ProofMarket", "depositToken depositTokenWithPermit withdrawToken");
        _anyone("ProofMarket", "demandInput answerInput closeInputDemand");
    }

    function surface() internal view returns (Entry[] memory) {
        return entries;
    }

    function same(string memory a, string memory b) internal pure returns (bool) {
        return keccak256(bytes(a)) == keccak256(bytes(b));
    }

    function _owned(string memory contractName) private {
        _is(contractName, "offerOwnership", Role.Owner);
        _is(contractName, "acceptOwnership", Role.Successor);
        _is(contractName, "renounceOwnership", Role.Owner);
    }

    /// @dev Roles can only be given up by whoever has them (`renounceRole`); the receivers of tokens answer and do nothing.
    function _timelock() private {
        _is("Timelock", "schedule", Role.Proposer);
        _is("Timelock", "scheduleBatch", Role.Proposer);
        _is("Timelock", "cancel", Role.Canceller);
        _is("Timelock", "execute", Role.Executor);
        _is("Timelock", "executeBatch", Role.Executor);
        _is("Timelock", "updateDelay", Role.TimelockItself);
        _is("Timelock", "grantRole", Role.TimelockItself);
        _is("Timelock", "revokeRole", Role.TimelockItself);
        _anyone("Timelock", "renounceRole onERC721Received onERC1155Received onERC1155BatchReceived");
    }

    /// @param names Functions, one space between them.
    function _anyone(string memory contractName, string memory names) private {
        bytes memory text = bytes(names);
        uint256 from;
        for (uint256 i; i <= text.length; ++i) {
            if (i != text.length && text[i] != " ") continue;
            bytes memory name = new bytes(i - from);
            for (uint256 k; k < name.length; ++k) {
                name[k] = text[from + k];
            }
            _is(contractName, string(name), Role.Anyone);
            from = i + 1;
        }
    }

    function _is(string memory contractName, string memory functionName, Role role) private {
        entries.push(Entry(contractName, functionName, role));
    }
}
