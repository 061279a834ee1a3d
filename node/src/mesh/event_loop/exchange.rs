//! Questions of others answered, own questions asked.

use std::time::Instant;

use libp2p::PeerId;
use libp2p::request_response::{Event, Message, OutboundFailure, ResponseChannel};

use super::{EventLoop, Finished, Waiting};
use crate::mesh::error::MeshError;
use crate::mesh::exchange::{MeshVerdict, Request, Response};
use crate::mesh::library::{Library, LibraryError};
use crate::mesh::score::Offence;

impl EventLoop {
    pub(super) fn on_exchange(&mut self, event: Event<Request, Response>) {
        match event {
            Event::Message { peer, message: Message::Request { request, channel, .. }, .. } => {
                self.on_request(peer, request, channel);
            }
            Event::Message { peer, message: Message::Response { request_id, response }, .. } => {
                if let Some(waiting) = self.waiting.remove(&request_id) {
                    self.on_response(peer, waiting, response);
                }
            }
            Event::OutboundFailure { peer, request_id, error, .. } => {
                if let Some(waiting) = self.waiting.remove(&request_id) {
                    self.on_failure(peer, waiting, &error);
                }
            }
            // A question that cannot be read, or an answer that could not be written: the stream is closed already.
            Event::InboundFailure { .. } | Event::ResponseSent { .. } => {}
        }
    }

    fn on_request(&mut self, peer: PeerId, request: Request, channel: ResponseChannel<Response>) {
        let now = Instant::now();
        let Some(known) = self.peers.get_mut(&peer) else { return };
        let verify = matches!(request, Request::Verify(_));
        if !known.requests.take(1.0, now) || (verify && !known.verdicts.take(1.0, now)) {
            self.refuse(channel);
            self.blame(peer, Offence::Greedy);
            return;
        }
        // A debt of bytes from earlier answers has to be paid back first.
        if known.gray || !known.answer_bytes.charge(0.0, now) {
            self.refuse(channel);
            return;
        }
        let permits = if verify { &self.judging } else { &self.serving };
        let Ok(permit) = permits.clone().try_acquire_owned() else {
            self.refuse(channel);
            return;
        };
        let (library, judge, finish) = (self.library.clone(), self.judge.clone(), self.finish.clone());
        tokio::task::spawn_blocking(move || {
            let response = match &request {
                Request::Verify(bytes) => Response::Verdict(MeshVerdict::from(&judge.answer(bytes))),
                other => look_up(&*library, other).unwrap_or_else(|error| {
                    tracing::warn!(%peer, %error, "cannot answer a peer");
                    Response::Busy
                }),
            };
            drop(permit);
            let _ = finish.blocking_send(Finished::Answer { peer, channel, response });
        });
    }

    fn refuse(&mut self, channel: ResponseChannel<Response>) {
        self.metrics.mesh_exchange_refused_total.up();
        let _ = self.swarm.behaviour_mut().exchange.send_response(channel, Response::Busy);
    }

    pub(super) fn answer(&mut self, peer: PeerId, channel: ResponseChannel<Response>, response: Response) {
        if let (Some(known), Response::Found(bytes)) = (self.peers.get_mut(&peer), &response) {
            known.answer_bytes.charge(bytes.len() as f64, Instant::now());
        }
        self.metrics.mesh_exchange_served_total.up();
        let _ = self.swarm.behaviour_mut().exchange.send_response(channel, response);
    }

    /// Sends a question, unless too many are open.
    pub(super) fn ask(&mut self, peer: PeerId, request: Request, waiting: Waiting) {
        if self.waiting.len() >= self.config.limits.asking || !self.peers.contains_key(&peer) {
            match waiting {
                Waiting::Client(reply) => {
                    let _ = reply.send(Err(MeshError::Busy("too many questions to peers are open")));
                }
                Waiting::Recent => {}
                Waiting::Gap(id) => self.on_gap_unasked(peer, id),
            }
            return;
        }
        self.metrics.mesh_exchange_asked_total.up();
        let id = self.swarm.behaviour_mut().exchange.send_request(&peer, request);
        self.waiting.insert(id, waiting);
    }

    fn on_gap_unasked(&mut self, peer: PeerId, id: nonos_core::MessageId) {
        if let Some(known) = self.peers.get_mut(&peer) {
            known.asked = known.asked.saturating_sub(1);
        }
        self.release_gaps([id]);
    }

    fn on_response(&mut self, peer: PeerId, waiting: Waiting, response: Response) {
        match waiting {
            Waiting::Client(reply) => {
                let _ = reply.send(Ok(response));
            }
            Waiting::Recent => self.on_recent(peer, response),
            Waiting::Gap(id) => self.on_gap(peer, id, Some(response)),
        }
    }

    fn on_failure(&mut self, peer: PeerId, waiting: Waiting, error: &OutboundFailure) {
        // An answer that breaks the protocol is worse than none.
        if let OutboundFailure::Io(io) = error
            && io.kind() == std::io::ErrorKind::InvalidData
        {
            self.metrics.mesh_exchange_wrong_total.up();
            self.blame(peer, Offence::WrongAnswer);
        }
        match waiting {
            Waiting::Client(reply) => {
                let _ = reply.send(Err(MeshError::NoAnswer { peer, reason: error.to_string() }));
            }
            Waiting::Recent => {}
            Waiting::Gap(id) => self.on_gap(peer, id, None),
        }
    }
}

fn look_up(library: &dyn Library, request: &Request) -> Result<Response, LibraryError> {
    let found = match request {
        Request::Receipt(id) => library.receipt(id)?,
        Request::ReceiptByLeaf(leaf) => library.receipt_by_leaf(leaf)?,
        Request::Batch(id) => library.batch(id)?,
        Request::Blob(hash) => library.blob(hash)?,
        Request::Package(capsule) => library.package(capsule)?,
        Request::Proof { context, hash, piece } => library.proof(context, hash, *piece)?,
        Request::Recent(limit) => {
            let mut ids = library.recent(usize::from(*limit))?;
            ids.truncate(usize::from(*limit));
            return Ok(Response::Recent(ids));
        }
        Request::Verify(_) => None,
    };
    // What no peer would read is not sent.
    Ok(match found {
        Some(bytes) if bytes.len() <= request.max_answer() => Response::Found(bytes),
        _ => Response::NotFound,
    })
}
