//! A prover without scruples: proves any rows under any claim, so that only the verifiers can stop it.

use super::world::World;
use crate::random::seed;
use eyre::{Result, WrapErr};
use nonos_circuits::backend::{ProvingKey, Srs, keygen, prove_seeded};
use nonos_circuits::launch::{INSTANCES, K, LaunchCircuit, LaunchWitness};
use nonos_core::field::{Fr, fr_to_u256};
use nonos_core::receipt::{Receipt, ReceiptHeader};
use nonos_node::keys::ExecutionKey;

/// The circuit's keys without the checks that the node's prover makes before it proves.
pub struct Forge {
    srs: Srs,
    key: ProvingKey,
}

impl Forge {
    /// Generates the keys; they are public knowledge.
    pub fn new() -> Result<Self> {
        let srs = Srs::developer(K)?;
        let key = keygen(&srs, &LaunchCircuit::shape())?;
        Ok(Self { srs, key })
    }

    /// A receipt for `witness`, true or not: the header is `template` with the values that the circuit's rows give, then
    /// changed by `lie`. Properly bound and signed.
    pub fn receipt(
        &self,
        world: &World,
        mut witness: LaunchWitness,
        template: &ReceiptHeader,
        signer: &ExecutionKey,
        lie: impl FnOnce(&mut ReceiptHeader),
    ) -> Result<Receipt> {
        let mut header = template.clone();
        fill(&mut header, &LaunchCircuit::new(&witness).instance());
        header.executionKey = signer.public().into();
        lie(&mut header);
        let (chain_id, anchor) = (world.chain.id, world.deployment.addresses.receipt_anchor);
        let digest = header.digest(chain_id, anchor);
        witness.binding = digest.binding();
        let claim = header.instance(chain_id, anchor)?;
        let proof = prove_seeded(&self.srs, &self.key, LaunchCircuit::new(&witness), &[&claim], seed()?)
            .wrap_err("the forged launch could not even be laid out")?;
        Ok(Receipt {
            chainId: chain_id,
            anchor,
            header,
            executionSignature: signer.sign_receipt(&digest).to_vec().into(),
            onionSignature: Default::default(),
            launchProof: proof.into(),
            openings: Vec::new(),
        })
    }
}

/// Puts the circuit's public values into the header fields they belong to.
fn fill(header: &mut ReceiptHeader, instance: &[Fr; INSTANCES]) {
    let [_, catalog, capsule_tag, operators, operator_tag, installs, state, _, nullifier, flags] =
        instance.map(|value| fr_to_u256(&value));
    header.catalogRoot = catalog;
    header.capsuleTag = capsule_tag;
    header.operatorRoot = operators;
    header.operatorTag = operator_tag;
    header.installRoot = installs;
    header.stateTag = state;
    header.nullifier = nullifier;
    // Two bits, out of the circuit's own is-zero gadgets.
    header.flags = flags.as_limbs()[0] as u8 & 3;
}
