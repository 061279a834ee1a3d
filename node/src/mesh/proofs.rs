//! Files of the STARK, fetched piece by piece: each piece is judged before the next is asked for.

use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::B256;
use libp2p::PeerId;
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::{Instant, sleep, timeout_at};

use super::client::{MeshClient, nowhere};
use super::error::MeshError;
use super::exchange::{Request, Response, ResponseFault};
use crate::install::{InstallRefusal, Kept, LibraryError, Links, ProofLibrary, Receiving, StarkFile};

/// Peers that a file is begun from before giving up. Those that do not have it are not counted.
const MAX_TRIED: usize = 8;
/// How long a peer may take, and for each chunk besides. What a peer may be sent in a second is bounded, to about two chunks.
const PATIENCE: Duration = Duration::from_secs(30);
const PER_CHUNK: Duration = Duration::from_secs(2);
/// How long a peer that has no time now is left alone.
const PAUSE: Duration = Duration::from_millis(500);

/// Which file is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WantedProof {
    /// J, or what a digest proof carries in its place.
    pub context: B256,
    /// keccak256 of the file; any of this context, if none.
    pub hash: Option<B256>,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum FetchProofError {
    /// Nobody has it, or nobody gave what was asked for.
    #[error(transparent)]
    Mesh(#[from] MeshError),
    /// It cannot be kept.
    #[error(transparent)]
    Library(LibraryError),
}

/// One peer's turn.
struct Turn {
    peer: PeerId,
    until: Instant,
}

impl Turn {
    fn over(&self, reason: &str) -> FetchProofError {
        MeshError::NoAnswer { peer: self.peer, reason: reason.to_owned() }.into()
    }
}

impl MeshClient {
    /// Fetches a file into `library` and returns what it says: from one peer after the other, until one gave all of it. A peer
    /// whose piece is refused is blamed. `progress` is told of chunks judged and of all.
    pub async fn fetch_proof(
        &self,
        wanted: WantedProof,
        library: &Arc<ProofLibrary>,
        links: &Arc<Links>,
        progress: impl Fn(u32, u32),
    ) -> Result<(StarkFile, Kept), FetchProofError> {
        let (mut without, mut tried, mut last) = (0, 0, None);
        for peer in self.candidates().await? {
            match self.fetch_from(peer, wanted, library, links, &progress).await {
                Ok(Some(fetched)) => return Ok(fetched),
                Ok(None) => without += 1,
                Err(FetchProofError::Mesh(error)) if !matches!(error, MeshError::Stopped) => {
                    last = Some(error);
                    tried += 1;
                }
                Err(error) => return Err(error),
            }
            if tried == MAX_TRIED {
                break;
            }
        }
        Err(nowhere(without, last).into())
    }

    /// All of a file from one peer; `None` if it does not have it.
    async fn fetch_from(
        &self,
        peer: PeerId,
        wanted: WantedProof,
        library: &Arc<ProofLibrary>,
        links: &Arc<Links>,
        progress: &impl Fn(u32, u32),
    ) -> Result<Option<(StarkFile, Kept)>, FetchProofError> {
        let mut turn = Turn { peer, until: Instant::now() + PATIENCE };
        let Some(start) = self.piece(&turn, wanted, 0).await? else { return Ok(None) };
        let (library, links) = (library.clone(), links.clone());
        let begin = move || Receiving::begin(&library, &wanted.context.0, wanted.hash, &start, &links);
        let mut receiving = self.judged(peer, spawn_blocking(begin).await).await?;
        let (_, chunks) = receiving.progress();
        turn.until += PER_CHUNK * chunks;
        // From here on this very file, whatever else of this context comes to the peer meanwhile.
        let wanted = WantedProof { hash: receiving.promised(), ..wanted };
        progress(0, chunks);
        while let Some(next) = receiving.wanted() {
            let Some(bytes) = self.piece(&turn, wanted, next).await? else {
                return Err(turn.over("it does not have the file any more"));
            };
            let judge = move || receiving.push(&bytes).map(|()| receiving);
            receiving = self.judged(peer, spawn_blocking(judge).await).await?;
            progress(next, chunks);
        }
        let finished = spawn_blocking(move || receiving.finish()).await;
        Ok(Some(self.judged(peer, finished).await?))
    }

    /// Blames whoever sent what is refused. A full disk is nobody's fault; neither is a link proof that is refused here: that
    /// can be a matter of the keys, which come from the node's setup.
    async fn judged<T>(
        &self,
        peer: PeerId,
        judged: Result<Result<T, LibraryError>, JoinError>,
    ) -> Result<T, FetchProofError> {
        let fault = match judged {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(LibraryError::Refused(InstallRefusal::Link { source, .. }))) => {
                let reason = format!("its link proof is refused under this node's setup: {source}");
                return Err(MeshError::NoAnswer { peer, reason }.into());
            }
            Ok(Err(LibraryError::Refused(refusal))) => refusal.to_string(),
            Ok(Err(error)) => return Err(FetchProofError::Library(error)),
            Err(error) if error.is_panic() => "it breaks the verifier".to_owned(),
            // The runtime is going down.
            Err(_) => return Err(MeshError::Stopped.into()),
        };
        Err(self.wrong(peer, ResponseFault::Proof(fault)).await.into())
    }

    /// One piece, from a peer that may be busy for a while; `None` if it does not have it.
    async fn piece(
        &self,
        turn: &Turn,
        wanted: WantedProof,
        piece: u32,
    ) -> Result<Option<Vec<u8>>, FetchProofError> {
        let WantedProof { context, hash } = wanted;
        let request = Request::Proof { context, hash: hash.unwrap_or_default(), piece };
        loop {
            match timeout_at(turn.until, self.ask(turn.peer, request.clone())).await {
                Ok(Ok(Response::Found(bytes))) => return Ok(Some(bytes)),
                Ok(Ok(Response::NotFound)) => return Ok(None),
                // Either side can have too much to do.
                Ok(Ok(Response::Busy) | Err(MeshError::Busy(_))) => {
                    if Instant::now() + PAUSE >= turn.until {
                        return Err(turn.over("it is busy"));
                    }
                    sleep(PAUSE).await;
                }
                Ok(Ok(_)) => return Err(self.wrong(turn.peer, ResponseFault::Kind).await.into()),
                Ok(Err(error)) => return Err(error.into()),
                Err(_) => return Err(turn.over("it takes too long")),
            }
        }
    }
}
