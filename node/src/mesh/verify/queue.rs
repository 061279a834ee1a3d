//! What waits for verification: bounded in number and bytes, in three levels of trust, with a share per peer.

use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use libp2p::PeerId;
use libp2p::gossipsub::MessageId as GossipId;
use nonos_core::receipt::Receipt;
use tokio::sync::oneshot;

use crate::mesh::config::MeshLimits;
use crate::mesh::event::Source;
use crate::mesh::metrics::MeshMetrics;
use crate::verify::Refusal;

/// After so many takes from the best level, one takes from the worst: nobody starves.
const FAIRNESS: u32 = 4;

/// Whose messages go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// This node, and peers of operators that the chain trusts.
    Trusted,
    /// Peers that have brought good messages.
    Known,
    /// Everybody else.
    New,
}

const LEVELS: usize = 3;

impl Level {
    const fn index(self) -> usize {
        match self {
            Self::Trusted => 0,
            Self::Known => 1,
            Self::New => 2,
        }
    }
}

/// What to tell gossipsub about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The gossip id.
    pub id: GossipId,
    /// Who forwarded it.
    pub from: PeerId,
}

/// What is to be checked.
#[derive(Debug)]
pub enum Payload {
    /// Bytes of a receipt.
    Receipt(Vec<u8>),
    /// Bytes of a batch announcement.
    Batch(Vec<u8>),
    /// Bytes of a beacon.
    Beacon(Vec<u8>),
}

impl Payload {
    fn len(&self) -> usize {
        match self {
            Self::Receipt(bytes) | Self::Batch(bytes) | Self::Beacon(bytes) => bytes.len(),
        }
    }
}

/// One message that waits.
#[derive(Debug)]
pub struct Job {
    /// What is to be checked.
    pub payload: Payload,
    /// Where it came from.
    pub source: Source,
    /// What to tell gossipsub about, if it came from there.
    pub ticket: Option<Ticket>,
    /// Who waits for the verdict in this process.
    pub reply: Option<oneshot::Sender<Result<Receipt, Refusal>>>,
}

/// Why a message may not wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The queue is full.
    Full,
    /// The peer has used its share.
    Share,
    /// The mesh is stopping.
    Closed,
}

#[derive(Default)]
struct State {
    levels: [VecDeque<Job>; LEVELS],
    length: usize,
    bytes: usize,
    per_peer: HashMap<PeerId, usize>,
    takes: u32,
    closed: bool,
}

impl State {
    fn add(&mut self, level: Level, job: Job) {
        self.length += 1;
        self.bytes += job.payload.len();
        if let Some(peer) = job.source.peer() {
            *self.per_peer.entry(peer).or_insert(0) += 1;
        }
        self.levels[level.index()].push_back(job);
    }

    fn removed(&mut self, job: &Job) {
        self.length -= 1;
        self.bytes -= job.payload.len();
        if let Some(peer) = job.source.peer()
            && let Some(count) = self.per_peer.get_mut(&peer)
        {
            *count -= 1;
            if *count == 0 {
                self.per_peer.remove(&peer);
            }
        }
    }

    fn next_level(&mut self) -> Option<usize> {
        let filled = |level: &usize| !self.levels[*level].is_empty();
        let best = (0..LEVELS).find(filled)?;
        let worst = (0..LEVELS).rfind(filled)?;
        self.takes = self.takes.wrapping_add(1);
        Some(if self.takes.is_multiple_of(FAIRNESS) { worst } else { best })
    }
}

/// The queue between the swarm task and the verification threads.
pub struct Queue {
    state: Mutex<State>,
    arrived: Condvar,
    max_length: usize,
    max_bytes: usize,
}

impl Queue {
    /// An empty queue.
    pub fn new(limits: &MeshLimits) -> Self {
        Self {
            state: Mutex::default(),
            arrived: Condvar::new(),
            max_length: limits.queue_length.max(1),
            max_bytes: limits.queue_bytes,
        }
    }

    // A thread that panicked in between leaves counters that are still consistent: each is changed in one go.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a message wait, of which its peer may have `share` at once. A full queue gives way to a better level: the
    /// messages pushed out for it, newest and worst first, are returned.
    pub fn push(&self, level: Level, share: usize, job: Job) -> Result<Vec<Job>, (Refused, Job)> {
        let mut state = self.lock();
        if state.closed {
            return Err((Refused::Closed, job));
        }
        if job.source.peer().is_some_and(|peer| state.per_peer.get(&peer).is_some_and(|n| *n >= share)) {
            return Err((Refused::Share, job));
        }
        let mut evicted = Vec::new();
        let size = job.payload.len();
        while state.length >= self.max_length || state.bytes + size > self.max_bytes {
            let worst = (level.index() + 1..LEVELS).rev().find(|worse| !state.levels[*worse].is_empty());
            let Some(out) = worst.and_then(|worse| state.levels[worse].pop_back()) else {
                // Too large for what is left even so: whoever was pushed out goes back.
                for (worse, out) in evicted.drain(..).rev() {
                    state.add(worse, out);
                }
                return Err((Refused::Full, job));
            };
            state.removed(&out);
            let worse = if worst == Some(Level::Known.index()) { Level::Known } else { Level::New };
            evicted.push((worse, out));
        }
        state.add(level, job);
        drop(state);
        self.arrived.notify_one();
        Ok(evicted.into_iter().map(|(_, job)| job).collect())
    }

    /// Takes up to `most` messages of one level, waiting for the first. `None`: the queue was closed. Levels are not
    /// mixed, so that a false proof of a stranger never makes a trusted batch fail.
    pub fn take(&self, most: usize) -> Option<Vec<Job>> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(level) = state.next_level() {
                let count = state.levels[level].len().min(most.max(1));
                let jobs: Vec<Job> = state.levels[level].drain(..count).collect();
                jobs.iter().for_each(|job| state.removed(job));
                if state.length > 0 {
                    self.arrived.notify_one();
                }
                return Some(jobs);
            }
            let waited = self.arrived.wait_timeout(state, Duration::from_secs(1));
            state = waited.map_or_else(|poisoned| poisoned.into_inner().0, |(state, _)| state);
        }
    }

    /// Ends all takes; what still waits is dropped.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.levels.iter_mut().for_each(VecDeque::clear);
        state.per_peer.clear();
        (state.length, state.bytes) = (0, 0);
        drop(state);
        self.arrived.notify_all();
    }

    /// Messages and bytes that wait.
    pub fn depth(&self) -> (usize, usize) {
        let state = self.lock();
        (state.length, state.bytes)
    }

    /// Writes the depth to the gauges.
    pub fn report(&self, metrics: &MeshMetrics) {
        let (length, bytes) = self.depth();
        metrics.mesh_queue_length.set(length as u64);
        metrics.mesh_queue_bytes.set(bytes as u64);
        metrics.mesh_queue_length_max.at_least(length as u64);
        metrics.mesh_queue_bytes_max.at_least(bytes as u64);
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
