//! Verification off the swarm task: a bounded queue in order of trust, and threads that empty it in batches.

mod queue;
mod seen;
mod worker;

pub(super) use queue::{Job, Level, Payload, Queue, Refused, Ticket};
pub(super) use seen::Seen;
pub(super) use worker::{Done, Outcome, Reason, Verdict, Worker, Workers};
