//! What is done about a leaf that is not in order. Nothing is challenged that the chain itself did not call wrong.

use super::agent::ChallengerAgent;
use super::watch::{Evidence, Finding, Watch, Watches};
use crate::chain::{BatchStanding, Demand, Head, LeafProof};
use crate::error::{MarketError, SendError};
use nonos_core::merkle::MerkleTree;

/// In how many blocks every missing leaf is asked for once.
const TURNS: u64 = 8;

impl ChallengerAgent {
    /// The next thing about one finding. True if something was done.
    pub(super) async fn act(
        &self,
        watch: &mut Watch,
        index: u32,
        standing: &BatchStanding,
        head: &Head,
        now: u64,
    ) -> Result<bool, MarketError> {
        let Some(finding) = watch.findings.get(&index).cloned() else { return Ok(false) };
        let pending = match standing {
            BatchStanding::Pending { demandable_until, .. } => Some(*demandable_until),
            _ => None,
        };
        match (finding, pending) {
            (Finding::Missing { since }, Some(demandable_until)) => {
                // Near the end of the time for demands there is none left for patience.
                let urgent = now.saturating_add(self.terms.patience) >= demandable_until;
                let late = now > since.saturating_add(self.terms.patience) || urgent;
                let due = late && watch.demands < self.terms.max_demands;
                // Missing leaves take turns: a batch of them must not flood the node.
                let turn = head.number.wrapping_add(u64::from(index)).is_multiple_of(TURNS);
                if (due || turn) && self.again(watch, index, now).await? {
                    return Ok(true);
                }
                if due {
                    return self.demand(watch, index, demandable_until, now).await;
                }
                Ok(false)
            }
            (Finding::Demanded, _) => self.follow_demand(watch, index, now).await,
            (Finding::Undecided { evidence }, Some(_)) => self.decide(watch, index, evidence, head).await,
            (Finding::Suspect { evidence, salt }, Some(_)) => match salt {
                None => self.decide(watch, index, evidence, head).await,
                Some(salt) => self.challenge(watch, index, &evidence, salt, head).await,
            },
            // Too late for a challenge: nothing of ours is at stake in it.
            (Finding::Suspect { evidence, .. }, None) => {
                self.note(watch, index, Some(Finding::Suspect { evidence, salt: None }))
            }
            (Finding::Missing { .. } | Finding::Undecided { .. } | Finding::Voided | Finding::Fell, _) => {
                Ok(false)
            }
        }
    }

    fn note(&self, watch: &mut Watch, index: u32, finding: Option<Finding>) -> Result<bool, MarketError> {
        match finding {
            Some(finding) => watch.findings.insert(index, finding),
            None => watch.findings.remove(&index),
        };
        Watches(&self.table).put(watch)?;
        Ok(true)
    }

    /// The chain's own word on a proof; a commitment only after it said no.
    async fn decide(
        &self,
        watch: &mut Watch,
        index: u32,
        evidence: Box<Evidence>,
        head: &Head,
    ) -> Result<bool, MarketError> {
        if watch.leaves.is_some() && !self.stands_for(watch, index, &evidence.header, &evidence.proof) {
            tracing::warn!(batch = %watch.batch.id, index, "what was revealed is not what stands there");
            return self.note(watch, index, None);
        }
        if self.chain.proof_holds(&evidence.header, &evidence.proof).await? {
            tracing::info!(batch = %watch.batch.id, index, "the chain says that the proof holds: left alone");
            self.metrics.spared();
            return self.note(watch, index, None);
        }
        if watch.leaves.is_none() {
            // Without the list there is no path; it may still come.
            return Ok(false);
        }
        let salt = self.salt()?;
        self.note(watch, index, Some(Finding::Suspect { evidence: evidence.clone(), salt: Some(salt) }))?;
        self.challenge(watch, index, &evidence, salt, head).await
    }

    /// Commit, wait a block, challenge. Where it stands, the chain says.
    async fn challenge(
        &self,
        watch: &mut Watch,
        index: u32,
        evidence: &Evidence,
        salt: alloy_primitives::B256,
        head: &Head,
    ) -> Result<bool, MarketError> {
        let Some(leaves) = watch.leaves.clone() else { return Ok(false) };
        let id = watch.batch.id;
        match self.chain.committed_in(id, index, salt).await? {
            None => {
                let sent = self.chain.commit(id, index, salt).await;
                self.metrics.sent("commit", &sent);
                let mined = sent?;
                tracing::info!(batch = %id, index, block = mined.block, "committed to a challenge");
                return Ok(true);
            }
            // The challenge has to be in a later block; the simulation would be refused in this one.
            Some(block) if block >= head.number => return Ok(false),
            Some(_) => {}
        }
        let path = MerkleTree::new(leaves).and_then(|tree| tree.path(index as usize));
        let path =
            path.map_err(|error| MarketError::Setting(format!("leaf {index} of batch {id}: {error}")))?;
        let leaf = LeafProof {
            batch: watch.batch.batch,
            index,
            path,
            header: evidence.header.clone(),
            proof: evidence.proof.clone(),
        };
        let sent = self.chain.challenge(&leaf, salt).await;
        self.metrics.sent("challenge", &sent);
        match sent {
            Ok(_) => {
                tracing::warn!(batch = %id, index, "challenged: the leaf is void");
                self.metrics.voided();
                self.note(watch, index, Some(Finding::Voided))
            }
            Err(SendError::Refused { reason, .. }) if reason.contains("LeafValid(") => {
                tracing::info!(batch = %id, index, "the anchor calls the leaf valid: left alone");
                self.metrics.spared();
                self.note(watch, index, None)
            }
            Err(SendError::Refused { reason, .. }) if reason.contains("LeafAlreadyVoid(") => {
                tracing::info!(batch = %id, index, "somebody else was faster");
                self.note(watch, index, Some(Finding::Voided))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Demands a leaf, if it is worth its bond.
    pub(super) async fn demand(
        &self,
        watch: &mut Watch,
        index: u32,
        demandable_until: u64,
        now: u64,
    ) -> Result<bool, MarketError> {
        if watch.demands >= self.terms.max_demands || now > demandable_until {
            return Ok(false);
        }
        let id = watch.batch.id;
        match self.chain.demand_of(id, index).await? {
            Demand::None => {}
            // Ours from a former life, or somebody else's: its answer serves us as well.
            Demand::Open { .. } => return self.note(watch, index, Some(Finding::Demanded)),
            Demand::Answered | Demand::Closed => return Ok(false),
        }
        let bond = self.chain.demand_bond().await?;
        if bond > self.terms.max_bond {
            tracing::warn!(batch = %id, index, %bond, limit = %self.terms.max_bond, "a demand costs more than it may");
            return Ok(false);
        }
        let sent = self.chain.demand(&watch.batch.batch, index, bond).await;
        self.metrics.sent("demand", &sent);
        let mined = sent?;
        tracing::warn!(batch = %id, index, %bond, tx = %mined.hash, "demanded to see a leaf");
        watch.demands += 1;
        self.note(watch, index, Some(Finding::Demanded))
    }

    async fn follow_demand(&self, watch: &mut Watch, index: u32, now: u64) -> Result<bool, MarketError> {
        let id = watch.batch.id;
        match self.chain.demand_of(id, index).await? {
            // The answer is read from its event; a demand that was reorganised away is made again.
            Demand::None => self.note(watch, index, Some(Finding::Missing { since: watch.since })),
            Demand::Answered => {
                // Its event brings the receipt. If we have it by now, all the better.
                match watch.findings.get(&index) {
                    Some(Finding::Demanded) => self.note(watch, index, None),
                    _ => Ok(false),
                }
            }
            Demand::Closed => self.note(watch, index, Some(Finding::Fell)),
            Demand::Open { by, deadline } if now > deadline => {
                let sent = self.chain.close_demand(&watch.batch.batch, index).await;
                self.metrics.sent("close_demand", &sent);
                let mined = sent?;
                tracing::warn!(batch = %id, index, %by, tx = %mined.hash, "nobody showed the leaf: the batch has fallen");
                self.metrics.fell();
                self.note(watch, index, Some(Finding::Fell))
            }
            Demand::Open { .. } => Ok(false),
        }
    }
}
