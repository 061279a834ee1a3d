// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @dev A token as it should be.
contract Token is ERC20Permit {
    constructor() ERC20("Token", "TOK") ERC20Permit("Token") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @dev Takes a hundredth of what is moved.
contract TokenWithFee is ERC20 {
    constructor() ERC20("Fee", "FEE") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0) && to != address(0)) super._update(to, address(0xfee0), value / 100);
    }
}

/// @dev Refuses whom it does not like, or everybody.
contract TokenWithBlocklist is ERC20 {
    mapping(address => bool) public blocked;
    bool public frozen;

    error Blocked(address account);

    constructor() ERC20("Block", "BLK") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function setBlocked(address account, bool blocked_) external {
        blocked[account] = blocked_;
    }

    function setFrozen(bool frozen_) external {
        frozen = frozen_;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (frozen || blocked[from] || blocked[to]) revert Blocked(to);
        super._update(from, to, value);
    }
}

/// @dev Calls back while it is moved: whom and with what it is told.
contract TokenWithHook is ERC20 {
    address private target;
    bytes private call;
    bytes public answer;

    constructor() ERC20("Hook", "HOO") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function whenMoved(address target_, bytes calldata call_) external {
        (target, call) = (target_, call_);
    }

    /// @dev For the hook's own deposit, which is made in this token's name.
    function approveAs(address owner, address spender) external {
        _approve(owner, spender, type(uint256).max);
    }

    function _update(address from, address to, uint256 value) internal override {
        if (target != address(0) && from != address(0)) {
            (address t, bytes memory c) = (target, call);
            target = address(0);
            (, answer) = t.call(c);
        }
        super._update(from, to, value);
    }
}

/// @dev Returns nothing where it should return true, as some old tokens do.
contract TokenWithoutReturn {
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function transfer(address to, uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @dev Returns false instead of moving anything.
contract TokenThatReturnsFalse {
    function balanceOf(address) external pure returns (uint256) {
        return 1000;
    }

    function transfer(address, uint256) external pure returns (bool) {
        return false;
    }

    function transferFrom(address, address, uint256) external pure returns (bool) {
        return false;
    }
}
