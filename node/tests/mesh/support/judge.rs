//! Judges: the real one, and one that takes everything that does not start with `bad`.

use std::sync::Arc;

use alloy_primitives::{U256, keccak256};
use nonos_core::Fr;
use nonos_core::field::{fr_reduce, fr_to_be};
use nonos_core::receipt::{DecodeError, Receipt};
use nonos_node::mesh::{Judge, ReceiptJudge};
use nonos_node::verify::{ProofFault, ReceiptVerifier, Refusal, Screened, Verdicts, Window};

use super::chain::MemoryChain;
use super::receipts::{ANCHOR, CHAIN, prover, unproven};

pub fn real(chain: &Arc<MemoryChain>) -> Arc<dyn Judge> {
    let verifier = prover().verifier();
    let verifier =
        ReceiptVerifier::new(verifier.clone(), verifier.key(), CHAIN, ANCHOR, Window::default()).unwrap();
    Arc::new(ReceiptJudge::new(verifier, chain.clone()))
}

/// Takes any bytes for a receipt whose nullifier is their hash, for tests in which proofs are beside the point.
struct Lenient(Receipt);

pub fn lenient() -> Arc<dyn Judge> {
    Arc::new(Lenient(unproven(0, 0)))
}

impl Judge for Lenient {
    fn decode(&self, bytes: &[u8]) -> Result<Receipt, Refusal> {
        if bytes.starts_with(b"bad") {
            return Err(ProofFault::Form(DecodeError::NoProof).into());
        }
        let mut receipt = self.0.clone();
        let hash = fr_reduce(keccak256(bytes));
        receipt.header.nullifier = U256::from_be_bytes(fr_to_be(&hash));
        receipt.launchProof = bytes.to_vec().into();
        Ok(receipt)
    }

    fn screen(&self, receipt: Receipt) -> Result<Screened, Refusal> {
        Ok(Screened { receipt, instance: [Fr::from(0); 10] })
    }

    fn confirm(&self, screened: Vec<Screened>) -> Vec<Result<Receipt, Refusal>> {
        screened.into_iter().map(|one| Ok(one.receipt)).collect()
    }

    fn answer(&self, _: &[u8]) -> Verdicts {
        Verdicts { receipt: None, proof: Ok(()), admission: None, freshness: None }
    }
}
