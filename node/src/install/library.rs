//! Verified files of the STARK, by what they are of and by their hash: what a node passes on to those who ask.
//!
//! A file is named CONTEXT-HASH.proof, the hash being the keccak256 of its bytes. One context may have several: an install with
//! and without its commitment, or a digest proof by the publisher and one by somebody else who has binary and salt. Who
//! asks for no hash in particular gets one of them.
//!
//! A file is passed on in pieces: piece 0 is its hash and everything before the chunks, piece i the chunk at position i − 1. A
//! file that comes in is judged piece by piece and takes its name when all of it was there, so whatever has a name was
//! verified here.

use super::claim::StarkFile;
use super::error::{FileError, InstallRefusal};
use super::format::{InstallReader, StarkReader, write_frame};
use super::links::Links;
use super::verify::{StarkJudge, StarkTerms};
use alloy_primitives::{B256, Keccak256};
use nonos_core::manifest::MAX_PAYLOAD;
use nonos_hash_stark::{ChunkProof, Security};
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tempfile::NamedTempFile;

/// Behind the name of a file.
const EXTENSION: &str = ".proof";
/// Before the name of a file that is coming in.
const INCOMING: &str = ".incoming-";
/// A file that has been coming in for so long was left by a process that was killed.
const STALE: Duration = Duration::from_secs(24 * 3600);
/// Most chunks of a file that is passed on: the largest binary has 172 of the default size.
pub const MAX_SHARED_CHUNKS: u32 = 512;

/// The library could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// The operating system refused.
    #[error("{action} {path}: {source}")]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A file in the folder that is none of ours.
    #[error("{path} is no usable file, remove it: {source}")]
    File {
        /// Which one.
        path: PathBuf,
        /// What is wrong.
        source: FileError,
    },
    /// The folder holds as much as it may.
    #[error(
        "{path} holds {used} bytes of proofs, and at most {max} are kept: remove files that nobody needs"
    )]
    Full {
        /// The folder.
        path: PathBuf,
        /// Bytes in it.
        used: u64,
        /// Bytes that it may hold.
        max: u64,
    },
    /// A file of a size that no node passes on.
    #[error(
        "a binary of {length} bytes in {chunks} chunks is not passed on: at most {MAX_PAYLOAD} bytes in {MAX_SHARED_CHUNKS} \
         chunks are, so make it with larger chunks"
    )]
    Size {
        /// Bytes of the binary.
        length: u64,
        /// Chunks of the file.
        chunks: u32,
    },
    /// What comes in is not what it should be.
    #[error(transparent)]
    Refused(#[from] InstallRefusal),
}

impl From<FileError> for LibraryError {
    fn from(error: FileError) -> Self {
        Self::Refused(error.into())
    }
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> LibraryError {
    let path = path.to_owned();
    move |source| LibraryError::Io { action, path, source }
}

fn unusable(kept: &Kept) -> impl FnOnce(FileError) -> LibraryError {
    let path = kept.path.clone();
    move |source| LibraryError::File { path, source }
}

/// A file that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// keccak256 of its bytes.
    pub hash: B256,
    /// Their number.
    pub bytes: u64,
    /// Where it is.
    pub path: PathBuf,
}

/// A folder of verified files.
#[derive(Debug, Clone)]
pub struct ProofLibrary {
    root: PathBuf,
    max_bytes: u64,
}

impl ProofLibrary {
    /// Opens the folder (mode 0700), makes it if it is not there, and removes what killed processes left behind.
    pub fn open(root: &Path, max_bytes: u64) -> Result<Self, LibraryError> {
        let make = DirBuilder::new().recursive(true).mode(0o700).create(root);
        make.map_err(failed("cannot create", root))?;
        let library = Self { root: root.to_owned(), max_bytes };
        for (path, metadata) in library.entries()? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let age = metadata.modified().ok().and_then(|at| SystemTime::now().duration_since(at).ok());
            if name.starts_with(INCOMING) && age.is_some_and(|age| age > STALE) {
                fs::remove_file(&path).map_err(failed("cannot remove", &path))?;
            }
        }
        Ok(library)
    }

    /// All files of a context, in the order of their hashes.
    pub fn of(&self, context: &[u8; 32]) -> Result<Vec<Kept>, LibraryError> {
        let mut found: Vec<Kept> = self
            .entries()?
            .into_iter()
            .filter_map(|(path, metadata)| {
                let name = path.file_name()?.to_str()?.strip_suffix(EXTENSION)?;
                let (of, hash) = name.split_once('-')?;
                let (of, hash): (B256, B256) = (of.parse().ok()?, hash.parse().ok()?);
                (of == *context).then(|| Kept { hash, bytes: metadata.len(), path: path.clone() })
            })
            .collect();
        found.sort_by_key(|kept| kept.hash);
        Ok(found)
    }

    /// The file of a context with this hash; any of them, if none is given.
    fn kept(&self, context: &[u8; 32], hash: Option<B256>) -> Result<Option<Kept>, LibraryError> {
        let found = self.of(context)?;
        Ok(found.into_iter().find(|kept| hash.is_none_or(|hash| kept.hash == hash)))
    }

    fn entries(&self) -> Result<Vec<(PathBuf, fs::Metadata)>, LibraryError> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.root).map_err(failed("cannot list", &self.root))? {
            let entry = entry.map_err(failed("cannot list", &self.root))?;
            match entry.metadata() {
                Ok(metadata) => found.push((entry.path(), metadata)),
                // Renamed or removed since.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(failed("cannot look at", &entry.path())(error)),
            }
        }
        Ok(found)
    }

    /// Opens a file and reads what stands before its chunks. Behind that, nothing has been read.
    fn start(
        &self,
        context: &[u8; 32],
        hash: Option<B256>,
    ) -> Result<Option<(Kept, StarkReader<File>)>, LibraryError> {
        let Some(kept) = self.kept(context, hash)? else { return Ok(None) };
        let file = match File::open(&kept.path) {
            // Removed since.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other.map_err(failed("cannot open", &kept.path))?,
        };
        match InstallReader::stark(file) {
            Ok(reader) if reader.file().context() == *context => Ok(Some((kept, reader))),
            Ok(_) => Err(unusable(&kept)(FileError::Foreign)),
            Err(error) => Err(unusable(&kept)(error)),
        }
    }

    /// A file of a context, what it says, and how many chunks it has; `None` if there is none.
    pub fn find(
        &self,
        context: &[u8; 32],
        hash: Option<B256>,
    ) -> Result<Option<(Kept, StarkFile, u32)>, LibraryError> {
        let opened = self.start(context, hash)?;
        Ok(opened.map(|(kept, reader)| (kept, reader.file().clone(), reader.chunks())))
    }

    /// A piece of a file; `None` if there is no such file, or no such piece of it.
    pub fn piece(
        &self,
        context: &[u8; 32],
        hash: Option<B256>,
        index: u32,
    ) -> Result<Option<Vec<u8>>, LibraryError> {
        let Some((kept, mut reader)) = self.start(context, hash)? else { return Ok(None) };
        let Some(position) = index.checked_sub(1) else {
            let mut bytes = kept.hash.to_vec();
            reader.file().write_start(&mut bytes)?;
            return Ok(Some(bytes));
        };
        reader.chunk_bytes(position).map_err(unusable(&kept))
    }

    /// Takes in a whole file, judging it as it is read. The same one may be there already.
    pub fn import(&self, reader: impl Read, links: &Links) -> Result<(StarkFile, Kept), LibraryError> {
        let mut reader = InstallReader::stark(reader)?;
        let mut start = vec![];
        reader.file().write_start(&mut start)?;
        let mut receiving = Receiving::new(self, None, None, start, links)?;
        while let Some(chunk) = reader.next_chunk()? {
            receiving.push(&chunk.encode())?;
        }
        receiving.finish()
    }
}

/// A file that is coming in. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub struct Receiving {
    judge: StarkJudge,
    out: NamedTempFile,
    hash: Keccak256,
    /// What the hash has to be, if that was said.
    promised: Option<B256>,
    next: u32,
    chunks: u32,
    root: PathBuf,
    /// Bytes in the library, this file included.
    used: u64,
    written: u64,
    max: u64,
}

impl Receiving {
    /// Judges piece 0: that it is about `context`, of the file with `hash` if one is given, and whose it is.
    pub fn begin(
        library: &ProofLibrary,
        context: &[u8; 32],
        hash: Option<B256>,
        piece: &[u8],
        links: &Links,
    ) -> Result<Self, LibraryError> {
        let Some((promised, start)) = piece.split_first_chunk::<32>() else {
            return Err(FileError::Truncated("its hash".to_owned()).into());
        };
        let actual = B256::from(promised);
        if let Some(expected) = hash.filter(|hash| *hash != actual) {
            return Err(InstallRefusal::Hash { expected, actual }.into());
        }
        Self::new(library, Some(*context), Some(actual), start.to_vec(), links)
    }

    fn new(
        library: &ProofLibrary,
        context: Option<[u8; 32]>,
        promised: Option<B256>,
        start: Vec<u8>,
        links: &Links,
    ) -> Result<Self, LibraryError> {
        let reader = InstallReader::stark(&start[..])?;
        let (file, chunks) = (reader.file().clone(), reader.chunks());
        let mut again = vec![];
        file.write_start(&mut again)?;
        if again != start {
            return Err(FileError::Trailing.into());
        }
        let length = file.length;
        if length > MAX_PAYLOAD || chunks > MAX_SHARED_CHUNKS {
            return Err(LibraryError::Size { length, chunks });
        }
        let terms = StarkTerms { links, security: Security::Conjectured, context, manifest: None };
        let judge = StarkJudge::new(file, &terms)?;
        let used = library.entries()?.iter().map(|(_, metadata)| metadata.len()).sum();
        let out = tempfile::Builder::new().prefix(INCOMING).tempfile_in(&library.root);
        let out = out.map_err(failed("cannot make a file in", &library.root))?;
        let (root, max) = (library.root.clone(), library.max_bytes);
        let hash = Keccak256::new();
        let mut receiving = Self { judge, out, hash, promised, next: 1, chunks, root, used, written: 0, max };
        receiving.write(&start)?;
        Ok(receiving)
    }

    /// The piece that is wanted next; `None` if all are there.
    pub fn wanted(&self) -> Option<u32> {
        (self.next <= self.chunks).then_some(self.next)
    }

    /// Chunks judged, and all.
    pub fn progress(&self) -> (u32, u32) {
        (self.next - 1, self.chunks)
    }

    /// What its hash has to be, if that was said.
    pub fn promised(&self) -> Option<B256> {
        self.promised
    }

    /// Judges and keeps the piece that was wanted. After an error the file is of no more use.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), LibraryError> {
        let position = self.next - 1;
        let chunk = ChunkProof::decode(bytes).map_err(|source| FileError::Chunk { position, source })?;
        self.judge.push(&chunk)?;
        // Decoding is strict: these bytes are the one encoding.
        let mut frame = Vec::with_capacity(4 + bytes.len());
        write_frame(&mut frame, bytes)?;
        self.write(&frame)?;
        self.next += 1;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), LibraryError> {
        let used = self.used + bytes.len() as u64;
        if used > self.max {
            return Err(LibraryError::Full { path: self.root.clone(), used: self.used, max: self.max });
        }
        self.used = used;
        self.written += bytes.len() as u64;
        self.hash.update(bytes);
        self.out.write_all(bytes).map_err(failed("cannot write", self.out.path()))
    }

    /// Puts the file in place, complete and on disk. The same one may be there already.
    pub fn finish(self) -> Result<(StarkFile, Kept), LibraryError> {
        let Self { judge, out, hash, promised, root, written, .. } = self;
        let file = judge.finish()?;
        let hash = hash.finalize();
        if let Some(expected) = promised.filter(|promised| *promised != hash) {
            return Err(InstallRefusal::Hash { expected, actual: hash }.into());
        }
        let path = root.join(format!("{}-{hash}{EXTENSION}", B256::from(file.context())));
        let kept = Kept { hash, bytes: written, path };
        out.as_file().sync_all().map_err(failed("cannot write", out.path()))?;
        match out.persist_noclobber(&kept.path) {
            Ok(_) => {}
            // With the same hash it is the same file.
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => return Ok((file, kept)),
            Err(error) => return Err(failed("cannot put in place", &kept.path)(error.error)),
        }
        let synced = File::open(&root).and_then(|folder| folder.sync_all());
        synced.map_err(failed("cannot sync", &root))?;
        Ok((file, kept))
    }
}
