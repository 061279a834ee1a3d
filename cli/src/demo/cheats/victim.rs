//! What the cheats start from: a genuine receipt with all its secrets, as its own operator knows them.

use crate::demo::world::World;
use eyre::{Result, ensure};
use nonos_circuits::launch::LaunchWitness;
use nonos_core::receipt::Receipt;
use nonos_node::keys::ExecutionKey;
use nonos_node::launch::{Launched, Privacy, Salts};

/// A genuine receipt that the chain has not seen, so that nothing but the change stands in its way.
pub struct Victim {
    /// The receipt.
    pub receipt: Receipt,
    /// Its witness.
    pub witness: LaunchWitness,
    /// The key that signed it.
    pub signer: ExecutionKey,
}

impl Victim {
    /// Recomputes witness and key from the keystore, as [`nonos_node::launch`] derives them.
    pub fn new(world: &World, launched: Launched) -> Result<Self> {
        let operator = world.ours();
        let (manifest, identity, reserved) = (&world.package.manifest, &operator.identity, launched.reserved);
        let number = reserved.epoch << 10 | u64::from(reserved.index);
        let signer = operator.keystore.execution_key(&identity.scope(), manifest.capsule_leaf()?, number)?;
        let header = &launched.receipt.header;
        let privacy = Privacy {
            disclose_capsule: header.capsule_disclosed(),
            disclose_operator: header.operator_disclosed(),
        };
        let salts = Salts::derive(&identity.k, &signer.public(), privacy);
        let membership = identity.membership(&world.trees, manifest)?;
        let witness = LaunchWitness {
            k: identity.k,
            meta: identity.meta(),
            operator_path: membership.operator_path,
            install_path: membership.install_path,
            catalog_path: membership.catalog_path,
            commitment: manifest.digest_commitment(),
            manifest: manifest.digest(),
            policy: manifest.checked_policy()?,
            state: launched.execution.state,
            capsule_salt: salts.capsule,
            operator_salt: salts.operator,
            state_salt: salts.state,
            epoch: reserved.epoch,
            index: reserved.index,
            binding: launched.receipt.digest().binding(),
        };
        ensure!(
            witness.instance()? == launched.receipt.instance()?,
            "the witness recomputed from the keystore is not the one of the receipt"
        );
        Ok(Self { receipt: launched.receipt, witness, signer })
    }
}
