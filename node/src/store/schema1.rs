//! Files of schema 1: receipts, arrivals, nullifiers and counters, without the indices by leaf and by request.

use std::path::Path;

use nonos_core::MessageId;
use nonos_core::receipt::Receipt;
use redb::{Database, ReadableTable, TableDefinition, WriteTransaction};

use super::StoreError;
use super::counters::{blocked_entry, identity_entry, index_entry};
use super::file::failed;
use super::receipts;
use super::redb_engine::{META, create_tables, insert};

const RECEIPTS: TableDefinition<[u8; 32], &[u8]> = TableDefinition::new("receipts");
const ARRIVALS: TableDefinition<u64, [u8; 32]> = TableDefinition::new("arrivals");
const NULLIFIERS: TableDefinition<[u8; 32], [u8; 32]> = TableDefinition::new("nullifiers");
const INDICES: TableDefinition<[u8; 32], (u64, u16)> = TableDefinition::new("indices");

/// Brings the file to schema 2 with one commit. Nothing is lost: receipts keep their numbers, counters go on, and a bar
/// that a restore put up stays.
pub(super) fn migrate(database: &Database, path: &Path) -> Result<(), StoreError> {
    let transaction = database.begin_write().map_err(failed("cannot write", path))?;
    create_tables(&transaction).map_err(failed("cannot migrate", path))?;
    copy_receipts(&transaction, path)?;
    copy_counters(&transaction).map_err(failed("cannot migrate", path))?;
    drop_tables(&transaction).map_err(failed("cannot migrate", path))?;
    transaction.commit().map_err(failed("cannot commit to", path))
}

fn copy_receipts(transaction: &WriteTransaction, path: &Path) -> Result<(), StoreError> {
    let corrupt = |reason: String| StoreError::Corrupt { path: path.to_owned(), reason };
    let arrivals = transaction.open_table(ARRIVALS).map_err(failed("cannot migrate", path))?;
    let receipts = transaction.open_table(RECEIPTS).map_err(failed("cannot migrate", path))?;
    for entry in arrivals.iter().map_err(failed("cannot migrate", path))? {
        let (number, id) = entry.map_err(failed("cannot migrate", path))?;
        let (number, id) = (number.value(), MessageId::from(id.value()));
        let bytes = receipts.get(*id.bytes()).map_err(failed("cannot migrate", path))?;
        let bytes = bytes.ok_or_else(|| corrupt(format!("receipt {id} has a number and no bytes")))?;
        let receipt = Receipt::decode(bytes.value())
            .map_err(|e| corrupt(format!("receipt {id} does not decode: {e}")))?;
        insert(transaction, &receipts::entries(&receipt, &id, number))
            .map_err(failed("cannot migrate", path))?;
    }
    Ok(())
}

fn copy_counters(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    {
        let mut meta = transaction.open_table(META)?;
        if let Some(file) = meta.remove("file")?
            && let Ok(identity) = file.value().try_into()
        {
            insert(transaction, &[identity_entry(identity)])?;
        }
        if let Some(blocked) = meta.remove("blocked")? {
            insert(transaction, &[blocked_entry(blocked.value())])?;
        }
    }
    let indices = transaction.open_table(INDICES)?;
    for entry in indices.iter()? {
        let (counter, value) = entry?;
        let (epoch, next) = value.value();
        insert(transaction, &[index_entry(&counter.value(), epoch, next)])?;
    }
    Ok(())
}

fn drop_tables(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    transaction.delete_table(RECEIPTS)?;
    transaction.delete_table(ARRIVALS)?;
    transaction.delete_table(NULLIFIERS)?;
    transaction.delete_table(INDICES)?;
    Ok(())
}
