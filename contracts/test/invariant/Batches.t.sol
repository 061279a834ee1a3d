// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IReceiptAnchor} from "../../src/interfaces/IReceiptAnchor.sol";
import {IDuplicates} from "../../src/interfaces/IDuplicates.sol";
import {LeafStatus} from "../../src/types/LeafStatus.sol";
import {Test} from "../base/Test.sol";
import {BatchHandler} from "./BatchHandler.sol";

/// @dev What holds after any sequence of calls: every wei has an owner or is burned, what is locked is what batches hold,
///      and a slice ends once. The handler checks after every call that final and void are for ever, that a leaf is void as a
///      duplicate exactly when it may be, and that nobody's free bond was made smaller by somebody else.
contract BatchesInvariant is Test {
    BatchHandler private handler;
    IReceiptAnchor private bonds;

    function setUp() public {
        handler = new BatchHandler();
        bonds = handler.bonds();
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory s = new bytes4[](16);
        (s[0], s[1], s[2]) = (handler.deposit.selector, handler.withdraw.selector, handler.anchorBatch.selector);
        (s[3], s[4], s[5]) = (handler.anchorAgain.selector, handler.challenge.selector, handler.demandReveal.selector);
        (s[6], s[7], s[8]) = (handler.reveal.selector, handler.closeDemand.selector, handler.release.selector);
        (s[9], s[10]) = (handler.wait.selector, handler.stop.selector);
        // Twice, as most pairs are no duplicates.
        (s[11], s[12], s[13]) = (handler.duplicate.selector, handler.duplicate.selector, handler.record.selector);
        (s[14], s[15]) = (handler.recordedDuplicate.selector, handler.challengeBlob.selector);
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), s);
    }

    function invariant_every_wei_has_an_owner_or_is_burned() public view {
        uint256 sum = bonds.burned() + handler.openBonds() + 10 ether;
        for (uint256 i; i < 4; ++i) {
            (uint256 free, uint256 locked) = bonds.bondOf(handler.actors(i));
            sum += free + locked;
        }
        vm.assertEq(address(bonds).balance, sum, "bonds, open demands, burned, and the idle relayer's ten");
    }

    function invariant_what_is_locked_is_what_batches_hold() public view {
        uint256[4] memory held;
        for (uint256 b; b < handler.count(); ++b) {
            BatchHandler.Model memory m = handler.modelOf(b);
            for (uint256 i; i < 4; ++i) {
                if (handler.actors(i) == m.ref.relayer) held[i] += bonds.sliceOf(bonds.batchIdFor(m.ref));
            }
        }
        for (uint256 i; i < 4; ++i) {
            (, uint256 locked) = bonds.bondOf(handler.actors(i));
            vm.assertEq(locked, held[i], "locked");
        }
    }

    /// @dev What nobody proved a duplicate yet can be proven one for as long as its batch is not final; what was proven one
    ///      does not stand. So once everybody had time to challenge, one receipt of a nullifier stands. The first that stands
    ///      cannot be touched.
    function invariant_one_receipt_of_a_nullifier_stands() public {
        if (handler.count() == 0) return;
        // One batch after each call, in turn.
        uint256 b = block.number % handler.count();
        BatchHandler.Model memory m = handler.modelOf(b);
        for (uint32 i = 1; i < 4; ++i) {
            if (handler.stands(m, i) && !handler.isFinal(m)) challengeByAllBefore(b, i);
        }
    }

    /// @dev In a copy of the chain: whoever clashes and stands before it voids the leaf, and nobody else does.
    function challengeByAllBefore(uint256 b, uint32 i) private {
        IDuplicates.Placed memory later = handler.placed(b, i);
        for (uint256 e; e <= b; ++e) {
            BatchHandler.Model memory m = handler.modelOf(e);
            for (uint32 j = 1; j < (e == b ? i : 4); ++j) {
                if (!handler.stands(m, j)) continue;
                bool clashes = handler.clash(b, i, handler.receipt(e, j));
                IDuplicates.Placed memory earlier = handler.placed(e, j);
                uint256 copy = vm.snapshotState();
                try bonds.challengeDuplicate(later, keccak256("a launch proof"), earlier, "a launch proof") {
                    (LeafStatus status,) = bonds.placeStatus(bonds.batchIdFor(later.batch), i);
                    vm.assertTrue(clashes && status == LeafStatus.Void, "void though nothing before it clashes");
                } catch {
                    vm.assertFalse(clashes, "two receipts of a nullifier stand and nobody can help it");
                }
                vm.revertToState(copy);
            }
        }
    }

    function invariant_a_slice_ends_once() public view {
        uint256 ended;
        for (uint256 b; b < handler.count(); ++b) {
            BatchHandler.Model memory m = handler.modelOf(b);
            vm.assertLe(m.ends, 1, "released or slashed, once");
            uint256 slice = bonds.sliceOf(bonds.batchIdFor(m.ref));
            vm.assertEq(slice, m.ends == 0 ? 1 ether : 0, "whole or gone");
            ended += m.ends;
        }
        vm.assertEq(ended, handler.slashed() + handler.released(), "every end is one or the other");
        vm.assertEq(bonds.burned(), handler.slashed() * 0.5 ether, "half of each slash is burned");
        vm.assertEq(bonds.batchCount(), handler.count(), "sequence without gaps");
    }
}
