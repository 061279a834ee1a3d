//! Gaps: receipts that a peer has and this node missed, by a partition, a full queue or a late root.
//!
//! Whoever connects is asked for its newest message ids, and one connected peer is asked again from time to time. What
//! is missing is fetched by id and goes through the same verification as gossip; then it is gossiped, because those
//! behind this node have the same gap.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use alloy_primitives::keccak256;
use libp2p::PeerId;
use nonos_core::MessageId;

use super::{EventLoop, Finished, Waiting};
use crate::mesh::event::Source;
use crate::mesh::exchange::{MAX_RECENT, Request, Response};
use crate::mesh::score::Offence;
use crate::mesh::verify::{Job, Payload};

/// Receipts asked of one peer at once.
const AT_ONCE: usize = 8;
/// What was fetched is not fetched again so soon, whatever became of it.
const AGAIN_AFTER: Duration = Duration::from_secs(300);
/// Ids remembered for that.
const MAX_FETCHED: usize = 16_384;
/// The same peer is not asked again so soon, however often it connects.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(2);

/// What was fetched lately, and when it is time to look again.
pub struct Heal {
    fetched: HashMap<MessageId, Instant>,
    order: VecDeque<MessageId>,
    next: Instant,
    turn: usize,
}

impl Heal {
    /// Nothing was fetched.
    pub fn new(now: Instant) -> Self {
        Self { fetched: HashMap::new(), order: VecDeque::new(), next: now, turn: 0 }
    }

    /// True the first time in a while.
    fn claim(&mut self, id: MessageId, now: Instant) -> bool {
        while let Some(oldest) = self.order.front()
            && (self.order.len() >= MAX_FETCHED
                || self.fetched.get(oldest).is_none_or(|at| now >= *at + AGAIN_AFTER))
        {
            let oldest = *oldest;
            self.order.pop_front();
            self.fetched.remove(&oldest);
        }
        if self.fetched.contains_key(&id) {
            return false;
        }
        self.fetched.insert(id, now);
        self.order.push_back(id);
        true
    }

    /// Lets a receipt be fetched again: nothing came of the last time.
    pub fn forget(&mut self, id: MessageId) {
        self.fetched.remove(&id);
    }
}

impl EventLoop {
    /// Asks a peer what it has.
    pub(super) fn ask_recent(&mut self, peer: PeerId) {
        let now = Instant::now();
        let Some(known) = self.peers.get_mut(&peer) else { return };
        let soon = known.healed_at.is_some_and(|at| now < at + ASK_AGAIN_AFTER);
        if known.gray || soon || !known.gaps.is_empty() || known.asked > 0 {
            return;
        }
        known.healed_at = Some(now);
        let depth = self.config.limits.heal_depth.clamp(1, MAX_RECENT);
        self.ask(peer, Request::Recent(depth), Waiting::Recent);
    }

    pub(super) fn on_recent(&mut self, peer: PeerId, response: Response) {
        match response {
            Response::Recent(ids) if ids.len() <= usize::from(self.config.limits.heal_depth) => {
                let (library, finish) = (self.library.clone(), self.finish.clone());
                tokio::task::spawn_blocking(move || match library.missing(&ids) {
                    Ok(ids) => {
                        let _ = finish.blocking_send(Finished::Missing { peer, ids });
                    }
                    Err(error) => tracing::warn!(%error, "cannot tell which receipts are missing"),
                });
            }
            Response::Recent(_) | Response::Found(_) | Response::Verdict(_) => {
                self.metrics.mesh_exchange_wrong_total.up();
                self.blame(peer, Offence::WrongAnswer);
            }
            Response::NotFound | Response::Busy => {}
        }
    }

    pub(super) fn on_missing(&mut self, peer: PeerId, ids: Vec<MessageId>) {
        let now = Instant::now();
        let wanted: Vec<MessageId> = ids.into_iter().filter(|id| self.heal.claim(*id, now)).collect();
        let Some(known) = self.peers.get_mut(&peer) else {
            wanted.into_iter().for_each(|id| self.heal.forget(id));
            return;
        };
        // Oldest first, so that what depends on order sees the order of arrival.
        known.gaps.extend(wanted.into_iter().rev());
        self.fetch_gaps(peer);
    }

    fn fetch_gaps(&mut self, peer: PeerId) {
        // Half of the queue is left to gossip.
        let room = self.queue.depth().0 < self.config.limits.queue_length / 2;
        while room
            && let Some(known) = self.peers.get_mut(&peer)
            && known.asked < AT_ONCE
            && let Some(id) = known.gaps.pop_front()
        {
            known.asked += 1;
            self.ask(peer, Request::Receipt(id), Waiting::Gap(id));
        }
    }

    /// `None`: the request failed.
    pub(super) fn on_gap(&mut self, peer: PeerId, id: MessageId, response: Option<Response>) {
        if let Some(known) = self.peers.get_mut(&peer) {
            known.asked = known.asked.saturating_sub(1);
        }
        match response {
            Some(Response::Found(bytes)) if keccak256(&bytes) == id.0 => {
                let (payload, source) = (Payload::Receipt(bytes), Source::Exchange(peer));
                self.enqueue(Job { payload, source, ticket: None, reply: None });
            }
            Some(Response::NotFound) => {
                self.heal.forget(id);
                self.blame(peer, Offence::EmptyPromise);
            }
            Some(Response::Busy) | None => self.heal.forget(id),
            Some(_) => {
                self.heal.forget(id);
                self.metrics.mesh_exchange_wrong_total.up();
                self.blame(peer, Offence::WrongAnswer);
            }
        }
        self.fetch_gaps(peer);
    }

    pub(super) fn tend_heal(&mut self, now: Instant) {
        let waiting: Vec<PeerId> =
            self.peers.iter().filter(|(_, known)| !known.gaps.is_empty()).map(|(peer, _)| *peer).collect();
        waiting.into_iter().for_each(|peer| self.fetch_gaps(peer));
        if now < self.heal.next {
            return;
        }
        self.heal.next = now + self.config.limits.heal_interval;
        let mut askable: Vec<PeerId> =
            self.peers.iter().filter(|(_, known)| known.identified && !known.gray).map(|(p, _)| *p).collect();
        if askable.is_empty() {
            return;
        }
        askable.sort();
        self.heal.turn = self.heal.turn.wrapping_add(1);
        self.ask_recent(askable[self.heal.turn % askable.len()]);
    }

    /// Gaps of a peer that is gone may be filled by another.
    pub(super) fn release_gaps(&mut self, gaps: impl IntoIterator<Item = MessageId>) {
        gaps.into_iter().for_each(|id| self.heal.forget(id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_fetched_is_not_fetched_again_for_a_while() {
        let now = Instant::now();
        let mut heal = Heal::new(now);
        let id = |n: usize| MessageId::from(alloy_primitives::B256::from(alloy_primitives::U256::from(n)));
        assert!(heal.claim(id(1), now) && !heal.claim(id(1), now));
        heal.forget(id(1));
        assert!(heal.claim(id(1), now));
        assert!(heal.claim(id(1), now + AGAIN_AFTER));
        for n in 0..MAX_FETCHED + 100 {
            heal.claim(id(n + 10), now);
        }
        assert!(heal.fetched.len() <= MAX_FETCHED && heal.order.len() <= MAX_FETCHED);
    }
}
