//! Real receipts for a chain that exists nowhere, and a view of that chain.

use crate::bench::witness::sample;
use crate::random::seed;
use alloy_primitives::{Address, B256};
use eyre::Result;
use nonos_circuits::launch::LaunchProver;
use nonos_core::field::fr_to_u256;
use nonos_core::receipt::{ONION_NONE, Receipt, ReceiptHeader, SCHEMA};
use nonos_core::{BatchId, CatalogRoot, InstallRoot, OperatorRoot};
use nonos_node::keys::{IdentityScope, Keystore};
use nonos_node::mesh::ChainView;
use nonos_node::verify::{RootSource, RootSourceError, RootStanding};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// A development chain.
pub const CHAIN: u64 = 31_337;
/// An anchor that nobody deployed.
pub const ANCHOR: Address = Address::repeat_byte(0xa5);

/// Proves one launch of now, with everything hidden.
pub fn prove(prover: &LaunchProver) -> Result<Receipt> {
    let launched_at = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let mut witness = sample()?;
    witness.epoch = launched_at / 3_600;
    let scope = IdentityScope { chain_id: CHAIN, registry: ANCHOR, generation: 0 };
    let signer = Keystore::generate()?.execution_key(&scope, witness.leaves().capsule, 0)?;
    let [_, catalog, capsule, operators, operator, installs, state, _, nullifier, _] =
        witness.instance()?.map(|value| fr_to_u256(&value));
    let header = ReceiptHeader {
        schema: SCHEMA,
        verifierKey: prover.verifier().key().0,
        flags: 0,
        capsuleTag: capsule,
        catalogRoot: catalog,
        operatorTag: operator,
        operatorRoot: operators,
        installRoot: installs,
        stateTag: state,
        nullifier,
        executionKey: signer.public().into(),
        onionNetwork: ONION_NONE,
        onionKey: B256::ZERO,
        launchedAt: launched_at,
        notBeforeBlock: 0,
        notBeforeHash: B256::ZERO,
        requestId: B256::ZERO,
        payee: Address::repeat_byte(1),
        inputHash: B256::repeat_byte(2),
        outputHash: B256::repeat_byte(3),
        disclosures: B256::ZERO,
    };
    let digest = header.digest(CHAIN, ANCHOR);
    witness.binding = digest.binding();
    let (proof, _) = prover.prove(&witness, seed()?)?;
    Ok(Receipt {
        chainId: CHAIN,
        anchor: ANCHOR,
        executionSignature: signer.sign_receipt(&digest).to_vec().into(),
        onionSignature: Default::default(),
        header,
        launchProof: proof.into(),
        openings: Vec::new(),
    })
}

/// The roots of some receipts, all of now.
pub struct Roots(HashSet<B256>);

impl Roots {
    /// Takes their roots for those of the chain.
    pub fn of(receipts: &[Receipt]) -> Arc<Self> {
        let headers = receipts.iter().map(|receipt| &receipt.header);
        let roots = headers.flat_map(|h| [h.operatorRoot, h.installRoot, h.catalogRoot]);
        Arc::new(Self(roots.map(B256::from).collect()))
    }

    fn standing(&self, root: B256) -> Result<RootStanding, RootSourceError> {
        let known = self.0.contains(&root);
        Ok(if known { RootStanding::Current { since: 0 } } else { RootStanding::Unknown })
    }
}

impl RootSource for Roots {
    fn operator(&self, root: OperatorRoot) -> Result<RootStanding, RootSourceError> {
        self.standing(root.into())
    }

    fn install(&self, root: InstallRoot) -> Result<RootStanding, RootSourceError> {
        self.standing(root.into())
    }

    fn catalog(&self, root: CatalogRoot) -> Result<RootStanding, RootSourceError> {
        self.standing(root.into())
    }
}

impl ChainView for Roots {
    fn batch_anchored(&self, _: &BatchId) -> Result<bool, RootSourceError> {
        Ok(false)
    }
}
