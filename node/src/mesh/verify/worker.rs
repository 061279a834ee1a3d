//! The threads that empty the queue: cheap checks one by one, the pairing for all that passed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use alloy_primitives::keccak256;
use nonos_core::batch::BatchRef;
use nonos_core::receipt::Receipt;
use nonos_core::{MessageId, Nullifier};
use tokio::sync::mpsc;

use super::queue::{Job, Payload, Queue, Ticket};
use super::seen::Seen;
use crate::mesh::beacon::{BeaconScope, SignedBeacon};
use crate::mesh::error::MeshError;
use crate::mesh::event::{MeshEvent, Source, VerifiedReceipt};
use crate::mesh::judge::{ChainView, Judge, unix_now};
use crate::mesh::library::Library;
use crate::mesh::metrics::MeshMetrics;
use crate::verify::{AdmissionFault, FreshnessFault, ProofFault, Refusal};

/// How long a thread waits before it offers an event again to a service that has no room.
const PATIENCE: Duration = Duration::from_millis(2);

/// Why a message is neither forwarded nor punished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Verified before.
    Repeated,
    /// Outside the time window: too old, of the future, or of a root that serves no more.
    Stale,
    /// Of roots, blocks or batches that this node does not know, and others may.
    Unknown,
    /// For another deployment, or another version of the circuit.
    OtherDeployment,
    /// This node cannot tell at the moment.
    Unavailable,
}

/// What to do with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Valid and new: forward.
    Accept,
    /// Do not forward; nobody is to blame.
    Ignore(Reason),
    /// Every honest node refuses it: its sender is to blame.
    Reject,
}

impl Outcome {
    /// By the rule of the module: blame only where the bytes alone prove it.
    pub fn of(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Proof(ProofFault::VerifierKey { .. } | ProofFault::DeveloperSetup(_))
            | Refusal::Admission(AdmissionFault::OtherDeployment { .. }) => {
                Self::Ignore(Reason::OtherDeployment)
            }
            Refusal::Proof(
                ProofFault::Form(_) | ProofFault::Receipt(_) | ProofFault::Header(_) | ProofFault::Proof(_),
            ) => Self::Reject,
            Refusal::Admission(AdmissionFault::Source(_)) => Self::Ignore(Reason::Unavailable),
            Refusal::Admission(AdmissionFault::UnknownRoot { .. } | AdmissionFault::RevokedRoot { .. })
            | Refusal::Freshness(FreshnessFault::OtherBlock { .. } | FreshnessFault::BeforeBlock { .. }) => {
                Self::Ignore(Reason::Unknown)
            }
            Refusal::Admission(
                AdmissionFault::LaunchedBeforeRoot { .. }
                | AdmissionFault::LaunchedAfterRoot { .. }
                | AdmissionFault::StaleRoot { .. },
            )
            | Refusal::Freshness(FreshnessFault::Future { .. } | FreshnessFault::TooOld { .. }) => {
                Self::Ignore(Reason::Stale)
            }
        }
    }
}

/// What a message turned out to be.
#[derive(Debug)]
pub enum Done {
    /// A receipt, or bytes that were to be one.
    Receipt(MessageId),
    /// A batch announcement, if it is one.
    Batch(Option<BatchRef>),
    /// A beacon, if it is one with valid signatures; whether it is new is the loop's to say.
    Beacon(Option<Box<SignedBeacon>>),
}

/// A verdict on its way back to the loop.
#[derive(Debug)]
pub struct Verdict {
    /// What to tell gossipsub about.
    pub ticket: Option<Ticket>,
    /// Where the message came from.
    pub source: Source,
    /// What to do with it.
    pub outcome: Outcome,
    /// What it is.
    pub done: Done,
    /// Its bytes, if it closes a gap and is to be gossiped.
    pub again: Option<Vec<u8>>,
}

/// What every verification thread holds.
#[derive(Clone)]
pub struct Worker {
    /// The queue.
    pub queue: Arc<Queue>,
    /// Verdicts.
    pub judge: Arc<dyn Judge>,
    /// What is anchored.
    pub chain: Arc<dyn ChainView>,
    /// What is stored.
    pub library: Arc<dyn Library>,
    /// What was verified lately.
    pub seen: Arc<Seen>,
    /// What beacons must be for.
    pub scope: BeaconScope,
    /// To the loop.
    pub verdicts: mpsc::Sender<Verdict>,
    /// To the service.
    pub events: mpsc::Sender<MeshEvent>,
    /// Counters.
    pub metrics: Arc<MeshMetrics>,
}

/// The threads.
pub struct Workers {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Starts `count` threads that take up to `most` messages at once.
    pub fn start(worker: &Worker, count: usize, most: usize) -> Result<Self, MeshError> {
        let mut workers = Self { queue: worker.queue.clone(), threads: Vec::new() };
        for n in 0..count.max(1) {
            let worker = worker.clone();
            let thread = std::thread::Builder::new()
                .name(format!("mesh-verify-{n}"))
                .spawn(move || worker.run(most))
                .map_err(MeshError::Thread)?;
            workers.threads.push(thread);
        }
        Ok(workers)
    }

    /// Closes the queue and waits for the batches in hand. Blocks for as long as one batch takes.
    pub fn stop(mut self) {
        self.queue.close();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.queue.close();
    }
}

struct Candidate {
    job: Job,
    id: MessageId,
    bytes: Vec<u8>,
}

impl Worker {
    fn run(&self, most: usize) {
        while let Some(jobs) = self.queue.take(most) {
            let tickets: Vec<_> = jobs.iter().map(|job| (job.ticket.clone(), job.source)).collect();
            // A panic in a verdict must not end verification; nobody is blamed for it.
            if catch_unwind(AssertUnwindSafe(|| self.work(jobs))).is_err() {
                tracing::error!(
                    messages = tickets.len(),
                    "a verification thread panicked; its batch is ignored"
                );
                for (ticket, source) in tickets {
                    let done = Done::Batch(None);
                    let outcome = Outcome::Ignore(Reason::Unavailable);
                    self.report(Verdict { ticket, source, outcome, done, again: None });
                }
            }
        }
    }

    fn work(&self, jobs: Vec<Job>) {
        let mut candidates = Vec::new();
        let mut screened = Vec::new();
        for mut job in jobs {
            match std::mem::replace(&mut job.payload, Payload::Receipt(vec![])) {
                Payload::Receipt(bytes) => {
                    let id = MessageId::from(keccak256(&bytes));
                    match self.before_pairing(&bytes, &job, id) {
                        Ok(one) => {
                            screened.push(one);
                            candidates.push(Candidate { job, id, bytes });
                        }
                        Err(stop) => self.stopped(job, id, stop),
                    }
                }
                Payload::Batch(bytes) => self.batch(&job, &bytes),
                Payload::Beacon(bytes) => self.beacon(&job, &bytes),
            }
        }
        if screened.is_empty() {
            return;
        }
        self.metrics.mesh_verify_batches_total.up();
        self.metrics.mesh_verify_receipts_total.add(screened.len() as u64);
        let confirmed = self.judge.confirm(screened);
        let mut new = Vec::new();
        for (candidate, verdict) in candidates.into_iter().zip(confirmed) {
            let Candidate { job, id, bytes } = candidate;
            match verdict {
                Err(refusal) => self.stopped(job, id, Stop::Refused(refusal)),
                Ok(receipt) => new.extend(self.confirmed(job, id, bytes, receipt)),
            }
        }
        // Verdicts first: forwarding must not wait for the service.
        for event in new {
            self.tell(event);
        }
    }

    /// Cheapest first; the nullifier is only compared with verified ones.
    fn before_pairing(
        &self,
        bytes: &[u8],
        job: &Job,
        id: MessageId,
    ) -> Result<crate::verify::Screened, Stop> {
        let receipt = self.judge.decode(bytes)?;
        if job.reply.is_none() {
            let nullifier = nullifier(&receipt)?;
            if let Some(first) = self.seen.get(&nullifier) {
                return Err(Stop::Repeated { first });
            }
            match self.library.by_nullifier(&nullifier) {
                Ok(None) => {}
                Ok(Some(first)) => return Err(Stop::Repeated { first }),
                Err(error) => {
                    tracing::warn!(%error, message = %id, "cannot tell whether a receipt was seen before");
                    return Err(Stop::Unavailable);
                }
            }
        }
        Ok(self.judge.screen(receipt)?)
    }

    fn stopped(&self, job: Job, id: MessageId, stop: Stop) {
        let outcome = match &stop {
            Stop::Refused(refusal) => Outcome::of(refusal),
            Stop::Repeated { .. } => Outcome::Ignore(Reason::Repeated),
            Stop::Unavailable => Outcome::Ignore(Reason::Unavailable),
        };
        match &stop {
            Stop::Refused(refusal) => {
                tracing::debug!(message = %id, source = ?job.source, %refusal, "refused")
            }
            Stop::Repeated { first } => tracing::trace!(message = %id, %first, "repeated"),
            Stop::Unavailable => {}
        }
        if let (Some(reply), Stop::Refused(refusal)) = (job.reply, stop) {
            let _ = reply.send(Err(refusal));
            return;
        }
        self.report(Verdict {
            ticket: job.ticket,
            source: job.source,
            outcome,
            done: Done::Receipt(id),
            again: None,
        });
    }

    fn confirmed(&self, job: Job, id: MessageId, bytes: Vec<u8>, receipt: Receipt) -> Option<MeshEvent> {
        if let Some(reply) = job.reply {
            let _ = reply.send(Ok(receipt));
            return None;
        }
        let first = nullifier(&receipt).ok().map(|nullifier| self.seen.enter(nullifier, id));
        let new = first == Some(Ok(()));
        let outcome = if new { Outcome::Accept } else { Outcome::Ignore(Reason::Repeated) };
        let source = job.source;
        let again = (new && matches!(source, Source::Exchange(_))).then_some(bytes);
        self.report(Verdict { ticket: job.ticket, source, outcome, done: Done::Receipt(id), again });
        new.then(|| MeshEvent::Receipt(Box::new(VerifiedReceipt { id, receipt, source })))
    }

    fn batch(&self, job: &Job, bytes: &[u8]) {
        let (outcome, batch) = match BatchRef::decode(bytes) {
            Err(_) => (Outcome::Reject, None),
            Ok(batch) => match self.chain.batch_anchored(&batch.id()) {
                Ok(true) => (Outcome::Accept, Some(batch)),
                Ok(false) => (Outcome::Ignore(Reason::Unknown), None),
                Err(_) => (Outcome::Ignore(Reason::Unavailable), None),
            },
        };
        let (ticket, source) = (job.ticket.clone(), job.source);
        self.report(Verdict { ticket, source, outcome, done: Done::Batch(batch), again: None });
    }

    fn beacon(&self, job: &Job, bytes: &[u8]) {
        let (outcome, beacon) = match SignedBeacon::decode(bytes).and_then(|beacon| {
            beacon.verify(&self.scope, unix_now())?;
            Ok(beacon)
        }) {
            Ok(beacon) => (Outcome::Accept, Some(Box::new(beacon))),
            Err(fault) => {
                tracing::debug!(source = ?job.source, %fault, "beacon refused");
                (fault.outcome(), None)
            }
        };
        let (ticket, source) = (job.ticket.clone(), job.source);
        self.report(Verdict { ticket, source, outcome, done: Done::Beacon(beacon), again: None });
    }

    fn report(&self, verdict: Verdict) {
        // Fails only when the loop has ended, and with it the need for verdicts.
        let _ = self.verdicts.blocking_send(verdict);
    }

    fn tell(&self, mut event: MeshEvent) {
        loop {
            match self.events.try_send(event) {
                Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => return,
                Err(mpsc::error::TrySendError::Full(back)) => event = back,
            }
            if self.verdicts.is_closed() {
                return;
            }
            std::thread::sleep(PATIENCE);
        }
    }
}

/// Why a receipt does not get to the pairing.
enum Stop {
    Refused(Refusal),
    Repeated { first: MessageId },
    Unavailable,
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

fn nullifier(receipt: &Receipt) -> Result<Nullifier, Refusal> {
    let fault = |source| nonos_core::receipt::HeaderError::Field { name: "nullifier", source };
    Ok(Nullifier::try_from(receipt.header.nullifier).map_err(fault).map_err(ProofFault::Header)?)
}
