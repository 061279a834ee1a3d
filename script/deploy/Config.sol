// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IBatches} from "../../contracts/src/interfaces/IBatches.sol";
import {IFeeSchedule} from "../../contracts/src/interfaces/IFeeSchedule.sol";
import {IReceiptAnchor} from "../../contracts/src/interfaces/IReceiptAnchor.sol";
import {IVerificationMarket} from "../../contracts/src/interfaces/IVerificationMarket.sol";
import {Vm} from "../../contracts/test/base/Vm.sol";

/// @dev What is deployed. The JSON file has these names, nested like this; amounts are in wei, as numbers or decimal strings,
///      times in seconds. What the values may be is said by the constructors.
/// @param owner Owner of router and fee schedule; 0 for a timelock that is deployed with them.
/// @param guardian Who may stop, remove and retract besides the owner; 0 for nobody.
/// @param policyFloor The five words of the laxest policy that catalogs may name (`nonos_core::policy::Policy::words`).
struct Config {
    address owner;
    address guardian;
    TimelockConfig timelock;
    uint256[5] policyFloor;
    OperatorsConfig operators;
    IReceiptAnchor.Times times;
    IBatches.Stakes stakes;
    MarketConfig market;
    IVerificationMarket.Parameters verification;
    IFeeSchedule.FeeTerms fees;
}

/// @dev Not read when there is another owner.
/// @param executors The zero address alone: anyone executes.
struct TimelockConfig {
    uint256 minDelay;
    address[] proposers;
    address[] executors;
}

struct OperatorsConfig {
    uint256 deposit;
    uint256 bounty;
    uint64 minValidity;
    uint64 maxValidity;
    uint64 unbondingDelay;
}

struct MarketConfig {
    uint16 collateralFloorBps;
    uint64 grace;
    uint128 referenceFee;
}

/// @title ConfigFile: reads a Config
library ConfigFile {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @dev The number is larger than what it is for.
    error TooLarge(string key, uint256 value, uint256 max);
    /// @dev The policy floor has five words.
    error WrongFloor(uint256 words);

    function read(string memory path) internal view returns (Config memory c) {
        string memory json = vm.readFile(path);
        c.owner = vm.parseJsonAddress(json, ".owner");
        c.guardian = vm.parseJsonAddress(json, ".guardian");
        if (c.owner == address(0)) c.timelock = _timelock(json);
        uint256[] memory words = vm.parseJsonUintArray(json, ".policyFloor");
        if (words.length != 5) revert WrongFloor(words.length);
        for (uint256 i; i < 5; ++i) {
            c.policyFloor[i] = words[i];
        }
        c.operators = OperatorsConfig({
            deposit: vm.parseJsonUint(json, ".operators.deposit"),
            bounty: vm.parseJsonUint(json, ".operators.bounty"),
            minValidity: _time(json, ".operators.minValidity"),
            maxValidity: _time(json, ".operators.maxValidity"),
            unbondingDelay: _time(json, ".operators.unbondingDelay")
        });
        c.times = IReceiptAnchor.Times({
            maxReceiptAge: _time(json, ".times.maxReceiptAge"),
            inclusionMargin: _time(json, ".times.inclusionMargin"),
            challengeWindow: _time(json, ".times.challengeWindow"),
            revealPeriod: _time(json, ".times.revealPeriod"),
            lateSlash: _time(json, ".times.lateSlash")
        });
        c.stakes = IBatches.Stakes({
            slice: uint96(_atMost(json, ".stakes.slice", type(uint96).max)),
            baseFeeFloor: _time(json, ".stakes.baseFeeFloor")
        });
        c.market = MarketConfig({
            collateralFloorBps: uint16(_atMost(json, ".market.collateralFloorBps", type(uint16).max)),
            grace: _time(json, ".market.grace"),
            referenceFee: uint128(_atMost(json, ".market.referenceFee", type(uint128).max))
        });
        c.verification = IVerificationMarket.Parameters({
            attestedFloor: _time(json, ".verification.attestedFloor"),
            grace: _time(json, ".verification.grace"),
            contestWindow: _time(json, ".verification.contestWindow"),
            answerBase: _time(json, ".verification.answerBase"),
            answerPerChunk: _time(json, ".verification.answerPerChunk"),
            leastInstallBond: uint96(_atMost(json, ".verification.leastInstallBond", type(uint96).max))
        });
        c.fees = IFeeSchedule.FeeTerms({
            feeBps: uint16(_atMost(json, ".fees.feeBps", type(uint16).max)),
            burnedBps: uint16(_atMost(json, ".fees.burnedBps", type(uint16).max)),
            treasury: vm.parseJsonAddress(json, ".fees.treasury"),
            delay: _time(json, ".fees.delay")
        });
    }

    function _timelock(string memory json) private pure returns (TimelockConfig memory) {
        return TimelockConfig({
            minDelay: vm.parseJsonUint(json, ".timelock.minDelay"),
            proposers: vm.parseJsonAddressArray(json, ".timelock.proposers"),
            executors: vm.parseJsonAddressArray(json, ".timelock.executors")
        });
    }

    function _time(string memory json, string memory key) private pure returns (uint64) {
        return uint64(_atMost(json, key, type(uint64).max));
    }

    function _atMost(string memory json, string memory key, uint256 max) private pure returns (uint256 value) {
        value = vm.parseJsonUint(json, key);
        if (value > max) revert TooLarge(key, value, max);
    }
}
