//! The resumable job: chunk after chunk, each on disk before the next is begun, at the end one install file.
//!
//! ```text
//! ROOT/CONTEXT/PRODUCT/plan     what is being made; a job with other parameters is refused
//!                     /chunk-N  a proven chunk, as its backend keeps it
//!                     /install  the finished file; chunks are removed behind it
//! ```
//!
//! The context is J for an install: J = P(INST; k, L) names operator and capsule together, so a finished file is found again
//! by both. For a digest proof it is made from C. Everything is for
//! its owner only (folders 0700, files 0600): chunks of the STARK carry the blinding of the sponge's state. The binary, the
//! salt and k are never written.
//!
//! A kill at any moment loses the chunk at hand. Chunks that are there are verified again before they are trusted; one
//! that fails is proven again, and with the STARK all behind it, which start from where it ended.

use super::backend::{InstallBackend, Product};
use super::error::JobError;
use super::folder::Folder;
use alloy_primitives::B256;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

const PLAN: &str = "plan";
const INSTALL: &str = "install";
const CHUNK: &str = "chunk-";
const MAX_PLAN: usize = 4096;

/// What a job makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    version: u32,
    product: String,
    parameters: String,
    context: B256,
    length: u64,
    chunks: u32,
}

impl Plan {
    fn of(backend: &dyn InstallBackend) -> Self {
        Self {
            version: 1,
            product: backend.product().folder(),
            parameters: backend.parameters(),
            context: backend.context().into(),
            length: backend.length(),
            chunks: backend.chunks(),
        }
    }

    fn words(&self) -> String {
        let Self { product, parameters, length, chunks, .. } = self;
        format!("{product}, {length} bytes in {chunks} chunks, {parameters}")
    }
}

/// What happens in a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobEvent {
    /// A chunk of an earlier run was verified and is used.
    Kept {
        /// Its position.
        position: u32,
    },
    /// A chunk of an earlier run was refused; it is proven again.
    Refused {
        /// Its position.
        position: u32,
        /// What is wrong with it.
        reason: String,
    },
    /// A chunk is being proven.
    Proving {
        /// Its position.
        position: u32,
    },
    /// A chunk was proven and is on disk.
    Proven {
        /// Its position.
        position: u32,
    },
    /// All chunks are there: the file is written and verified.
    Finishing,
}

/// A job in its folder.
#[derive(Debug)]
pub struct InstallJob {
    folder: Folder,
}

fn chunk(position: u32) -> String {
    format!("{CHUNK}{position:05}")
}

/// The folder of a job.
fn folder(root: &Path, context: &[u8; 32], product: Product) -> PathBuf {
    root.join(B256::from(*context).to_string()).join(product.folder())
}

impl InstallJob {
    /// Begins a job under `root`, or takes one up. The folder is locked for as long as this lives.
    pub fn open(root: &Path, backend: &dyn InstallBackend) -> Result<Self, JobError> {
        let folder = Folder::open(&folder(root, &backend.context(), backend.product()))?;
        let wanted = Plan::of(backend);
        match folder.read(PLAN, MAX_PLAN)? {
            None => {
                let bytes = serde_json::to_vec_pretty(&wanted);
                let bytes = bytes.map_err(|error| plan_error(&folder, &error.to_string()))?;
                folder.write(PLAN, &bytes)?;
            }
            Some(bytes) => {
                let found: Plan = serde_json::from_slice(&bytes)
                    .map_err(|error| plan_error(&folder, &error.to_string()))?;
                if found != wanted {
                    return Err(JobError::OtherPlan {
                        path: folder.file(""),
                        found: found.words(),
                        wanted: wanted.words(),
                    });
                }
            }
        }
        let job = Self { folder };
        if job.finished().is_some() {
            job.forget_chunks()?;
        }
        Ok(job)
    }

    /// The finished file of a job under `root`, if there is one, without opening the job. It was verified before it
    /// took its name.
    pub fn finished_at(root: &Path, context: &[u8; 32], product: Product) -> Option<PathBuf> {
        Some(folder(root, context, product).join(INSTALL)).filter(|path| path.exists())
    }

    /// The finished file, if there is one. It was verified before it took its name.
    pub fn finished(&self) -> Option<PathBuf> {
        Some(self.folder.file(INSTALL)).filter(|path| path.exists())
    }

    /// Chunks that an earlier run left, not verified yet.
    pub fn kept(&self, backend: &dyn InstallBackend) -> u32 {
        (0..backend.chunks()).take_while(|position| self.folder.file(&chunk(*position)).exists()).count()
            as u32
    }

    /// Does what is left and returns the finished file. At once, if nothing is.
    pub fn run(
        &self,
        backend: &mut dyn InstallBackend,
        events: &mut dyn FnMut(JobEvent),
    ) -> Result<PathBuf, JobError> {
        if let Some(path) = self.finished() {
            return Ok(path);
        }
        for position in 0..backend.chunks() {
            match self.folder.read(&chunk(position), backend.max_kept_bytes())? {
                Some(kept) => match backend.accept(position, &kept) {
                    Ok(()) => events(JobEvent::Kept { position }),
                    Err(reason) => {
                        events(JobEvent::Refused { position, reason });
                        self.prove(position, backend, events)?;
                    }
                },
                None => self.prove(position, backend, events)?,
            }
        }
        events(JobEvent::Finishing);
        self.finish(backend)?;
        Ok(self.folder.file(INSTALL))
    }

    fn prove(
        &self,
        position: u32,
        backend: &mut dyn InstallBackend,
        events: &mut dyn FnMut(JobEvent),
    ) -> Result<(), JobError> {
        events(JobEvent::Proving { position });
        let kept = backend.prove(position)?;
        self.folder.write(&chunk(position), &kept)?;
        events(JobEvent::Proven { position });
        Ok(())
    }

    /// One chunk in memory at a time, then the whole file verified as a stranger would.
    fn finish(&self, backend: &mut dyn InstallBackend) -> Result<(), JobError> {
        let (chunks, max) = (backend.chunks(), backend.max_kept_bytes());
        // The file is filled by the backend and then judged by it.
        let backend = std::cell::RefCell::new(backend);
        self.folder.write_with(
            INSTALL,
            |out| {
                let mut backend = backend.borrow_mut();
                backend.write_start(out)?;
                for position in 0..chunks {
                    let kept = self.folder.read(&chunk(position), max)?.unwrap_or_default();
                    backend.write_chunk(&kept, out)?;
                }
                Ok(())
            },
            |file| Ok(backend.borrow().verify(file)?),
        )?;
        self.forget_chunks()
    }

    /// What chunks hold beside the proofs is secret and of no more use.
    fn forget_chunks(&self) -> Result<(), JobError> {
        self.folder.remove_all(|name| name.starts_with(CHUNK))
    }
}

fn plan_error(folder: &Folder, reason: &str) -> JobError {
    JobError::Plan { path: folder.file(PLAN), reason: reason.to_owned() }
}
