//! Sending a halo2 install: a few transactions, each remembered by the chain, so that a repeated command pays for none twice.

use crate::chain::{Chain, Sent};
use crate::progress::Progress;
use alloy_primitives::{Address, B256};
use eyre::{Result, WrapErr};
use nonos_contracts::Deployment;
use nonos_contracts::install::{CHUNKS_PER_CALL, Place, ProvenChunk, entries, is_reached};
use nonos_core::{Fr, InstallLeaf};
use nonos_node::install::{FileError, Halo2Install, InstallReader};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// What was sent.
#[derive(Debug, Clone, Default)]
pub struct Submitted {
    /// Transactions of this run.
    pub transactions: Vec<B256>,
    /// Their gas.
    pub gas: u64,
    /// Chunks that the chain had already.
    pub before: usize,
}

/// An install as it is sent: the states before and after each chunk.
struct Install {
    leaf: InstallLeaf,
    state_in: Fr,
    chunks: Vec<ProvenChunk>,
}

impl Install {
    fn read(path: &Path) -> Result<Self, FileError> {
        let mut reader = InstallReader::halo2(BufReader::new(File::open(path)?))?;
        let Halo2Install { leaf, state_in, .. } = *reader.install();
        let mut chunks = Vec::new();
        while let Some(chunk) = reader.next_chunk()? {
            chunks.push(ProvenChunk { state_out: chunk.state_out, proof: chunk.proof.into() });
        }
        Ok(Self { leaf, state_in, chunks })
    }

    /// Where the chunk at `position` begins.
    fn place(&self, position: usize) -> Place {
        let before = position.checked_sub(1).and_then(|before| self.chunks.get(before));
        Place { position: position as u64, state: before.map_or(self.state_in, |before| before.state_out) }
    }
}

/// Sends what the chain does not have yet, from `from`.
pub async fn submit(
    chain: &Chain,
    deployment: &Deployment,
    from: Address,
    path: &Path,
    progress: Progress,
) -> Result<Submitted> {
    let install =
        Install::read(path).wrap_err_with(|| format!("the install file {} is unusable", path.display()))?;
    let count = install.chunks.len();
    if chain.is_installed(deployment, install.leaf.to_u256()).await? {
        return Ok(Submitted { before: count, ..Submitted::default() });
    }
    let before = reached(chain, deployment, &install).await?;
    let mut submitted = Submitted { before, ..Submitted::default() };
    let mut position = before;
    for entry in entries(install.leaf, install.place(before), &install.chunks[before..]) {
        let end = position + entry.chunks.len();
        let step = progress.step(format!("sending chunks {} to {end} of {count}", position + 1));
        let Sent { hash, gas, .. } = chain.admit_installs(deployment, from, vec![entry]).await?;
        step.done(&format!("gas {gas}"));
        submitted.transactions.push(hash);
        submitted.gas += gas;
        position = end;
    }
    Ok(submitted)
}

/// Chunks that the chain has of this install, in whole transactions.
async fn reached(chain: &Chain, deployment: &Deployment, install: &Install) -> Result<usize> {
    let ends: Vec<usize> = (0..install.chunks.len()).step_by(CHUNKS_PER_CALL).skip(1).collect();
    for end in ends.into_iter().rev() {
        if is_reached(&chain.provider, deployment, install.leaf, install.place(end)).await? {
            return Ok(end);
        }
    }
    Ok(0)
}
