//! The relayer: collects verified receipts, batches them, anchors the batches and follows them to finality.
