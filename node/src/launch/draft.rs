//! A launch between the run and the proof: the values that header and witness must agree on, in one place.

use alloy_primitives::{B256, keccak256};
use nonos_circuits::launch::LaunchWitness;
use nonos_core::launch_values::{capsule_tag, nullifier, operator_tag, state_tag};
use nonos_core::policy::Policy;
use nonos_core::receipt::{
    FLAG_CAPSULE_DISCLOSED, FLAG_OPERATOR_DISCLOSED, ONION_NONE, ReceiptHeader, SCHEMA,
};
use nonos_core::{CapsuleLeaf, Fr, IdentityLeaf, InstallLeaf, VerifierKey};

use super::commitments::{DisclosureSecrets, Salts};
use super::error::LaunchError;
use super::request::LaunchRequest;
use crate::capsule_runtime::Execution;
use crate::keys::{ExecutionKey, OnionKey};
use crate::store::Reserved;

/// The leaves of a launch.
pub(super) struct Leaves {
    pub identity: IdentityLeaf,
    pub capsule: CapsuleLeaf,
    pub install: InstallLeaf,
}

/// The keys of a launch.
pub(super) struct Keys {
    pub execution: ExecutionKey,
    pub onion: Option<OnionKey>,
}

/// Everything known once the capsule has run and the index is reserved.
pub(super) struct Draft<'a> {
    request: &'a LaunchRequest<'a>,
    k: Fr,
    leaves: Leaves,
    reserved: Reserved,
    salts: Salts,
    pub execution: Execution,
    pub keys: Keys,
}

impl<'a> Draft<'a> {
    pub(super) fn new(
        request: &'a LaunchRequest<'a>,
        k: Fr,
        leaves: Leaves,
        execution: Execution,
        reserved: Reserved,
        keys: Keys,
    ) -> Self {
        let salts = Salts::derive(&k, &keys.execution.public(), request.privacy);
        Self { request, k, leaves, reserved, salts, execution, keys }
    }

    pub(super) fn disclosures(&self) -> Result<DisclosureSecrets, LaunchError> {
        let manifest = &self.request.package.manifest;
        let key = self.keys.execution.public();
        DisclosureSecrets::new(&self.k, &key, manifest, &self.execution, self.request.values)
    }

    pub(super) fn header(&self, key: VerifierKey, disclosures: B256) -> Result<ReceiptHeader, LaunchError> {
        let Self { request, leaves, salts, reserved, execution, keys, .. } = self;
        let roots = &request.membership.roots;
        let flag = |shown: bool, bit: u8| if shown { bit } else { 0 };
        Ok(ReceiptHeader {
            schema: SCHEMA,
            verifierKey: key.0,
            flags: flag(request.privacy.disclose_capsule, FLAG_CAPSULE_DISCLOSED)
                | flag(request.privacy.disclose_operator, FLAG_OPERATOR_DISCLOSED),
            capsuleTag: capsule_tag(leaves.capsule, &salts.capsule).into(),
            catalogRoot: roots.catalog.into(),
            operatorTag: operator_tag(leaves.identity, &salts.operator).into(),
            operatorRoot: roots.operator.into(),
            installRoot: roots.install.into(),
            stateTag: state_tag(&execution.state.words(), &salts.state).into(),
            nullifier: nullifier(&self.k, reserved.epoch, reserved.index)?.to_u256(),
            executionKey: keys.execution.public().into(),
            onionNetwork: keys.onion.as_ref().map_or(ONION_NONE, |key| key.network().code()),
            onionKey: keys.onion.as_ref().map_or(B256::ZERO, |key| key.public().0.into()),
            launchedAt: request.launched_at,
            notBeforeBlock: request.not_before.0,
            notBeforeHash: request.not_before.1,
            requestId: request.request_id,
            payee: request.payee,
            inputHash: keccak256(request.input),
            outputHash: keccak256(&execution.output),
            disclosures,
        })
    }

    pub(super) fn witness(&self, policy: Policy, binding: Fr) -> LaunchWitness {
        let manifest = &self.request.package.manifest;
        let membership = self.request.membership;
        LaunchWitness {
            k: self.k,
            meta: self.request.identity.meta,
            operator_path: membership.operator_path.clone(),
            install_path: membership.install_path.clone(),
            catalog_path: membership.catalog_path.clone(),
            commitment: manifest.digest_commitment(),
            manifest: manifest.digest(),
            policy,
            state: self.execution.state,
            capsule_salt: self.salts.capsule,
            operator_salt: self.salts.operator,
            state_salt: self.salts.state,
            epoch: self.reserved.epoch,
            index: self.reserved.index,
            binding,
        }
    }
}
