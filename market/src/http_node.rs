//! [`Node`] over the node's HTTP API.

use crate::chain::LeafState;
use crate::error::NodeError;
use crate::node::{Inclusion, Node, ProofVerdict};
use alloy_primitives::{B256, Bytes};
use async_trait::async_trait;
use nonos_api::types::BatchStatus;
use nonos_api::{ClientError, NodeClient};
use nonos_core::receipt::Receipt;
use nonos_core::{CapsuleLeaf, MessageId, ReceiptLeaf};

/// Most receipts that are looked at for one request: anybody can make receipts that name it.
const MAX_RECEIPTS: usize = 16;

/// A node at an address.
#[derive(Clone, Debug)]
pub struct HttpNode(pub NodeClient);

fn failed(what: &'static str) -> impl FnOnce(ClientError) -> NodeError {
    move |error| match error.is_transient() {
        true => NodeError::Unreachable { what, reason: error.to_string() },
        false => match error {
            ClientError::Refused { .. } => NodeError::Refused { what, reason: error.to_string() },
            _ => NodeError::Answer { what, reason: error.to_string() },
        },
    }
}

#[async_trait]
impl Node for HttpNode {
    async fn post_receipt(&self, receipt: &Receipt) -> Result<MessageId, NodeError> {
        let accepted = self.0.post_receipt(receipt).await.map_err(failed("posting a receipt"))?;
        // A repetition of the nullifier is kept out of the store, and so out of batches.
        match accepted.first {
            Some(first) => Err(NodeError::Refused {
                what: "posting a receipt",
                reason: format!("another receipt with the same nullifier came first: {first}"),
            }),
            None => Ok(MessageId(accepted.message_id)),
        }
    }

    async fn receipts_of(&self, request: B256) -> Result<Vec<Receipt>, NodeError> {
        const WHAT: &str = "looking for the receipts of a request";
        let entries = self.0.receipts_by_request(request).await.map_err(failed(WHAT))?;
        let mut receipts = Vec::new();
        for entry in entries.into_iter().take(MAX_RECEIPTS) {
            receipts.extend(self.0.receipt_raw(entry.message_id).await.map_err(failed(WHAT))?);
        }
        Ok(receipts)
    }

    async fn receipt_of_leaf(&self, leaf: ReceiptLeaf) -> Result<Option<Receipt>, NodeError> {
        self.0.receipt_by_leaf(leaf.0).await.map_err(failed("looking for a leaf's receipt"))
    }

    async fn inclusion(&self, id: MessageId) -> Result<Option<Inclusion>, NodeError> {
        let found = self.0.inclusion(id.0).await.map_err(failed("looking for a batch"))?;
        Ok(found.and_then(|found| {
            let status = match found.status {
                BatchStatus::Pending => LeafState::Pending,
                BatchStatus::Final => LeafState::Final,
                BatchStatus::Fallen => LeafState::Void,
                // Not on chain, never to be final, or the node cannot tell: there is nothing to claim with.
                BatchStatus::Announced | BatchStatus::Frozen | BatchStatus::Unknown => return None,
            };
            Some(Inclusion {
                batch: found.batch,
                index: found.index,
                path: found.path,
                anchored_at: found.anchored_at?,
                final_at: found.final_at?,
                status,
            })
        }))
    }

    async fn leaves(&self, batch: B256) -> Result<Option<Vec<B256>>, NodeError> {
        let found = self.0.batch(batch).await.map_err(failed("looking for the leaves of a batch"))?;
        Ok(found.map(|view| view.leaves))
    }

    async fn proof_verdict(&self, receipt: &Receipt) -> Result<ProofVerdict, NodeError> {
        let reply = self.0.verify(receipt.encode(), false).await.map_err(failed("asking for a verdict"))?;
        let verdict = reply.proof_valid;
        Ok(match verdict.ok {
            Some(true) => ProofVerdict::Valid,
            Some(false) => ProofVerdict::Invalid(verdict.reason),
            None => ProofVerdict::Unknown(verdict.reason),
        })
    }

    async fn put_blob(&self, bytes: Bytes) -> Result<B256, NodeError> {
        Ok(self.0.post_blob(bytes.to_vec()).await.map_err(failed("storing the input"))?.hash)
    }

    async fn blob(&self, hash: B256) -> Result<Option<Bytes>, NodeError> {
        Ok(self.0.blob(hash).await.map_err(failed("looking for the input"))?.map(Bytes::from))
    }

    async fn package(&self, capsule: CapsuleLeaf) -> Result<Option<Bytes>, NodeError> {
        let found = self.0.package(capsule.into()).await.map_err(failed("looking for a package"))?;
        Ok(found.map(Bytes::from))
    }
}
