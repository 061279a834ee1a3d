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

/// @dev Does what was approved, once, whoever sends it: as an account with several signers does what they signed.
contract Errands {
    mapping(bytes32 call => bool) private approved;

    function approve(address to, uint256 value, bytes calldata data) external {
        approved[keccak256(abi.encode(to, value, data))] = true;
    }

    function run(address to, uint256 value, bytes calldata data) external {
        bytes32 call = keccak256(abi.encode(to, value, data));
        require(approved[call]);
        delete approved[call];
        (bool ok, bytes memory reason) = to.call{value: value}(data);
        if (ok) return;
        assembly ("memory-safe") {
            revert(add(reason, 32), mload(reason))
        }
    }
}
