//! The circuits by name: their keys, what is pinned, and the contract that is checked in.

use crate::progress::Progress;
use crate::setup;
use clap::ValueEnum;
use eyre::Result;
use nonos_circuits::backend::Verifier;
use nonos_circuits::{enrolment, install, launch};
use nonos_core::VerifierKey;
use nonos_verifier_gen::{Generated, Options};
use std::path::Path;

/// A circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Circuit {
    /// A launch of a capsule
    Launch,
    /// The enrolment of an operator, and the registration of a publisher
    Enrolment,
    /// A chunk of an install
    Install,
}

impl Circuit {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Launch, Self::Enrolment, Self::Install];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Launch => "launch",
            Self::Enrolment => "enrolment",
            Self::Install => "install",
        }
    }

    /// It has 2^k rows.
    pub fn k(self) -> u32 {
        match self {
            Self::Launch => launch::K,
            Self::Enrolment => enrolment::K,
            Self::Install => install::K,
        }
    }

    /// Public instances of a proof.
    pub fn instances(self) -> usize {
        match self {
            Self::Launch => launch::INSTANCES,
            Self::Enrolment => nonos_core::enrolment::INSTANCES,
            Self::Install => install::INSTANCES,
        }
    }

    /// The verifier key under the developer setup, as it is pinned.
    pub fn pinned(self) -> VerifierKey {
        match self {
            Self::Launch => launch::pinned_developer_key(),
            Self::Enrolment => enrolment::pinned_developer_key(),
            Self::Install => install::pinned_developer_key(),
        }
    }

    /// Name of the generated contract; the hand-written wrapper imports it.
    pub fn contract(self) -> &'static str {
        match self {
            Self::Launch => "LaunchHalo2Verifier",
            Self::Enrolment => "EnrolmentHalo2Verifier",
            Self::Install => "InstallHalo2Verifier",
        }
    }

    /// The contract as it is checked in, compiled into this binary.
    pub fn checked_in(self) -> &'static str {
        match self {
            Self::Launch => {
                include_str!("../../../../contracts/src/verifier/generated/LaunchHalo2Verifier.sol")
            }
            Self::Enrolment => {
                include_str!("../../../../contracts/src/verifier/generated/EnrolmentHalo2Verifier.sol")
            }
            Self::Install => {
                include_str!("../../../../contracts/src/verifier/generated/InstallHalo2Verifier.sol")
            }
        }
    }

    /// Generates the keys; gives the verifier.
    pub fn verifier(self, srs: Option<&Path>, progress: Progress) -> Result<Verifier> {
        Ok(match self {
            Self::Launch => setup::prover(srs, progress)?.verifier().clone(),
            Self::Enrolment => setup::enrolment_prover(srs, progress)?.verifier().clone(),
            Self::Install => setup::install_prover(srs, progress)?.verifier().clone(),
        })
    }

    /// How the checked-in contract is written.
    pub fn options(self) -> Options {
        Options { contract_name: self.contract().to_owned() }
    }

    /// The contract for a verifier, named as the checked-in one.
    pub fn generate(self, verifier: &Verifier) -> Result<Generated> {
        Ok(nonos_verifier_gen::generate(verifier, &self.options())?)
    }
}
