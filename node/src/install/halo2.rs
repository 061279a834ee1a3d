//! Chunks that the chain verifies. Each is independent of the others' proofs: states are computed natively.

use super::MAX_HALO2_PROOF;
use super::backend::{InstallBackend, Product};
use super::error::{InstallRefusal, JobError};
use super::format::{Halo2Chunk, Halo2Install};
use super::subject::InstallSubject;
use super::verify::verify_halo2_install;
use nonos_circuits::install::{INSTANCES, InstallProver, InstallWitness};
use nonos_core::Fr;
use nonos_core::field::{fr_from_be, fr_to_be};
use std::io::{Read, Write};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Makes chunks with the install circuit.
pub struct Halo2Backend {
    prover: Arc<InstallProver>,
    install: Halo2Install,
    length: u64,
    witnesses: Vec<InstallWitness>,
}

impl Halo2Backend {
    /// Computes all states natively.
    pub fn new(prover: Arc<InstallProver>, subject: &InstallSubject) -> Result<Self, JobError> {
        let witnesses: Vec<InstallWitness> = subject.chunks().collect();
        let count = u32::try_from(witnesses.len()).map_err(|_| JobError::Turn(u32::MAX))?;
        let first = witnesses.first().ok_or(JobError::Turn(0))?.instance()?;
        let install = Halo2Install { leaf: subject.leaf, chunks: count, state_in: first[3] };
        Ok(Self { prover, install, length: subject.payload.len() as u64, witnesses })
    }

    fn witness(&self, position: u32) -> Result<&InstallWitness, JobError> {
        self.witnesses.get(position as usize).ok_or(JobError::Turn(position))
    }
}

/// A kept chunk: the state after it, then the proof. Nothing in it is secret.
fn decode(kept: &[u8]) -> Option<Halo2Chunk> {
    let (state, proof) = kept.split_first_chunk::<32>()?;
    Some(Halo2Chunk { state_out: fr_from_be(state).ok()?, proof: proof.to_vec() })
}

impl InstallBackend for Halo2Backend {
    fn product(&self) -> Product {
        Product::Halo2
    }

    fn context(&self) -> [u8; 32] {
        self.install.leaf.to_be()
    }

    fn length(&self) -> u64 {
        self.length
    }

    fn chunks(&self) -> u32 {
        self.install.chunks
    }

    fn parameters(&self) -> String {
        format!("verifier key {}", self.prover.verifier().key())
    }

    fn max_kept_bytes(&self) -> usize {
        32 + MAX_HALO2_PROOF
    }

    fn accept(&mut self, position: u32, kept: &[u8]) -> Result<(), String> {
        let chunk = decode(kept).ok_or("it is no chunk")?;
        let witness = self.witness(position).map_err(|error| error.to_string())?;
        let instance: [Fr; INSTANCES] = witness.instance().map_err(|error| error.to_string())?;
        if instance[4] != chunk.state_out {
            return Err("it ends in another state".to_owned());
        }
        self.prover.verifier().verify(&chunk.proof, &instance).map_err(|error| error.to_string())
    }

    fn prove(&mut self, position: u32) -> Result<Zeroizing<Vec<u8>>, JobError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut())?;
        let proven = self.prover.prove(self.witness(position)?, *seed);
        let (proof, instance) = proven.map_err(|error| JobError::Halo2 {
            what: format!("proving chunk {position}"),
            reason: error.to_string(),
        })?;
        Ok([&fr_to_be(&instance[4])[..], &proof].concat().into())
    }

    fn write_start(&mut self, mut out: &mut dyn Write) -> Result<(), JobError> {
        Ok(self.install.write_start(&mut out)?)
    }

    fn write_chunk(&mut self, kept: &[u8], mut out: &mut dyn Write) -> Result<(), JobError> {
        let chunk = decode(kept).ok_or_else(|| JobError::Unreadable("it is no chunk".to_owned()))?;
        Ok(Halo2Install::write_chunk(&mut out, &chunk)?)
    }

    fn verify(&self, file: &mut dyn Read) -> Result<(), InstallRefusal> {
        verify_halo2_install(file, self.prover.verifier(), Some(self.install.leaf), |_, _| {}).map(drop)
    }
}
