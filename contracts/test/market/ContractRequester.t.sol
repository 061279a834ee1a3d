// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {MarketWorld} from "../base/MarketWorld.sol";
import {SigningAccount} from "../doubles/MarketAccounts.sol";

/// @dev A contract consents by what it calls a valid signature (ERC-1271), and by nothing else.
contract ContractRequesterTest is MarketWorld {
    SigningAccount private account;

    function setUp() public override {
        super.setUp();
        account = new SigningAccount{value: 1 ether}(market, vm.addr(REQUESTER_KEY));
    }

    function ofContract() private returns (ProofRequest memory r) {
        r = request();
        r.requester = address(account);
    }

    function refused(ProofRequest memory r, bytes memory signature) private {
        expect(abi.encodeWithSelector(IProofMarket.SignatureRefused.selector, address(account), market.requestIdOf(r)));
        vm.prank(controller);
        market.lock(r, signature, operator, NO_SHARES);
    }

    function test_what_the_contract_calls_valid_is_consent() public {
        ProofRequest memory r = ofContract();
        bytes32 id = lock(r);
        vm.assertEq(market.balanceOf(address(account)), 1 ether - 0.101 ether, "charged");
        assertState(id, IProofMarket.RequestState.Locked, "locked");
    }

    function test_what_it_does_not_call_valid_is_none() public {
        ProofRequest memory r = ofContract();
        refused(r, signWith(8, r));
        bytes memory good = sign(r);
        SigningAccount.Manner[4] memory manners = [
            SigningAccount.Manner.Reverts,
            SigningAccount.Manner.SaysNothing,
            SigningAccount.Manner.SaysTooLittle,
            SigningAccount.Manner.WritesState
        ];
        for (uint256 i; i < 4; ++i) {
            account.behave(manners[i]);
            refused(r, good);
        }
        account.behave(SigningAccount.Manner.Honest);
        ProofRequest memory other = ofContract();
        refused(other, good);
        vm.prank(controller);
        market.lock(r, good, operator, NO_SHARES);
    }

    /// @dev A contract may have signatures of any length; here its own check fails on a short one.
    function test_a_short_signature_is_the_contracts_to_judge() public {
        ProofRequest memory r = ofContract();
        refused(r, hex"01");
    }

    /// @dev Without code there is no contract to ask, whatever the signature looks like.
    function test_an_account_without_code_signs_by_key_only() public {
        ProofRequest memory r = request();
        expect(abi.encodeWithSelector(IProofMarket.SignatureLength.selector, 66));
        vm.prank(controller);
        market.lock(r, new bytes(66), operator, NO_SHARES);
    }

    /// @dev EIP-7702: an account with a key and code keeps its key.
    function test_an_account_that_delegates_its_code_still_signs_by_key() public {
        ProofRequest memory r = request();
        vm.etch(requester, hex"fe");
        bytes32 id = lock(r);
        assertState(id, IProofMarket.RequestState.Locked, "locked");
    }
}
