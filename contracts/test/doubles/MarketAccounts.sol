// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";

/// @dev A contract with a balance in the market. When paid, it does what it was told, and remembers whether that worked.
contract MarketAccount {
    IProofMarket private immutable MARKET;
    bytes private call;
    bool private refuses;
    uint256 public payments;
    uint256 public reentries;

    constructor(IProofMarket market) payable {
        MARKET = market;
        market.deposit{value: msg.value}();
    }

    function whenPaid(bytes calldata call_, bool refuses_) external {
        (call, refuses) = (call_, refuses_);
    }

    function withdraw(uint256 amount) external {
        MARKET.withdraw(amount, payable(address(this)));
    }

    function submit(ProofRequest calldata request) external returns (bytes32) {
        return MARKET.submit(request);
    }

    receive() external payable {
        ++payments;
        if (call.length != 0) {
            (bool ok,) = address(MARKET).call(call);
            if (ok) ++reentries;
        }
        require(!refuses);
    }
}

/// @dev A contract with a balance that says what its owner's key signed is valid (ERC-1271), or does what it is told instead.
contract SigningAccount {
    enum Manner {
        Honest,
        Reverts,
        SaysNothing,
        SaysTooLittle,
        WritesState
    }

    IProofMarket private immutable MARKET;
    address private immutable OWNER;
    Manner private manner;
    uint256 private asked;

    constructor(IProofMarket market, address owner) payable {
        (MARKET, OWNER) = (market, owner);
        market.deposit{value: msg.value}();
    }

    function behave(Manner manner_) external {
        manner = manner_;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external returns (bytes4) {
        if (manner == Manner.Reverts) revert();
        if (manner == Manner.SaysNothing) {
            assembly {
                return(0, 0)
            }
        }
        if (manner == Manner.SaysTooLittle) {
            assembly {
                mstore(0, shl(224, 0x1626ba7e))
                return(0, 4)
            }
        }
        if (manner == Manner.WritesState) ++asked;
        (bytes32 r, bytes32 s, uint8 v) = (bytes32(signature[:32]), bytes32(signature[32:64]), uint8(signature[64]));
        return ecrecover(digest, v, r, s) == OWNER ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }
}
