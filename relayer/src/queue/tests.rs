//! The queue against a model, and every damage that its check has to name.

use super::*;
use alloy_primitives::{B256, Bytes, U256, keccak256};
use nonos_core::ReceiptLeaf;
use nonos_core::batch::BatchError;
use proptest::prelude::*;
use std::collections::{BTreeMap, HashMap, VecDeque};

const IDENTITY: Identity =
    Identity { chain_id: 31337, anchor: Address::repeat_byte(0xaa), relayer: Address::repeat_byte(0xbb) };

fn leaf(number: u64) -> ReceiptLeaf {
    keccak256(number.to_be_bytes()).into()
}

fn arrival(number: u64) -> Arrival {
    Arrival { leaf: leaf(number), receipt: Bytes::copy_from_slice(&number.to_be_bytes()) }
}

fn open() -> (tempfile::TempDir, Queue) {
    let directory = tempfile::tempdir().unwrap();
    let queue = Queue::open(&directory.path().join("queue.redb"), IDENTITY).unwrap();
    (directory, queue)
}

fn accept_all(queue: &Queue) {
    let waiting = queue.waiting(0, usize::MAX).unwrap();
    let accepted: Vec<_> = waiting.iter().map(|w| (w.position, Judgement::Accept)).collect();
    queue.judge(&accepted).unwrap();
}

fn attempt(nonce: u64) -> Attempt {
    Attempt { nonce, max_fee: 2, tip: 1, gas_limit: 3, hash: B256::repeat_byte(4), at_block: 5 }
}

fn sighting(number: u64) -> Sighting {
    Sighting {
        number,
        hash: keccak256(number.to_be_bytes()),
        anchored_at: 7,
        final_at: 8,
        liable_until: 9,
        slice: U256::MAX,
    }
}

#[test]
fn a_receipt_goes_from_arrival_to_release_and_its_leaf_stays() {
    let (directory, queue) = open();
    assert_eq!(queue.arrive(&[arrival(1), arrival(2), arrival(1)], 3).unwrap(), 2);
    assert_eq!(queue.cursor().unwrap(), 3);
    assert_eq!(queue.leaf(&leaf(1)).unwrap(), Some(LeafState::Waiting));
    assert!(queue.form_batch(8).unwrap().is_none(), "nothing is verified yet");
    queue.judge(&[(0, Judgement::Accept), (1, Judgement::Refuse)]).unwrap();
    assert_eq!(queue.leaf(&leaf(2)).unwrap(), None, "refused and forgotten");
    let batch = queue.form_batch(8).unwrap().unwrap();
    assert_eq!((batch.sequence, batch.reference.size), (1, 1));
    assert_eq!(queue.leaf(&leaf(1)).unwrap(), Some(LeafState::Batched(1)));
    assert_eq!(queue.arrive(&[arrival(1)], 4).unwrap(), 0, "a known leaf does not come twice");

    queue.attempt(1, attempt(0)).unwrap();
    queue.mined(1, sighting(10)).unwrap();
    queue.vanished(1).unwrap();
    assert_eq!(queue.batch(1).unwrap().seen, None);
    queue.attempt(1, attempt(1)).unwrap();
    queue.mined(1, sighting(11)).unwrap();
    queue.confirmed(1).unwrap();
    queue.published(1).unwrap();
    assert!(queue.receipt(&leaf(1)).unwrap().is_some());
    queue.finalised(1).unwrap();
    queue.released(1).unwrap();
    assert_eq!(queue.receipt(&leaf(1)).unwrap(), None, "the bytes are not needed any more");
    assert_eq!(queue.check().unwrap(), Checked { leaves: 1, batches: 1 });
    drop(queue);

    let queue = Queue::open(&directory.path().join("queue.redb"), IDENTITY).unwrap();
    let batch = queue.batch(1).unwrap();
    assert_eq!(batch.state, BatchState::Released);
    assert_eq!(batch.attempts, [attempt(0), attempt(1)]);
    assert_eq!(batch.seen, Some(sighting(11)));
    assert_eq!(queue.arrive(&[arrival(1)], 5).unwrap(), 0);
}

#[test]
fn a_batch_is_what_the_anchor_will_hash() {
    let (_directory, queue) = open();
    queue.arrive(&[arrival(1), arrival(2), arrival(3)], 3).unwrap();
    accept_all(&queue);
    let batch = queue.form_batch(2).unwrap().unwrap();
    let record = queue.record(1).unwrap().record;
    assert_eq!(record.leaves, [leaf(1).0, leaf(2).0]);
    assert_eq!(record.batch.relayer, IDENTITY.relayer);
    assert_eq!(record.id(), batch.id());
    assert_eq!(record.check(), Ok::<(), BatchError>(()));
    assert_eq!(queue.queued().unwrap(), (1, Some((2, 2))));
}

#[test]
fn transitions_start_where_they_start() {
    let (_directory, queue) = open();
    queue.arrive(&[arrival(1)], 1).unwrap();
    accept_all(&queue);
    queue.form_batch(1).unwrap().unwrap();
    let refused = |result: Result<Batch, QueueError>, found| {
        assert!(matches!(result, Err(QueueError::Transition { found: f, .. }) if f == found), "{result:?}");
    };
    refused(queue.vanished(1), BatchState::Batched);
    refused(queue.confirmed(1), BatchState::Batched);
    refused(queue.finalised(1), BatchState::Batched);
    refused(queue.released(1), BatchState::Batched);
    queue.mined(1, sighting(1)).unwrap();
    refused(queue.attempt(1, attempt(0)), BatchState::Mined);
    refused(queue.finalised(1), BatchState::Mined);
    queue.confirmed(1).unwrap();
    queue.frozen(1).unwrap();
    refused(queue.finalised(1), BatchState::Frozen);
    refused(queue.mined(1, sighting(2)), BatchState::Frozen);
    assert!(matches!(queue.batch(2), Err(QueueError::NoBatch(2))));
    queue.check().unwrap();
}

#[test]
fn a_file_serves_one_account_and_one_anchor() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("queue.redb");
    drop(Queue::open(&path, IDENTITY).unwrap());
    for other in [
        Identity { chain_id: 1, ..IDENTITY },
        Identity { anchor: Address::ZERO, ..IDENTITY },
        Identity { relayer: Address::ZERO, ..IDENTITY },
    ] {
        assert!(matches!(Queue::open(&path, other), Err(QueueError::OtherIdentity { .. })));
    }
    let held = Queue::open(&path, IDENTITY).unwrap();
    assert!(matches!(Queue::open(&path, IDENTITY), Err(QueueError::InUse(_))));
    drop(held);
    std::fs::write(&path, b"something else").unwrap();
    assert!(matches!(Queue::open(&path, IDENTITY), Err(QueueError::Foreign(_))));
    std::fs::write(&path, b"").unwrap();
    assert!(matches!(Queue::open(&path, IDENTITY), Err(QueueError::Corrupt { .. })));
}

#[test]
fn only_the_newest_attempts_are_kept() {
    let (_directory, queue) = open();
    queue.arrive(&[arrival(1)], 1).unwrap();
    accept_all(&queue);
    queue.form_batch(1).unwrap();
    for nonce in 0..MAX_ATTEMPTS as u64 + 3 {
        queue.attempt(1, attempt(nonce)).unwrap();
    }
    let kept = queue.batch(1).unwrap().attempts;
    assert_eq!((kept.len(), kept[0].nonce), (MAX_ATTEMPTS, 3));
}

/// What anybody may do to a queue.
#[derive(Clone, Debug)]
enum Op {
    Arrive(Vec<u64>),
    Judge(Vec<bool>),
    Form(usize),
    Attempt(u64),
    Mined(u64),
    Vanished(u64),
    Confirmed(u64),
    Finalised(u64),
    Released(u64),
    Published(u64),
}

fn op() -> impl Strategy<Value = Op> {
    let batch = 1u64..6;
    prop_oneof![
        3 => proptest::collection::vec(0u64..60, 1..12).prop_map(Op::Arrive),
        3 => proptest::collection::vec(proptest::bool::weighted(0.8), 1..12).prop_map(Op::Judge),
        2 => (1usize..6).prop_map(Op::Form),
        1 => batch.clone().prop_map(Op::Attempt),
        2 => batch.clone().prop_map(Op::Mined),
        1 => batch.clone().prop_map(Op::Vanished),
        1 => batch.clone().prop_map(Op::Confirmed),
        1 => batch.clone().prop_map(Op::Finalised),
        1 => batch.clone().prop_map(Op::Released),
        1 => batch.prop_map(Op::Published),
    ]
}

/// The same rules on maps.
#[derive(Default)]
struct Model {
    next: u64,
    waiting: VecDeque<(u64, u64)>,
    queued: BTreeMap<u64, u64>,
    places: HashMap<u64, Option<u64>>,
    states: BTreeMap<u64, BatchState>,
}

impl Model {
    fn step(&mut self, batch: u64, from: &[BatchState], to: BatchState) -> bool {
        match self.states.get_mut(&batch) {
            Some(state) if from.contains(state) => {
                *state = to;
                true
            }
            _ => false,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_operations_leaves_every_leaf_in_one_place(ops in proptest::collection::vec(op(), 1..40)) {
        use BatchState::*;
        let (directory, mut queue) = open();
        let mut model = Model::default();
        for (number, op) in ops.into_iter().enumerate() {
            match op {
                Op::Arrive(numbers) => {
                    let arrivals: Vec<_> = numbers.iter().map(|n| arrival(*n)).collect();
                    let new = queue.arrive(&arrivals, number as u64).unwrap();
                    let before = model.next;
                    for n in numbers {
                        if let std::collections::hash_map::Entry::Vacant(place) = model.places.entry(n) {
                            place.insert(None);
                            model.waiting.push_back((model.next, n));
                            model.next += 1;
                        }
                    }
                    prop_assert_eq!(new as u64, model.next - before);
                }
                Op::Judge(verdicts) => {
                    let mut judgements = Vec::new();
                    for accept in verdicts {
                        let Some((position, n)) = model.waiting.pop_front() else { break };
                        if accept {
                            model.queued.insert(position, n);
                        } else {
                            model.places.remove(&n);
                        }
                        let verdict = if accept { Judgement::Accept } else { Judgement::Refuse };
                        judgements.push((position, verdict));
                    }
                    queue.judge(&judgements).unwrap();
                }
                Op::Form(max) => {
                    let batch = queue.form_batch(max).unwrap();
                    prop_assert_eq!(batch.is_some(), !model.queued.is_empty());
                    if let Some(batch) = batch {
                        let mut members = Vec::new();
                        for _ in 0..max {
                            let Some((_, n)) = model.queued.pop_first() else { break };
                            model.places.insert(n, Some(batch.sequence));
                            members.push(leaf(n).0);
                        }
                        prop_assert_eq!(queue.record(batch.sequence).unwrap().record.leaves, members);
                        model.states.insert(batch.sequence, Batched);
                    }
                }
                Op::Attempt(b) => {
                    let done = queue.attempt(b, attempt(number as u64)).is_ok();
                    prop_assert_eq!(done, model.step(b, &[Batched, Submitted], Submitted));
                }
                Op::Mined(b) => {
                    let done = queue.mined(b, sighting(number as u64)).is_ok();
                    prop_assert_eq!(done, model.step(b, &[Batched, Submitted, Mined, Confirmed], Mined));
                }
                Op::Vanished(b) => {
                    prop_assert_eq!(queue.vanished(b).is_ok(), model.step(b, &[Mined, Confirmed], Submitted));
                }
                Op::Confirmed(b) => {
                    prop_assert_eq!(queue.confirmed(b).is_ok(), model.step(b, &[Mined], Confirmed));
                }
                Op::Finalised(b) => {
                    prop_assert_eq!(queue.finalised(b).is_ok(), model.step(b, &[Confirmed], Final));
                }
                Op::Released(b) => {
                    prop_assert_eq!(queue.released(b).is_ok(), model.step(b, &[Final], Released));
                }
                Op::Published(b) => {
                    prop_assert_eq!(queue.published(b).is_ok(), model.states.contains_key(&b));
                }
            }
            if number % 8 == 7 {
                drop(queue);
                queue = Queue::open(&directory.path().join("queue.redb"), IDENTITY).unwrap();
            }
        }
        let checked = queue.check().unwrap();
        prop_assert_eq!(checked.leaves, model.places.len() as u64);
        prop_assert_eq!(checked.batches, model.states.len() as u64);
        for (sequence, state) in &model.states {
            prop_assert_eq!(queue.batch(*sequence).unwrap().state, *state);
        }
        for (n, place) in &model.places {
            if let Some(sequence) = place {
                prop_assert_eq!(queue.leaf(&leaf(*n)).unwrap(), Some(LeafState::Batched(*sequence)));
            }
        }
    }
}
