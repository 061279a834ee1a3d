//! The launcher: holds the parts, runs the order.

use alloy_primitives::B256;
use nonos_circuits::launch::LaunchProver;
use nonos_core::capsule::install_leaf;
use nonos_core::identity::identity_leaf;
use nonos_core::launch_values::epoch_of;
use nonos_core::manifest::Manifest;
use nonos_core::receipt::Receipt;
use nonos_core::{CapsuleLeaf, Fr, MessageId};

use super::commitments::DisclosureSecrets;
use super::draft::{Draft, Keys, Leaves};
use super::error::LaunchError;
use super::request::{Deployment, LaunchRequest, OnionChoice};
use crate::capsule_runtime::{Execution, Runtime};
use crate::keys::{CircuitSecret, Keystore, OnionKey};
use crate::store::{CounterId, Put, Reserved, Store};
use crate::verify::{FixedRoots, ReceiptVerifier, Window};

/// A launch that succeeded. The receipt is verified and stored.
#[derive(Debug)]
pub struct Launched {
    /// The receipt.
    pub receipt: Receipt,
    /// Names its bytes.
    pub message_id: MessageId,
    /// What the capsule did, and in which state.
    pub execution: Execution,
    /// Values that can be opened later.
    pub disclosures: DisclosureSecrets,
    /// The nullifier index used.
    pub reserved: Reserved,
    /// The key the receipt names as onion address, to be handed to the daemon.
    pub onion: Option<OnionKey>,
}

/// Launches capsules of one operator for one deployment.
pub struct Launcher<'a> {
    keystore: &'a Keystore,
    runtime: &'a Runtime,
    prover: &'a LaunchProver,
    store: &'a dyn Store,
    deployment: Deployment,
    verifier: ReceiptVerifier,
}

impl<'a> Launcher<'a> {
    /// Puts the parts together. Refuses a prover under the developer setup unless the chain is for development.
    pub fn new(
        keystore: &'a Keystore,
        runtime: &'a Runtime,
        prover: &'a LaunchProver,
        store: &'a dyn Store,
        deployment: Deployment,
    ) -> Result<Self, LaunchError> {
        let Deployment { chain_id, anchor } = deployment;
        let pinned = prover.verifier().key();
        let verifier =
            ReceiptVerifier::new(prover.verifier().clone(), pinned, chain_id, anchor, Window::default())?;
        Ok(Self { keystore, runtime, prover, store, deployment, verifier })
    }

    /// Runs one launch to its end.
    pub fn launch(&self, request: &LaunchRequest<'_>) -> Result<Launched, LaunchError> {
        let manifest = &request.package.manifest;
        request.package.verify(request.hidden_salt)?;
        check_operator(manifest, request)?;
        let policy = manifest.checked_policy()?;
        let secret = self.keystore.circuit_secret(&request.identity.scope)?;
        let leaves = leaves(&secret, manifest, request)?;
        check_membership(&leaves, request)?;

        let execution = self.runtime.run(
            manifest,
            &request.package.payload,
            request.hidden_salt,
            request.input,
            &request.limits,
        )?;
        if execution.exit_code != 0 {
            let start = execution.log.len().saturating_sub(200);
            let log = String::from_utf8_lossy(&execution.log[start..]).into_owned();
            return Err(LaunchError::ExitCode { code: execution.exit_code, log });
        }

        let reserved = self.store.reserve(&CounterId::of(&secret.expose()), epoch_of(request.launched_at))?;
        let keys = self.keys(request, leaves.capsule, reserved)?;
        let draft = Draft::new(request, secret.expose(), leaves, execution, reserved, keys);
        let disclosures = draft.disclosures()?;
        let openings = disclosures.open_all(request.open)?;
        let header = draft.header(self.verifier.key(), disclosures.root())?;

        let digest = header.digest(self.deployment.chain_id, self.deployment.anchor);
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(LaunchError::Random)?;
        let (proof, _) = self.prover.prove(&draft.witness(policy, digest.binding()), seed)?;
        let Draft { execution, keys, .. } = draft;

        let receipt = Receipt {
            chainId: self.deployment.chain_id,
            anchor: self.deployment.anchor,
            executionSignature: keys.execution.sign_receipt(&digest).to_vec().into(),
            onionSignature: keys.onion.as_ref().map_or(vec![], |k| k.sign_receipt(&digest).to_vec()).into(),
            header,
            launchProof: proof.into(),
            openings,
        };
        self.check(&receipt, request)?;
        let message_id = match self.store.put(&receipt)? {
            Put::Stored(id) | Put::Known(id) => id,
            Put::Repeated { first } => return Err(LaunchError::Repeated { first: first.0 }),
        };
        Ok(Launched { receipt, message_id, execution, disclosures, reserved, onion: keys.onion })
    }

    /// The finished receipt as a stranger with the same roots would see it.
    fn check(&self, receipt: &Receipt, request: &LaunchRequest<'_>) -> Result<(), LaunchError> {
        let decoded = Receipt::decode(&receipt.encode())?;
        let roots = FixedRoots::new().current(&request.membership.roots);
        self.verifier.fresh(&decoded, &roots, request.launched_at)?;
        self.verifier.admitted(&decoded, &roots, request.launched_at)?;
        Ok(self.verifier.proof_valid(&decoded)?)
    }

    /// Keys named by identity, epoch and index, which are used together once: no two launches share one.
    fn keys(
        &self,
        request: &LaunchRequest<'_>,
        capsule: CapsuleLeaf,
        reserved: Reserved,
    ) -> Result<Keys, LaunchError> {
        let number = reserved.epoch << 10 | u64::from(reserved.index);
        let execution = self.keystore.execution_key(&request.identity.scope, capsule, number)?;
        let onion = match request.onion {
            OnionChoice::None => None,
            OnionChoice::Lasting { network, index } => Some(self.keystore.onion_key(network, index)?),
            OnionChoice::PerLaunch(network) => {
                Some(self.keystore.launch_onion_key(&request.identity.scope, network, number)?)
            }
        };
        Ok(Keys { execution, onion })
    }
}

/// A manifest that names operators binds: the operator is among them and shows itself.
fn check_operator(manifest: &Manifest, request: &LaunchRequest<'_>) -> Result<(), LaunchError> {
    let operator = request.identity.operator_id;
    let capsule = || manifest.name.clone();
    if !manifest.allows_operator(&operator) {
        return Err(LaunchError::OperatorNotNamed { capsule: capsule(), operator });
    }
    if !manifest.operators.is_empty() && !request.privacy.disclose_operator {
        return Err(LaunchError::OperatorMustBeDisclosed { capsule: capsule() });
    }
    Ok(())
}

fn leaves(
    secret: &CircuitSecret,
    manifest: &Manifest,
    request: &LaunchRequest<'_>,
) -> Result<Leaves, LaunchError> {
    let k = secret.expose();
    let capsule = manifest.capsule_leaf()?;
    Ok(Leaves {
        identity: identity_leaf(&k, &request.identity.meta),
        capsule,
        install: install_leaf(&k, capsule),
    })
}

/// Three paths, three roots, before anything expensive.
fn check_membership(leaves: &Leaves, request: &LaunchRequest<'_>) -> Result<(), LaunchError> {
    let m = request.membership;
    let places: [(&'static str, B256, Fr, Fr, &'static str); 3] = [
        (
            "operator",
            leaves.identity.into(),
            m.operator_path.root(leaves.identity),
            m.roots.operator.fr(),
            "not enrolled, expired, rotated, or the path is of an older root",
        ),
        (
            "install",
            leaves.install.into(),
            m.install_path.root(leaves.install),
            m.roots.install.fr(),
            "this capsule version is not installed by this identity, or the path is of an older root",
        ),
        (
            "catalog",
            leaves.capsule.into(),
            m.catalog_path.root(leaves.capsule),
            m.roots.catalog.fr(),
            "the publisher's catalog does not list this capsule under this policy",
        ),
    ];
    let word = |x: &Fr| B256::from(nonos_core::field::fr_to_be(x));
    for (tree, leaf, computed, expected, hint) in places {
        if computed != expected {
            let (computed, expected) = (word(&computed), word(&expected));
            return Err(LaunchError::NotInTree { tree, leaf, computed, expected, hint });
        }
    }
    Ok(())
}
