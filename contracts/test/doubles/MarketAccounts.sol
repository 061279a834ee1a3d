// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";

/// @dev A contract with a balance in the market. When paid, it does what it was told, and remembers whether that worked.
contract MarketAccount {
    IProofMarket private immutable MARKET;
    bytes private call;
    bool private refuses;
    uint256 public payments;
    uint256 public reentries;

    constructor(IProofMarket market) payable {
        MARKET = market;
        market.deposit{value: msg.value}();
    }

    function whenPaid(bytes calldata call_, bool refuses_) external {
        (call, refuses) = (call_, refuses_);
    }

    function withdraw(uint256 amount) external {
        MARKET.withdraw(amount, payable(address(this)));
    }

    function submit(ProofRequest calldata request) external returns (bytes32) {
        return MARKET.submit(request);
    }

    receive() external payable {
        ++payments;
        if (call.length != 0) {
            (bool ok,) = address(MARKET).call(call);
            if (ok) ++reentries;
        }
        require(!refuses);
    }
}
