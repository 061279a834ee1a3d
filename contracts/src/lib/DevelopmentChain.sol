// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// @dev Chain ids on which a developer setup and unproven entries are tolerated: anvil/hardhat and geth --dev. Every
///      other chain, test networks included, counts as real.
function isDevelopmentChain() view returns (bool) {
    return block.chainid == 31337 || block.chainid == 1337;
}
