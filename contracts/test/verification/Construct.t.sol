// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IVerificationMarket} from "../../src/interfaces/IVerificationMarket.sol";
import {VerificationWorld} from "../base/VerificationWorld.sol";

/// @dev A market is wired to its anchor, and its parameters are within bounds, for good.
contract ConstructTest is VerificationWorld {
    function create(IVerificationMarket.Parameters memory p) external returns (address) {
        return deploy("VerificationMarket.sol:VerificationMarket", abi.encode(anchor, p));
    }

    function refused(IVerificationMarket.Parameters memory p, bytes32 name, uint256 value) private {
        expect(abi.encodeWithSelector(IVerificationMarket.BadParameter.selector, name, value));
        this.create(p);
    }

    function test_parameters_out_of_bounds_are_refused() public {
        IVerificationMarket.Parameters memory p = parameters();
        uint64[2] memory values = [uint64(0), WINDOW / 2 + 1];
        for (uint256 i; i < 2; ++i) {
            p.attestedFloor = values[i];
            refused(p, "attestedFloor", values[i]);
        }
        p = parameters();
        values = [uint64(0), WINDOW / 4 + 1];
        for (uint256 i; i < 2; ++i) {
            p.grace = values[i];
            refused(p, "grace", values[i]);
        }
        p = parameters();
        values = [uint64(0), 30 days + 1];
        for (uint256 i; i < 2; ++i) {
            p.contestWindow = values[i];
            refused(p, "contestWindow", values[i]);
        }
        p = parameters();
        for (uint256 i; i < 2; ++i) {
            p.answerBase = values[i];
            refused(p, "answerBase", values[i]);
        }
        p = parameters();
        values = [uint64(0), 1 hours + 1];
        for (uint256 i; i < 2; ++i) {
            p.answerPerChunk = values[i];
            refused(p, "answerPerChunk", values[i]);
        }
        p = parameters();
        p.leastInstallBond = 0;
        refused(p, "leastInstallBond", 0);
    }

    /// @dev Seconds are for development chains.
    function test_short_times_are_for_development_chains() public {
        vm.chainId(1);
        IVerificationMarket.Parameters memory p = parameters();
        p.attestedFloor = 1 hours - 1;
        refused(p, "attestedFloor", 1 hours - 1);
        p = parameters();
        p.grace = 1 hours - 1;
        refused(p, "grace", 1 hours - 1);
        p = parameters();
        p.contestWindow = 1 days - 1;
        refused(p, "contestWindow", 1 days - 1);
        p = parameters();
        p.answerBase = 1 hours - 1;
        refused(p, "answerBase", 1 hours - 1);
    }

    /// @dev A second market could not admit anything to the first one's tree: it is not even created.
    function test_the_registry_names_this_market_or_none() public {
        refused(parameters(), "attestor", uint160(address(opinions)));
    }

    function test_everything_is_wired() public view {
        vm.assertEq(address(opinions.anchor()), address(anchor), "anchor");
        vm.assertEq(address(opinions.router()), address(router), "router");
        vm.assertEq(address(opinions.capsules()), address(capsules), "capsules");
        vm.assertEq(capsules.attestor(), address(opinions), "attestor");
        vm.assertEq(opinions.attestedFloor(), ATTESTED_FLOOR, "floor");
        vm.assertEq(opinions.grace(), VERIFICATION_GRACE, "grace");
        vm.assertEq(opinions.contestWindow(), CONTEST_WINDOW, "contest window");
        vm.assertEq(opinions.answerBase(), ANSWER_BASE, "answer base");
        vm.assertEq(opinions.answerPerChunk(), ANSWER_PER_CHUNK, "answer per chunk");
        vm.assertEq(opinions.leastInstallBond(), LEAST_BOND, "bond");
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("NONOS VerificationMarket"),
                keccak256("1"),
                block.chainid,
                address(opinions)
            )
        );
        vm.assertEq(opinions.domainSeparator(), domain, "domain");
    }
}
