// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// What the devnet's tests need from a contract. Probe.hex is its creation code (optimizer on, 200 runs).
contract Probe {
    error TooSmall(uint256 got, uint256 least);

    event Stored(address indexed who, uint256 indexed value, bytes32 note);

    uint256 public value;
    mapping(uint256 => uint256) internal slots;

    function store(uint256 next) external {
        if (next < 10) revert TooSmall(next, 10);
        value = next;
        emit Stored(msg.sender, next, bytes32(next));
    }

    function refuse(string calldata why) external pure {
        revert(why);
    }

    function fill(uint256 count) external {
        for (uint256 i; i < count; ++i) slots[i] = i + block.number;
    }

    function clear(uint256 count) external {
        for (uint256 i; i < count; ++i) delete slots[i];
    }

    /// Passes on most of its gas, so that the least gas limit is above the gas used (EIP-150).
    function nested(uint256 count) external {
        this.fill(count);
    }

    function time() external view returns (uint256) {
        return block.timestamp;
    }

    function hashOf(uint256 number) external view returns (bytes32) {
        return blockhash(number);
    }

    function caller() external view returns (address) {
        return msg.sender;
    }

    function spin() external pure {
        while (true) {}
    }
}
