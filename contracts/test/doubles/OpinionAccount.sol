// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IVerificationMarket} from "../../src/interfaces/IVerificationMarket.sol";

/// @dev A contract with a balance in the market: a verifier that signs by ERC-1271 what it was told to. When paid, it does
///      what it was told, and remembers whether that worked.
contract OpinionAccount {
    IVerificationMarket private immutable MARKET;
    bytes private call;
    bool private refuses;
    bytes32 private signed;
    uint256 public payments;
    uint256 public reentries;

    constructor(IVerificationMarket market) payable {
        MARKET = market;
        market.deposit{value: msg.value}();
    }

    function whenPaid(bytes calldata call_, bool refuses_) external {
        (call, refuses) = (call_, refuses_);
    }

    function sign(bytes32 digest) external {
        signed = digest;
    }

    function withdraw(uint256 amount) external {
        MARKET.withdraw(amount, payable(address(this)));
    }

    function bid(uint256 jobId, uint72 fee) external {
        MARKET.bid(jobId, fee);
    }

    /// @dev ERC-1271.
    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        return digest == signed ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
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

/// @dev A contract for which a key signs, as it does for others: it takes any digest that the key has signed.
contract SharedKeyAccount {
    address private immutable OWNER;

    constructor(address owner) {
        OWNER = owner;
    }

    /// @dev ERC-1271.
    function isValidSignature(bytes32 digest, bytes calldata s) external view returns (bytes4) {
        address signer = ecrecover(digest, uint8(s[64]), bytes32(s[:32]), bytes32(s[32:64]));
        return signer == OWNER ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }
}
