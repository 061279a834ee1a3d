// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ReceiptDigest} from "../types/Ids.sol";

/// @title IRequestCallback: what a request can have told to a contract when it was served
/// @dev WARNING: anybody can make the market call anybody, with a request of its own. Check that the caller is the market, and
///      that the request is one that you, or whom you trust, made. The call is the last thing that the market does; it is given
///      the request's callbackGas, and if it fails nobody tries again: the request is settled all the same. Anybody chooses the moment, and what it is called out of:
///      a function of yours that calls others and holds a lock against re-entrance makes this call fail if it needs the same lock.
interface IRequestCallback {
    /// @notice A request was served.
    /// @param requestId The request.
    /// @param receipt Digest of the receipt that served it.
    /// @param outputHash The receipt's output hash, as proven.
    function onRequestServed(bytes32 requestId, ReceiptDigest receipt, bytes32 outputHash) external;
}
