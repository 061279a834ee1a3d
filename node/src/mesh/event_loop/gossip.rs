//! Gossip in, verdicts back, blame where it is due.

use std::time::{Duration, Instant};

use libp2p::PeerId;
use libp2p::gossipsub::{self, MessageAcceptance};

use super::EventLoop;
use crate::mesh::beacon::Applied;
use crate::mesh::error::MeshError;
use crate::mesh::event::{MeshEvent, Published, Source};
use crate::mesh::score::Offence;
use crate::mesh::topic::Topic;
use crate::mesh::verify::{Done, Job, Level, Outcome, Payload, Reason, Refused, Ticket, Verdict};

/// What a repeat of known bytes takes from a peer's allowance of useless messages. Nodes that close a gap repeat what
/// some already have.
const REPEAT_COST: f64 = 0.1;
/// A node that has accepted nothing for so long may be the one that is wrong.
const IN_STEP: Duration = Duration::from_secs(120);

impl EventLoop {
    pub(super) fn on_gossip(&mut self, event: gossipsub::Event) {
        let gossipsub::Event::Message { propagation_source, message_id, message } = event else { return };
        self.metrics.mesh_received_total.up();
        let ticket = Ticket { id: message_id, from: propagation_source };
        let Some(topic) = Topic::from_hash(&message.topic) else {
            self.tell_gossip(&ticket, MessageAcceptance::Ignore);
            return;
        };
        let payload = match topic {
            Topic::Receipts => Payload::Receipt(message.data),
            Topic::Batches => Payload::Batch(message.data),
            Topic::Beacons => Payload::Beacon(message.data),
        };
        let source = Source::Gossip(propagation_source);
        self.enqueue(Job { payload, source, ticket: Some(ticket), reply: None });
    }

    /// Lets a message wait for verification, or ignores it: a full queue is nobody's fault.
    pub(super) fn enqueue(&mut self, job: Job) {
        let (level, share) = match job.source.peer() {
            None => (Level::Trusted, usize::MAX),
            Some(peer) => {
                let (_, trust) = self.trust_of(&peer);
                match self.peers.get(&peer) {
                    Some(known) => known.standing(trust, &self.config.limits),
                    None => (Level::New, self.config.limits.queue_share_new),
                }
            }
        };
        match self.queue.push(level, share, job) {
            Ok(evicted) => {
                for job in evicted {
                    self.metrics.mesh_queue_evicted_total.up();
                    self.no_room(job);
                }
            }
            Err((Refused::Closed, _)) => {}
            Err((Refused::Full | Refused::Share, job)) => {
                self.metrics.mesh_queue_full_total.up();
                self.no_room(job);
            }
        }
    }

    fn no_room(&mut self, job: Job) {
        self.metrics.mesh_ignored_total.up();
        if let Some(ticket) = &job.ticket {
            self.tell_gossip(ticket, MessageAcceptance::Ignore);
        }
        if let (Source::Exchange(_), Payload::Receipt(bytes)) = (job.source, &job.payload) {
            self.heal.forget(alloy_primitives::keccak256(bytes).into());
        }
    }

    fn tell_gossip(&mut self, ticket: &Ticket, acceptance: MessageAcceptance) {
        let gossip = &mut self.swarm.behaviour_mut().gate.gossip;
        gossip.report_message_validation_result(&ticket.id, &ticket.from, acceptance);
    }

    pub(super) fn on_verdict(&mut self, verdict: Verdict) {
        let Verdict { ticket, source, mut outcome, done, again } = verdict;
        if let (Done::Beacon(Some(beacon)), Outcome::Accept) = (&done, outcome)
            && self.apply_beacon(beacon) != Applied::New
        {
            outcome = Outcome::Ignore(Reason::Repeated);
        }
        let acceptance = match outcome {
            Outcome::Accept => MessageAcceptance::Accept,
            Outcome::Ignore(_) => MessageAcceptance::Ignore,
            Outcome::Reject => MessageAcceptance::Reject,
        };
        if let Some(ticket) = &ticket {
            self.tell_gossip(ticket, acceptance);
        }
        match outcome {
            Outcome::Accept => self.on_accepted(source, done, again),
            Outcome::Ignore(reason) => self.on_ignored(source, reason, &done),
            Outcome::Reject => {
                self.metrics.mesh_rejected_total.up();
                if let Some(peer) = source.peer() {
                    if let Some(known) = self.peers.get_mut(&peer) {
                        known.rejected += 1;
                    }
                    self.blame(peer, Offence::Invalid);
                }
            }
        }
    }

    fn on_accepted(&mut self, source: Source, done: Done, again: Option<Vec<u8>>) {
        self.metrics.mesh_accepted_total.up();
        self.accepted_at = Some(Instant::now());
        if let Some(known) = source.peer().and_then(|peer| self.peers.get_mut(&peer)) {
            known.accepted += 1;
        }
        if let (Source::Exchange(_), Some(bytes)) = (source, again) {
            self.metrics.mesh_healed_total.up();
            // Those behind this node have the same gap.
            let _ = self.publish(Topic::Receipts, bytes);
        }
        if let (Done::Batch(Some(batch)), Some(from)) = (done, source.peer()) {
            self.notice(MeshEvent::Batch { batch, from });
        }
    }

    fn on_ignored(&mut self, source: Source, reason: Reason, done: &Done) {
        let metrics = &self.metrics;
        metrics.mesh_ignored_total.up();
        let (counter, cost) = match reason {
            Reason::Repeated => (&metrics.mesh_repeated_total, REPEAT_COST),
            Reason::Stale => (&metrics.mesh_stale_total, 1.0),
            Reason::OtherDeployment => (&metrics.mesh_other_deployment_total, 1.0),
            Reason::Unknown => (&metrics.mesh_unknown_total, 1.0),
            Reason::Unavailable => (&metrics.mesh_unavailable_total, 0.0),
        };
        counter.up();
        let Some(peer) = source.peer() else { return };
        let now = Instant::now();
        let allowed = self.peers.get_mut(&peer).is_none_or(|known| known.useless.take(cost, now));
        match reason {
            // This node may be behind. What it fetched it may fetch again, as long as that is not all it does.
            Reason::Unknown | Reason::Unavailable => {
                if let (true, Source::Exchange(_), Done::Receipt(id)) = (allowed, source, done) {
                    self.heal.forget(*id);
                }
            }
            // A node with a wrong clock finds everything stale. It must not blame its peers for that, so it only blames
            // while it accepts something.
            _ if !allowed && self.accepted_at.is_some_and(|at| now < at + IN_STEP) => {
                self.blame(peer, Offence::Useless);
            }
            _ => {}
        }
    }

    pub(super) fn on_throttled(&mut self, peer: PeerId, messages: u32) {
        self.metrics.mesh_throttled_total.add(u64::from(messages));
        self.blame(peer, Offence::Throttled(messages));
    }

    pub(super) fn on_malformed(&mut self, peer: PeerId) {
        self.metrics.mesh_rejected_total.up();
        self.blame(peer, Offence::Invalid);
    }

    /// Gossips bytes.
    pub(super) fn publish(&mut self, topic: Topic, data: Vec<u8>) -> Result<Published, MeshError> {
        use gossipsub::PublishError;
        match self.swarm.behaviour_mut().gate.gossip.publish(topic.hash(), data) {
            Ok(_) => {
                self.metrics.mesh_published_total.up();
                Ok(Published::Sent)
            }
            Err(PublishError::Duplicate) => Ok(Published::Already),
            Err(PublishError::NoPeersSubscribedToTopic) => Ok(Published::Nobody),
            Err(PublishError::AllQueuesFull(_)) => Err(MeshError::Busy("the queues to all peers are full")),
            Err(error) => Err(MeshError::Config(error.to_string())),
        }
    }
}
