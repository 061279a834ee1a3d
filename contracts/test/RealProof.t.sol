// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IChallenges} from "../src/interfaces/IChallenges.sol";
import {IReceiptAnchor} from "../src/interfaces/IReceiptAnchor.sol";
import {BatchRef} from "../src/types/BatchRef.sol";
import {ReceiptDigest} from "../src/types/Ids.sol";
import {LeafStatus} from "../src/types/LeafStatus.sol";
import {ReceiptHeader} from "../src/types/ReceiptHeader.sol";
import {LaunchVerifier} from "../src/verifier/LaunchVerifier.sol";
import {VerifierRouter} from "../src/verifier/VerifierRouter.sol";
import {BatchWorld} from "./base/BatchWorld.sol";
import {ReceiptTreeModel} from "./base/ReceiptTreeModel.sol";

/// @dev A receipt as Rust encodes it.
struct Receipt {
    uint64 chainId;
    address anchor;
    ReceiptHeader header;
    bytes executionSignature;
    bytes onionSignature;
    bytes launchProof;
    Opening[] openings;
}

struct Opening {
    bytes16 salt;
    string name;
    bytes value;
    uint32 index;
    uint32 size;
    bytes32[] path;
}

/// @dev The challenge with the real verifier and a receipt that `nonos launch` wrote: honest, it cannot be touched; with one
///      bit of its proof or its header changed, it is fraud. And the trees of Rust, byte for byte.
contract RealProofTest is BatchWorld {
    ReceiptHeader private launched;
    bytes private launchProof;
    string private file;

    function setUp() public override {
        super.setUp();
        file = vm.readFile("core/tests/launch_receipt.json");
        Receipt memory receipt = abi.decode(vm.parseJsonBytes(file, ".receipt"), (Receipt));
        (launched, launchProof) = (receipt.header, receipt.launchProof);
        vm.chainId(receipt.chainId);
        router = new VerifierRouter(address(this), address(0), list(new LaunchVerifier()));
        // The digest contains the anchor's address: the anchor of this test stands where the receipt's stood.
        vm.etch(receipt.anchor, address(newAnchor(times(), stakes())).code);
        anchor = IReceiptAnchor(receipt.anchor);
        vm.prank(relayer);
        anchor.depositBond{value: 10 ether}();
    }

    function anchorThis(ReceiptHeader memory h, bytes memory proof)
        private
        returns (BatchRef memory batch, bytes32[] memory path)
    {
        bytes32[] memory leaves = new bytes32[](3);
        (leaves[0], leaves[1]) = (bytes32("first"), anchor.leafOf(h, keccak256(proof)));
        leaves[2] = bytes32("last");
        batch = refOf(relayer, leaves);
        path = ReceiptTreeModel.path(leaves, 1);
        send(batch);
        commit(challenger, idOf(batch), 1);
    }

    function test_digest_and_leaf_are_rusts() public view {
        bytes32 digest = vm.parseJsonBytes32(file, ".digest");
        vm.assertEq(ReceiptDigest.unwrap(anchor.digestOf(launched)), digest, "digest");
        bytes32 leaf_ = anchor.leafOf(launched, keccak256(launchProof));
        vm.assertEq(leaf_, vm.parseJsonBytes32(file, ".leaf"), "leaf");
        vm.assertTrue(anchor.isProofValid(launched, launchProof), "the proof is valid");
    }

    function test_a_real_receipt_cannot_be_challenged() public {
        (BatchRef memory batch, bytes32[] memory path) = anchorThis(launched, launchProof);
        ReceiptDigest digest = anchor.digestOf(launched);
        vm.expectRevert(abi.encodeWithSelector(IChallenges.LeafValid.selector, idOf(batch), 1, digest));
        vm.prank(challenger);
        anchor.challengeLeaf(batch, 1, path, launched, launchProof, SALT);
    }

    /// @dev At every gas limit: a valid proof never reads as fraud.
    function test_a_real_receipt_is_safe_at_every_gas_limit() public {
        (BatchRef memory batch, bytes32[] memory path) = anchorThis(launched, launchProof);
        bytes memory call = abi.encodeCall(anchor.challengeLeaf, (batch, 1, path, launched, launchProof, SALT));
        for (uint256 gas_ = 30_000; gas_ < 1_400_000; gas_ += 3_001) {
            vm.prank(challenger);
            (bool ok,) = address(anchor).call{gas: gas_}(call);
            vm.assertFalse(ok, "slashed for a gas limit");
        }
        vm.assertEq(locked(relayer), SLICE, "nothing happened");
    }

    function test_a_changed_proof_is_fraud() public {
        uint256[4] memory bits = [uint256(0), 5_000, 9_000, 9_983];
        for (uint256 i; i < bits.length; ++i) {
            bytes memory proof = launchProof;
            proof[bits[i] / 8] ^= bytes1(uint8(1 << bits[i] % 8));
            fraud(launched, proof);
        }
        fraud(launched, "");
        fraud(launched, bytes.concat(launchProof, hex"00"));
    }

    function test_a_changed_header_is_fraud() public {
        ReceiptHeader memory h = launched;
        h.payee = challenger;
        fraud(h, launchProof);
        h = launched;
        h.launchedAt += 3600;
        fraud(h, launchProof);
        h = launched;
        h.outputHash = ~h.outputHash;
        fraud(h, launchProof);
    }

    function fraud(ReceiptHeader memory h, bytes memory proof) private {
        (BatchRef memory batch, bytes32[] memory path) = anchorThis(h, proof);
        vm.prank(challenger);
        anchor.challengeLeaf(batch, 1, path, h, proof, SALT);
        (LeafStatus status,) = anchor.placeStatus(idOf(batch), 1);
        vm.assertEq(uint256(status), uint256(LeafStatus.Void), "void");
    }

    /// @dev Gas that the transaction of a challenge needs is below what one may use (EIP-7825), by a factor of ten.
    function test_a_fraud_proof_fits_a_transaction() public {
        bytes memory proof = launchProof;
        proof[100] ^= 0x01;
        (BatchRef memory batch, bytes32[] memory path) = anchorThis(launched, proof);
        vm.prank(challenger);
        anchor.challengeLeaf{gas: 1_500_000}(batch, 1, path, launched, proof, SALT);
    }

    function test_trees_are_rusts() public {
        string memory trees = vm.readFile("core/tests/batches.json");
        bytes32[] memory roots = vm.parseJsonBytes32Array(trees, ".roots");
        vm.assertEq(roots.length, 40, "sizes 1 to 40");
        vm.prank(relayer);
        anchor.depositBond{value: 40 ether}();
        bytes memory leaves;
        for (uint256 size = 1; size <= 40; ++size) {
            leaves = abi.encodePacked(leaves, keccak256(abi.encodePacked(uint64(size - 1))));
            bytes32 root = roots[size - 1];
            vm.prank(relayer);
            anchor.anchorBatchWithLeaves(root, leaves);
            BatchRef memory batch = BatchRef(relayer, root, uint32(size), keccak256(leaves));
            uint256 index = size * 2 / 3;
            string memory key = string.concat(".paths[", decimal(size - 1), "]");
            bytes32[] memory path = size == 1 ? new bytes32[](0) : vm.parseJsonBytes32Array(trees, key);
            bytes32 leaf_ = keccak256(abi.encodePacked(uint64(index)));
            (LeafStatus status,,) = anchor.leafStatus(batch, uint32(index), leaf_, path);
            vm.assertEq(uint256(status), uint256(LeafStatus.Pending), "Rust's path, in Rust's tree");
        }
    }

    function decimal(uint256 n) private pure returns (string memory) {
        bytes memory digits = n < 10 ? new bytes(1) : new bytes(2);
        if (n >= 10) digits[0] = bytes1(uint8(48 + n / 10));
        digits[digits.length - 1] = bytes1(uint8(48 + n % 10));
        return string(digits);
    }
}
