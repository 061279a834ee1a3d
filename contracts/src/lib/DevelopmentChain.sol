// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// @dev Chain ids on which a developer setup and short windows are tolerated: anvil/hardhat and geth --dev. Every other
///      chain, test networks included, counts as real.
/// @dev These ids are a convention, not a fact about a chain: anybody can run a public chain under them, and what it
///      holds is then worth as much as the word of whoever runs it. Do not give value to a deployment under these ids.
function isDevelopmentChain() view returns (bool) {
    return block.chainid == 31337 || block.chainid == 1337;
}
