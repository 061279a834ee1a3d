// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {DemandState} from "../types/Batch.sol";
import {ProofRequest} from "../types/ProofRequest.sol";

/// @title IInputs: show the input of a locked request, or the lock is neutral
/// @notice A request names its input by keccak256. A locker that cannot get it demands it, once, for a bond that pays twice for the
///         largest answer. Anybody may answer, within `grace`: the bond goes to whoever does, and the input is in the logs.
///         Without an answer the locker unwinds; nobody is slashed, and it has its bond back.
///
///             None --demandInput--> Open --answerInput, up to answerBy--> Answered     the lock goes on as if it had not been asked
///                                     \--closeInputDemand, afterwards--> Closed        bond back to the locker
///
///         *Unanswered* is a demand that is Open after `answerBy`, or Closed. As long as the request is Locked, it makes the lock
///         neutral, before the deadline and after it: `unwind` by the locker at any time, by anybody from `slashableAt` on;
///         `slash` refuses. A claim ends that: who claims had the input, so a claim that is dropped leaves a lock like any other.
///
///         *Rescue.* Not while a demand is open, nor if it is unanswered. After an answer not before `grace` has passed: otherwise a
///         requester could show the input in the last second and be served by an operator that had it all the time.
///
///         Everything else works as without a demand. A locker that finds the input meanwhile claims, or has its receipt recorded;
///         the demand stays open for an answer, and its bond for whoever gives it. A stop, or the removal of the key, unwinds
///         the lock as ever, and leaves the bond to an answer in time, or else to the locker.
/// @dev WARNING to requesters: be reachable for `grace`, from the lock to two graces before its deadline; or have the input where
///      everybody finds it, for anybody may answer. An answer that waits in public can be copied, and the bond with it: what you need is
///      that the input is shown, by whomever. Send it privately, if a failed transaction would hurt.
/// @dev WARNING to operators: fetch the input before you lock. A demand is for what vanished. If it is answered, you have paid for it.
///      A request whose deadline is less than two graces after your lock leaves no time for one: the input is your risk.
/// @dev WARNING: an input of more than `maxInput` bytes cannot be shown here, since it would not fit a transaction that every node
///      relays (128 KiB). The locker of a request for one can always get out, for the use of a bond.
interface IInputs {
    /// @notice A demand for the input of a request.
    /// @param state Open until it is answered or closed.
    /// @param answerBy Last second in which it can be answered.
    /// @param answeredAt When it was; 0 if it was not.
    /// @param bond Wei that the locker put up.
    struct InputDemand {
        DemandState state;
        uint64 answerBy;
        uint64 answeredAt;
        uint96 bond;
    }

    /// @notice The locker demands to see the input, up to and including `answerBy`.
    event InputDemanded(bytes32 indexed requestId, address indexed locker, uint64 answerBy, uint256 bond);
    /// @notice Somebody showed the input, and got the bond.
    event InputAnswered(bytes32 indexed requestId, address indexed by, bytes input);
    /// @notice Nobody showed the input in time; the locker has its bond back.
    event InputDemandClosed(bytes32 indexed requestId, address indexed locker, uint256 bond);

    /// @notice The request has no input that could be shown.
    error NoInput(bytes32 requestId);
    /// @notice The input of this request was demanded before.
    error InputDemandedBefore(bytes32 requestId);
    /// @notice Two graces would not fit any more, one for the answer and one to serve after it: demands are taken up to `latest`.
    error InputDemandTooLate(bytes32 requestId, uint256 latest, uint256 now_);
    /// @notice The value sent does not cover the bond at the present base fee.
    error InputBondTooSmall(uint256 sent, uint256 required);
    /// @notice No demand for this input is open.
    error NoOpenInputDemand(bytes32 requestId, DemandState state);
    /// @notice The time to answer is over.
    error InputAnswerTooLate(bytes32 requestId, uint64 answerBy, uint256 now_);
    /// @notice The time to answer is not over.
    error InputAnswerOpen(bytes32 requestId, uint64 answerBy, uint256 now_);
    /// @notice The input is longer than what every node relays.
    error InputTooLong(uint256 length, uint256 max);
    /// @notice This is not the input that the request names.
    error OtherInput(bytes32 given, bytes32 inputHash);

    /// @notice Demands to see the input of a locked request. Its locker only, once, at the latest two graces before the deadline.
    ///         What is sent above `inputBond` is added to the caller's balance. Not when the verifier is gone: unwind instead.
    function demandInput(ProofRequest calldata request) external payable;

    /// @notice Answers an open demand, for its bond, whatever has become of the request. Anyone.
    /// @param request The request.
    /// @param input Its input: at most `maxInput` bytes, whose keccak256 is the request's `inputHash`.
    function answerInput(ProofRequest calldata request, bytes calldata input) external;

    /// @notice Gives the locker its bond back when nobody answered in time, whatever has become of the request. Anyone.
    function closeInputDemand(bytes32 requestId) external;

    /// @notice The demand for the input of a request; kept after it ended.
    function inputDemandOf(bytes32 requestId) external view returns (InputDemand memory);

    /// @notice Wei that a demand takes in this block: 4,000,000 gas x 2 x max(base fee, the anchor's floor).
    function inputBond() external view returns (uint256);

    /// @notice Length of the longest input that can be shown: 98,304 bytes.
    function maxInput() external pure returns (uint256);
}
