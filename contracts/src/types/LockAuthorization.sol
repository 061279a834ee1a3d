// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {OperatorId} from "./Ids.sol";

/// @notice What a locker signs, so that somebody else can send its lock of one request.
/// @dev EIP-712 under the market's domain, as LockAuthorization(bytes32 requestId,address locker,bytes32 operatorId,uint128
///      minPrice,uint128 maxCollateral,uint64 deadline,uint256 nonce).
/// @param requestId The request.
/// @param locker Who puts up the collateral; controls the operator.
/// @param operatorId The operator whose receipt will serve.
/// @param minPrice Least price at which the lock may be sent, in the request's token.
/// @param maxCollateral Most collateral that it may take, likewise.
/// @param deadline Last second in which it may be sent.
/// @param nonce Each of a locker's nonces serves once; sign several with the same, and at most one becomes a lock.
struct LockAuthorization {
    bytes32 requestId;
    address locker;
    OperatorId operatorId;
    uint128 minPrice;
    uint128 maxCollateral;
    uint64 deadline;
    uint256 nonce;
}
