// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {IRequestCallback} from "../../src/interfaces/IRequestCallback.sol";
import {ReceiptDigest} from "../../src/types/Ids.sol";

/// @dev Remembers what it was told, or does what it was told instead.
contract Callback is IRequestCallback {
    enum Manner {
        Listens,
        Reverts,
        RevertsAtLength,
        ReturnsAtLength,
        BurnsAllGas,
        CallsBack
    }

    Manner private manner;
    bytes private call;
    bytes32 public requestId;
    ReceiptDigest public receipt;
    bytes32 public outputHash;
    address public caller;
    uint256 public gasGiven;
    uint256 public reentries;

    function behave(Manner manner_, bytes calldata call_) external {
        (manner, call) = (manner_, call_);
    }

    function onRequestServed(bytes32 requestId_, ReceiptDigest receipt_, bytes32 outputHash_) external {
        uint256 given = gasleft();
        if (manner == Manner.Reverts) revert();
        if (manner == Manner.RevertsAtLength || manner == Manner.ReturnsAtLength) {
            bool reverts = manner == Manner.RevertsAtLength;
            assembly {
                if reverts { revert(0, 100000) }
                return(0, 100000)
            }
        }
        if (manner == Manner.BurnsAllGas) {
            while (true) {}
        }
        if (manner == Manner.CallsBack) {
            (bool ok,) = msg.sender.call(call);
            if (ok) ++reentries;
        }
        (requestId, receipt, outputHash, caller, gasGiven) = (requestId_, receipt_, outputHash_, msg.sender, given);
    }
}
