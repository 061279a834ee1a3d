// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IOperatorRegistry} from "../../src/interfaces/IOperatorRegistry.sol";
import {OperatorId} from "../../src/types/Ids.sol";

/// @dev Takes no ether.
contract RefusingAccount {}

/// @dev Tries to withdraw again from inside its payment.
contract ReenteringAccount {
    IOperatorRegistry private immutable REGISTRY;

    constructor(IOperatorRegistry registry) {
        REGISTRY = registry;
    }

    function expire(OperatorId operator, uint256[] calldata siblings) external {
        REGISTRY.expire(operator, siblings);
    }

    function withdraw() external {
        REGISTRY.withdraw(payable(address(this)));
    }

    receive() external payable {
        try REGISTRY.withdraw(payable(address(this))) {} catch {}
    }
}
