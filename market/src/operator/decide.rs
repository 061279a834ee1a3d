//! What to do next about a request: a pure function of what the contracts say, what we hold, and the clock.
//!
//! Nothing here depends on what was tried before, so an agent that was killed, whose transaction failed, or whose chain was
//! reorganised goes on from the truth.

use super::job::Outcome;
use crate::chain::{LeafState, Lock, RequestState};
use crate::node::Inclusion;
use alloy_primitives::{Address, B256};

/// What is known about a request now.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Unix seconds: the chain's or the clock's, whichever is later.
    pub now: u64,
    /// The market's state.
    pub state: &'a RequestState,
    /// Our account.
    pub account: Address,
    /// Our operator id.
    pub operator: B256,
    /// The verifier key is in use and the router runs.
    pub key_in_use: bool,
    /// The capsule is in its publisher's catalog.
    pub listed: bool,
    /// Last second in which it can be locked.
    pub lock_deadline: u64,
    /// From when its price is worth having.
    pub worth_from: u64,
    /// Whether there is a receipt.
    pub proven: bool,
    /// Whether the node has it.
    pub posted: bool,
    /// When the anchor recorded it.
    pub recorded_at: Option<u64>,
    /// A batch that holds it.
    pub inclusion: Option<&'a Inclusion>,
    /// The market refused a claim.
    pub claim_refused: bool,
    /// Seconds before the deadline, or before somebody else may serve it, in which nobody is waited for.
    pub margin: u64,
}

/// The next thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing now.
    Wait(Waiting),
    /// Lock, if collateral, input and package are there.
    Lock,
    /// Launch and prove.
    Launch,
    /// Hand the receipt to the node.
    Post,
    /// Claim with the leaf.
    Claim,
    /// Collect for the record, which the same transaction makes if there is none.
    FulfilRecorded,
    /// Collect for the claim.
    Fulfil,
    /// Give up a void claim.
    DropClaim,
    /// End it neutrally.
    Unwind,
    /// It is over.
    End(Outcome),
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// Its event, which a reorganisation took away.
    Event,
    /// The price.
    Price,
    /// A batch that holds the receipt.
    Batch,
    /// The end of the challenge window.
    Finality,
    /// The end of a lock that cannot be served any more.
    Slash,
}

/// Decides.
pub fn decide(facts: &Facts<'_>) -> Step {
    match facts.state {
        RequestState::Unknown if facts.now > facts.lock_deadline => Step::End(Outcome::Gone),
        RequestState::Unknown => Step::Wait(Waiting::Event),
        RequestState::Open if facts.now > facts.lock_deadline => Step::End(Outcome::Gone),
        RequestState::Open if facts.now < facts.worth_from => Step::Wait(Waiting::Price),
        RequestState::Open if !facts.key_in_use || !facts.listed => Step::End(Outcome::Gone),
        RequestState::Open => Step::Lock,
        RequestState::Cancelled | RequestState::Expired => Step::End(Outcome::Gone),
        RequestState::Locked(lock) if ours(facts, lock) => obliged(facts, lock),
        RequestState::Fulfilled(lock) if ours(facts, lock) => Step::End(Outcome::Paid),
        RequestState::Slashed(lock) if ours(facts, lock) => Step::End(Outcome::Slashed),
        RequestState::Unwound(lock) if ours(facts, lock) => Step::End(Outcome::Unwound),
        RequestState::Rescued(lock) if ours(facts, lock) => Step::End(Outcome::Rescued),
        RequestState::Locked(_)
        | RequestState::Fulfilled(_)
        | RequestState::Slashed(_)
        | RequestState::Unwound(_)
        | RequestState::Rescued(_) => Step::End(Outcome::Lost),
    }
}

fn ours(facts: &Facts<'_>, lock: &Lock) -> bool {
    lock.locker == facts.account && lock.operator == facts.operator
}

fn obliged(facts: &Facts<'_>, lock: &Lock) -> Step {
    // What is earned comes first: a record or a final claim is paid whatever happened to the key since.
    if facts.recorded_at.is_some_and(|at| at <= lock.record_until) {
        return Step::FulfilRecorded;
    }
    match lock.claim.as_ref().map(|claim| claim.state) {
        Some(LeafState::Final) => return Step::Fulfil,
        Some(LeafState::Void | LeafState::Unknown) => return Step::DropClaim,
        _ if !facts.key_in_use => return Step::Unwind,
        Some(LeafState::Pending) => return Step::Wait(Waiting::Finality),
        None => {}
    }
    if !facts.proven && !facts.listed {
        return Step::Unwind;
    }
    if !facts.proven {
        // A late receipt earns nothing; the collateral is lost, and a launch would only add to that.
        return if facts.now > lock.record_until { Step::Wait(Waiting::Slash) } else { Step::Launch };
    }
    let anchored = facts.inclusion.filter(|inclusion| {
        inclusion.anchored_at <= lock.deadline
            && matches!(inclusion.status, LeafState::Pending | LeafState::Final)
    });
    let claimable = !facts.claim_refused && !lock.reopened;
    if anchored.is_some() && claimable {
        return Step::Claim;
    }
    if facts.now > lock.record_until {
        return Step::Wait(Waiting::Slash);
    }
    let voided = facts.inclusion.is_some_and(|inclusion| inclusion.status == LeafState::Void);
    // From then on somebody else may serve it, and the collateral would be gone.
    let pressing = facts.now.saturating_add(facts.margin) >= lock.deadline.min(lock.alone_until);
    // The requester finds its receipt at the node, however it is settled.
    if !facts.posted && !pressing {
        return Step::Post;
    }
    if voided || !claimable || pressing { Step::FulfilRecorded } else { Step::Wait(Waiting::Batch) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Claim;
    use nonos_core::batch::BatchRef;

    const US: Address = Address::repeat_byte(1);
    const OPERATOR: B256 = B256::repeat_byte(7);

    fn lock(claim: Option<LeafState>) -> RequestState {
        let claim = claim.map(|state| Claim { batch: B256::ZERO, index: 0, state, final_at: 900 });
        RequestState::Locked(Lock {
            locker: US,
            operator: OPERATOR,
            price: 10,
            collateral: 20,
            deadline: 500,
            alone_until: 500,
            record_until: 500,
            reopened: false,
            slash_from: 1_000,
            claim,
        })
    }

    fn inclusion(anchored_at: u64, status: LeafState) -> Inclusion {
        let batch = BatchRef { relayer: US, root: B256::ZERO, size: 1, dataCommitment: B256::ZERO };
        Inclusion { batch, index: 0, path: vec![], anchored_at, final_at: 900, status }
    }

    fn facts(state: &RequestState) -> Facts<'_> {
        Facts {
            now: 100,
            state,
            account: US,
            operator: OPERATOR,
            key_in_use: true,
            listed: true,
            lock_deadline: 300,
            worth_from: 50,
            proven: false,
            posted: false,
            recorded_at: None,
            inclusion: None,
            claim_refused: false,
            margin: 30,
        }
    }

    #[test]
    fn an_open_request_is_locked_when_its_price_is_reached_and_never_after_its_lock_deadline() {
        let open = RequestState::Open;
        let f = facts(&open);
        assert_eq!(decide(&Facts { now: 49, ..f }), Step::Wait(Waiting::Price));
        assert_eq!(decide(&Facts { now: 50, ..f }), Step::Lock);
        assert_eq!(decide(&Facts { now: 300, ..f }), Step::Lock);
        assert_eq!(decide(&Facts { now: 301, ..f }), Step::End(Outcome::Gone));
        assert_eq!(decide(&Facts { key_in_use: false, ..f }), Step::End(Outcome::Gone), "removed for good");
        assert_eq!(decide(&Facts { listed: false, ..f }), Step::End(Outcome::Gone), "revoked for good");
        let gone = RequestState::Unknown;
        assert_eq!(decide(&facts(&gone)), Step::Wait(Waiting::Event));
        assert_eq!(decide(&Facts { now: 301, ..facts(&gone) }), Step::End(Outcome::Gone));
    }

    #[test]
    fn a_lock_of_somebody_else_ends_it_and_ours_obliges() {
        let locked = lock(None);
        let f = facts(&locked);
        assert_eq!(decide(&f), Step::Launch);
        assert_eq!(decide(&Facts { account: Address::ZERO, ..f }), Step::End(Outcome::Lost));
        assert_eq!(decide(&Facts { operator: B256::ZERO, ..f }), Step::End(Outcome::Lost));
        assert_eq!(decide(&Facts { now: 501, ..f }), Step::Wait(Waiting::Slash), "too late to launch");
        assert_eq!(decide(&Facts { key_in_use: false, ..f }), Step::Unwind);
        assert_eq!(decide(&Facts { listed: false, ..f }), Step::Unwind, "nobody can launch it any more");
        assert_eq!(decide(&Facts { listed: false, proven: true, ..f }), Step::Post, "launched before");
    }

    #[test]
    fn a_receipt_waits_for_a_batch_and_for_nobody_when_the_deadline_comes_near() {
        let locked = lock(None);
        let f = Facts { proven: true, ..facts(&locked) };
        assert_eq!(decide(&f), Step::Post);
        let f = Facts { posted: true, ..f };
        assert_eq!(decide(&f), Step::Wait(Waiting::Batch));
        assert_eq!(decide(&Facts { now: 469, ..f }), Step::Wait(Waiting::Batch));
        assert_eq!(decide(&Facts { now: 470, ..f }), Step::FulfilRecorded);
        assert_eq!(decide(&Facts { now: 501, ..f }), Step::Wait(Waiting::Slash));
        assert_eq!(decide(&Facts { now: 480, recorded_at: Some(479), ..f }), Step::FulfilRecorded);
        assert_eq!(decide(&Facts { now: 600, recorded_at: Some(500), ..f }), Step::FulfilRecorded);
        assert_eq!(decide(&Facts { now: 600, recorded_at: Some(501), ..f }), Step::Wait(Waiting::Slash));
        // A node that is away does not keep us from the chain.
        assert_eq!(decide(&Facts { now: 480, posted: false, ..f }), Step::FulfilRecorded);
    }

    #[test]
    fn an_anchored_leaf_is_claimed_if_it_was_in_time_and_stands() {
        let locked = lock(None);
        let f = Facts { proven: true, posted: true, ..facts(&locked) };
        let (pending, settled) = (inclusion(200, LeafState::Pending), inclusion(500, LeafState::Final));
        assert_eq!(decide(&Facts { inclusion: Some(&pending), ..f }), Step::Claim);
        assert_eq!(decide(&Facts { inclusion: Some(&settled), now: 700, ..f }), Step::Claim, "in time");
        let late = inclusion(501, LeafState::Pending);
        assert_eq!(decide(&Facts { inclusion: Some(&late), now: 502, ..f }), Step::Wait(Waiting::Slash));
        let void = inclusion(200, LeafState::Void);
        assert_eq!(decide(&Facts { inclusion: Some(&void), ..f }), Step::FulfilRecorded);
        let refused = Facts { inclusion: Some(&pending), claim_refused: true, ..f };
        assert_eq!(decide(&refused), Step::FulfilRecorded);
        assert_eq!(
            decide(&Facts { posted: false, inclusion: None, ..refused }),
            Step::Post,
            "first the node"
        );
    }

    #[test]
    fn a_claim_is_collected_when_final_given_up_when_void_and_unwound_with_its_key() {
        for (state, expected) in [
            (LeafState::Pending, Step::Wait(Waiting::Finality)),
            (LeafState::Final, Step::Fulfil),
            (LeafState::Void, Step::DropClaim),
        ] {
            let claimed = lock(Some(state));
            assert_eq!(decide(&Facts { proven: true, ..facts(&claimed) }), expected);
        }
        let pending = lock(Some(LeafState::Pending));
        let recorded = Facts { proven: true, recorded_at: Some(499), ..facts(&pending) };
        assert_eq!(decide(&recorded), Step::FulfilRecorded, "paid at once, claimed or not");
        assert_eq!(decide(&Facts { key_in_use: false, ..facts(&pending) }), Step::Unwind);
        let settled = lock(Some(LeafState::Final));
        assert_eq!(decide(&Facts { key_in_use: false, ..facts(&settled) }), Step::Fulfil, "it is earned");
    }

    #[test]
    fn a_dropped_claim_leaves_a_grace_for_a_record_and_no_second_claim() {
        let RequestState::Locked(mut reopened) = lock(None) else { unreachable!() };
        (reopened.reopened, reopened.record_until) = (true, 800);
        let state = RequestState::Locked(reopened);
        let f = Facts { proven: true, posted: true, ..facts(&state) };
        let pending = inclusion(200, LeafState::Pending);
        assert_eq!(decide(&Facts { inclusion: Some(&pending), now: 700, ..f }), Step::FulfilRecorded);
        assert_eq!(decide(&Facts { now: 800, ..f }), Step::FulfilRecorded);
        assert_eq!(decide(&Facts { now: 801, ..f }), Step::Wait(Waiting::Slash));
        assert_eq!(decide(&Facts { now: 900, recorded_at: Some(800), ..f }), Step::FulfilRecorded);
        assert_eq!(
            decide(&Facts { now: 700, proven: false, ..f }),
            Step::Launch,
            "there is time for another"
        );
    }

    #[test]
    fn a_settled_request_ends_with_whose_it_was() {
        let RequestState::Locked(ours) = lock(None) else { unreachable!() };
        let theirs = Lock { locker: Address::ZERO, ..ours.clone() };
        for (state, outcome) in [
            (RequestState::Fulfilled(ours.clone()), Outcome::Paid),
            (RequestState::Slashed(ours.clone()), Outcome::Slashed),
            (RequestState::Unwound(ours.clone()), Outcome::Unwound),
            (RequestState::Rescued(ours), Outcome::Rescued),
            (RequestState::Rescued(theirs.clone()), Outcome::Lost),
            (RequestState::Fulfilled(theirs.clone()), Outcome::Lost),
            (RequestState::Slashed(theirs.clone()), Outcome::Lost),
            (RequestState::Unwound(theirs), Outcome::Lost),
            (RequestState::Cancelled, Outcome::Gone),
            (RequestState::Expired, Outcome::Gone),
        ] {
            assert_eq!(decide(&facts(&state)), Step::End(outcome), "{state:?}");
        }
    }
}
