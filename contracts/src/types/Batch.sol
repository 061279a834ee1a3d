// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// @notice Where the leaves of a batch can be had.
/// @param Mesh From nodes, which check them against root and commitment.
/// @param Calldata From the anchoring transaction; the contract computed root and commitment from them.
/// @param Blob From a blob of the anchoring transaction, for as long as the chain's nodes keep it (EIP-4844: 18 days).
enum DataMode {
    Mesh,
    Calldata,
    Blob
}

/// @notice State of a batch. Unknown -> Pending -> Final, Frozen or Fallen; the last three are for ever.
/// @param Unknown No such batch was anchored.
/// @param Pending Can be challenged, or waits for a demand to be answered.
/// @param Final Its leaves stand, but for the ones voided before.
/// @param Frozen The router was stopped before it became final: it never will.
/// @param Fallen A demand was not answered, or the committed data does not belong to the root: every leaf is void.
enum BatchState {
    Unknown,
    Pending,
    Final,
    Frozen,
    Fallen
}

/// @notice What the anchor knows of a batch.
/// @param state See BatchState.
/// @param mode Where its leaves can be had.
/// @param anchoredAt Unix seconds of the anchoring block; 0 if there is no such batch.
/// @param demandableUntil Last second in which a leaf of it can be demanded: the end of the first challenge window.
/// @param finalAt Unix seconds from which it is final, unless a demand is open; a demand moves it.
/// @param liableUntil Last second in which its slice can be slashed.
/// @param slice Wei of its relayer's bond that are locked for it; 0 once released or slashed.
/// @param openDemands Demands that are neither answered nor closed.
/// @param voided Places voided one by one, as fraudulent or as duplicates.
struct Batch {
    BatchState state;
    DataMode mode;
    uint64 anchoredAt;
    uint64 demandableUntil;
    uint64 finalAt;
    uint64 liableUntil;
    uint256 slice;
    uint16 openDemands;
    uint16 voided;
}

/// @notice A demand to show the receipt behind one leaf.
/// @param state None, Open, Answered or Closed.
/// @param demander Who put up the bond.
/// @param deadline Last second for an answer.
/// @param bond Wei put up.
struct Demand {
    DemandState state;
    address demander;
    uint64 deadline;
    uint128 bond;
}

/// @notice State of a demand. None -> Open -> Answered or Closed. Each place of a batch is demanded at most once.
enum DemandState {
    None,
    Open,
    Answered,
    Closed
}
