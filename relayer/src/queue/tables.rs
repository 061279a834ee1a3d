//! The tables of a queue file.

use redb::TableDefinition;

/// Version of the tables below.
pub(super) const SCHEMA: u32 = 1;

/// "schema", "identity", "cursor", "position", "sequence".
pub(super) const META: TableDefinition<&str, &[u8]> = TableDefinition::new("nonos.relayer");
/// Leaf -> (kind, position in the order of arrival or batch number). Leaves stay for ever: each is anchored once.
pub(super) const LEAVES: TableDefinition<[u8; 32], (u8, u64)> = TableDefinition::new("leaves");
/// Leaf -> encoded receipt, until its batch is released.
pub(super) const RECEIPTS: TableDefinition<[u8; 32], &[u8]> = TableDefinition::new("receipts");
/// Position -> leaf: arrived, not judged.
pub(super) const WAITING: TableDefinition<u64, [u8; 32]> = TableDefinition::new("waiting");
/// Position -> leaf: verified, in no batch.
pub(super) const QUEUED: TableDefinition<u64, [u8; 32]> = TableDefinition::new("queued");
/// Batch number -> batch.
pub(super) const BATCHES: TableDefinition<u64, &[u8]> = TableDefinition::new("batches");
/// Batch number -> its leaves, 32 bytes each, in order.
pub(super) const BATCH_LEAVES: TableDefinition<u64, &[u8]> = TableDefinition::new("batch leaves");
/// (State, batch number): the batches by state.
pub(super) const BY_STATE: TableDefinition<(u8, u64), ()> = TableDefinition::new("batches by state");
/// Batch numbers whose leaves the node does not have yet.
pub(super) const UNPUBLISHED: TableDefinition<u64, ()> = TableDefinition::new("unpublished");

/// Kinds in [`LEAVES`].
pub(super) const KIND_WAITING: u8 = 1;
pub(super) const KIND_QUEUED: u8 = 2;
pub(super) const KIND_BATCHED: u8 = 3;
