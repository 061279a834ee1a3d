// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// @notice What an opinion is asked about.
enum JobKind {
    Batch,
    Install
}

/// @notice Where a job stands. None -> Open -> one of the others, for ever.
/// @param Open Bids, opinions, and whatever its kind waits for.
/// @param Unwound Too few bids, or a stop of the router: everybody has its own back.
/// @param Settled A batch job whose time is over without proven fraud; an install job that lapsed.
/// @param Slashed Fraud was proven: who attested Valid lost its stake.
/// @param Admitted The leaf is in the attested tree.
/// @param Proven The leaf was proven on chain meanwhile.
/// @param Rejected The leaf was contested and not proven in time.
enum JobState {
    None,
    Open,
    Unwound,
    Settled,
    Slashed,
    Admitted,
    Proven,
    Rejected
}

/// @notice What a verifier says.
enum Verdict {
    None,
    Valid,
    Invalid
}

/// @notice How a stake ended.
/// @param Returned Given back, without the fee.
/// @param Paid Given back, with the fee, and a share of the prize if there is one.
/// @param Fined Given back but for a tenth: half of that, rounded up, burned, the rest to the poster.
/// @param Slashed Taken: a tenth to the caller, at most maxFee to the poster, everything else, at least half, burned.
/// @param Lost Taken: half, rounded up, burned, the rest to the poster.
enum Fate {
    Returned,
    Paid,
    Fined,
    Slashed,
    Lost
}

/// @notice What a poster offers.
/// @param quorum Number of verifiers: 1 to 15.
/// @param maxFee Highest fee of one, in wei; `quorum` times this is set aside.
/// @param stake What each verifier puts up, in wei; at least maxFee.
/// @param biddingEnd Last second of bidding.
/// @param attestDeadline Last second of attesting.
struct Terms {
    uint8 quorum;
    uint72 maxFee;
    uint96 stake;
    uint40 biddingEnd;
    uint40 attestDeadline;
}

/// @notice A job as stored.
/// @param poster Who pays.
/// @param kind See JobKind.
/// @param state See JobState.
/// @param quorum See Terms.
/// @param bids Bids that hold a place now.
/// @param valid Attestations of Valid.
/// @param invalid Attestations of Invalid.
/// @param order Bids taken so far, displaced ones included; 65,535 for more.
/// @param chunks Chunks of the install; 0 for a batch.
/// @param maxFee See Terms.
/// @param stake See Terms.
/// @param biddingEnd See Terms.
/// @param attestDeadline See Terms.
/// @param reserve Bounty of a batch job, bond of an install job, in wei.
/// @param contestedUntil Last second in which a contested install can be proven; 0 if it is not contested.
/// @param contestBond Wei that the contestant put up.
/// @param contestant Who contested; 0 if nobody did, or a verifier did by its opinion.
/// @param batchId The batch; 0 for an install.
/// @param root Root of the batch, or the install leaf.
/// @param dataCommitment Data commitment of the batch, or keccak256 of the install file.
struct Job {
    address poster;
    JobKind kind;
    JobState state;
    uint8 quorum;
    uint8 bids;
    uint8 valid;
    uint8 invalid;
    uint16 order;
    uint32 chunks;
    uint72 maxFee;
    uint96 stake;
    uint40 biddingEnd;
    uint40 attestDeadline;
    uint96 reserve;
    uint40 contestedUntil;
    uint96 contestBond;
    address contestant;
    bytes32 batchId;
    bytes32 root;
    bytes32 dataCommitment;
}

/// @notice A bid that holds a place, in one slot.
/// @param verifier Who bids.
/// @param fee What it asks, in wei.
/// @param order Number of the bid in its job: of equal fees the earlier wins. Bids beyond 65,535 share it.
/// @param verdict What it said.
struct Bid {
    address verifier;
    uint72 fee;
    uint16 order;
    Verdict verdict;
}
