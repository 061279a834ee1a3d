//! Chunks that are verified off the chain, and the link proof that says whose they are; for a publisher, chunks alone.
//!
//! Chunks hang together: each starts from the commitment that the one before it ended in, whose blinding is drawn at random.
//! A kept chunk therefore carries the state to go on from, in one file with the proof, so that no crash can part them.
//! **That state is a secret**: who has the blinding can test guesses of the binary against the published commitments. It
//! stays in the job's folder, for its owner only, and is removed with it.

use super::backend::{InstallBackend, Product};
use super::claim::{Claim, Shown, StarkFile};
use super::error::{InstallRefusal, JobError};
use super::links::Links;
use super::subject::{DigestSubject, InstallSubject};
use super::verify::{StarkTerms, verify_stark};
use nonos_core::capsule::{blinded_commitment, digest_commitment};
use nonos_hash_stark::{
    ChunkProof, Chunks, FileVerifier, HashProver, Install, Progress, ResumeState, Security, max_proof_bytes,
};
use sha3::{Digest, Sha3_256};
use std::io::{Cursor, Read, Write};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Bytes of an encoded [`ResumeState`].
const STATE: usize = 160;
/// Bytes of a checksum.
const CHECKSUM: usize = 32;

/// The binary, shared by the backend and the prover's iterator.
#[derive(Clone)]
struct Binary(Arc<Zeroizing<Vec<u8>>>);

impl AsRef<[u8]> for Binary {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

type Proving = Chunks<Cursor<Binary>, fn(Progress)>;

/// What opens C, and hides it.
struct Secret {
    digest: [u8; 64],
    salt: [u8; 32],
    blinding: [u8; 32],
}

/// Makes chunks with the STARK.
pub struct StarkBackend {
    links: Arc<Links>,
    binary: Binary,
    install: Install,
    /// What the finished file will say, link proof included.
    file: StarkFile,
    chunks: u32,
    /// Has seen every chunk so far, kept or new.
    verifier: FileVerifier,
    /// Where the last chunk left off.
    state: Option<ResumeState>,
    /// The prover, once something has to be proven.
    proving: Option<Proving>,
}

impl StarkBackend {
    /// An operator's install, with C `hidden` or shown, in chunks of `chunk_blocks` blocks:
    /// [`nonos_hash_stark::DEFAULT_CHUNK_BLOCKS`] unless memory is short.
    pub fn new(
        links: Arc<Links>,
        subject: &InstallSubject,
        hidden: bool,
        security: Security,
        chunk_blocks: u32,
    ) -> Result<Self, JobError> {
        let blinding = if hidden { *subject.blinding() } else { [0; 32] };
        let shown = match hidden {
            true => Shown::Blinded(blinded_commitment(&subject.commitment, &blinding)),
            false => Shown::Commitment(subject.commitment),
        };
        let link = links.prove(subject, hidden)?;
        let claim = Claim::Install { leaf: subject.leaf, shown, link };
        let secret = Secret { digest: subject.digest, salt: *subject.salt, blinding };
        Self::make(links, claim, secret, subject.payload.clone(), security, chunk_blocks)
    }

    /// A publisher's digest proof.
    pub fn digest_proof(
        links: Arc<Links>,
        subject: &DigestSubject,
        security: Security,
        chunk_blocks: u32,
    ) -> Result<Self, JobError> {
        let secret = Secret { digest: subject.digest, salt: *subject.salt, blinding: [0; 32] };
        let claim = Claim::Digest { commitment: digest_commitment(&subject.digest, &subject.salt) };
        Self::make(links, claim, secret, subject.payload.clone(), security, chunk_blocks)
    }

    fn make(
        links: Arc<Links>,
        claim: Claim,
        secret: Secret,
        payload: Zeroizing<Vec<u8>>,
        security: Security,
        chunk_blocks: u32,
    ) -> Result<Self, JobError> {
        let file = StarkFile { claim, length: payload.len() as u64, chunk_blocks, security };
        let install = Install {
            context: file.context(),
            digest: secret.digest,
            salt: secret.salt,
            blinding: secret.blinding,
            length: file.length,
            chunk_blocks,
        };
        let chunks = file.statement().schedule().map_err(nonos_hash_stark::ProveError::from)?.chunks();
        let verifier = FileVerifier::new(file.statement(), security).map_err(InstallRefusal::from)?;
        let binary = Binary(Arc::new(payload));
        Ok(Self { links, binary, install, file, chunks, verifier, state: None, proving: None })
    }

    fn proving(&mut self) -> Result<&mut Proving, JobError> {
        let proving = match self.proving.take() {
            Some(proving) => proving,
            None => HashProver::new(self.file.security).prove_chunks(
                Cursor::new(self.binary.clone()),
                self.install.clone(),
                self.state.clone(),
                (|_| {}) as fn(Progress),
            )?,
        };
        Ok(self.proving.insert(proving))
    }
}

/// A kept chunk: checksum ‖ state to go on from ‖ proof. The checksum tells a damaged file from a state that does not fit.
fn keep(state: &ResumeState, proof: &ChunkProof) -> Zeroizing<Vec<u8>> {
    let body = Zeroizing::new([state.encode(), proof.encode()].concat());
    let checksum: [u8; CHECKSUM] = Sha3_256::digest(&body).into();
    Zeroizing::new([&checksum[..], &body].concat())
}

fn decode(kept: &[u8]) -> Result<(ResumeState, ChunkProof), String> {
    let (checksum, body) = kept.split_first_chunk::<CHECKSUM>().ok_or("it is cut off")?;
    if <[u8; CHECKSUM]>::from(Sha3_256::digest(body)) != *checksum {
        return Err("its checksum is wrong".to_owned());
    }
    let (state, proof) = body.split_first_chunk::<STATE>().ok_or("it is cut off")?;
    let state = ResumeState::decode(state).map_err(|error| error.to_string())?;
    let proof = ChunkProof::decode(proof).map_err(|error| error.to_string())?;
    Ok((state, proof))
}

impl InstallBackend for StarkBackend {
    fn product(&self) -> Product {
        let security = self.file.security;
        match &self.file.claim {
            Claim::Install { shown, .. } => {
                Product::Stark { hidden: matches!(shown, Shown::Blinded(_)), security }
            }
            Claim::Digest { .. } => Product::Digest { security },
        }
    }

    fn context(&self) -> [u8; 32] {
        self.install.context
    }

    fn length(&self) -> u64 {
        self.install.length
    }

    fn chunks(&self) -> u32 {
        self.chunks
    }

    fn parameters(&self) -> String {
        let StarkFile { security, chunk_blocks, .. } = self.file;
        match self.file.claim {
            Claim::Install { .. } => {
                format!("{security:?}, chunks of {chunk_blocks} blocks, {}", self.links.keys())
            }
            // No link, so no setup: the finished file stays good whatever setup the next command has.
            Claim::Digest { .. } => format!("{security:?}, chunks of {chunk_blocks} blocks"),
        }
    }

    fn max_kept_bytes(&self) -> usize {
        CHECKSUM + STATE + max_proof_bytes()
    }

    fn accept(&mut self, position: u32, kept: &[u8]) -> Result<(), String> {
        let (state, proof) = decode(kept)?;
        if state.position() != position + 1 {
            return Err("it is of another place".to_owned());
        }
        self.verifier.push(&proof).map_err(|error| error.to_string())?;
        self.state = Some(state);
        self.proving = None;
        Ok(())
    }

    fn prove(&mut self, position: u32) -> Result<Zeroizing<Vec<u8>>, JobError> {
        let proving = self.proving()?;
        if proving.resume_state().position() != position {
            return Err(JobError::Turn(position));
        }
        let proof = proving.next().ok_or(JobError::Turn(position))??;
        let state = proving.resume_state();
        self.verifier.push(&proof).map_err(InstallRefusal::from)?;
        let kept = keep(&state, &proof);
        self.state = Some(state);
        Ok(kept)
    }

    fn write_start(&mut self, mut out: &mut dyn Write) -> Result<(), JobError> {
        Ok(self.file.write_start(&mut out)?)
    }

    fn write_chunk(&mut self, kept: &[u8], mut out: &mut dyn Write) -> Result<(), JobError> {
        let (_, proof) = decode(kept).map_err(JobError::Unreadable)?;
        Ok(StarkFile::write_chunk(&mut out, &proof)?)
    }

    fn verify(&self, file: &mut dyn Read) -> Result<(), InstallRefusal> {
        let terms = StarkTerms {
            links: &self.links,
            security: self.file.security,
            context: Some(self.install.context),
            manifest: None,
        };
        verify_stark(file, &terms, |_, _| {}).map(drop)
    }
}
