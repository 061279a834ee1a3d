//! Proving a binary chunk by chunk.

use crate::air::ChunkAir;
use crate::config::{Val, config};
use crate::digest::{check_binary, hex};
use crate::error::ProveError;
use crate::keccak::State;
use crate::proof::{ChunkProof, encode_stark};
use crate::resume::ResumeState;
use crate::schedule::Schedule;
use crate::security::Security;
use crate::statement::{ChunkStatement, FileStatement, StateCommitment, commit};
use crate::trace::{Witness, rows};
use crate::verifier::{schedule, verify_stark};
use nonos_core::capsule::{blinded_commitment, digest_commitment};
use rand::rngs::{StdRng, SysRng};
use rand::{SeedableRng, TryRng};
use sha3::{Digest, Sha3_256};
use std::io::{Read, Seek, SeekFrom};
use zeroize::{Zeroize, Zeroizing};

/// What a prover knows about the binary that it is going to prove.
#[derive(Clone)]
pub struct Install {
    /// What the proofs are made for: 32 bytes that they are worth nothing without. For an operator's install those of J,
    /// big-endian.
    pub context: [u8; 32],
    /// D, the SHA3-512 digest of the binary.
    pub digest: [u8; 64],
    /// Salt of C. With a salt that can be guessed, C confirms guesses of the binary.
    pub salt: [u8; 32],
    /// ρ, which B is made with: fresh from the operating system where C has to stay hidden, and a secret. With a blinding
    /// that can be guessed, B confirms guesses of C. Zeros for a file whose holder shows C beside it.
    pub blinding: [u8; 32],
    /// Bytes of the binary.
    pub length: u64,
    /// Blocks of a full chunk, [`crate::DEFAULT_CHUNK_BLOCKS`] unless memory is short.
    pub chunk_blocks: u32,
}

impl std::fmt::Debug for Install {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Install").field("statement", &self.statement()).finish_non_exhaustive()
    }
}

impl Install {
    /// What the proofs will say.
    pub fn statement(&self) -> FileStatement {
        FileStatement {
            context: self.context,
            blinded: blinded_commitment(&digest_commitment(&self.digest, &self.salt), &self.blinding),
            length: self.length,
            chunk_blocks: self.chunk_blocks,
        }
    }

    /// Ties a saved state to this install and these parameters.
    fn fingerprint(&self, security: Security) -> [u8; 32] {
        Sha3_256::new()
            .chain_update(b"nonos1.hash-stark.state")
            .chain_update(self.context)
            .chain_update(self.digest)
            .chain_update(self.salt)
            .chain_update(self.blinding)
            .chain_update(self.length.to_le_bytes())
            .chain_update(self.chunk_blocks.to_le_bytes())
            .chain_update([security.number()])
            .finalize()
            .into()
    }
}

/// How far a proof is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Chunks proven, those of an earlier run included.
    pub proven: u32,
    /// Chunks of the file.
    pub chunks: u32,
}

/// Proves installs with one set of parameters.
#[derive(Clone, Copy, Debug, Default)]
pub struct HashProver {
    security: Security,
}

impl HashProver {
    /// A prover with these parameters.
    pub fn new(security: Security) -> Self {
        Self { security }
    }

    /// Hashes the whole of `reader` natively and refuses another binary than the install's; then an iterator proves one chunk
    /// after the other, from `resume` on. The reader is rewound.
    ///
    /// An iterator holds one chunk in memory: 2.3 GB while it proves one of the default size. `progress` is called before the
    /// first chunk and after each.
    pub fn prove_chunks<R: Read + Seek, P: FnMut(Progress)>(
        &self,
        mut reader: R,
        install: Install,
        resume: Option<ResumeState>,
        mut progress: P,
    ) -> Result<Chunks<R, P>, ProveError> {
        let schedule = schedule(&install.statement(), self.security)?;
        let fingerprint = install.fingerprint(self.security);
        let position = match &resume {
            None => 0,
            Some(saved) if saved.install != fingerprint || saved.position > schedule.chunks() => {
                return Err(ProveError::ForeignState);
            }
            Some(saved) => saved.position,
        };
        let state = check_binary(&mut reader, &install.digest, &schedule, position)?;
        let context = install.context;
        let saved = match resume {
            Some(saved) => {
                let opened = commit(&state, &saved.blinding, &context, position, &schedule);
                if position < schedule.chunks() && opened != saved.commitment {
                    return Err(ProveError::State { position });
                }
                saved
            }
            None => {
                let blinding = random()?;
                let commitment = commit(&state, &blinding, &context, 0, &schedule);
                ResumeState { install: fingerprint, position, blinding: *blinding, commitment }
            }
        };
        progress(Progress { proven: position, chunks: schedule.chunks() });
        Ok(Chunks { reader, install, security: self.security, schedule, state, saved, progress })
    }
}

/// The chunk proofs of an install, made one by one as they are asked for. After an error the same chunk can be asked for
/// again.
pub struct Chunks<R, P> {
    reader: R,
    install: Install,
    security: Security,
    schedule: Schedule,
    /// The sponge's state before the next chunk.
    state: State,
    saved: ResumeState,
    progress: P,
}

impl<R, P> Drop for Chunks<R, P> {
    fn drop(&mut self) {
        self.state.zeroize();
        self.install.salt.zeroize();
        self.install.blinding.zeroize();
    }
}

impl<R, P> std::fmt::Debug for Chunks<R, P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chunks")
            .field("install", &self.install)
            .field("saved", &self.saved)
            .finish_non_exhaustive()
    }
}

/// 32 bytes from the operating system.
fn random() -> Result<Zeroizing<[u8; 32]>, ProveError> {
    let mut bytes = Zeroizing::new([0; 32]);
    SysRng.try_fill_bytes(bytes.as_mut()).map_err(|error| ProveError::Randomness(error.to_string()))?;
    Ok(bytes)
}

/// A generator seeded by the operating system.
fn generator() -> Result<StdRng, ProveError> {
    StdRng::try_from_rng(&mut SysRng).map_err(|error| ProveError::Randomness(error.to_string()))
}

impl<R: Read + Seek, P: FnMut(Progress)> Chunks<R, P> {
    /// What to keep in order to go on behind the last proof that was handed out. Store it together with that proof: two runs
    /// from one state make two proofs of one chunk that end in different commitments.
    pub fn resume_state(&self) -> ResumeState {
        self.saved.clone()
    }

    fn prove_next(&mut self) -> Result<ChunkProof, ProveError> {
        let position = self.saved.position;
        let range = self.schedule.bytes_at(position);
        let mut bytes = Zeroizing::new(vec![0; (range.end - range.start) as usize]);
        self.reader.seek(SeekFrom::Start(range.start))?;
        self.reader.read_exact(&mut bytes)?;
        let last = self.schedule.is_last(position);
        let outgoing = if last { Zeroizing::new(self.install.blinding) } else { random()? };
        let context = self.install.context;
        let witness = Witness {
            schedule: self.schedule,
            position,
            context,
            state: self.state,
            blinding: self.saved.blinding,
            outgoing: *outgoing,
            salt: self.install.salt,
            bytes: &bytes,
        };
        let state = witness.absorb();
        let end = if last {
            StateCommitment(self.install.statement().blinded.0)
        } else {
            commit(&state, &outgoing, &context, position + 1, &self.schedule)
        };
        let statement = ChunkStatement {
            context,
            schedule: self.schedule,
            position,
            incoming: self.saved.commitment,
            outgoing: end.0,
        };
        let trace = rows::<Val>(&witness.slots(), &self.state, self.schedule.log_rows(position));
        let config = config(self.security, generator()?, generator()?);
        let stark = p3_uni_stark::prove(&config, &ChunkAir, trace, &statement.public_values::<Val>())
            .map_err(|error| ProveError::Stark { position, error: error.to_string() })?;
        let stark = encode_stark(&stark).map_err(|error| ProveError::Stark { position, error })?;
        // Catches a bug, and in the last chunk a file that changed behind our back.
        verify_stark(&stark, &statement, self.security)
            .map_err(|error| ProveError::Unsound { position, error: Box::new(error) })?;
        let incoming = self.saved.commitment;
        self.state = state;
        self.saved.position += 1;
        // Behind the last chunk there is nothing to open, and the blinding of B has no business in a saved state.
        self.saved.blinding = if last { [0; 32] } else { *outgoing };
        self.saved.commitment = end;
        (self.progress)(Progress { proven: self.saved.position, chunks: self.schedule.chunks() });
        Ok(ChunkProof { security: self.security, position, incoming, outgoing: end, stark })
    }
}

impl<R: Read + Seek, P: FnMut(Progress)> Iterator for Chunks<R, P> {
    type Item = Result<ChunkProof, ProveError>;

    fn next(&mut self) -> Option<Self::Item> {
        (self.saved.position < self.schedule.chunks()).then(|| self.prove_next())
    }
}

/// The digest that a mismatch shows.
pub(crate) fn mismatch(expected: &[u8; 64], actual: &[u8; 64]) -> ProveError {
    ProveError::Digest { expected: hex(expected), actual: hex(actual) }
}
