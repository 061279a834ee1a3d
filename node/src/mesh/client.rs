//! What the rest of the node calls.

use std::sync::Arc;

use alloy_primitives::{Address, B256};
use libp2p::{Multiaddr, PeerId};
use nonos_core::batch::{BatchRecord, BatchRef};
use nonos_core::package::Package;
use nonos_core::receipt::Receipt;
use nonos_core::{BatchId, CapsuleLeaf, MessageId, ReceiptLeaf};
use tokio::sync::{mpsc, oneshot};

use super::beacon::OperatorInfo;
use super::command::{Command, Reply};
use super::error::MeshError;
use super::event::{PeerInfo, Published};
use super::exchange::{
    MAX_RECENT, MeshVerdict, Request, Response, ResponseFault, check_batch, check_blob, check_package,
    check_receipt, check_receipt_by_leaf,
};
use super::metrics::MeshMetrics;
use super::score::Offence;
use super::topic::Topic;
use crate::verify::Refusal;

/// Peers asked for one thing before giving up.
const MAX_ASKED: usize = 8;

/// A handle on the mesh; cheap to clone. Every call fails with [`MeshError::Stopped`] once the loop has ended.
#[derive(Clone)]
pub struct MeshClient {
    commands: mpsc::Sender<Command>,
    metrics: Arc<MeshMetrics>,
    peer: PeerId,
    deployment: (u64, Address),
}

impl MeshClient {
    pub(super) fn new(
        commands: mpsc::Sender<Command>,
        metrics: Arc<MeshMetrics>,
        peer: PeerId,
        deployment: (u64, Address),
    ) -> Self {
        Self { commands, metrics, peer, deployment }
    }

    /// This node's name in the mesh.
    pub fn peer_id(&self) -> PeerId {
        self.peer
    }

    /// Counters of the mesh.
    pub fn metrics(&self) -> &Arc<MeshMetrics> {
        &self.metrics
    }

    async fn send(&self, command: Command) -> Result<(), MeshError> {
        self.commands.send(command).await.map_err(|_| MeshError::Stopped)
    }

    async fn call<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, MeshError> {
        let (reply, answer) = oneshot::channel();
        self.send(command(reply)).await?;
        answer.await.map_err(|_| MeshError::Stopped)
    }

    /// Gossips a receipt that this node has verified: peers cut off whoever sends them another.
    pub async fn publish_receipt(&self, receipt: &Receipt) -> Result<Published, MeshError> {
        self.publish(Topic::Receipts, receipt.encode()).await
    }

    /// Gossips that a batch is anchored. Its record must be in the library before: peers will ask for it.
    pub async fn announce_batch(&self, batch: &BatchRef) -> Result<Published, MeshError> {
        self.publish(Topic::Batches, batch.encode()).await
    }

    /// Gossips bytes as they are. Peers cut off whoever sends them what is not well-formed.
    pub async fn publish(&self, topic: Topic, data: Vec<u8>) -> Result<Published, MeshError> {
        let (actual, max) = (data.len(), topic.max_bytes());
        if actual > max {
            return Err(MeshError::TooLarge { topic: topic.name(), actual, max });
        }
        self.call(|reply| Command::Publish { topic, data, reply }).await?
    }

    /// Verdict on a receipt by the mesh's own verification threads, in one pairing with what else waits. Neither stored
    /// nor gossiped.
    pub async fn verify(&self, bytes: Vec<u8>) -> Result<Result<Receipt, Refusal>, MeshError> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Verify { bytes, reply }).await?;
        answer.await.map_err(|_| MeshError::Busy("the verification queue is full"))
    }

    /// The receipt with this message id, from whichever peer has it. Its proof is not checked: see [`Self::verify`].
    pub async fn fetch_receipt(&self, id: MessageId) -> Result<Receipt, MeshError> {
        self.fetch(Request::Receipt(id), |bytes| check_receipt(id, bytes)).await
    }

    /// The receipt with this batch leaf. Its proof is not checked: see [`Self::verify`].
    pub async fn fetch_receipt_by_leaf(&self, leaf: ReceiptLeaf) -> Result<Receipt, MeshError> {
        self.fetch(Request::ReceiptByLeaf(leaf), |bytes| check_receipt_by_leaf(leaf, bytes)).await
    }

    /// The record of a batch: the leaves are those of the id, and it is for this deployment.
    pub async fn fetch_batch(&self, id: BatchId) -> Result<BatchRecord, MeshError> {
        self.fetch(Request::Batch(id), |bytes| check_batch(id, self.deployment, bytes)).await
    }

    /// The bytes with this keccak256.
    pub async fn fetch_blob(&self, hash: B256) -> Result<Vec<u8>, MeshError> {
        self.fetch(Request::Blob(hash), |bytes| check_blob(hash, bytes).map(|()| bytes.to_vec())).await
    }

    /// The package of a capsule, manifest and publisher's signature verified, payload too unless the manifest is hidden
    /// and no salt is given.
    pub async fn fetch_package(
        &self,
        capsule: CapsuleLeaf,
        hidden_salt: Option<[u8; 32]>,
    ) -> Result<Package, MeshError> {
        let check = |bytes: &[u8]| check_package(capsule, bytes, hidden_salt.as_ref());
        self.fetch(Request::Package(capsule), check).await
    }

    /// Verdicts of up to `peers` others on the same bytes. Their word, not a proof.
    pub async fn ask_verify(
        &self,
        bytes: &[u8],
        peers: usize,
    ) -> Result<Vec<(PeerId, MeshVerdict)>, MeshError> {
        let mut verdicts = Vec::new();
        for peer in self.candidates().await? {
            if verdicts.len() >= peers {
                break;
            }
            match self.ask(peer, Request::Verify(bytes.to_vec())).await {
                Ok(Response::Verdict(verdict)) => verdicts.push((peer, verdict)),
                Err(MeshError::Stopped) => return Err(MeshError::Stopped),
                _ => {}
            }
        }
        Ok(verdicts)
    }

    /// The newest message ids that a peer has, at most `limit`.
    pub async fn recent(&self, peer: PeerId, limit: u16) -> Result<Vec<MessageId>, MeshError> {
        match self.ask(peer, Request::Recent(limit.clamp(1, MAX_RECENT))).await? {
            Response::Recent(ids) if ids.len() <= usize::from(limit) => Ok(ids),
            Response::Busy => Err(MeshError::NoAnswer { peer, reason: "it is busy".into() }),
            Response::NotFound => Ok(vec![]),
            _ => Err(self.wrong(peer, ResponseFault::Kind).await),
        }
    }

    /// Everybody connected.
    pub async fn peers(&self) -> Result<Vec<PeerInfo>, MeshError> {
        self.call(|reply| Command::Peers { reply }).await
    }

    /// Every peer that an operator vouches for.
    pub async fn operators(&self) -> Result<Vec<OperatorInfo>, MeshError> {
        self.call(|reply| Command::Operators { reply }).await
    }

    /// Scores of operators (0 to 1000) as the chain has them; others keep theirs. They order the queue and lift the
    /// peers of these operators a little.
    pub async fn set_trust(&self, scores: Vec<(B256, u16)>) -> Result<(), MeshError> {
        self.send(Command::Trust { scores }).await
    }

    /// Connects to an address, and again whenever the connection is lost.
    pub async fn dial(&self, address: Multiaddr) -> Result<(), MeshError> {
        self.call(|reply| Command::Dial { address, reply }).await?
    }

    /// Cuts the connection to a peer and does not dial it again.
    pub async fn hangup(&self, peer: PeerId) -> Result<(), MeshError> {
        self.call(|reply| Command::Hangup { peer, reply }).await
    }

    /// Where this node listens.
    pub async fn listeners(&self) -> Result<Vec<Multiaddr>, MeshError> {
        self.call(|reply| Command::Listeners { reply }).await
    }

    pub(super) async fn candidates(&self) -> Result<Vec<PeerId>, MeshError> {
        self.call(|reply| Command::Candidates { reply }).await
    }

    pub(super) async fn ask(&self, peer: PeerId, request: Request) -> Result<Response, MeshError> {
        self.call(|reply| Command::Ask { peer, request, reply }).await?
    }

    pub(super) async fn wrong(&self, peer: PeerId, fault: ResponseFault) -> MeshError {
        self.metrics.mesh_exchange_wrong_total.up();
        let blamed = self.send(Command::Blame { peer, offence: Offence::WrongAnswer }).await;
        blamed.err().unwrap_or(MeshError::WrongAnswer { peer, fault })
    }

    /// Asks one peer after the other until an answer passes the check.
    async fn fetch<T>(
        &self,
        request: Request,
        check: impl Fn(&[u8]) -> Result<T, ResponseFault>,
    ) -> Result<T, MeshError> {
        let (mut asked, mut last) = (0, None);
        for peer in self.candidates().await?.into_iter().take(MAX_ASKED) {
            match self.ask(peer, request.clone()).await {
                Ok(Response::Found(bytes)) => match check(&bytes) {
                    Ok(found) => return Ok(found),
                    Err(fault) => last = Some(self.wrong(peer, fault).await),
                },
                Ok(Response::NotFound) => asked += 1,
                Ok(Response::Busy) => {
                    last = Some(MeshError::NoAnswer { peer, reason: "it is busy".into() });
                }
                Ok(_) => last = Some(self.wrong(peer, ResponseFault::Kind).await),
                Err(error @ (MeshError::Stopped | MeshError::Busy(_))) => return Err(error),
                Err(error) => last = Some(error),
            }
        }
        Err(nowhere(asked, last))
    }
}

/// Why nobody gave it: the last fault, or that all of those `asked` do not have it.
pub(super) fn nowhere(asked: usize, last: Option<MeshError>) -> MeshError {
    match last {
        Some(error) => error,
        None if asked > 0 => MeshError::NotFound { asked },
        None => MeshError::NoPeers,
    }
}
