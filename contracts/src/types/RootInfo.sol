// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// @notice Life of one tree root, in unix seconds.
/// @param insertedAt When it became the current root; 0 if it never was one.
/// @param supersededAt When another root took its place; 0 while it is current.
struct RootInfo {
    uint64 insertedAt;
    uint64 supersededAt;
}
