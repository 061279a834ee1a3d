//! A market, a node and a launcher in memory, with faults: outages, lost answers, and kills at any point.
//!
//! Every call passes a gate. A kill stops the caller for ever, before or after the call took effect; the test then drops the
//! agent and starts another one on the same table, as a supervisor would.

use crate::chain::{Blocks, Claim, Head, LeafState, Lock, Market, Mined, RequestState, Stake, Submission};
use crate::error::{NodeError, SendError};
use crate::launch::{Launch, LaunchFailure, LaunchOrder};
use crate::node::{Inclusion, Node, ProofVerdict};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use async_trait::async_trait;
use nonos_contracts::ChainError;
use nonos_core::batch::BatchRef;
use nonos_core::receipt::{FLAG_CAPSULE_DISCLOSED, FLAG_OPERATOR_DISCLOSED, Receipt, ReceiptHeader, SCHEMA};
use nonos_core::request::ProofRequest;
use nonos_core::{CapsuleLeaf, MessageId, ReceiptLeaf};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

pub const US: Address = Address::repeat_byte(8);
/// Seconds that a batch takes to become final.
pub const WINDOW: u64 = 60;

/// What happened, and how often.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub locks: u32,
    pub refused_locks: u32,
    pub launches: u32,
    pub claims: u32,
    pub verified: u32,
    pub payments: u32,
    pub drops: u32,
    pub unwinds: u32,
}

/// How the world treats the agent.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// Stop the caller at this call: its number, and whether it takes effect first.
    pub kill: Option<(u64, bool)>,
    /// Transactions take effect, and the answer gets lost: this many times.
    pub lost_answers: u32,
    /// No batch ever comes.
    pub relayer_withholds: bool,
    /// The first batch's leaf is voided before it is final.
    pub leaf_is_voided: bool,
    /// The market refuses claims.
    pub claims_refused: bool,
    /// The first receipts cannot be recorded any more.
    pub stale_receipts: u32,
    /// Launches that fail first.
    pub failing_launches: u32,
    /// The capsule fails on this input.
    pub capsule_fails: bool,
    /// One in n calls to chain or node is an outage.
    pub outage_every: Option<u64>,
}

struct Inner {
    now: u64,
    calls: u64,
    faults: Faults,
    tally: Tally,
    requests: BTreeMap<B256, (ProofRequest, RequestState)>,
    posted: HashMap<MessageId, (Receipt, u64)>,
    made: Vec<Receipt>,
    recorded: HashMap<B256, u64>,
    blobs: HashMap<B256, Bytes>,
    free: U256,
    key_in_use: bool,
}

/// The world.
#[derive(Clone)]
pub struct World {
    inner: Arc<Mutex<Inner>>,
    pub killed: Arc<Notify>,
}

impl World {
    pub fn new(faults: Faults) -> Self {
        let inner = Inner {
            now: 1_000,
            calls: 0,
            faults,
            tally: Tally::default(),
            requests: BTreeMap::new(),
            posted: HashMap::new(),
            made: Vec::new(),
            recorded: HashMap::new(),
            blobs: HashMap::from([(keccak256(b"input"), Bytes::from_static(b"input"))]),
            free: U256::from(50_000),
            key_in_use: true,
        };
        Self { inner: Arc::new(Mutex::new(inner)), killed: Arc::new(Notify::new()) }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        work(&mut self.inner.lock().unwrap())
    }

    pub fn submit(&self, id: B256, request: ProofRequest) {
        self.with(|w| w.requests.insert(id, (request, RequestState::Open)));
    }

    pub fn set_state(&self, id: B256, state: RequestState) {
        self.with(|w| w.requests.get_mut(&id).unwrap().1 = state);
    }

    pub fn remove_key(&self) {
        self.with(|w| w.key_in_use = false);
    }

    pub fn set_free(&self, wei: u64) {
        self.with(|w| w.free = U256::from(wei));
    }

    pub fn tally(&self) -> Tally {
        self.with(|w| w.tally.clone())
    }

    pub fn calls(&self) -> u64 {
        self.with(|w| w.calls)
    }

    pub fn now(&self) -> u64 {
        self.with(|w| w.now)
    }

    /// Passes the gate, does the work, passes the gate again.
    async fn gate<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> Option<T> {
        tokio::task::yield_now().await;
        let (number, kill, outage) = self.with(|w| {
            w.calls += 1;
            // Scattered, so that no call is hit in every look.
            let scatter = U256::from_be_bytes(keccak256(w.calls.to_be_bytes()).0);
            let outage = w.faults.outage_every.is_some_and(|n| (scatter % U256::from(n)).is_zero());
            (w.calls, w.faults.kill, outage)
        });
        let dies = kill.filter(|(at, _)| *at == number);
        if dies.is_some_and(|(_, after)| !after) {
            self.die().await;
        }
        if outage {
            return None;
        }
        let result = self.with(work);
        if dies.is_some() {
            self.die().await;
        }
        Some(result)
    }

    async fn die(&self) {
        self.with(|w| w.faults.kill = None);
        self.killed.notify_one();
        std::future::pending::<()>().await;
    }

    async fn read<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> Result<T, ChainError> {
        self.gate(work).await.ok_or(ChainError::NoBlock(0))
    }

    async fn ask<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> Result<T, NodeError> {
        let outage = || NodeError::Unreachable { what: "asking", reason: "an outage".into() };
        self.gate(work).await.ok_or_else(outage)
    }

    async fn send(
        &self,
        what: &str,
        work: impl FnOnce(&mut Inner) -> Result<(), &'static str>,
    ) -> Result<Mined, SendError> {
        let what = what.to_owned();
        let done = self.gate(|w| {
            let done = work(w);
            let lost = done.is_ok() && w.faults.lost_answers > 0;
            w.faults.lost_answers -= u32::from(lost);
            (done, lost)
        });
        match done.await {
            None => Err(SendError::NotSent { what, reason: "an outage".into() }),
            Some((_, true)) => Err(SendError::Uncertain { what, reason: "the answer got lost".into() }),
            Some((Err(reason), _)) => Err(SendError::Refused { what, reason: reason.into() }),
            Some((Ok(()), _)) => Ok(Mined { hash: B256::ZERO, block: 0, gas: 0 }),
        }
    }
}

impl Inner {
    fn lock_of(&mut self, id: &B256) -> Result<&mut Lock, &'static str> {
        match self.requests.get_mut(id) {
            Some((_, RequestState::Locked(lock))) if lock.locker == US => Ok(lock),
            _ => Err("NotLocked()"),
        }
    }

    /// Brings claims up to date.
    fn settle(&mut self, id: &B256) {
        let (now, voided) = (self.now, self.faults.leaf_is_voided);
        if let Ok(lock) = self.lock_of(id)
            && let Some(claim) = &mut lock.claim
            && claim.state == LeafState::Pending
        {
            claim.state = match () {
                () if voided => LeafState::Void,
                () if now >= claim.final_at => LeafState::Final,
                () => LeafState::Pending,
            };
        }
    }

    fn pay(&mut self, id: &B256) {
        let lock = self.lock_of(id).unwrap().clone();
        self.free += U256::from(lock.collateral);
        self.tally.payments += 1;
        self.requests.get_mut(id).unwrap().1 = RequestState::Fulfilled(lock);
    }
}

#[async_trait]
impl Blocks for World {
    async fn head(&self) -> Result<Head, ChainError> {
        // Time passes with every look.
        self.read(|w| {
            w.now += 3;
            let number = w.now - 1_000;
            Head { number, hash: hash(number), timestamp: w.now }
        })
        .await
    }

    async fn hash_of(&self, number: u64) -> Result<Option<B256>, ChainError> {
        self.read(|_| Some(hash(number))).await
    }
}

fn hash(number: u64) -> B256 {
    keccak256(number.to_be_bytes())
}

#[async_trait]
impl Market for World {
    fn account(&self) -> Address {
        US
    }

    async fn submissions(&self, from: u64, to: u64) -> Result<Vec<Submission>, ChainError> {
        let all = |w: &mut Inner| {
            let submission = |(id, (request, _)): (&B256, &(ProofRequest, RequestState))| Submission {
                id: *id,
                request: request.clone(),
                block: 1,
            };
            w.requests.iter().map(submission).collect()
        };
        self.read(|w| if from <= 1 && to >= 1 { all(w) } else { Vec::new() }).await
    }

    async fn own_locks(&self, _: u64, _: u64) -> Result<Vec<B256>, ChainError> {
        let ours = |(id, (_, state)): (&B256, &(ProofRequest, RequestState))| {
            matches!(state, RequestState::Locked(lock) if lock.locker == US).then_some(*id)
        };
        self.read(|w| w.requests.iter().filter_map(ours).collect()).await
    }

    async fn submission(&self, id: B256) -> Result<Option<Submission>, ChainError> {
        let found = |w: &mut Inner| {
            let (request, _) = w.requests.get(&id)?;
            Some(Submission { id, request: request.clone(), block: 1 })
        };
        self.read(found).await
    }

    async fn state_of(&self, id: B256, _: &ProofRequest) -> Result<RequestState, ChainError> {
        self.read(|w| {
            w.settle(&id);
            w.requests.get(&id).map_or(RequestState::Unknown, |(_, state)| state.clone())
        })
        .await
    }

    async fn key_in_use(&self, _: B256) -> Result<bool, ChainError> {
        self.read(|w| w.key_in_use).await
    }

    async fn is_listed(&self, _: &ProofRequest) -> Result<bool, ChainError> {
        self.read(|_| true).await
    }

    async fn stake(&self, request: &ProofRequest, _: B256) -> Result<Stake, ChainError> {
        let collateral = U256::from(request.baseCollateral * 2);
        self.read(|w| Stake { free: w.free, collateral, score: 0 }).await
    }

    async fn balance_of(&self, _: Address) -> Result<U256, ChainError> {
        self.read(|_| U256::from(1_000_000)).await
    }

    async fn recorded_at(&self, header: &ReceiptHeader) -> Result<Option<u64>, ChainError> {
        self.read(|w| w.recorded.get(&header.disclosures).copied()).await
    }

    async fn settle(&self) -> Result<(), ChainError> {
        self.read(|_| ()).await
    }

    async fn lock(&self, request: &ProofRequest, _: &Bytes, operator: B256) -> Result<Mined, SendError> {
        let id = id_of(request);
        self.send("lock", |w| {
            let offer = request.price_terms();
            let open = matches!(w.requests.get(&id), Some((_, RequestState::Open)));
            if !open || w.now > offer.lock_deadline() {
                w.tally.refused_locks += 1;
                return Err("NotOpen()");
            }
            let collateral = request.baseCollateral * 2;
            w.free -= U256::from(collateral);
            w.tally.locks += 1;
            let deadline = offer.deadline();
            let slash_from = deadline + WINDOW + 10;
            let price = offer.price_at(w.now);
            let lock = Lock {
                locker: US,
                operator,
                price,
                collateral,
                deadline,
                alone_until: offer.alone_until(),
                record_until: deadline,
                reopened: false,
                slash_from,
                claim: None,
            };
            w.requests.get_mut(&id).unwrap().1 = RequestState::Locked(lock);
            Ok(())
        })
        .await
    }

    async fn claim(
        &self,
        request: &ProofRequest,
        _: &Receipt,
        inclusion: &Inclusion,
    ) -> Result<Mined, SendError> {
        let id = id_of(request);
        self.send("claim", |w| {
            if w.faults.claims_refused {
                return Err("BatchCapExceeded()");
            }
            let lock = w.lock_of(&id)?;
            if lock.claim.is_some() || lock.reopened || inclusion.anchored_at > lock.deadline {
                return Err("ClaimTaken()");
            }
            let (batch, index) = (inclusion.batch.id().0, inclusion.index);
            lock.claim =
                Some(Claim { batch, index, state: LeafState::Pending, final_at: inclusion.final_at });
            w.tally.claims += 1;
            Ok(())
        })
        .await
    }

    async fn fulfil(&self, id: B256, _: &ProofRequest) -> Result<Mined, SendError> {
        self.send("fulfil", |w| {
            w.settle(&id);
            let lock = w.lock_of(&id)?;
            if lock.claim.as_ref().map(|claim| claim.state) != Some(LeafState::Final) {
                return Err("NotFinal()");
            }
            w.pay(&id);
            Ok(())
        })
        .await
    }

    async fn fulfil_recorded(&self, request: &ProofRequest, receipt: &Receipt) -> Result<Mined, SendError> {
        let (id, name) = (id_of(request), receipt.header.disclosures);
        self.send("fulfilRecorded", |w| {
            let last = w.lock_of(&id)?.record_until;
            let known = w.recorded.get(&name).copied();
            if known.is_none() && w.faults.stale_receipts > 0 {
                w.faults.stale_receipts -= 1;
                return Err("RootStale(tree: \"operators\")");
            }
            if known.unwrap_or(w.now) > last {
                return Err("TooLate()");
            }
            if known.is_none() {
                w.recorded.insert(name, w.now);
                w.tally.verified += 1;
            }
            w.pay(&id);
            Ok(())
        })
        .await
    }

    async fn drop_claim(&self, id: B256, _: &ProofRequest) -> Result<Mined, SendError> {
        self.send("dropClaim", |w| {
            w.settle(&id);
            let now = w.now;
            let lock = w.lock_of(&id)?;
            if lock.claim.take_if(|claim| claim.state == LeafState::Void).is_none() {
                return Err("ClaimStands()");
            }
            lock.reopened = true;
            lock.record_until = lock.deadline.max(now + 60);
            w.tally.drops += 1;
            Ok(())
        })
        .await
    }

    async fn slash(&self, _: B256, _: &ProofRequest) -> Result<Mined, SendError> {
        self.send("slash", |_| Err("TooEarly()")).await
    }

    async fn unwind(&self, id: B256, _: &ProofRequest) -> Result<Mined, SendError> {
        self.send("unwind", |w| {
            if w.key_in_use {
                return Err("KeyInUse()");
            }
            let lock = w.lock_of(&id)?.clone();
            w.free += U256::from(lock.collateral);
            w.tally.unwinds += 1;
            w.requests.get_mut(&id).unwrap().1 = RequestState::Unwound(lock);
            Ok(())
        })
        .await
    }
}

/// Requests of the simulation are named by their salt.
pub fn id_of(request: &ProofRequest) -> B256 {
    B256::from(request.salt)
}

#[async_trait]
impl Node for World {
    async fn post_receipt(&self, receipt: &Receipt) -> Result<MessageId, NodeError> {
        let (id, receipt) = (receipt.message_id(), receipt.clone());
        self.ask(|w| {
            let now = w.now;
            w.posted.entry(id).or_insert((receipt, now));
            id
        })
        .await
    }

    async fn receipts_of(&self, request: B256) -> Result<Vec<Receipt>, NodeError> {
        let wanted = |w: &mut Inner| {
            let all = w.posted.values().map(|(receipt, _)| receipt.clone());
            all.filter(|receipt| receipt.header.requestId == request).collect()
        };
        self.ask(wanted).await
    }

    async fn receipt_of_leaf(&self, _: ReceiptLeaf) -> Result<Option<Receipt>, NodeError> {
        Ok(None)
    }

    async fn inclusion(&self, id: MessageId) -> Result<Option<Inclusion>, NodeError> {
        // A relayer anchors twelve seconds after it has a receipt.
        self.ask(|w| {
            let (receipt, at) = w.posted.get(&id)?;
            let anchored_at = at + 12;
            if w.faults.relayer_withholds || w.now < anchored_at {
                return None;
            }
            let root = receipt.leaf().0;
            let batch = BatchRef { relayer: US, root, size: 1, dataCommitment: keccak256(root) };
            let final_at = anchored_at + WINDOW;
            let status = match () {
                () if w.faults.leaf_is_voided && w.tally.drops > 0 => LeafState::Void,
                () if w.now >= final_at => LeafState::Final,
                () => LeafState::Pending,
            };
            Some(Inclusion { batch, index: 0, path: vec![], anchored_at, final_at, status })
        })
        .await
    }

    async fn leaves(&self, _: B256) -> Result<Option<Vec<B256>>, NodeError> {
        Ok(None)
    }

    async fn proof_verdict(&self, _: &Receipt) -> Result<ProofVerdict, NodeError> {
        Ok(ProofVerdict::Valid)
    }

    async fn put_blob(&self, bytes: Bytes) -> Result<B256, NodeError> {
        let hash = keccak256(&bytes);
        self.ask(|w| w.blobs.insert(hash, bytes)).await?;
        Ok(hash)
    }

    async fn blob(&self, hash: B256) -> Result<Option<Bytes>, NodeError> {
        self.ask(|w| w.blobs.get(&hash).cloned()).await
    }

    async fn package(&self, _: CapsuleLeaf) -> Result<Option<Bytes>, NodeError> {
        self.ask(|_| Some(Bytes::from_static(b"package"))).await
    }
}

#[async_trait]
impl Launch for World {
    async fn preflight(&self, _: &LaunchOrder) -> Result<(), LaunchFailure> {
        match self.gate(|w| w.faults.capsule_fails).await {
            Some(true) => Err(LaunchFailure::lasting("the capsule ended with exit code 1")),
            Some(false) => Ok(()),
            None => Err(LaunchFailure::passing("an outage")),
        }
    }

    async fn launch(&self, order: &LaunchOrder) -> Result<Receipt, LaunchFailure> {
        // The work begins; a kill here leaves nothing behind.
        self.gate(|_| ()).await;
        let order = order.clone();
        let made = self.gate(|w| {
            if w.faults.failing_launches > 0 {
                w.faults.failing_launches -= 1;
                return Err(LaunchFailure::passing("the tree moved"));
            }
            w.tally.launches += 1;
            let receipt = receipt(&order, w.now, w.tally.launches);
            w.made.push(receipt.clone());
            Ok(receipt)
        });
        made.await.unwrap_or_else(|| Err(LaunchFailure::passing("an outage")))
    }

    async fn find(&self, request: B256) -> Result<Vec<Receipt>, LaunchFailure> {
        let wanted = |w: &mut Inner| {
            w.made.iter().filter(|receipt| receipt.header.requestId == request).cloned().collect()
        };
        self.gate(wanted).await.ok_or_else(|| LaunchFailure::passing("an outage"))
    }
}

fn receipt(order: &LaunchOrder, now: u64, number: u32) -> Receipt {
    let header = ReceiptHeader {
        schema: SCHEMA,
        verifierKey: order.verifier_key,
        flags: FLAG_CAPSULE_DISCLOSED | FLAG_OPERATOR_DISCLOSED,
        capsuleTag: order.capsule.to_u256(),
        catalogRoot: U256::from(1),
        operatorTag: U256::from(2),
        operatorRoot: U256::from(3),
        installRoot: U256::from(4),
        stateTag: U256::from(5),
        nullifier: U256::from(number),
        executionKey: B256::repeat_byte(6),
        onionNetwork: 0,
        onionKey: B256::ZERO,
        launchedAt: now,
        notBeforeBlock: 1,
        notBeforeHash: B256::repeat_byte(1),
        requestId: order.request,
        payee: order.payee,
        inputHash: keccak256(&order.input),
        outputHash: keccak256(b"output"),
        disclosures: B256::from(U256::from(number)),
    };
    Receipt {
        chainId: 31337,
        anchor: Address::repeat_byte(1),
        header,
        executionSignature: vec![1; 64].into(),
        onionSignature: Bytes::new(),
        launchProof: vec![2; 8].into(),
        openings: vec![],
    }
}

/// A folder in memory where there is one: a story is killed hundreds of times, and every commit is an fsync.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}
