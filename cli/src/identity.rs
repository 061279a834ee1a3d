//! An operator on one chain: its identity leaf, and its places in the chain's trees.

use crate::chain::Trees;
use alloy_primitives::{Address, U256};
use eyre::{Result, eyre};
use nonos_contracts::abi::OperatorRegistry;
use nonos_contracts::enrolment::entry;
use nonos_core::capsule::install_leaf;
use nonos_core::enrolment::EnrolmentTerms;
use nonos_core::field::Fr;
use nonos_core::identity::{identity_leaf, identity_meta};
use nonos_core::lean_imt::{LeanImt, LeanPath};
use nonos_core::manifest::Manifest;
use nonos_core::{IdentityLeaf, InstallLeaf};
use nonos_node::keys::{IdentityScope, Keystore};
use nonos_node::launch::{Membership, OperatorIdentity};
use nonos_node::verify::Roots;

/// An identity as it was, or will be, enrolled.
#[derive(Clone)]
pub struct Identity {
    /// The secret of the circuits.
    pub k: Fr,
    /// ed25519 root key, which is also the operator's id.
    pub root_key: [u8; 32],
    /// Account that controls it.
    pub controller: Address,
    /// Registry it is enrolled in.
    pub registry: Address,
    /// The registry's chain.
    pub chain_id: u64,
    /// Unix seconds.
    pub valid_until: u64,
    /// Number of the enrolment.
    pub seq: u32,
}

impl Identity {
    /// The identity of a keystore under these terms.
    pub fn new(
        keystore: &Keystore,
        controller: Address,
        registry: Address,
        chain_id: u64,
        valid_until: u64,
        seq: u32,
    ) -> Result<Self> {
        if seq == 0 {
            return Err(eyre!("enrolments are numbered from 1, so there is no identity with number 0"));
        }
        let k = keystore.circuit_secret(&scope(chain_id, registry, seq))?.expose();
        Ok(Self { k, root_key: keystore.root_public(), controller, registry, chain_id, valid_until, seq })
    }

    /// The keys it uses.
    pub fn scope(&self) -> IdentityScope {
        scope(self.chain_id, self.registry, self.seq)
    }

    /// What the root key signs, after the leaf that it enrolled before.
    pub fn terms(&self, predecessor: U256) -> EnrolmentTerms {
        let Self { root_key, controller, registry, chain_id, valid_until, seq, .. } = *self;
        EnrolmentTerms { root_key, controller, registry, chain_id, predecessor, valid_until, seq }
    }

    /// What the registry takes beside the proof.
    pub fn entry(&self) -> OperatorRegistry::Enrolment {
        entry(&self.terms(U256::ZERO), self.leaf())
    }

    /// Second input of the leaf.
    pub fn meta(&self) -> Fr {
        identity_meta(
            &self.root_key,
            self.controller,
            self.registry,
            self.chain_id,
            self.valid_until,
            self.seq,
        )
    }

    /// I.
    pub fn leaf(&self) -> IdentityLeaf {
        identity_leaf(&self.k, &self.meta())
    }

    /// J, for a capsule.
    pub fn install_leaf(&self, manifest: &Manifest) -> Result<InstallLeaf> {
        Ok(install_leaf(&self.k, manifest.capsule_leaf()?))
    }

    /// As the launcher takes it.
    pub fn operator(&self) -> OperatorIdentity {
        OperatorIdentity { scope: self.scope(), meta: self.meta(), operator_id: self.root_key.into() }
    }

    /// The places of identity, install and capsule in the trees.
    pub fn membership(&self, trees: &Trees, manifest: &Manifest) -> Result<Membership> {
        let leaves = [self.leaf().fr(), self.install_leaf(manifest)?.fr(), manifest.capsule_leaf()?.fr()];
        let [identity, install, capsule] = leaves;
        Ok(Membership {
            operator_path: path(&trees.operators, identity, "this operator is not enrolled on the chain")?,
            install_path: path(&trees.installs, install, "this operator has not installed the capsule")?,
            catalog_path: path(&trees.catalog, capsule, "the capsule is not in the publisher's catalog")?,
            roots: Roots {
                operator: trees.operators.root().into(),
                install: trees.installs.root().into(),
                catalog: trees.catalog.root().into(),
            },
        })
    }
}

/// Each enrolment has a secret of its own, which its number finds again: launches under two of them share no value.
fn scope(chain_id: u64, registry: Address, seq: u32) -> IdentityScope {
    IdentityScope { chain_id, registry, generation: seq.saturating_sub(1) }
}

fn path(tree: &LeanImt, leaf: Fr, otherwise: &str) -> Result<LeanPath> {
    let index = tree.index_of(leaf).ok_or_else(|| eyre!("{otherwise}"))?;
    Ok(tree.prove(index)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_enrolment_has_a_secret_of_its_own_and_number_0_has_none() {
        let keystore = Keystore::generate().unwrap();
        let (account, registry) = (Address::repeat_byte(1), Address::repeat_byte(2));
        let identity = |seq| Identity::new(&keystore, account, registry, 31337, 1_000, seq);
        let (first, second) = (identity(1).unwrap(), identity(2).unwrap());
        assert_eq!((first.scope().generation, second.scope().generation), (0, 1));
        assert_ne!(first.k, second.k);
        assert_eq!(first.k, identity(1).unwrap().k);
        assert_eq!(first.leaf(), first.terms(U256::from(5)).leaf(&first.k));
        assert!(identity(0).is_err());
    }
}
