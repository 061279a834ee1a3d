//! Proving in a thread of its own, so that a signal ends the command at once. What is finished is on disk.

use super::estimate::duration;
use crate::progress::Progress;
use crate::service;
use crate::setup;
use alloy_primitives::B256;
use eyre::{Report, Result, bail, eyre};
use nonos_hash_stark::Security;
use nonos_node::install::{
    DigestSubject, Halo2Backend, InstallBackend, InstallJob, InstallSubject, JobEvent, Product, StarkBackend,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

/// What is to be proven.
pub enum Work {
    /// An install for the chain.
    Halo2 {
        /// The binary and whose install it is.
        subject: InstallSubject,
        /// Key under which the deployment verifies it.
        install_key: B256,
    },
    /// An install for anybody.
    Stark {
        /// The binary and whose install it is.
        subject: InstallSubject,
        /// Whether it hides C.
        hidden: bool,
    },
    /// A publisher's digest proof.
    Digest(DigestSubject),
}

/// What is to be proven, how, and where it is kept.
pub struct Order {
    /// What.
    pub work: Work,
    /// Parameters of the STARK.
    pub security: Security,
    /// Blocks of a chunk of the STARK.
    pub chunk_blocks: u32,
    /// Folder of all installs.
    pub root: PathBuf,
    /// Ceremony file.
    pub srs: Option<PathBuf>,
}

/// A finished install.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The file.
    pub file: PathBuf,
    /// Chunks that were proven now; the others had been kept.
    pub proven: u32,
}

/// The finished file of this context, if there is one.
pub fn finished(root: &Path, context: &[u8; 32], product: Product) -> Option<PathBuf> {
    InstallJob::finished_at(root, context, product)
}

/// Proves what is left. A signal ends it with an error that says how it goes on.
pub async fn prove(order: Order, progress: Progress) -> Result<Outcome> {
    let done = Arc::new(AtomicU32::new(0));
    let counter = done.clone();
    let (send, receive) = tokio::sync::oneshot::channel();
    // Not one of the runtime's threads: it would wait for them before it ends.
    std::thread::Builder::new().name("install".to_owned()).spawn(move || {
        let _ = send.send(work(order, progress, &counter));
    })?;
    match service::until_signal(receive).await? {
        Ok(outcome) => outcome
            .map_err(|_| eyre!("the prover stopped without a word, which is a defect of this program"))?,
        Err(signal) => bail!(
            "{signal}: interrupted with {} chunk(s) proven; they are kept, and the same command goes on from there",
            done.load(Ordering::Relaxed)
        ),
    }
}

fn work(order: Order, progress: Progress, done: &AtomicU32) -> Result<Outcome> {
    let Order { work, security, chunk_blocks, root, srs } = order;
    let srs = srs.as_deref();
    match work {
        Work::Halo2 { subject, install_key } => {
            let prover = Arc::new(setup::install_prover(srs, progress)?);
            setup::require_install_key(&prover, install_key)?;
            run(Halo2Backend::new(prover, &subject)?, &root, progress, done)
        }
        Work::Stark { subject, hidden } => {
            let links = Arc::new(setup::links(srs, progress)?);
            run(StarkBackend::new(links, &subject, hidden, security, chunk_blocks)?, &root, progress, done)
        }
        Work::Digest(subject) => {
            let links = Arc::new(setup::links(srs, progress)?);
            let backend = StarkBackend::digest_proof(links, &subject, security, chunk_blocks)?;
            run(backend, &root, progress, done)
        }
    }
}

fn run(
    mut backend: impl InstallBackend,
    root: &Path,
    progress: Progress,
    done: &AtomicU32,
) -> Result<Outcome> {
    let job = InstallJob::open(root, &backend)?;
    let (chunks, kept) = (backend.chunks(), job.kept(&backend));
    if kept > 0 && job.finished().is_none() {
        progress.note(&format!(
            "{kept} of {chunks} chunks are there from an earlier run; they are verified first"
        ));
    }
    let started = Instant::now();
    let (mut proven, mut step) = (0, None);
    let mut events = |event| match event {
        JobEvent::Kept { position } => done.store(position + 1, Ordering::Relaxed),
        JobEvent::Refused { position, reason } => {
            progress.note(&format!(
                "the kept chunk {} is refused ({reason}), so it is proven again",
                position + 1
            ));
        }
        JobEvent::Proving { position } => {
            step = Some(progress.step(format!("proving chunk {} of {chunks}", position + 1)));
        }
        JobEvent::Proven { position } => {
            proven += 1;
            done.store(position + 1, Ordering::Relaxed);
            let left = chunks - position - 1;
            let seconds = started.elapsed().as_secs_f64() / f64::from(proven) * f64::from(left);
            let left = if left == 0 { String::new() } else { format!("about {} left", duration(seconds)) };
            if let Some(step) = step.take() {
                step.done(&left);
            }
        }
        JobEvent::Finishing => step = Some(progress.step("writing and verifying the install file")),
    };
    let file = job.run(&mut backend, &mut events).map_err(Report::from)?;
    if let Some(step) = step {
        step.done("");
    }
    Ok(Outcome { file, proven })
}
