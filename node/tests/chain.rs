//! The watcher against chains that stall, lie and reorganise. Deterministic: every step is one call of `poll`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use alloy_primitives::{Address, B256, U256, keccak256};
use async_trait::async_trait;
use nonos_core::batch::BatchRef;
use nonos_core::{BatchId, CatalogRoot, Fr, OperatorRoot};
use tokio::sync::{Notify, mpsc};

use nonos_node::mesh::ChainView;
use nonos_node::service::chain::{
    BatchStanding, ChainFault, ChainSource, ChainState, ChainWatcher, Dated, Fact, Head, Notice, Pace,
};
use nonos_node::service::clock::{NodeClock, TimeSource};
use nonos_node::verify::{RootSource, RootStanding};

/// A chain in memory, and the ways it can misbehave.
#[derive(Default)]
struct Fake {
    blocks: BTreeMap<u64, (Head, Vec<Fact>)>,
    dead: bool,
    /// Leaves out the first fact it is asked for.
    drops: bool,
    /// Invents a root.
    invents: bool,
    /// Gives events of other blocks than asked for.
    strays: bool,
    /// Answers from this block, as a replica that lags.
    lags_at: Option<u64>,
    /// Replaces the newest block between the questions of one poll.
    moves: bool,
    calls: u64,
}

#[derive(Clone, Default)]
struct Chain(Arc<Mutex<Fake>>);

const START: u64 = 1_000;

impl Chain {
    /// Appends a block; `fork` makes its hash another.
    fn mine(&self, fork: u8, facts: Vec<Fact>) -> u64 {
        let mut fake = self.0.lock().unwrap();
        let number = fake.blocks.keys().last().map_or(START, |last| last + 1);
        let hash = keccak256([number.to_be_bytes().as_slice(), &[fork]].concat());
        fake.blocks.insert(number, (Head { number, hash, time: number * 10 }, facts));
        number
    }

    fn drop_after(&self, keep: u64) {
        self.0.lock().unwrap().blocks.retain(|number, _| *number <= keep);
    }

    fn set(&self, change: impl FnOnce(&mut Fake)) {
        change(&mut self.0.lock().unwrap());
    }

    fn ask<T>(&self, what: &str, answer: impl FnOnce(&mut Fake) -> T) -> Result<T, ChainFault> {
        let mut fake = self.0.lock().unwrap();
        fake.calls += 1;
        if fake.dead {
            return Err(ChainFault::Unreachable { what: what.into(), reason: "connection refused".into() });
        }
        Ok(answer(&mut fake))
    }
}

#[async_trait]
impl ChainSource for Chain {
    async fn head(&self) -> Result<Head, ChainFault> {
        self.ask("head", |fake| {
            let newest = fake.lags_at.unwrap_or(u64::MAX);
            fake.blocks.range(..=newest).next_back().unwrap().1.0
        })
    }

    async fn block(&self, number: u64) -> Result<Option<Head>, ChainFault> {
        self.ask("block", |fake| {
            let mut head = fake.blocks.get(&number).map(|(head, _)| *head);
            if fake.moves && fake.blocks.keys().last() == Some(&number) {
                head = head.map(|head| Head { hash: B256::repeat_byte(9), ..head });
            }
            head
        })
    }

    async fn facts(&self, from: u64, to: u64) -> Result<Vec<Dated>, ChainFault> {
        self.ask("facts", |fake| {
            let mut facts: Vec<Dated> = fake
                .blocks
                .range(from..=to)
                .flat_map(|(number, (head, facts))| {
                    facts.iter().map(|fact| Dated { block: *number, time: head.time, fact: fact.clone() })
                })
                .collect();
            if fake.drops && !facts.is_empty() {
                facts.remove(0);
            }
            if fake.invents {
                facts.push(Dated { block: to, time: 0, fact: Fact::OperatorRoot(U256::from(666)) });
            }
            if fake.strays {
                facts.insert(0, Dated { block: to + 5, time: 0, fact: Fact::Settled(B256::ZERO) });
            }
            facts
        })
    }

    async fn roots(&self, block: u64) -> Result<[U256; 2], ChainFault> {
        self.ask("roots", |fake| {
            let mut roots = [U256::ZERO; 2];
            for (_, (_, facts)) in fake.blocks.range(..=block) {
                for fact in facts {
                    match fact {
                        Fact::OperatorRoot(root) => roots[0] = *root,
                        Fact::InstallRoot(root) => roots[1] = *root,
                        _ => {}
                    }
                }
            }
            roots
        })
    }

    async fn batch(&self, _id: &BatchId) -> Result<Option<BatchStanding>, ChainFault> {
        self.ask("batch", |_| None)
    }

    async fn scores(&self, operators: &[B256]) -> Result<Vec<u16>, ChainFault> {
        self.ask("scores", |_| operators.iter().map(|operator| u16::from(operator[0])).collect())
    }
}

/// Time that a test moves.
#[derive(Clone, Default)]
struct Time(Arc<AtomicU64>);

impl TimeSource for Time {
    fn wall(&self) -> u64 {
        0
    }

    fn steady(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

struct Scene {
    chain: Chain,
    time: Time,
    state: Arc<ChainState>,
    watcher: ChainWatcher,
    notices: mpsc::Receiver<Notice>,
}

fn scene() -> Scene {
    let (chain, time) = (Chain::default(), Time::default());
    let clock = Arc::new(NodeClock::new(Box::new(time.clone())));
    let state = Arc::new(ChainState::new(
        clock,
        Box::new(time.clone()),
        Duration::from_secs(2),
        Duration::from_secs(3_600),
    ));
    let (sender, notices) = mpsc::channel(4096);
    let source = Arc::new(chain.clone());
    let wake = Arc::new(Notify::new());
    let watcher = ChainWatcher::new(source, state.clone(), START, Pace::default(), sender, wake);
    Scene { chain, time, state, watcher, notices }
}

impl Scene {
    /// Polls until there is nothing more to read, as the service does.
    async fn sync(&mut self) -> Result<(), ChainFault> {
        loop {
            match self.watcher.poll().await {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(fault) => {
                    self.state.failed(&fault);
                    return Err(fault);
                }
            }
        }
    }

    fn operator(&self, root: u64) -> Result<RootStanding, String> {
        self.state.operator(OperatorRoot::from(Fr::from(root))).map_err(|error| error.to_string())
    }

    fn drain(&mut self) -> Vec<Notice> {
        std::iter::from_fn(|| self.notices.try_recv().ok()).collect()
    }
}

fn op(root: u64) -> Vec<Fact> {
    vec![Fact::OperatorRoot(U256::from(root))]
}

fn batch(n: u8) -> BatchRef {
    BatchRef {
        relayer: Address::repeat_byte(n),
        root: B256::repeat_byte(n),
        size: 1,
        dataCommitment: B256::repeat_byte(n),
    }
}

fn current(since: u64) -> Result<RootStanding, String> {
    Ok(RootStanding::Current { since })
}

#[tokio::test]
async fn roots_live_from_their_block_to_their_successors() {
    let mut scene = scene();
    assert!(scene.operator(1).unwrap_err().contains("was not read yet"));
    let first = scene.chain.mine(0, op(1)) * 10;
    scene.sync().await.unwrap();
    assert_eq!(scene.operator(1), current(first));
    assert_eq!(scene.operator(2), Ok(RootStanding::Unknown));
    let second = scene.chain.mine(0, op(2)) * 10;
    scene.sync().await.unwrap();
    assert_eq!(scene.operator(1), Ok(RootStanding::Superseded { since: first, at: second }));
    assert_eq!(scene.operator(2), current(second));
    // A root that comes back starts a new life, as in the contract.
    let third = scene.chain.mine(0, op(1)) * 10;
    scene.sync().await.unwrap();
    assert_eq!(scene.operator(1), current(third));
}

#[tokio::test]
async fn catalogs_of_two_publishers_do_not_supersede_each_other() {
    let mut scene = scene();
    let catalog =
        |n: u8, root: u64| Fact::CatalogRoot { publisher: B256::repeat_byte(n), root: U256::from(root) };
    scene.chain.mine(0, vec![catalog(1, 11), catalog(2, 21)]);
    scene.chain.mine(0, vec![catalog(1, 12)]);
    scene.sync().await.unwrap();
    let standing = |root: u64| scene.state.catalog(CatalogRoot::from(Fr::from(root))).unwrap();
    assert!(matches!(standing(11), RootStanding::Superseded { .. }));
    assert!(matches!(standing(12), RootStanding::Current { .. }));
    assert!(matches!(standing(21), RootStanding::Current { .. }));
}

#[tokio::test]
async fn a_reorganisation_takes_back_what_it_took_back() {
    let mut scene = scene();
    scene.chain.mine(0, op(1));
    scene.sync().await.unwrap();
    let fork = scene.chain.mine(0, vec![]);
    scene.sync().await.unwrap();
    let id = batch(7).id();
    scene.chain.mine(0, op(2));
    scene.chain.mine(0, vec![Fact::Anchored { batch: batch(7), final_at: 99 }]);
    scene.sync().await.unwrap();
    assert!(scene.state.batch_anchored(&id).unwrap());
    assert!(matches!(scene.operator(2), Ok(RootStanding::Current { .. })));
    scene.drain();

    scene.chain.drop_after(fork);
    scene.chain.mine(1, op(3));
    scene.chain.mine(1, vec![]);
    scene.chain.mine(1, vec![Fact::Anchored { batch: batch(7), final_at: 111 }]);
    scene.sync().await.unwrap();
    assert_eq!(scene.operator(2), Ok(RootStanding::Unknown));
    assert!(matches!(scene.operator(3), Ok(RootStanding::Current { .. })));
    assert!(matches!(scene.operator(1), Ok(RootStanding::Superseded { .. })));
    assert_eq!(scene.state.batch(&id).unwrap().final_at, 111, "anchored again, later");
    assert_eq!(scene.drain().len(), 2, "the batch and the head, told again");
}

#[tokio::test]
async fn a_shorter_chain_without_our_blocks_is_a_reorganisation_and_a_lagging_replica_is_not() {
    let mut scene = scene();
    let first = scene.chain.mine(0, op(1));
    scene.sync().await.unwrap();
    for root in 2..6 {
        scene.chain.mine(0, op(root));
        scene.sync().await.unwrap();
    }
    scene.chain.set(|fake| fake.lags_at = Some(first + 2));
    scene.sync().await.unwrap();
    assert!(
        matches!(scene.operator(5), Ok(RootStanding::Current { .. })),
        "a replica that lags takes nothing back"
    );
    scene.chain.set(|fake| fake.lags_at = None);
    scene.chain.drop_after(first);
    scene.chain.mine(1, op(9));
    scene.sync().await.unwrap();
    assert_eq!(scene.operator(5), Ok(RootStanding::Unknown));
    assert!(matches!(scene.operator(9), Ok(RootStanding::Current { .. })));
}

#[tokio::test]
async fn a_chain_that_was_restarted_is_read_from_the_start() {
    let mut scene = scene();
    for root in 1..4 {
        scene.chain.mine(0, op(root));
        scene.sync().await.unwrap();
    }
    scene.chain.drop_after(0);
    scene.chain.mine(2, op(8));
    scene.sync().await.unwrap();
    assert_eq!(scene.operator(3), Ok(RootStanding::Unknown));
    assert!(matches!(scene.operator(8), Ok(RootStanding::Current { .. })));
}

#[tokio::test]
async fn lies_of_the_rpc_server_change_nothing() {
    let mut scene = scene();
    let since = scene.chain.mine(0, op(1)) * 10;
    scene.sync().await.unwrap();
    type Lie = fn(&mut Fake);
    let lies: [(&str, Lie, Lie); 4] = [
        ("drops events", |f| f.drops = true, |f| f.drops = false),
        ("invents events", |f| f.invents = true, |f| f.invents = false),
        ("gives events of other blocks", |f| f.strays = true, |f| f.strays = false),
        ("replaces the block meanwhile", |f| f.moves = true, |f| f.moves = false),
    ];
    for (number, (name, on, off)) in lies.into_iter().enumerate() {
        let new = 10 + number as u64;
        let before = scene.state.head();
        scene.chain.mine(0, op(new));
        scene.chain.set(on);
        for _ in 0..3 {
            let fault = scene.sync().await.unwrap_err();
            assert!(!matches!(fault, ChainFault::Unreachable { .. }), "{name}: {fault}");
        }
        assert_eq!(scene.state.head(), before, "{name}: nothing was taken");
        assert!(scene.operator(new).is_err(), "{name}: an unknown root is not called unknown meanwhile");
        assert!(scene.operator(666).is_err(), "{name}");
        scene.chain.set(off);
        scene.sync().await.unwrap();
        assert!(matches!(scene.operator(new), Ok(RootStanding::Current { .. })), "{name}: it recovers");
    }
    assert!(matches!(scene.operator(1), Ok(RootStanding::Superseded { since: s, .. }) if s == since));
}

#[tokio::test]
async fn an_outage_answers_from_memory_as_long_as_that_is_honest() {
    let mut scene = scene();
    let since = scene.chain.mine(0, op(1)) * 10;
    scene.chain.mine(0, op(2));
    scene.sync().await.unwrap();
    scene.chain.set(|fake| fake.dead = true);
    for minute in 1..=59u64 {
        scene.time.0.store(minute * 60, Ordering::Relaxed);
        scene.sync().await.unwrap_err();
        assert!(!scene.state.reachable());
        assert!(matches!(scene.operator(2), Ok(RootStanding::Current { .. })), "minute {minute}");
        assert!(scene.operator(3).is_err(), "a root that is not known may be new");
    }
    scene.time.0.store(3_601, Ordering::Relaxed);
    assert!(scene.operator(2).is_err(), "after the margin it may have been superseded too long ago");
    assert!(matches!(scene.operator(1), Ok(RootStanding::Superseded { since: s, .. }) if s == since));
    scene.chain.set(|fake| fake.dead = false);
    scene.sync().await.unwrap();
    assert!(scene.state.reachable() && matches!(scene.operator(2), Ok(RootStanding::Current { .. })));
    assert_eq!(scene.operator(3), Ok(RootStanding::Unknown));
}

#[tokio::test]
async fn a_chain_that_answers_no_more_without_an_error_is_noticed_too() {
    let mut scene = scene();
    scene.chain.mine(0, op(1));
    scene.sync().await.unwrap();
    scene.time.0.store(31, Ordering::Relaxed);
    assert!(!scene.state.reachable(), "a poll that hangs is no contact");
    assert!(scene.operator(2).is_err());
}

#[tokio::test]
async fn a_fallen_batch_is_not_anchored_and_demands_move_finality() {
    let mut scene = scene();
    let id = batch(1).id();
    scene.chain.mine(0, vec![Fact::Anchored { batch: batch(1), final_at: 50 }]);
    scene.chain.mine(0, vec![Fact::Moved { batch: id, final_at: 70 }]);
    scene.sync().await.unwrap();
    assert_eq!(scene.state.batch(&id).map(|batch| (batch.final_at, batch.fallen)), Some((70, false)));
    scene.chain.mine(0, vec![Fact::Fallen(id)]);
    scene.sync().await.unwrap();
    assert!(!scene.state.batch_anchored(&id).unwrap());
}

#[tokio::test]
async fn the_service_backs_off_and_stops_when_told() {
    let Scene { chain, state, watcher, mut notices, .. } = scene();
    chain.set(|fake| fake.dead = true);
    let cancel = tokio_util::sync::CancellationToken::new();
    let task = tokio::spawn(watcher.run(cancel.clone()));
    assert!(matches!(notices.recv().await, Some(Notice::Lost(ChainFault::Unreachable { .. }))));
    assert!(state.fault().unwrap().contains("connection refused"));
    cancel.cancel();
    task.await.unwrap();
    assert!(chain.0.lock().unwrap().calls <= 2, "it does not hammer a dead server");
}
