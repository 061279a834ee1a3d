//! The disk is full: nothing that was acknowledged is lost, and work goes on when there is room again.

mod common;

use std::process::Command;

use alloy_primitives::{Address, Bytes};
use common::leaf;
use nonos_relayer::queue::{Arrival, Identity, Judgement, LeafState, Queue, QueueError};

const QUEUE: &str = "NONOS_TEST_QUEUE";
const IDENTITY: Identity = Identity { chain_id: 1, anchor: Address::ZERO, relayer: Address::ZERO };

fn limit_files(bytes: u64) {
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: sets a limit of this process from a value on the stack.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &limit) }, 0);
}

/// Arrival, judgement and batch of some receipts from `number` on.
fn work(queue: &Queue, number: u64) -> Result<(), QueueError> {
    let arrivals: Vec<_> = (number..number + 20)
        .map(|n| Arrival { leaf: leaf(n).into(), receipt: Bytes::from(vec![n as u8; 2_000]) })
        .collect();
    queue.arrive(&arrivals, number + 20)?;
    let waiting = queue.waiting(0, usize::MAX)?;
    let accepted: Vec<_> = waiting.iter().map(|w| (w.position, Judgement::Accept)).collect();
    queue.judge(&accepted)?;
    queue.form_batch(1_024).map(drop)
}

/// The victim. Does nothing unless it was started by the test below.
#[test]
fn writer_process() {
    let Ok(path) = std::env::var(QUEUE) else { return };
    // SAFETY: without a handler, the first write beyond the limit would kill the process instead of failing.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    let queue = Queue::open(path.as_ref(), IDENTITY).expect("a queue");
    let (mut done, mut refused) = (0u64, 0u64);
    for round in 0..6 {
        let size = std::fs::metadata(&path).expect("a file").len();
        limit_files(size.max(1) + 4_096 * round);
        let mut failures = 0;
        for _ in 0..200 {
            match work(&queue, done) {
                Ok(()) => done += 20,
                Err(QueueError::Io { .. }) => failures += 1,
                Err(other) => panic!("a full disk is no damage: {other}"),
            }
            if failures >= 4 {
                break;
            }
        }
        assert!(failures > 0, "the limit did not bite");
        refused += failures;
        limit_files(libc::RLIM_INFINITY);
        work(&queue, done).expect("there is room again");
        done += 20;
        queue.check().expect("consistent");
        for n in 0..done {
            let place = queue.leaf(&leaf(n).into()).expect("a place");
            assert!(matches!(place, Some(LeafState::Batched(_))), "receipt {n} of {done}: {place:?}");
        }
    }
    println!("disk full: {refused} commits refused, {done} receipts, none lost, none twice");
}

#[test]
fn a_full_disk_loses_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let output = Command::new(std::env::current_exe().expect("this test"))
        .args(["writer_process", "--exact", "--nocapture"])
        .env(QUEUE, directory.path().join("queue.redb"))
        .output()
        .expect("started");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let line = text.lines().find_map(|line| line.split_once("disk full: ").map(|(_, rest)| rest));
    println!("disk full: {}", line.expect("the child says what it did"));
}
