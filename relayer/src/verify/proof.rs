//! The real [`ProofCheck`]: strict form, our domain, the deployment's key, signatures, and the contract's bytecode.

use alloy_primitives::{Address, B256};
use nonos_contracts::ArtifactError;
use nonos_core::receipt::Receipt;

use super::error::Refusal;
use super::evm::{EvmFault, EvmVerifier};
use super::types::ProofCheck;

/// Checks receipts of one deployment.
#[derive(Clone, Debug)]
pub struct ReceiptCheck {
    chain_id: u64,
    anchor: Address,
    verifier_key: B256,
    evm: EvmVerifier,
}

impl ReceiptCheck {
    /// For the chain, anchor and key of a deployment.
    pub fn new(chain_id: u64, anchor: Address, verifier_key: B256) -> Result<Self, ArtifactError> {
        Ok(Self { chain_id, anchor, verifier_key, evm: EvmVerifier::new()? })
    }
}

impl ProofCheck for ReceiptCheck {
    fn check(&self, bytes: &[u8]) -> Result<Receipt, Refusal> {
        let receipt = Receipt::decode(bytes)?;
        if (receipt.chainId, receipt.anchor) != (self.chain_id, self.anchor) {
            return Err(Refusal::Domain { chain_id: receipt.chainId, anchor: receipt.anchor });
        }
        let found = receipt.header.verifierKey;
        if found != self.verifier_key {
            return Err(Refusal::Key { found, expected: self.verifier_key });
        }
        receipt.verify_self_contained()?;
        match self.evm.verify(&receipt) {
            Ok(()) => Ok(receipt),
            // Nothing about this machine depends on the receipt, so this cannot be provoked by one.
            Err(fault @ (EvmFault::Header(_) | EvmFault::Rejected(_) | EvmFault::Machine(_))) => {
                Err(Refusal::Proof(fault))
            }
        }
    }
}
