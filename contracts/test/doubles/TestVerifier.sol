// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {VerifierKey} from "../../src/types/Ids.sol";
import {EnrolmentWrapper} from "../../src/verifier/EnrolmentWrapper.sol";
import {InstallWrapper} from "../../src/verifier/InstallWrapper.sol";
import {LaunchWrapper} from "../../src/verifier/LaunchWrapper.sol";
import {VerifierWrapper} from "../../src/verifier/VerifierWrapper.sol";

/// @dev Stands where a generated verifier stands, and answers as told. Accepts one calldata only when told so.
contract TestVerifier {
    enum Answer {
        One,
        OnlyExpected,
        Zero,
        Two,
        Nothing,
        TwoWords,
        Revert,
        BurnGas,
        ReturnBomb,
        Heavy,
        Statement
    }

    Answer public answer;
    bytes32 public expected;
    /// @dev What a heavy answer uses up.
    uint256 public weight = 580_000;

    function weigh(uint256 weight_) external {
        weight = weight_;
    }

    function tell(Answer answer_, bytes32 expected_) external {
        (answer, expected) = (answer_, expected_);
    }

    fallback() external {
        Answer a = answer;
        if (a == Answer.OnlyExpected) a = keccak256(msg.data) == expected ? Answer.One : Answer.Revert;
        // A proof that is the instances it is for, however many: whoever has it can show that statement, and no other.
        if (a == Answer.Statement) {
            uint256 half = msg.data.length / 2;
            bool words = half != 0 && msg.data.length % 64 == 0;
            bool same = words && keccak256(msg.data[:half]) == keccak256(msg.data[half:]);
            a = same ? Answer.One : Answer.Revert;
        }
        assembly {
            switch a
            case 0 {
                mstore(0, 1)
                return(0, 32)
            }
            case 2 {
                mstore(0, 0)
                return(0, 32)
            }
            case 3 {
                mstore(0, 2)
                return(0, 32)
            }
            case 4 { return(0, 0) }
            case 5 {
                mstore(0, 1)
                return(0, 64)
            }
            case 7 { invalid() }
            case 8 {
                mstore(0, 1)
                return(0, 300000)
            }
            case 9 {
                // Accepts, after nearly all of the gas that the wrapper promises.
                let before := gas()
                let most := sload(weight.slot)
                for {} lt(sub(before, gas()), most) {} {}
                mstore(0, 1)
                return(0, 32)
            }
            default {
                mstore(0, 1)
                revert(0, 32)
            }
        }
    }
}

/// @dev The wrapper of launches around any code, so that its plumbing can be tested without a proof.
contract TestWrapper is LaunchWrapper {
    constructor(address generated_, VerifierKey key, bool developer) VerifierWrapper(generated_, key, developer) {}
}

/// @dev The wrapper of enrolments around any code.
contract TestEnrolmentWrapper is EnrolmentWrapper {
    constructor(address generated_, VerifierKey key, bool developer) VerifierWrapper(generated_, key, developer) {}
}

/// @dev The wrapper of installs around any code.
contract TestInstallWrapper is InstallWrapper {
    constructor(address generated_, VerifierKey key, bool developer) VerifierWrapper(generated_, key, developer) {}
}
