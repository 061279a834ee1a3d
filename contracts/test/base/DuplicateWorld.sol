// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IDuplicates} from "../../src/interfaces/IDuplicates.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {LeafStatus} from "../../src/types/LeafStatus.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {BatchWorld} from "./BatchWorld.sol";
import {ReceiptTreeModel} from "./ReceiptTreeModel.sol";

/// @dev Receipts that share a nullifier, in batches of their own and of others.
abstract contract DuplicateWorld is BatchWorld {
    /// @dev The `variant`-th receipt of the i-th nullifier.
    function twin(uint256 i, uint256 variant) internal view returns (ReceiptHeader memory h) {
        h = header(i);
        h.outputHash = bytes32(variant);
    }

    function leafFor(ReceiptHeader memory h) internal view returns (bytes32) {
        return anchor.leafOf(h, keccak256(PROOF));
    }

    /// @dev The proof that the verifier takes when told `Statement`: that of this very header.
    function statement(ReceiptHeader memory h) internal view returns (bytes memory) {
        return abi.encodePacked(anchor.instancesOf(h));
    }

    function placed(BatchRef memory batch, bytes32[] memory leaves, uint32 index, ReceiptHeader memory h)
        internal
        pure
        returns (IDuplicates.Placed memory)
    {
        return IDuplicates.Placed(batch, index, ReceiptTreeModel.path(leaves, index), h);
    }

    function placedAlone(BatchRef memory batch, ReceiptHeader memory h)
        internal
        pure
        returns (IDuplicates.Placed memory)
    {
        return IDuplicates.Placed(batch, 0, new bytes32[](0), h);
    }

    /// @dev Anchors these leaves.
    function batched(bytes32[] memory leaves, uint32 index, ReceiptHeader memory h)
        internal
        returns (IDuplicates.Placed memory p)
    {
        p = placed(refOf(relayer, leaves), leaves, index, h);
        send(p.batch);
    }

    /// @dev Anchors a batch of this receipt alone.
    function single(ReceiptHeader memory h) internal returns (IDuplicates.Placed memory) {
        return singleWith(relayer, h, PROOF);
    }

    function singleBy(address by, ReceiptHeader memory h) internal returns (IDuplicates.Placed memory) {
        return singleWith(by, h, PROOF);
    }

    function singleWith(address by, ReceiptHeader memory h, bytes memory proof)
        internal
        returns (IDuplicates.Placed memory p)
    {
        bytes32[] memory leaves = new bytes32[](1);
        leaves[0] = anchor.leafOf(h, keccak256(proof));
        p = placedAlone(refOf(by, leaves), h);
        if (by != relayer) {
            vm.prank(by);
            anchor.depositBond{value: SLICE}();
        }
        send(p.batch);
    }

    function duplicate(IDuplicates.Placed memory later, IDuplicates.Placed memory earlier) internal {
        anchor.challengeDuplicate(later, keccak256(PROOF), earlier, PROOF);
    }

    function refused(IDuplicates.Placed memory later, IDuplicates.Placed memory earlier, bytes memory reason) internal {
        vm.expectRevert(reason);
        anchor.challengeDuplicate(later, keccak256(PROOF), earlier, PROOF);
    }

    function assertPlace(IDuplicates.Placed memory p, LeafStatus expected) internal view {
        (LeafStatus status,) = anchor.placeStatus(idOf(p.batch), p.index);
        vm.assertEq(uint256(status), uint256(expected), "status");
    }

    /// @dev The number of the next batch: it shares a word with the burned sum, which is 0.
    function setNumber(uint64 number) internal {
        vm.store(address(anchor), bytes32(uint256(1)), bytes32(uint256(number) << 128));
    }
}
