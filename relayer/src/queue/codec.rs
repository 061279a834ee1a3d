//! The stored form of a batch: ABI, decoded strictly.

use alloy_sol_types::{SolValue, sol};
use nonos_core::batch::BatchRef;

use super::types::{Attempt, Batch, BatchState, MAX_ATTEMPTS, Sighting};

sol! {
    #[derive(Debug, PartialEq, Eq)]
    struct StoredAttempt {
        uint64 nonce;
        uint128 maxFee;
        uint128 tip;
        uint64 gasLimit;
        bytes32 hash;
        uint64 atBlock;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct StoredSighting {
        uint64 number;
        bytes32 hash;
        uint64 anchoredAt;
        uint64 finalAt;
        uint64 liableUntil;
        uint256 slice;
    }

    #[derive(Debug, PartialEq, Eq)]
    struct StoredBatch {
        uint8 state;
        address relayer;
        bytes32 root;
        uint32 size;
        bytes32 dataCommitment;
        bool published;
        StoredSighting[] seen;
        StoredAttempt[] attempts;
    }
}

/// Encodes a batch; the oldest attempts beyond [`MAX_ATTEMPTS`] go.
pub(super) fn encode(batch: &Batch) -> Vec<u8> {
    let BatchRef { relayer, root, size, dataCommitment } = batch.reference;
    let old = batch.attempts.len().saturating_sub(MAX_ATTEMPTS);
    let attempts = batch.attempts.iter().skip(old).map(|a| StoredAttempt {
        nonce: a.nonce,
        maxFee: a.max_fee,
        tip: a.tip,
        gasLimit: a.gas_limit,
        hash: a.hash,
        atBlock: a.at_block,
    });
    let seen = batch.seen.iter().map(|s| StoredSighting {
        number: s.number,
        hash: s.hash,
        anchoredAt: s.anchored_at,
        finalAt: s.final_at,
        liableUntil: s.liable_until,
        slice: s.slice,
    });
    StoredBatch {
        state: batch.state as u8,
        relayer,
        root,
        size,
        dataCommitment,
        published: batch.published,
        seen: seen.collect(),
        attempts: attempts.collect(),
    }
    .abi_encode()
}

/// Decodes a batch, or says what is wrong with the bytes.
pub(super) fn decode(sequence: u64, bytes: &[u8]) -> Result<Batch, String> {
    let stored = StoredBatch::abi_decode_validate(bytes).map_err(|error| error.to_string())?;
    if stored.abi_encode() != bytes {
        return Err(format!("batch {sequence} is not in its canonical form"));
    }
    let state = BatchState::from_u8(stored.state)
        .ok_or_else(|| format!("batch {sequence} has the unknown state {}", stored.state))?;
    if stored.seen.len() > 1 {
        return Err(format!("batch {sequence} was seen in {} places", stored.seen.len()));
    }
    let seen = stored.seen.first().map(|s| Sighting {
        number: s.number,
        hash: s.hash,
        anchored_at: s.anchoredAt,
        final_at: s.finalAt,
        liable_until: s.liableUntil,
        slice: s.slice,
    });
    let attempts = stored.attempts.iter().map(|a| Attempt {
        nonce: a.nonce,
        max_fee: a.maxFee,
        tip: a.tip,
        gas_limit: a.gasLimit,
        hash: a.hash,
        at_block: a.atBlock,
    });
    Ok(Batch {
        sequence,
        state,
        reference: BatchRef {
            relayer: stored.relayer,
            root: stored.root,
            size: stored.size,
            dataCommitment: stored.dataCommitment,
        },
        attempts: attempts.collect(),
        seen,
        published: stored.published,
    })
}
