// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IBonds} from "../../src/interfaces/IBonds.sol";
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

/// @dev Tries to withdraw its bond twice, the second time from inside the first payment.
contract ReenteringBonder {
    IBonds private immutable BONDS;
    uint256 public entered;

    constructor(IBonds bonds) {
        BONDS = bonds;
    }

    function deposit() external payable {
        BONDS.depositBond{value: msg.value}();
    }

    function withdraw(uint256 amount) external {
        BONDS.withdrawBond(amount, payable(address(this)));
    }

    receive() external payable {
        if (entered++ != 0) return;
        (uint256 free,) = BONDS.bondOf(address(this));
        try BONDS.withdrawBond(free + 1, payable(address(this))) {} catch {}
        BONDS.withdrawBond(free, payable(address(this)));
        entered = 1;
    }
}
