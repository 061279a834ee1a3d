//! The node over HTTP, as source of receipts and sink of batch records.

use alloy_primitives::{B256, Bytes};
use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};
use nonos_api::NodeClient;
use nonos_core::batch::BatchRecord;

use crate::collect::{Page, ReceiptSource, SourceError};
use crate::publish::{BatchSink, SinkError};

/// Receipts fetched at a time.
const AT_ONCE: usize = 8;

/// The node of this relayer.
#[derive(Clone, Debug)]
pub struct Node(NodeClient);

impl Node {
    /// Behind a client.
    pub fn new(client: NodeClient) -> Self {
        Self(client)
    }

    async fn raw(&self, id: B256) -> Result<Option<Bytes>, SourceError> {
        let receipt = self.0.receipt_raw(id).await.map_err(|error| SourceError(error.to_string()))?;
        Ok(receipt.map(|receipt| receipt.encode().into()))
    }
}

#[async_trait]
impl ReceiptSource for Node {
    async fn page(&self, from: u64, limit: usize) -> Result<Page, SourceError> {
        let failed = |error: nonos_api::ClientError| SourceError(error.to_string());
        let list = self.0.receipts(from, limit).await.map_err(failed)?;
        if list.receipts.is_empty() {
            // Arrival numbers have no gaps, so a node that holds fewer than we took has begun anew.
            let held = if from == 0 { 0 } else { self.0.node().await.map_err(failed)?.receipts };
            let next = if held < from { 0 } else { from };
            return Ok(Page { receipts: Vec::new(), next });
        }
        let fetched = stream::iter(list.receipts).map(|entry| self.raw(entry.message_id));
        let receipts: Vec<Option<Bytes>> = fetched.buffered(AT_ONCE).try_collect().await?;
        Ok(Page { receipts: receipts.into_iter().flatten().collect(), next: list.next })
    }
}

#[async_trait]
impl BatchSink for Node {
    async fn publish(&self, record: &BatchRecord) -> Result<(), SinkError> {
        self.0.post_batch(record).await.map(drop).map_err(|error| SinkError(error.to_string()))
    }
}
