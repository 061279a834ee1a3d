//! SHA3-512 natively: the check that comes before any proof.

use crate::error::ProveError;
use crate::keccak::{State, lane, permute};
use crate::prover::mismatch;
use crate::schedule::{RATE, Schedule};
use sha3::{Digest, Sha3_512};
use std::io::{Read, Seek, SeekFrom};
use zeroize::Zeroizing;

/// Bytes read at once.
const BUFFER: usize = RATE * 512;

/// Length and SHA3-512 digest of a binary, read to its end.
pub fn digest_reader(mut reader: impl Read) -> std::io::Result<(u64, [u8; 64])> {
    let mut hash = Sha3_512::new();
    let mut buffer = Zeroizing::new(vec![0; BUFFER]);
    let mut length = 0;
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) => return Ok((length, hash.finalize().into())),
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hash.update(&buffer[..count]);
        length += count as u64;
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Refuses a binary that is not `length` bytes with SHA3-512 `digest`; returns the sponge's state before the chunk at
/// `position`.
pub(crate) fn check_binary<R: Read + Seek>(
    reader: &mut R,
    digest: &[u8; 64],
    schedule: &Schedule,
    position: u32,
) -> Result<State, ProveError> {
    reader.seek(SeekFrom::Start(0))?;
    let (length, found) = digest_reader(&mut *reader)?;
    if length != schedule.length() {
        return Err(ProveError::Length { expected: schedule.length(), actual: length });
    }
    if found != *digest {
        return Err(mismatch(digest, &found));
    }
    reader.seek(SeekFrom::Start(0))?;
    let mut state = [0; 25];
    if position >= schedule.chunks() {
        return Ok(state);
    }
    let mut block = Zeroizing::new([0; RATE]);
    for _ in 0..schedule.bytes_at(position).start / RATE as u64 {
        reader.read_exact(block.as_mut())?;
        for (i, word) in state[..RATE / 8].iter_mut().enumerate() {
            *word ^= lane(block.as_ref(), i);
        }
        state = permute(&state);
    }
    Ok(state)
}
