//! Publisher and operators prove that their keys signed: one proof each, real ones.

use super::cheats;
use super::ledger::{Done, Ledger};
use super::world::{OPERATOR, Operator, PUBLISHER};
use crate::chain::{Chain, publisher_id};
use crate::enrolment::{Proven, Statement, prove};
use crate::identity::Identity;
use crate::progress::Progress;
use crate::table::thousands;
use alloy_primitives::{B256, U256};
use eyre::{Result, ensure, eyre};
use nonos_circuits::enrolment::EnrolmentProver;
use nonos_contracts::Deployment;
use nonos_contracts::anchor::latest_checkpoint;
use nonos_contracts::enrolment::publisher_terms;
use nonos_core::manifest::Manifest;
use nonos_node::keys::Keystore;
use std::sync::Arc;

/// A week: as long as a demo's enrolment is good for.
const VALIDITY: u64 = 7 * 24 * 3600;

/// What enrolling takes.
pub struct Office<'a> {
    /// The chain and its accounts.
    pub chain: &'a Chain,
    /// The contracts.
    pub deployment: &'a Deployment,
    /// Keys of the enrolment circuit.
    pub prover: &'a EnrolmentProver,
}

impl Office<'_> {
    /// Signs with the keystore's root key, proves, and checks that the deployment is the prover's.
    pub fn prove(&self, statement: &Statement, keystore: &Keystore) -> Result<Proven> {
        let witness = statement.witness(keystore.sign_as_root(&statement.message())?)?;
        prove(self.prover, &witness, Progress::Quiet)
    }

    /// The first identity of a keystore, controlled by an account.
    pub async fn identity(&self, keystore: &Keystore, account: usize) -> Result<Identity> {
        let now = latest_checkpoint(&self.chain.provider).await?.timestamp;
        let registry = self.deployment.addresses.operator_registry;
        let controller = self.chain.account_at(account)?;
        Identity::new(keystore, controller, registry, self.chain.id, now + VALIDITY, 1)
    }

    /// The publisher registers with a proof, and publishes its capsule.
    pub async fn publish(&self, keystore: &Keystore, manifest: &Manifest) -> Result<Done<B256>> {
        let controller = self.chain.account_at(PUBLISHER)?;
        let key = keystore.root_public();
        ensure!(manifest.publisher.0 == key, "the capsule is another publisher's");
        let terms = publisher_terms(self.deployment, key, controller);
        let statement = Statement::publisher(keystore, &terms)?;
        let proven = self.prove(&statement, keystore)?;
        let registered = self
            .chain
            .register_publisher(self.deployment, controller, &statement, proven.proof.clone())
            .await?;
        let published = self.chain.publish(self.deployment, controller, manifest).await?;
        let detail = format!("{}; capsule leaf {}", in_words(&[proven]), manifest.capsule_leaf()?);
        let publisher = publisher_id(controller, manifest.publisher);
        Ok(Done::new(publisher, detail).on_chain(published.hash, registered.gas + published.gas))
    }

    async fn enrol(&self, enrolling: &Enrolling) -> Result<(B256, u64)> {
        let sent =
            self.chain.enrol(self.deployment, &enrolling.identity, enrolling.proven.proof.clone()).await?;
        Ok((sent.hash, sent.gas))
    }
}

/// An operator that has its proof and is not enrolled yet.
pub struct Enrolling {
    /// Its keys.
    pub keystore: Keystore,
    /// What it will be.
    pub identity: Identity,
    /// That its root key signed this.
    pub proven: Proven,
}

/// Those that run nodes first, ours first of all, then the others that make the tree a larger one. What cheating meets is
/// tried with our proof before it is used, and after. Gives those that run nodes.
pub async fn run(
    ledger: &mut Ledger,
    office: &Office<'_>,
    keystores: Vec<Keystore>,
    count: u16,
) -> Result<Vec<Operator>> {
    let nodes = keystores.len();
    let enrolling = ledger
        .step("prove the operators' enrolments", async {
            let mut enrolling = Vec::with_capacity(usize::from(count));
            let others = usize::from(count).saturating_sub(nodes);
            let others = (0..others).map(|_| Keystore::generate()).collect::<Result<Vec<_>, _>>()?;
            for (number, keystore) in keystores.into_iter().chain(others).enumerate() {
                let identity = office.identity(&keystore, OPERATOR + number).await?;
                let proven = office.prove(&Statement::operator(&identity, U256::ZERO), &keystore)?;
                enrolling.push(Enrolling { keystore, identity, proven });
            }
            let proofs: Vec<Proven> = enrolling.iter().map(|one| one.proven.clone()).collect();
            let detail = in_words(&proofs);
            Ok(Done::new(enrolling, detail))
        })
        .await?;
    cheats::enrolment::before(ledger, office, &enrolling).await?;
    ledger
        .step("enrol the operators", async {
            let (mut last, mut gas) = (None, 0);
            for one in &enrolling {
                let (hash, spent) = office.enrol(one).await?;
                (last, gas) = (Some(hash), gas + spent);
            }
            let ours = enrolling.first().ok_or_else(|| eyre!("there are no operators"))?;
            let each = gas / u64::from(count.max(1));
            let detail = format!(
                "{count} of them, {} gas each, our identity leaf {}",
                thousands(each),
                ours.identity.leaf()
            );
            Ok(Done::new((), detail).on_chain(last.ok_or_else(|| eyre!("nobody was enrolled"))?, gas))
        })
        .await?;
    cheats::enrolment::again(ledger, office, &enrolling).await?;
    Ok(enrolling
        .into_iter()
        .take(nodes)
        .map(|Enrolling { keystore, identity, proven }| Operator {
            keystore: Arc::new(keystore),
            identity,
            enrolment: proven.proof,
        })
        .collect())
}

/// How long the proofs took, and how large they are.
pub fn in_words(proofs: &[Proven]) -> String {
    let seconds: f64 = proofs.iter().map(|proven| proven.wall_s).sum();
    let bytes = proofs.first().map_or(0, |proven| proven.proof.len());
    let bytes = thousands(u64::try_from(bytes).unwrap_or(u64::MAX));
    match proofs {
        [_] => format!("proof of {bytes} bytes in {seconds:.1} s"),
        _ => format!("{} proofs of {bytes} bytes, {:.1} s each", proofs.len(), seconds / proofs.len() as f64),
    }
}
