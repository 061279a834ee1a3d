//! Operators prove that they hold the capsule's binary, and the registry admits their installs.

use super::cheats;
use super::ledger::{Done, Ledger};
use super::world::Operator;
use crate::chain::{Chain, Trees};
use crate::random::seed;
use crate::table::thousands;
use alloy_primitives::B256;
use eyre::{Result, eyre};
use nonos_circuits::backend::Srs;
use nonos_circuits::install::{InstallProver, InstallWitness, K};
use nonos_contracts::Deployment;
use nonos_contracts::abi::capsules::CapsuleRegistry::InstallProof;
use nonos_contracts::install::{Place, ProvenChunk, entry};
use nonos_core::InstallLeaf;
use nonos_core::package::Package;
use nonos_node::install::InstallSubject;
use std::time::Instant;

/// What installing takes.
pub struct Yard<'a> {
    /// The chain and its accounts.
    pub chain: &'a Chain,
    /// The contracts.
    pub deployment: &'a Deployment,
    /// Whose catalog lists the capsule.
    pub publisher: B256,
    /// The capsule.
    pub package: &'a Package,
}

/// The install of one operator, proven.
pub struct Proven {
    /// J.
    pub leaf: InstallLeaf,
    /// Where it begins.
    pub start: Place,
    /// All chunks of the binary.
    pub chunks: Vec<ProvenChunk>,
}

impl Proven {
    /// As it is sent.
    pub fn entry(&self) -> InstallProof {
        entry(self.leaf, self.start, &self.chunks, true)
    }
}

impl Yard<'_> {
    /// The chunks of an operator's install, to be proven. An install leaf contains its operator's secret: each has one.
    pub fn witnesses(&self, operator: &Operator) -> Result<(InstallLeaf, Vec<InstallWitness>)> {
        let payload = self.package.payload.to_vec();
        let subject = InstallSubject::new(&self.package.manifest, payload, None, operator.identity.k)?;
        Ok((subject.leaf, subject.chunks().collect()))
    }

    fn prove(&self, prover: &InstallProver, operator: &Operator) -> Result<Proven> {
        let (leaf, witnesses) = self.witnesses(operator)?;
        let (mut start, mut proven) = (None, vec![]);
        for witness in &witnesses {
            let (proof, [_, _, _, state, state_out]) = prover.prove(witness, seed()?)?;
            start.get_or_insert(Place { position: 0, state });
            proven.push(ProvenChunk { state_out, proof: proof.into() });
        }
        let start = start.ok_or_else(|| eyre!("a binary has at least one chunk"))?;
        Ok(Proven { leaf, start, chunks: proven })
    }
}

/// Proves and admits the installs of all operators. What cheating meets is tried before, and after.
pub async fn run(ledger: &mut Ledger, yard: &Yard<'_>, operators: &[Operator]) -> Result<()> {
    let prover = ledger
        .step("generate the install circuit's keys", async {
            let prover = tokio::task::block_in_place(|| InstallProver::new(Srs::developer(K)?))?;
            let detail = format!("developer setup, verifier key {}", prover.verifier().key());
            Ok(Done::new(prover, detail))
        })
        .await?;
    let proven = ledger
        .step("prove the operators' installs", async {
            let started = Instant::now();
            let proven = tokio::task::block_in_place(|| {
                operators.iter().map(|operator| yard.prove(&prover, operator)).collect::<Result<Vec<_>>>()
            })?;
            let sizes: Vec<usize> =
                proven.iter().flat_map(|one| &one.chunks).map(|chunk| chunk.proof.len()).collect();
            let bytes = sizes.first().map_or(0, |bytes| *bytes as u64);
            let each = started.elapsed().as_secs_f64() / sizes.len().max(1) as f64;
            let detail = format!("{} proofs of {} bytes, {each:.1} s each", sizes.len(), thousands(bytes));
            Ok(Done::new(proven, detail))
        })
        .await?;
    let trees = Trees::read(yard.chain, yard.deployment, yard.publisher).await?;
    cheats::install::before(ledger, yard, &prover, operators, &proven, &trees).await?;
    ledger
        .step("admit the operators' installs", async {
            let from = operators.first().ok_or_else(|| eyre!("there are no operators"))?;
            let entries = proven.iter().map(Proven::entry).collect();
            let sent = yard.chain.admit_installs(yard.deployment, from.identity.controller, entries).await?;
            let detail = format!("{} install leaves, one new root", proven.len());
            Ok(Done::new((), detail).on_chain(sent.hash, sent.gas))
        })
        .await?;
    cheats::install::again(ledger, yard, operators, &proven).await
}
