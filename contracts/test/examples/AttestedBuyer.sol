// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IReceiptAnchor} from "../../src/interfaces/IReceiptAnchor.sol";
import {IVerificationMarket} from "../../src/interfaces/IVerificationMarket.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";

/// @dev Pays on attested finality, by the warnings in IVerificationMarket: it computes the leaf itself, its calldata publishes
///      header and proof, and it counts what it has already paid on the same opinion. It pays anybody for any receipt: a dApp
///      looks at the header, as ReceiptGate does, and asks whether the quorum's terms are ones that it trusts.
contract AttestedBuyer {
    IReceiptAnchor private immutable ANCHOR;
    IVerificationMarket private immutable OPINIONS;

    /// @dev A receipt and its place.
    struct Evidence {
        BatchRef batch;
        uint32 index;
        bytes32[] path;
        ReceiptHeader header;
        bytes proof;
    }

    mapping(uint256 jobId => uint256) public paidOn;
    mapping(bytes32 leaf => bool) private paid;

    error NotAttested();

    constructor(IReceiptAnchor anchor, IVerificationMarket opinions) {
        (ANCHOR, OPINIONS) = (anchor, opinions);
    }

    function pay(uint256 jobId, Evidence calldata e, uint256 amount) external {
        bytes32 leaf = ANCHOR.leafOf(e.header, keccak256(e.proof));
        uint256 all = paidOn[jobId] + amount;
        if (paid[leaf] || !OPINIONS.isAttested(jobId, e.batch, e.index, leaf, e.path, all)) revert NotAttested();
        paid[leaf] = true;
        paidOn[jobId] = all;
        (bool ok,) = e.header.payee.call{value: amount}("");
        require(ok);
    }
}
