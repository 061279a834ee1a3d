//! Chunks that are verified off the chain, and the link proof that says whose they are.
//!
//! Chunks hang together: each starts from the commitment that the one before it ended in, whose blinding is drawn at random.
//! A kept chunk therefore carries the state to go on from, in one file with the proof, so that no crash can part them.
//! **That state is a secret**: who has the blinding can test guesses of the binary against the published commitments. It
//! stays in the job's folder, for its owner only, and is removed with it.

use super::backend::{BackendName, InstallBackend};
use super::error::{InstallRefusal, JobError};
use super::format::StarkInstall;
use super::subject::InstallSubject;
use super::verify::{StarkTerms, verify_stark_install};
use nonos_circuits::link::{LinkProver, LinkWitness};
use nonos_core::{Fr, InstallLeaf};
use nonos_hash_stark::{
    ChunkProof, Chunks, FileStatement, FileVerifier, HashProver, Install, Progress, ResumeState, Security,
    max_proof_bytes,
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

/// Makes chunks with the STARK.
pub struct StarkBackend {
    link: Arc<LinkProver>,
    security: Security,
    binary: Binary,
    install: Install,
    terms: Fr,
    k: Fr,
    chunks: u32,
    /// Has seen every chunk so far, kept or new.
    verifier: FileVerifier,
    /// Where the last chunk left off.
    state: Option<ResumeState>,
    /// The prover, once something has to be proven.
    proving: Option<Proving>,
}

impl StarkBackend {
    /// Chunks of `chunk_blocks` blocks: [`nonos_hash_stark::DEFAULT_CHUNK_BLOCKS`] unless memory is short.
    pub fn new(
        link: Arc<LinkProver>,
        subject: &InstallSubject,
        security: Security,
        chunk_blocks: u32,
    ) -> Result<Self, JobError> {
        let install = Install {
            leaf: subject.leaf,
            digest: subject.digest,
            salt: *subject.salt,
            length: subject.payload.len() as u64,
            chunk_blocks,
        };
        let file = install.statement();
        let chunks = file.schedule().map_err(nonos_hash_stark::ProveError::from)?.chunks();
        let verifier = FileVerifier::new(file, security).map_err(InstallRefusal::from)?;
        Ok(Self {
            link,
            security,
            binary: Binary(Arc::new(subject.payload.clone())),
            install,
            terms: subject.terms,
            k: subject.k,
            chunks,
            verifier,
            state: None,
            proving: None,
        })
    }

    fn file(&self) -> FileStatement {
        self.install.statement()
    }

    fn proving(&mut self) -> Result<&mut Proving, JobError> {
        let proving = match self.proving.take() {
            Some(proving) => proving,
            None => HashProver::new(self.security).prove_chunks(
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
    fn name(&self) -> BackendName {
        BackendName::Stark
    }

    fn folder(&self) -> &'static str {
        self.name().folder(self.security)
    }

    fn leaf(&self) -> InstallLeaf {
        self.install.leaf
    }

    fn length(&self) -> u64 {
        self.install.length
    }

    fn chunks(&self) -> u32 {
        self.chunks
    }

    fn parameters(&self) -> String {
        let key = self.link.verifier().key();
        format!("{:?}, chunks of {} blocks, link key {key}", self.security, self.install.chunk_blocks)
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
        let file = self.file();
        let witness = LinkWitness { k: self.k, terms: self.terms, commitment: file.commitment };
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut())?;
        let (link, _) = self.link.prove(&witness, *seed).map_err(|error| JobError::Halo2 {
            what: "proving the link between install leaf and commitment".to_owned(),
            reason: error.to_string(),
        })?;
        Ok(StarkInstall { file, security: self.security, link }.write_start(&mut out)?)
    }

    fn write_chunk(&mut self, kept: &[u8], mut out: &mut dyn Write) -> Result<(), JobError> {
        let (_, proof) = decode(kept).map_err(|reason| JobError::Halo2 {
            what: "reading back a chunk that was just verified".to_owned(),
            reason,
        })?;
        Ok(StarkInstall::write_chunk(&mut out, &proof)?)
    }

    fn verify(&self, file: &mut dyn Read) -> Result<(), InstallRefusal> {
        let terms = StarkTerms {
            link: self.link.verifier(),
            security: self.security,
            leaf: Some(self.install.leaf),
            manifest: None,
        };
        verify_stark_install(file, &terms, |_, _| {}).map(drop)
    }
}
