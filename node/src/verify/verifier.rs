//! The verifier of receipts under one pinned key.

use alloy_primitives::Address;
use nonos_circuits::backend::Verifier;
use nonos_core::chain::is_dev_chain;
use nonos_core::receipt::{Receipt, ReceiptHeader};
use nonos_core::{Fr, VerifierKey};

use super::fault::{AdmissionFault, FreshnessFault, ProofFault, Refusal};
use super::roots::{self, Moment, RootSource, Roots};

/// How old a receipt may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Longest age, seconds (`maxReceiptAge` of the anchor).
    pub max_age: u64,
    /// How far ahead of our clock a launch may lie, seconds.
    pub skew: u64,
    /// How much longer than `max_age` a superseded root serves, seconds (`inclusion margin` of the anchor).
    pub inclusion_margin: u64,
}

impl Default for Window {
    /// One day, 30 s of skew, one hour of margin.
    fn default() -> Self {
        Self { max_age: 86_400, skew: 30, inclusion_margin: 3_600 }
    }
}

/// What is known of the block that a receipt names as "not before".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checkpoint {
    /// The block is the chain's, and older than the launch.
    Confirmed,
    /// The receipt names none, or the source does not know the block.
    Unchecked,
}

/// All verdicts on one receipt.
#[derive(Debug)]
pub struct Verdicts {
    /// The receipt, if the bytes are one.
    pub receipt: Option<Box<Receipt>>,
    /// "Proof valid".
    pub proof: Result<(), ProofFault>,
    /// "Enrolled, admitted, not revoked"; absent if the bytes are no receipt.
    pub admission: Option<Result<(), AdmissionFault>>,
    /// "Fresh"; absent if the bytes are no receipt.
    pub freshness: Option<Result<Checkpoint, FreshnessFault>>,
}

impl Verdicts {
    /// All three positive.
    pub fn all_positive(&self) -> bool {
        self.proof.is_ok() && matches!(self.admission, Some(Ok(()))) && matches!(self.freshness, Some(Ok(_)))
    }
}

/// A receipt that passed every check but the pairing. Only [`ReceiptVerifier::confirm`] makes it worth anything.
#[derive(Debug, Clone)]
pub struct Screened {
    /// The receipt.
    pub receipt: Receipt,
    /// Its public instances.
    pub instance: [Fr; 10],
}

/// A verifier was set up that must not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifierSetupError {
    /// The key at hand is not the pinned one.
    #[error("this verifying key is {found}, pinned is {pinned}: a foreign key or setup file")]
    NotPinned {
        /// Digest of the key at hand.
        found: VerifierKey,
        /// The pinned digest.
        pinned: VerifierKey,
    },
    /// Proofs under the developer setup mean nothing on a public chain.
    #[error("the developer setup is refused on chain {0}: anybody can forge proofs under it")]
    DeveloperSetup(u64),
}

/// Verifies receipts of one deployment (chain and anchor) under one pinned key.
#[derive(Debug, Clone)]
pub struct ReceiptVerifier {
    verifier: Verifier,
    pinned: VerifierKey,
    chain_id: u64,
    anchor: Address,
    window: Window,
}

impl ReceiptVerifier {
    /// `pinned` is the key digest the node's release or configuration states; the developer setup is for development
    /// chains only.
    pub fn new(
        verifier: Verifier,
        pinned: VerifierKey,
        chain_id: u64,
        anchor: Address,
        window: Window,
    ) -> Result<Self, VerifierSetupError> {
        if verifier.key() != pinned {
            return Err(VerifierSetupError::NotPinned { found: verifier.key(), pinned });
        }
        if verifier.is_developer() && !is_dev_chain(chain_id) {
            return Err(VerifierSetupError::DeveloperSetup(chain_id));
        }
        Ok(Self { verifier, pinned, chain_id, anchor, window })
    }

    /// The pinned key.
    pub fn key(&self) -> VerifierKey {
        self.pinned
    }

    /// "Proof valid": receipt and key alone, whatever its deployment and age.
    pub fn proof_valid(&self, receipt: &Receipt) -> Result<(), ProofFault> {
        let instance = self.self_contained(receipt)?;
        Ok(self.verifier.verify(&receipt.launchProof, &instance)?)
    }

    /// "Enrolled, admitted, not revoked" at `now` (Unix seconds).
    pub fn admitted(
        &self,
        receipt: &Receipt,
        roots: &dyn RootSource,
        now: u64,
    ) -> Result<(), AdmissionFault> {
        if (receipt.chainId, receipt.anchor) != (self.chain_id, self.anchor) {
            return Err(AdmissionFault::OtherDeployment {
                chain_id: receipt.chainId,
                anchor: receipt.anchor,
                expected_chain_id: self.chain_id,
                expected_anchor: self.anchor,
            });
        }
        let margin = self.window.inclusion_margin;
        let grace = self.window.max_age.saturating_add(margin);
        let moment = Moment { launched_at: receipt.header.launchedAt, now, grace, margin };
        match header_roots(&receipt.header) {
            Some(named) => roots::check(roots, &named, moment),
            // Decoding has refused such values already; a receipt built in memory may still carry them.
            None => Err(AdmissionFault::UnknownRoot {
                tree: "a (non-canonical)",
                root: receipt.header.operatorRoot.into(),
            }),
        }
    }

    /// "Fresh" at `now` (Unix seconds). The block named as "not before" is checked if `roots` knows it.
    pub fn fresh(
        &self,
        receipt: &Receipt,
        roots: &dyn RootSource,
        now: u64,
    ) -> Result<Checkpoint, FreshnessFault> {
        let Window { max_age, skew, .. } = self.window;
        let launched_at = receipt.header.launchedAt;
        if launched_at > now.saturating_add(skew) {
            return Err(FreshnessFault::Future { launched_at, ahead: launched_at - now, skew });
        }
        let age = now.saturating_sub(launched_at);
        if age > max_age {
            return Err(FreshnessFault::TooOld { launched_at, age, max_age });
        }
        let (number, found) = (receipt.header.notBeforeBlock, receipt.header.notBeforeHash);
        if found.is_zero() {
            return Ok(Checkpoint::Unchecked);
        }
        match roots.block(number) {
            Ok(Some((expected, _))) if expected != found => {
                Err(FreshnessFault::OtherBlock { number, found, expected })
            }
            Ok(Some((_, block_time))) if launched_at < block_time => {
                Err(FreshnessFault::BeforeBlock { launched_at, block_time })
            }
            Ok(Some(_)) => Ok(Checkpoint::Confirmed),
            Ok(None) | Err(_) => Ok(Checkpoint::Unchecked),
        }
    }

    /// Every verdict, for a person who wants to know all of them.
    pub fn judge(&self, bytes: &[u8], roots: &dyn RootSource, now: u64) -> Verdicts {
        match Receipt::decode(bytes) {
            Err(fault) => {
                Verdicts { receipt: None, proof: Err(fault.into()), admission: None, freshness: None }
            }
            Ok(receipt) => Verdicts {
                proof: self.proof_valid(&receipt),
                admission: Some(self.admitted(&receipt, roots, now)),
                freshness: Some(self.fresh(&receipt, roots, now)),
                receipt: Some(Box::new(receipt)),
            },
        }
    }

    /// Accepts a receipt from the network, or says why not: the first fault found, cheapest checks first.
    pub fn accept(&self, bytes: &[u8], roots: &dyn RootSource, now: u64) -> Result<Receipt, Refusal> {
        let receipt = Receipt::decode(bytes).map_err(ProofFault::Form)?;
        let Screened { receipt, instance } = self.screen(receipt, roots, now)?;
        self.verifier.verify(&receipt.launchProof, &instance).map_err(ProofFault::Proof)?;
        Ok(receipt)
    }

    /// [`Self::accept`] for many receipts with one combined pairing; each result is what `accept` gives alone.
    pub fn accept_batch(
        &self,
        batch: &[&[u8]],
        roots: &dyn RootSource,
        now: u64,
    ) -> Vec<Result<Receipt, Refusal>> {
        let screened = batch.iter().map(|bytes| {
            let receipt = Receipt::decode(bytes).map_err(ProofFault::Form)?;
            self.screen(receipt, roots, now)
        });
        let mut verdicts: Vec<Option<Result<Receipt, Refusal>>> = Vec::with_capacity(batch.len());
        let mut waiting = Vec::new();
        for result in screened {
            match result {
                Ok(receipt) => {
                    waiting.push(receipt);
                    verdicts.push(None);
                }
                Err(refusal) => verdicts.push(Some(Err(refusal))),
            }
        }
        let mut confirmed = self.confirm(waiting).into_iter();
        verdicts
            .into_iter()
            .map(|verdict| verdict.or_else(|| confirmed.next()).unwrap_or_else(|| Err(unanswered())))
            .collect()
    }

    /// Everything but the pairing: key, freshness, roots, signatures, cheapest first. What passes still proves nothing.
    pub fn screen(&self, receipt: Receipt, roots: &dyn RootSource, now: u64) -> Result<Screened, Refusal> {
        self.check_key(&receipt)?;
        self.fresh(&receipt, roots, now)?;
        self.admitted(&receipt, roots, now)?;
        let instance = self.self_contained(&receipt)?;
        Ok(Screened { receipt, instance })
    }

    /// The pairing, one for many; each result is what it would be alone, in order.
    pub fn confirm(&self, screened: Vec<Screened>) -> Vec<Result<Receipt, Refusal>> {
        let proofs: Vec<(&[u8], &[Fr])> =
            screened.iter().map(|one| (&one.receipt.launchProof[..], &one.instance[..])).collect();
        let verified = self.verifier.verify_batch(&proofs);
        // One result per proof is the contract of `verify_batch`; anything less is a refusal.
        let verified = verified.into_iter().map(Some).chain(std::iter::repeat_with(|| None));
        screened
            .into_iter()
            .zip(verified)
            .map(|(one, verdict)| match verdict {
                Some(Ok(())) => Ok(one.receipt),
                Some(Err(fault)) => Err(ProofFault::Proof(fault).into()),
                None => Err(unanswered()),
            })
            .collect()
    }

    fn check_key(&self, receipt: &Receipt) -> Result<(), ProofFault> {
        let found = VerifierKey(receipt.header.verifierKey);
        if found != self.pinned {
            return Err(ProofFault::VerifierKey { found, pinned: self.pinned });
        }
        if self.verifier.is_developer() && !is_dev_chain(receipt.chainId) {
            return Err(ProofFault::DeveloperSetup(receipt.chainId));
        }
        Ok(())
    }

    /// Key, canonical form, openings and signatures; returns the public instances.
    fn self_contained(&self, receipt: &Receipt) -> Result<[Fr; 10], ProofFault> {
        self.check_key(receipt)?;
        receipt.check_form()?;
        receipt.verify_self_contained()?;
        Ok(receipt.instance()?)
    }
}

fn unanswered() -> Refusal {
    ProofFault::Proof(nonos_circuits::backend::VerifyError::Rejected).into()
}

fn header_roots(header: &ReceiptHeader) -> Option<Roots> {
    Some(Roots {
        operator: header.operatorRoot.try_into().ok()?,
        install: header.installRoot.try_into().ok()?,
        catalog: header.catalogRoot.try_into().ok()?,
    })
}
