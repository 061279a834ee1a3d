//! What a chunk proof says, as types and as the public values that the constraints read.

use crate::columns::{CAPACITY_START, LIMBS, limbs};
use crate::error::ScheduleError;
use crate::keccak::{State, lane, permute};
use crate::schedule::{RATE, Schedule};
use nonos_core::BlindedCommitment;
use p3_field::PrimeCharacteristicRing;

/// First lane of a block that commits to a state.
pub(crate) const STATE_TAG: u64 = u64::from_le_bytes(*b"nonos1.S");
/// First lane of the block that makes C.
pub(crate) const DIGEST_TAG: u64 = u64::from_le_bytes(*b"nonos1.C");
/// Lane behind C in the block that makes B.
pub(crate) const BLINDED_TAG: u64 = u64::from_le_bytes(*b"nonos1.B");
/// FIPS 202's suffix and first padding bit.
pub(crate) const PAD_FIRST: u64 = 0x06;
/// The last padding bit, in the last byte of a block.
pub(crate) const PAD_LAST: u64 = 0x80 << 56;
/// Lanes of a SHA3-256 block.
pub(crate) const HASH_LANES: usize = 17;

/// Bits of a position: a file has fewer than 2^24 chunks.
pub(crate) const POSITION_BITS: usize = 24;
/// Bits of a length.
pub(crate) const LENGTH_BITS: usize = 40;
/// Bits of the chunk size.
pub(crate) const CHUNK_BITS: usize = 16;

/// Where each public value stands. All of them are computed by the verifier from a [`ChunkStatement`].
pub(crate) mod at {
    use super::{CHUNK_BITS, LENGTH_BITS, LIMBS, POSITION_BITS, RATE};
    /// The 256 bits of the context.
    pub const CONTEXT: usize = 0;
    /// Bits of the position.
    pub const POSITION: usize = CONTEXT + 256;
    /// Bits of the position plus one.
    pub const NEXT: usize = POSITION + POSITION_BITS;
    /// Bits of the binary's length.
    pub const LENGTH: usize = NEXT + POSITION_BITS;
    /// Bits of the chunk size.
    pub const CHUNK: usize = LENGTH + LENGTH_BITS;
    /// Limbs of the incoming commitment.
    pub const INCOMING: usize = CHUNK + CHUNK_BITS;
    /// Limbs of the outgoing commitment, or of B.
    pub const OUTGOING: usize = INCOMING + 4 * LIMBS;
    /// Blocks of this chunk.
    pub const BLOCKS: usize = OUTGOING + 4 * LIMBS;
    /// 1 in the last chunk.
    pub const LAST: usize = BLOCKS + 1;
    /// In the last chunk 1 at the place of the first padding byte; else zeros.
    pub const PADDING: usize = LAST + 1;
    /// Number of public values.
    pub const COUNT: usize = PADDING + RATE;
}

/// SHA3-256("nonos1.S" ‖ capacity (128) ‖ blinding (32) ‖ context (32) ‖ position ‖ length ‖ chunk blocks), the numbers as
/// eight little-endian bytes: a commitment to the sponge's state before the chunk at `position`.
///
/// It binds the 16 lanes of capacity only. The nine others are what the next block is XORed into: whatever they are, some
/// block leads to the input of the next permutation, so the statement "a message exists" needs no more.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StateCommitment(pub [u8; 32]);

impl std::fmt::Debug for StateCommitment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StateCommitment(0x")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        write!(f, ")")
    }
}

/// What all chunk proofs of one binary agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStatement {
    /// What the proofs are made for, opaque here. For an operator's install the big-endian bytes of J, which a link proof
    /// ties to B.
    pub context: [u8; 32],
    /// B. Who has C and the blinding can open it; with a blinding that can be guessed, B confirms guesses of C.
    pub blinded: BlindedCommitment,
    /// Bytes of the binary.
    pub length: u64,
    /// Blocks of a full chunk.
    pub chunk_blocks: u32,
}

impl FileStatement {
    /// The cut into chunks.
    pub fn schedule(&self) -> Result<Schedule, ScheduleError> {
        Schedule::new(self.length, self.chunk_blocks)
    }
}

/// What one chunk proof says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChunkStatement {
    pub context: [u8; 32],
    pub schedule: Schedule,
    pub position: u32,
    pub incoming: StateCommitment,
    /// Outgoing commitment; B in the last chunk.
    pub outgoing: [u8; 32],
}

fn bits<F: PrimeCharacteristicRing>(value: u64, count: usize) -> impl Iterator<Item = F> {
    (0..count).map(move |bit| F::from_bool(value >> bit & 1 == 1))
}

fn hash_limbs<F: PrimeCharacteristicRing>(hash: &[u8; 32]) -> impl Iterator<Item = F> {
    (0..4).flat_map(|i| limbs(lane(hash, i))).map(F::from_u32)
}

impl ChunkStatement {
    /// The public values, in the order of [`at`].
    pub fn public_values<F: PrimeCharacteristicRing>(&self) -> Vec<F> {
        let last = self.schedule.is_last(self.position);
        let mut values = Vec::with_capacity(at::COUNT);
        values.extend((0..4).flat_map(|i| bits::<F>(lane(&self.context, i), 64)));
        values.extend(bits::<F>(self.position.into(), POSITION_BITS));
        values.extend(bits::<F>(u64::from(self.position) + 1, POSITION_BITS));
        values.extend(bits::<F>(self.schedule.length(), LENGTH_BITS));
        values.extend(bits::<F>(self.schedule.chunk_blocks().into(), CHUNK_BITS));
        values.extend(hash_limbs::<F>(&self.incoming.0));
        values.extend(hash_limbs::<F>(&self.outgoing));
        values.push(F::from_u32(self.schedule.blocks_at(self.position)));
        values.push(F::from_bool(last));
        let start = self.schedule.padding_start();
        values.extend((0..RATE).map(|i| F::from_bool(last && i == start)));
        values
    }
}

/// The first block of a state commitment: tag and capacity.
pub(crate) fn commitment_head(state: &State) -> State {
    let mut input = [0; 25];
    input[0] = STATE_TAG;
    input[1..HASH_LANES].copy_from_slice(&state[CAPACITY_START..]);
    input
}

/// The second block of a state commitment, padding included.
pub(crate) fn commitment_tail(
    blinding: &[u8; 32],
    context: &[u8; 32],
    position: u32,
    schedule: &Schedule,
) -> State {
    let mut block = [0; 25];
    for i in 0..4 {
        block[i] = lane(blinding, i);
        block[4 + i] = lane(context, i);
    }
    block[8] = position.into();
    block[9] = schedule.length();
    block[10] = schedule.chunk_blocks().into();
    block[11] = PAD_FIRST;
    block[16] = PAD_LAST;
    block
}

/// The block that makes C.
pub(crate) fn digest_block(state: &State, salt: &[u8; 32]) -> State {
    let mut block = [0; 25];
    block[0] = DIGEST_TAG;
    block[1..9].copy_from_slice(&state[..8]);
    for i in 0..4 {
        block[9 + i] = lane(salt, i);
    }
    block[13] = PAD_FIRST;
    block[16] = PAD_LAST;
    block
}

/// The block that makes B from the state behind [`digest_block`], whose first lanes are C.
pub(crate) fn blinded_block(state: &State, blinding: &[u8; 32]) -> State {
    let mut block = [0; 25];
    block[..4].copy_from_slice(&state[..4]);
    block[4] = BLINDED_TAG;
    for i in 0..4 {
        block[5 + i] = lane(blinding, i);
    }
    block[9] = PAD_FIRST;
    block[16] = PAD_LAST;
    block
}

/// XOR of two states.
pub(crate) fn xor(a: &State, b: &State) -> State {
    std::array::from_fn(|i| a[i] ^ b[i])
}

/// The first 32 bytes of a state.
pub(crate) fn squeeze_256(state: &State) -> [u8; 32] {
    std::array::from_fn(|i| state[i / 8].to_le_bytes()[i % 8])
}

/// The commitment to a state before the chunk at `position`.
pub(crate) fn commit(
    state: &State,
    blinding: &[u8; 32],
    context: &[u8; 32],
    position: u32,
    schedule: &Schedule,
) -> StateCommitment {
    let head = permute(&commitment_head(state));
    let tail = permute(&xor(&head, &commitment_tail(blinding, context, position, schedule)));
    StateCommitment(squeeze_256(&tail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha3::{Digest, Sha3_256};

    #[test]
    fn commitment_is_sha3_256_of_its_fields() {
        let state: State = std::array::from_fn(|i| 0x0101_0101_0101_0101 * i as u64);
        let schedule = Schedule::new(1_000, 3).unwrap();
        let mut message = b"nonos1.S".to_vec();
        state[9..].iter().for_each(|lane| message.extend(lane.to_le_bytes()));
        message.extend([7; 32]);
        message.extend([9; 32]);
        message.extend(5u64.to_le_bytes());
        message.extend(1_000u64.to_le_bytes());
        message.extend(3u64.to_le_bytes());
        let expected: [u8; 32] = Sha3_256::digest(&message).into();
        assert_eq!(commit(&state, &[7; 32], &[9; 32], 5, &schedule).0, expected);
    }

    #[test]
    fn digest_block_makes_c_and_blinded_block_makes_b() {
        let state: State = std::array::from_fn(|i| 0x0102_0304_0506_0708 * (i as u64 + 1));
        let digest: [u8; 64] = std::array::from_fn(|i| state[i / 8].to_le_bytes()[i % 8]);
        let committed = permute(&digest_block(&state, &[3; 32]));
        let c = nonos_core::capsule::digest_commitment(&digest, &[3; 32]);
        assert_eq!(squeeze_256(&committed), c.0);
        let b = squeeze_256(&permute(&blinded_block(&committed, &[4; 32])));
        assert_eq!(b, nonos_core::capsule::blinded_commitment(&c, &[4; 32]).0);
        let message = [&c.0[..], b"nonos1.B", &[4; 32]].concat();
        assert_eq!(b, <[u8; 32]>::from(Sha3_256::digest(&message)));
    }
}
