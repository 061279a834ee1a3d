//! Installs and digest proofs made by the STARK: kept here, and fetched from the mesh when somebody asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use alloy_primitives::B256;
use nonos_api::types::{ProofKind, ProofState, ProofView};

use super::app::App;
use crate::install::{Claim, Links, ProofLibrary, Shown, StarkFile};
use crate::mesh::WantedProof;

/// Fetched at once.
const MAX_FETCHING: usize = 2;
/// Failures that are remembered, for those who come back to ask.
const MAX_FAILED: usize = 256;

/// Makes the keys of the link circuits.
pub type MakeLinks = Box<dyn Fn() -> Result<Links, String> + Send + Sync>;

/// What is being fetched, and what could not be.
enum Fetch {
    Running { verified: u32, chunks: u32 },
    Failed(String),
}

pub struct Proofs {
    pub library: Arc<ProofLibrary>,
    make: MakeLinks,
    links: OnceLock<Arc<Links>>,
    fetches: Mutex<BTreeMap<B256, Fetch>>,
}

/// Why nothing was begun.
#[derive(Debug)]
pub enum Unbegun {
    Busy,
}

impl Proofs {
    pub fn new(library: Arc<ProofLibrary>, make: MakeLinks) -> Self {
        Self { library, make, links: OnceLock::new(), fetches: Mutex::default() }
    }

    /// The keys, made when they are first needed: that takes a second. Blocks.
    fn links(&self) -> Result<Arc<Links>, String> {
        if let Some(links) = self.links.get() {
            return Ok(links.clone());
        }
        // Another thread may have been faster; its keys are the same.
        let made = Arc::new((self.make)()?);
        Ok(self.links.get_or_init(|| made).clone())
    }

    fn with<T>(&self, look: impl FnOnce(&mut BTreeMap<B256, Fetch>) -> T) -> T {
        look(&mut self.fetches.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A file that is here. Blocks.
    fn kept(&self, wanted: WantedProof) -> Result<Option<ProofView>, String> {
        let found = self.library.find(&wanted.context.0, wanted.hash).map_err(|error| error.to_string())?;
        Ok(found.map(|(kept, file, chunks)| {
            let mut view = ProofView::absent(wanted.context);
            describe(&mut view, &file, chunks);
            view.path = Some(kept.path.display().to_string());
            (view.bytes, view.hash) = (Some(kept.bytes), Some(kept.hash));
            view
        }))
    }

    /// Where a file stands. Blocks.
    pub fn view(&self, wanted: WantedProof) -> Result<ProofView, String> {
        if let Some(view) = self.kept(wanted)? {
            return Ok(view);
        }
        let mut view = ProofView::absent(wanted.context);
        self.with(|fetches| match fetches.get(&wanted.context) {
            Some(Fetch::Running { verified, chunks }) => {
                view.state = ProofState::Fetching;
                (view.verified, view.chunks) = (*verified, *chunks);
            }
            Some(Fetch::Failed(reason)) => {
                view.state = ProofState::Failed;
                view.reason = Some(reason.clone());
            }
            None => {}
        });
        if view.state == ProofState::Absent {
            // It can have come in between the two looks.
            return Ok(self.kept(wanted)?.unwrap_or(view));
        }
        Ok(view)
    }

    /// Marks a file as being fetched; `false` if it is already.
    fn begin(&self, context: B256) -> Result<bool, Unbegun> {
        self.with(|fetches| {
            let running = fetches.values().filter(|fetch| matches!(fetch, Fetch::Running { .. })).count();
            match fetches.get(&context) {
                Some(Fetch::Running { .. }) => Ok(false),
                _ if running >= MAX_FETCHING => Err(Unbegun::Busy),
                _ => {
                    fetches.insert(context, Fetch::Running { verified: 0, chunks: 0 });
                    Ok(true)
                }
            }
        })
    }

    fn progress(&self, context: B256, verified: u32, chunks: u32) {
        self.with(|fetches| fetches.insert(context, Fetch::Running { verified, chunks }));
    }

    fn end(&self, context: B256, outcome: Result<(), String>) {
        self.with(|fetches| {
            fetches.remove(&context);
            let Err(reason) = outcome else { return };
            let failed = fetches.values().filter(|fetch| matches!(fetch, Fetch::Failed(_))).count();
            if failed >= MAX_FAILED {
                fetches.retain(|_, fetch| matches!(fetch, Fetch::Running { .. }));
            }
            fetches.insert(context, Fetch::Failed(reason));
        });
    }
}

fn describe(view: &mut ProofView, file: &StarkFile, chunks: u32) {
    view.state = ProofState::Kept;
    view.kind = Some(match file.claim {
        Claim::Install { .. } => ProofKind::Install,
        Claim::Digest { .. } => ProofKind::DigestProof,
    });
    match file.shown() {
        Shown::Commitment(c) => view.commitment = Some(c.into()),
        Shown::Blinded(b) => view.blinded = Some(b.into()),
    }
    let bits = file.security.file_bits(chunks);
    view.length = Some(file.length);
    (view.verified, view.chunks) = (chunks, chunks);
    (view.conjectured_bits, view.proven_bits) = (Some(bits.0), Some(bits.1));
}

/// Begins to fetch a file that is not here, and says where it stands.
pub async fn fetch(app: &Arc<App>, wanted: WantedProof) -> Result<Result<ProofView, String>, Unbegun> {
    let context = wanted.context;
    let known = view(app, wanted).await;
    match &known {
        Ok(view) if view.state != ProofState::Kept => {}
        _ => return Ok(known),
    }
    if app.proofs.begin(context)? {
        let app = app.clone();
        tokio::spawn(async move {
            let outcome = tokio::select! {
                () = app.cancel.cancelled() => Err("the node stopped".to_owned()),
                outcome = run(&app, wanted) => outcome,
            };
            match &outcome {
                Ok(()) => tracing::info!(%context, "a proof was fetched and verified"),
                Err(reason) => tracing::info!(%context, reason, "a proof was not fetched"),
            }
            app.proofs.end(context, outcome);
        });
    }
    Ok(view(app, wanted).await)
}

async fn run(app: &Arc<App>, wanted: WantedProof) -> Result<(), String> {
    let making = app.clone();
    let links = tokio::task::spawn_blocking(move || making.proofs.links()).await;
    let links = links.map_err(|error| error.to_string())??;
    let progress = |verified, chunks| app.proofs.progress(wanted.context, verified, chunks);
    let fetched = app.mesh.fetch_proof(wanted, &app.proofs.library, &links, progress).await;
    fetched.map(drop).map_err(|error| error.to_string())
}

/// [`Proofs::view`] on a thread that may block.
pub async fn view(app: &Arc<App>, wanted: WantedProof) -> Result<ProofView, String> {
    let app = app.clone();
    let view = tokio::task::spawn_blocking(move || app.proofs.view(wanted)).await;
    view.unwrap_or_else(|error| Err(error.to_string()))
}
