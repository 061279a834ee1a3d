// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IOwned} from "./IOwned.sol";

/// @title IFeeSchedule: the protocol fee of the proof market
/// @notice A fee in basis points of a price, at most `maxFeeBps`, that changes no sooner than `delay` after the change was
///         announced. How a fee is divided is fixed: at least half of it is burned, what is left goes to one treasury.
///
///         *One announcement at a time.* The owner schedules a fee; `delay` later it holds, without another transaction.
///         Until then the owner replaces it, which starts the delay anew, or owner or guardian retract it. From then on
///         it is the fee, and only a further announcement changes it. An owner that renounces leaves what it announced.
///
///         *Lower fees wait as well.* A fee is not only a price: a success weighs the fee that it burned, a default the fee
///         that it forwent (ITrustScores). An owner that could lower it at once could make a default of its friends weigh
///         the least there is, or a week of everybody's work nothing, before anybody can act on it. Nobody is harmed by the
///         wait, since requests are signed with the highest fee that they take.
/// @dev WARNING: `current` answers for now. Whoever charges a fee later than it was agreed keeps what it read then.
/// @dev WARNING: the longest that nobody can be surprised by is `delay`. Terms that run longer name their own maximum.
interface IFeeSchedule is IOwned {
    /// @notice What is fixed at deployment.
    /// @param feeBps Fee that holds from the start, in basis points of a price.
    /// @param burnedBps Part of each fee that is burned, in basis points of the fee: at least 5,000; 10,000 without treasury.
    /// @param treasury Account that the rest belongs to; 0 for none.
    /// @param delay Seconds from an announcement to its effect: at most a year, and at least seven days outside development
    ///        chains.
    struct FeeTerms {
        uint16 feeBps;
        uint16 burnedBps;
        address treasury;
        uint64 delay;
    }

    /// @notice From `effectiveAt` on the fee is `next`; what was announced before and had no effect yet will have none.
    event FeeScheduled(uint16 current, uint16 next, uint64 effectiveAt);
    /// @notice The announced fee will not come to be.
    event FeeRetracted(uint16 next, uint64 effectiveAt, address indexed by);

    /// @notice The fee is above the maximum.
    error FeeTooHigh(uint256 feeBps, uint256 maxFeeBps);
    /// @notice No announcement is waiting: there was none, or it was retracted, or it has taken effect.
    error NothingScheduled(uint16 current);
    /// @notice A construction parameter is outside its bounds.
    error BadParameter(bytes32 name, uint256 value);

    /// @notice Announces a fee, in place of one that is announced and has no effect yet. Owner only.
    /// @param feeBps In basis points of a price, at most `maxFeeBps`.
    /// @return effectiveAt Unix seconds from which it holds.
    function schedule(uint16 feeBps) external returns (uint64 effectiveAt);

    /// @notice Takes back what is announced and has no effect yet. Owner or guardian.
    function retract() external;

    /// @notice The fee of this second, in basis points of a price. One storage read.
    function current() external view returns (uint16 feeBps);

    /// @notice The announcement that is waiting.
    /// @return next Fee from `effectiveAt` on; the current one if none is waiting.
    /// @return effectiveAt Unix seconds; 0 if none is waiting.
    function scheduled() external view returns (uint16 next, uint64 effectiveAt);

    /// @notice Divides a fee. The parts sum to it exactly; the burned part is rounded up.
    /// @param fee Any amount of any token's smallest unit.
    function split(uint256 fee) external view returns (uint256 burned, uint256 toTreasury);

    /// @notice Highest fee that can ever be scheduled: 1,000, a tenth of a price.
    function maxFeeBps() external view returns (uint16);

    /// @notice Part of each fee that is burned, in basis points of the fee.
    function burnedBps() external view returns (uint16);

    /// @notice Account that the rest belongs to; 0 if everything is burned.
    function treasury() external view returns (address);

    /// @notice Seconds from an announcement to its effect.
    function delay() external view returns (uint64);
}
