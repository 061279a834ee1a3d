//! The circuits that say whose a STARK install is, with their keys: one for a C that is shown, one for a C that is hidden.

use super::claim::Shown;
use super::error::JobError;
use super::subject::InstallSubject;
use nonos_circuits::backend::{Srs, Verifier, VerifyError};
use nonos_circuits::hidden_link::{self, HiddenLinkError, HiddenLinkProver, HiddenLinkWitness};
use nonos_circuits::link::{self, LinkError, LinkProver, LinkWitness};
use nonos_core::InstallLeaf;
use zeroize::Zeroizing;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum LinksError {
    /// Of the link circuit.
    #[error(transparent)]
    Open(#[from] LinkError),
    /// Of the hidden link circuit.
    #[error(transparent)]
    Hidden(#[from] HiddenLinkError),
}

/// Makes and judges link proofs.
pub struct Links {
    open: LinkProver,
    hidden: HiddenLinkProver,
}

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Links({})", self.keys())
    }
}

impl Links {
    /// The least SRS that serves both circuits has 2^K powers.
    pub const K: u32 = if hidden_link::K > link::K { hidden_link::K } else { link::K };

    /// Generates the keys of both circuits.
    pub fn new(srs: Srs) -> Result<Self, LinksError> {
        Ok(Self { open: LinkProver::new(srs.clone())?, hidden: HiddenLinkProver::new(srs)? })
    }

    fn verifiers(&self) -> [&Verifier; 2] {
        [self.open.verifier(), self.hidden.verifier()]
    }

    /// The keys, in words.
    pub fn keys(&self) -> String {
        let [open, hidden] = self.verifiers().map(Verifier::key);
        format!("link key {open}, hidden link key {hidden}")
    }

    /// Whether anybody can forge these proofs.
    pub fn is_developer(&self) -> bool {
        self.verifiers().iter().any(|verifier| verifier.is_developer())
    }

    /// Whether `proof` shows that `leaf` was made from the C that is shown, or hidden.
    pub fn verify(&self, leaf: InstallLeaf, shown: &Shown, proof: &[u8]) -> Result<(), VerifyError> {
        match shown {
            Shown::Commitment(c) => self.open.verifier().verify(proof, &link::instance(leaf, c)),
            Shown::Blinded(b) => self.hidden.verifier().verify(proof, &hidden_link::instance(leaf, b)),
        }
    }

    /// Proves it for a subject, with C `hidden` or shown.
    pub(super) fn prove(&self, subject: &InstallSubject, hidden: bool) -> Result<Vec<u8>, JobError> {
        let InstallSubject { k, terms, commitment, .. } = *subject;
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut())?;
        let proof = if hidden {
            let witness = HiddenLinkWitness { k, terms, commitment, blinding: *subject.blinding() };
            self.hidden.prove(&witness, *seed).map(|(proof, _)| proof).map_err(|error| error.to_string())
        } else {
            let witness = LinkWitness { k, terms, commitment };
            self.open.prove(&witness, *seed).map(|(proof, _)| proof).map_err(|error| error.to_string())
        };
        proof.map_err(|reason| JobError::Halo2 {
            what: "proving the link between install leaf and commitment".to_owned(),
            reason,
        })
    }
}
