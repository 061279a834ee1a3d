// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// @notice What the chain knows of one leaf of a batch.
/// @param Unknown No such batch is anchored.
/// @param Pending Anchored, and still open to a challenge or a demand, or frozen by a stop of the router.
/// @param Final Nothing can void the leaf any more.
/// @param Void The leaf was proven fraudulent or a duplicate while it could be, or its whole batch fell.
enum LeafStatus {
    Unknown,
    Pending,
    Final,
    Void
}
