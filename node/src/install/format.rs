//! The bytes of an install file: one encoding, read strictly and one chunk at a time.
//!
//! ```text
//! magic   "nonos1.install" (14) ‖ version (1) ‖ kind (1)
//! header  Solidity ABI of static words
//! frames  length (4, big-endian) ‖ bytes
//! ```
//!
//! | kind | header | frames |
//! |---|---|---|
//! | 1, halo2 install | J, chunks, state before the first chunk | for each chunk: the state after it (32) ‖ proof |
//! | 2, STARK install | J, C, length, blocks of a chunk, security | link proof; for each chunk: [`ChunkProof::encode`] |
//! | 3, the same, C hidden | B in the place of C | the same, with the hidden link proof |
//! | 4, digest proof | C, length, blocks of a chunk, security | for each chunk: [`ChunkProof::encode`] |
//!
//! How many frames follow is said by the header, and nothing may stand behind the last. States of a halo2 install are
//! written once, so that no file can hold a broken chain. Re-encoding what was read gives the same bytes.

use super::MAX_HALO2_PROOF;
use super::claim::{Claim, Shown, StarkFile};
use super::error::FileError;
use alloy_primitives::B256;
use alloy_sol_types::{SolType, SolValue, sol};
use nonos_core::field::{fr_from_be, fr_to_be};
use nonos_core::{Fr, InstallLeaf};
use nonos_hash_stark::{ChunkProof, Schedule, Security, max_proof_bytes};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};

const MAGIC: &[u8; 14] = b"nonos1.install";
const VERSION: u8 = 1;
/// Most chunks of a halo2 install: the largest payload has 6,473.
pub(super) const MAX_HALO2_CHUNKS: u32 = 1 << 13;

sol! {
    struct StarkHeaderAbi {
        bytes32 leaf;
        bytes32 commitment;
        uint64 length;
        uint32 chunkBlocks;
        uint8 security;
    }

    struct DigestHeaderAbi {
        bytes32 commitment;
        uint64 length;
        uint32 chunkBlocks;
        uint8 security;
    }

    struct Halo2HeaderAbi {
        bytes32 leaf;
        uint32 chunks;
        bytes32 stateIn;
    }
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// An install for the chain.
    Halo2,
    /// An install for anybody, by STARK; C shown or hidden.
    Stark,
    /// A publisher's digest proof.
    Digest,
}

impl std::fmt::Display for FileKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Halo2 => "halo2 install",
            Self::Stark => "STARK install",
            Self::Digest => "digest proof",
        })
    }
}

/// What a halo2 install says before its chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halo2Install {
    /// J.
    pub leaf: InstallLeaf,
    /// Number of chunks.
    pub chunks: u32,
    /// Commitment to the sponge before the first chunk.
    pub state_in: Fr,
}

/// A chunk of a halo2 install.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halo2Chunk {
    /// Commitment to the sponge after it.
    pub state_out: Fr,
    /// The proof.
    pub proof: Vec<u8>,
}

fn security_number(security: Security) -> u8 {
    match security {
        Security::Conjectured => 1,
        Security::Proven => 2,
    }
}

fn element(what: &str, word: &B256) -> Result<Fr, FileError> {
    fr_from_be(&word.0).map_err(|source| FileError::Field { what: what.to_owned(), source })
}

const HALO2: u8 = 1;
const SHOWN: u8 = 2;
const HIDDEN: u8 = 3;
const DIGEST: u8 = 4;

fn start(kind: u8) -> Vec<u8> {
    [MAGIC.as_slice(), &[VERSION, kind]].concat()
}

pub(super) fn write_frame(out: &mut impl Write, bytes: &[u8]) -> Result<(), FileError> {
    let length = u32::try_from(bytes.len()).map_err(|_| FileError::TooLarge {
        what: "a frame".to_owned(),
        actual: bytes.len(),
        max: u32::MAX as usize,
    })?;
    out.write_all(&length.to_be_bytes())?;
    Ok(out.write_all(bytes)?)
}

impl StarkFile {
    /// Writes everything before the chunks.
    pub fn write_start(&self, out: &mut impl Write) -> Result<(), FileError> {
        let (length, security) = (self.length, security_number(self.security));
        let chunk_blocks = self.chunk_blocks;
        match &self.claim {
            Claim::Install { leaf, shown, link } => {
                let (kind, commitment) = match shown {
                    Shown::Commitment(c) => (SHOWN, B256::from(*c)),
                    Shown::Blinded(b) => (HIDDEN, B256::from(*b)),
                };
                let leaf = B256::from(*leaf);
                let header = StarkHeaderAbi { leaf, commitment, length, chunkBlocks: chunk_blocks, security };
                out.write_all(&start(kind))?;
                out.write_all(&header.abi_encode())?;
                write_frame(out, link)
            }
            Claim::Digest { commitment } => {
                let commitment = B256::from(*commitment);
                let header = DigestHeaderAbi { commitment, length, chunkBlocks: chunk_blocks, security };
                out.write_all(&start(DIGEST))?;
                Ok(out.write_all(&header.abi_encode())?)
            }
        }
    }

    /// Writes the next chunk.
    pub fn write_chunk(out: &mut impl Write, chunk: &ChunkProof) -> Result<(), FileError> {
        write_frame(out, &chunk.encode())
    }
}

impl Halo2Install {
    /// Writes everything before the chunks.
    pub fn write_start(&self, out: &mut impl Write) -> Result<(), FileError> {
        out.write_all(&start(HALO2))?;
        let state_in = fr_to_be(&self.state_in).into();
        let header = Halo2HeaderAbi { leaf: self.leaf.into(), chunks: self.chunks, stateIn: state_in };
        Ok(out.write_all(&header.abi_encode())?)
    }

    /// Writes the next chunk.
    pub fn write_chunk(out: &mut impl Write, chunk: &Halo2Chunk) -> Result<(), FileError> {
        write_frame(out, &[&fr_to_be(&chunk.state_out)[..], &chunk.proof].concat())
    }
}

/// Bytes from a reader, with the name of what was to be read in errors.
struct Source<R>(R);

impl<R: Read> Source<R> {
    fn exact(&mut self, buffer: &mut [u8], what: &str) -> Result<(), FileError> {
        self.0.read_exact(buffer).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => FileError::Truncated(what.to_owned()),
            _ => error.into(),
        })
    }

    /// The length before a frame.
    fn frame_length(&mut self, what: &str, max: usize) -> Result<usize, FileError> {
        let mut length = [0; 4];
        self.exact(&mut length, what)?;
        let length = u32::from_be_bytes(length) as usize;
        if length > max {
            return Err(FileError::TooLarge { what: what.to_owned(), actual: length, max });
        }
        Ok(length)
    }

    fn frame(&mut self, what: &str, max: usize) -> Result<Vec<u8>, FileError> {
        let mut bytes = vec![0; self.frame_length(what, max)?];
        self.exact(&mut bytes, what)?;
        Ok(bytes)
    }

    /// The header, which only its one encoding gives.
    fn header<T: SolValue + From<<T::SolType as SolType>::RustType>>(
        &mut self,
        words: usize,
    ) -> Result<T, FileError> {
        let mut bytes = vec![0; 32 * words];
        self.exact(&mut bytes, "the header")?;
        let header = T::abi_decode_validate(&bytes).map_err(|error| FileError::Header(error.to_string()))?;
        if header.abi_encode() != bytes {
            return Err(FileError::Header("re-encoding it differs".to_owned()));
        }
        Ok(header)
    }

    fn end(&mut self) -> Result<(), FileError> {
        match self.0.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(FileError::Trailing),
            Err(error) if error.kind() == ErrorKind::Interrupted => self.end(),
            Err(error) => Err(error.into()),
        }
    }
}

/// An install file or a digest proof, opened.
pub enum InstallReader<R> {
    /// Of halo2.
    Halo2(Halo2Reader<R>),
    /// Of the STARK.
    Stark(StarkReader<R>),
}

impl<R: Read> InstallReader<R> {
    /// Reads everything before the chunks.
    pub fn open(reader: R) -> Result<Self, FileError> {
        let mut source = Source(reader);
        let mut start = [0; MAGIC.len() + 2];
        source.exact(&mut start, "the first 16 bytes").map_err(|error| match error {
            FileError::Truncated(_) => FileError::Foreign,
            other => other,
        })?;
        let [magic @ .., version, kind] = start;
        if magic != *MAGIC {
            return Err(FileError::Foreign);
        }
        match (version, kind) {
            (VERSION, HALO2) => Halo2Reader::open(source).map(Self::Halo2),
            (VERSION, SHOWN..=DIGEST) => StarkReader::open(kind, source).map(Self::Stark),
            (VERSION, kind) => Err(FileError::Kind(kind)),
            (version, _) => Err(FileError::Version(version)),
        }
    }

    /// What it is.
    pub fn kind(&self) -> FileKind {
        match self {
            Self::Halo2(_) => FileKind::Halo2,
            Self::Stark(reader) => match reader.file.claim {
                Claim::Install { .. } => FileKind::Stark,
                Claim::Digest { .. } => FileKind::Digest,
            },
        }
    }

    /// Made by the STARK, or an error.
    pub fn stark(reader: R) -> Result<StarkReader<R>, FileError> {
        match Self::open(reader)? {
            Self::Stark(reader) => Ok(reader),
            Self::Halo2(_) => {
                Err(FileError::OtherKind { expected: FileKind::Stark, actual: FileKind::Halo2 })
            }
        }
    }

    /// A halo2 install, or an error.
    pub fn halo2(reader: R) -> Result<Halo2Reader<R>, FileError> {
        let opened = Self::open(reader)?;
        let actual = opened.kind();
        match opened {
            Self::Halo2(reader) => Ok(reader),
            Self::Stark(_) => Err(FileError::OtherKind { expected: FileKind::Halo2, actual }),
        }
    }
}

/// A STARK install or a digest proof, chunk by chunk.
pub struct StarkReader<R> {
    source: Source<R>,
    file: StarkFile,
    chunks: u32,
    next: u32,
}

impl<R: Read> StarkReader<R> {
    fn open(kind: u8, mut source: Source<R>) -> Result<Self, FileError> {
        let header = match kind {
            DIGEST => {
                let DigestHeaderAbi { commitment, length, chunkBlocks, security } = source.header(4)?;
                StarkHeaderAbi { leaf: B256::ZERO, commitment, length, chunkBlocks, security }
            }
            _ => source.header(5)?,
        };
        let security = [Security::Conjectured, Security::Proven]
            .into_iter()
            .find(|security| security_number(*security) == header.security)
            .ok_or(FileError::Security(header.security))?;
        let chunks = Schedule::new(header.length, header.chunkBlocks)?.chunks();
        let claim = if kind == DIGEST {
            Claim::Digest { commitment: header.commitment.into() }
        } else {
            let leaf = element("the install leaf", &header.leaf)?.into();
            let shown = match kind {
                HIDDEN => Shown::Blinded(header.commitment.into()),
                _ => Shown::Commitment(header.commitment.into()),
            };
            Claim::Install { leaf, shown, link: source.frame("the link proof", MAX_HALO2_PROOF)? }
        };
        let (length, chunk_blocks) = (header.length, header.chunkBlocks);
        Ok(Self { source, file: StarkFile { claim, length, chunk_blocks, security }, chunks, next: 0 })
    }

    /// What it says.
    pub fn file(&self) -> &StarkFile {
        &self.file
    }

    /// Chunks that the header announces.
    pub fn chunks(&self) -> u32 {
        self.chunks
    }

    /// The next chunk; `None` behind the last, if nothing else stands there.
    pub fn next_chunk(&mut self) -> Result<Option<ChunkProof>, FileError> {
        if self.next == self.chunks {
            return self.source.end().map(|()| None);
        }
        let position = self.next;
        let bytes = self.source.frame(&format!("chunk {position}"), max_proof_bytes())?;
        self.next += 1;
        let chunk = ChunkProof::decode(&bytes).map_err(|source| FileError::Chunk { position, source })?;
        Ok(Some(chunk))
    }
}

impl<R: Read + Seek> StarkReader<R> {
    /// The bytes of the chunk at `position`, not decoded; `None` if there is none. Chunks that were passed over are not read.
    pub(super) fn chunk_bytes(&mut self, position: u32) -> Result<Option<Vec<u8>>, FileError> {
        if !(self.next..self.chunks).contains(&position) {
            return Ok(None);
        }
        let what = |position| format!("chunk {position}");
        for before in self.next..position {
            let length = self.source.frame_length(&what(before), max_proof_bytes())?;
            self.source.0.seek(SeekFrom::Current(length as i64))?;
        }
        self.next = position + 1;
        self.source.frame(&what(position), max_proof_bytes()).map(Some)
    }
}

/// A halo2 install, chunk by chunk.
pub struct Halo2Reader<R> {
    source: Source<R>,
    install: Halo2Install,
    next: u32,
}

impl<R: Read> Halo2Reader<R> {
    fn open(mut source: Source<R>) -> Result<Self, FileError> {
        let header: Halo2HeaderAbi = source.header(3)?;
        if !(1..=MAX_HALO2_CHUNKS).contains(&header.chunks) {
            return Err(FileError::Chunks(header.chunks));
        }
        let install = Halo2Install {
            leaf: element("the install leaf", &header.leaf)?.into(),
            chunks: header.chunks,
            state_in: element("the first state", &header.stateIn)?,
        };
        Ok(Self { source, install, next: 0 })
    }

    /// What it says.
    pub fn install(&self) -> &Halo2Install {
        &self.install
    }

    /// The next chunk; `None` behind the last, if nothing else stands there.
    pub fn next_chunk(&mut self) -> Result<Option<Halo2Chunk>, FileError> {
        if self.next == self.install.chunks {
            return self.source.end().map(|()| None);
        }
        let what = format!("chunk {}", self.next);
        let bytes = self.source.frame(&what, 32 + MAX_HALO2_PROOF)?;
        let Some((state, proof)) = bytes.split_first_chunk::<32>() else {
            return Err(FileError::Truncated(what));
        };
        self.next += 1;
        let state_out = element(&format!("the state after {what}"), &B256::new(*state))?;
        Ok(Some(Halo2Chunk { state_out, proof: proof.to_vec() }))
    }
}
