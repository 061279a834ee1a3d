//! Enrolments as the registry has them: what the next one is signed with, and where a leaf comes from.
//!
//! The proof is made elsewhere, out of [`EnrolmentTerms`] or [`PublisherTerms`]; what is sent with it is made here.

use alloy::providers::Provider;
use alloy_primitives::{Address, B256, U256};
use nonos_core::{
    enrolment::{EnrolmentTerms, PublisherTerms},
    ids::IdentityLeaf,
};

use crate::{abi::OperatorRegistry, deployment::Deployment, error::ChainError};

/// Terms for the next enrolment or rotation of `root_key`: the number and the predecessor that the registry asks for now.
///
/// Numbers begin with 1: keystores derive the secret of an enrolment from its number less one. A signature is for one
/// predecessor. If another enrolment of the same key is accepted first, ask again and sign anew.
pub async fn next_terms(
    provider: &impl Provider,
    deployment: &Deployment,
    root_key: [u8; 32],
    controller: Address,
    valid_until: u64,
) -> Result<EnrolmentTerms, ChainError> {
    let address = deployment.addresses.operator_registry;
    let registry = OperatorRegistry::new(address, provider);
    let failed = |error| ChainError::call("reading the terms of the next enrolment", error);
    let operator = B256::new(root_key);
    let state = registry.operatorOf(operator).call().await.map_err(failed)?;
    let predecessor = registry.latestLeafOf(operator).call().await.map_err(failed)?;
    Ok(EnrolmentTerms {
        root_key,
        controller,
        registry: address,
        chain_id: deployment.chain_id,
        predecessor,
        valid_until,
        seq: state.seq.saturating_add(1),
    })
}

/// What `enrol` and `rotate` take beside the proof.
pub fn entry(terms: &EnrolmentTerms, leaf: IdentityLeaf) -> OperatorRegistry::Enrolment {
    OperatorRegistry::Enrolment {
        chainId: U256::from(terms.chain_id),
        operator: terms.root_key.into(),
        controller: terms.controller,
        leaf: leaf.to_u256(),
        validUntil: terms.valid_until,
        seq: terms.seq,
    }
}

/// What a publisher's key signs for `controller` here.
pub const fn publisher_terms(deployment: &Deployment, key: [u8; 32], controller: Address) -> PublisherTerms {
    PublisherTerms {
        key,
        controller,
        registry: deployment.addresses.capsule_registry,
        chain_id: deployment.chain_id,
    }
}

/// Where a leaf comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Root key that signed it.
    pub operator: B256,
    /// The leaf that this key enrolled before; 0 for its first.
    pub predecessor: U256,
    /// Number of the enrolment.
    pub seq: u32,
}

/// The origin of a leaf; `None` if it was never enrolled.
pub async fn origin(
    provider: &impl Provider,
    deployment: &Deployment,
    leaf: IdentityLeaf,
) -> Result<Option<Origin>, ChainError> {
    let registry = OperatorRegistry::new(deployment.addresses.operator_registry, provider);
    let found = registry.originOf(leaf.to_u256()).call().await;
    let found = found.map_err(|error| ChainError::call("reading the origin of a leaf", error))?;
    let origin = Origin { operator: found.operator, predecessor: found.predecessor, seq: found.seq };
    Ok((!origin.operator.is_zero()).then_some(origin))
}
