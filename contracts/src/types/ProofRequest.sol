// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {CapsuleLeaf, OperatorId, PublisherId, VerifierKey} from "./Ids.sol";

/// @notice Price and times of a request: a reverse Dutch auction.
/// @param minPrice Price until rampStart, in wei or the token's smallest unit, as all amounts of a request.
/// @param maxPrice Price from the end of the ramp.
/// @param rampStart Unix seconds from which the price rises; all deadlines count from here.
/// @param rampLength Seconds over which it rises.
/// @param lockTimeout Seconds from rampStart to the last second in which the request can be locked.
/// @param timeout Seconds from rampStart to the last second in which the receipt can be anchored or recorded.
struct Offer {
    uint128 minPrice;
    uint128 maxPrice;
    uint64 rampStart;
    uint32 rampLength;
    uint32 lockTimeout;
    uint32 timeout;
}

/// @notice What a requester signs: one launch of one capsule on one input, at a price that rises.
/// @dev WARNING: the EIP-712 type is flat. It has the members of the offer in the place of `offer`, in the same order (the
///      type string is in ProofRequestLib), and the digest is the request's id. The words that are hashed are the same
///      either way; only the type string differs.
/// @param requester Who pays out of its balance in the market.
/// @param salt Makes requests with equal terms different.
/// @param anchor ReceiptAnchor whose receipts serve; must be the market's.
/// @param verifierKey Circuit that the receipt must be proven in.
/// @param publisherId Publisher whose catalog must hold the capsule: the same capsule under a laxer policy is another leaf.
/// @param capsuleLeaf The capsule.
/// @param inputHash keccak256 of the input, as the receipt must show it.
/// @param inputLocatorHash keccak256 of where the input can be had; 0 if it is known. Not read by the chain.
/// @param earliestLaunch Unix seconds before which a launch does not serve.
/// @param assurance See Assurance in IProofMarket: 0 batched, 1 recorded; 2 and 3 likewise, an attested install serves.
/// @param minTrust Least trust score of the operator, 0 to 1000.
/// @param operatorId The only operator that may serve; 0 for any.
/// @param paymentToken ERC-20 that price, relay fee and collateral are in; 0 for ether.
/// @param offer Price and times.
/// @param baseCollateral Collateral of an operator of score 1000, twice that at score 0.
/// @param relayFee Paid on top of the price to whoever anchored or recorded the receipt.
/// @param maxProtocolFeeBps Largest protocol fee that the requester accepts, in basis points of the price.
/// @param feeSharesHash keccak256(abi.encode(FeeShare[])) of who else gets a part of the price; 0 for nobody.
/// @param callback Contract that is told when the request was served, see IRequestCallback; 0 for none.
/// @param callbackGas Gas that it is given; 0 exactly if there is none.
struct ProofRequest {
    address requester;
    uint256 salt;
    address anchor;
    VerifierKey verifierKey;
    PublisherId publisherId;
    CapsuleLeaf capsuleLeaf;
    bytes32 inputHash;
    bytes32 inputLocatorHash;
    uint64 earliestLaunch;
    uint8 assurance;
    uint16 minTrust;
    OperatorId operatorId;
    address paymentToken;
    Offer offer;
    uint128 baseCollateral;
    uint128 relayFee;
    uint16 maxProtocolFeeBps;
    bytes32 feeSharesHash;
    address callback;
    uint32 callbackGas;
}

/// @dev The words of a request, which are what is hashed. Handed to a linked library they are copied, where the struct would be
///      taken apart and put together again; a member with dirty bits is refused where it is read, there as here.
function wordsOf(ProofRequest calldata request) pure returns (uint256[25] calldata words) {
    assembly ("memory-safe") {
        words := request
    }
}

/// @dev The request that these words are.
function requestOf(uint256[25] calldata words) pure returns (ProofRequest calldata request) {
    assembly ("memory-safe") {
        request := words
    }
}
