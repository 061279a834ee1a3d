// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../interfaces/IProofMarket.sol";
import {IdentityLeaf} from "./Ids.sol";

/// @notice A lock as the market keeps it: three slots, each of which costs a lock 22k gas. The operator follows from the leaf,
///         which the registry knows for good; IProofMarket.Lock has it, and says what the members are.
struct KeptLock {
    address locker;
    uint88 price;
    IProofMarket.RequestState state;
    uint88 collateral;
    uint88 relayFee;
    uint48 deadline;
    uint16 feeBps;
    uint8 extras;
    IdentityLeaf leaf;
}
