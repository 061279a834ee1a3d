//! Receipts and their indices.

use std::collections::HashMap;

use alloy_primitives::B256;
use nonos_core::MessageId;
use nonos_core::receipt::Receipt;

use super::engine::{Change, Engine, Table};
use super::ledger::Ledger;
use super::{Put, StoreError};

/// Everything that is written with a receipt.
pub(super) fn entries(receipt: &Receipt, id: &MessageId, number: u64) -> [Change; 5] {
    let (id, number) = (id.bytes().as_slice(), number.to_be_bytes());
    let request = [receipt.header.requestId.as_slice(), &number].concat();
    [
        Change::new(Table::Receipts, id, receipt.encode()),
        Change::new(Table::Arrivals, number, id),
        Change::new(Table::Nullifiers, receipt.header.nullifier.to_be_bytes::<32>(), id),
        Change::new(Table::Leaves, *receipt.leaf().bytes(), id),
        Change::new(Table::Requests, request, id),
    ]
}

impl<E: Engine> Ledger<E> {
    pub(super) fn put_receipts(&self, receipts: &[&Receipt]) -> Result<Vec<Put>, StoreError> {
        receipts.iter().try_for_each(|receipt| receipt.check_form())?;
        let _writing = self.writing();
        let mut number = self.next_number(Table::Arrivals)?;
        let mut changes = Vec::new();
        // Nullifiers of this very call, which the tables do not know yet.
        let mut taken: HashMap<[u8; 32], MessageId> = HashMap::new();
        let mut puts = Vec::with_capacity(receipts.len());
        for receipt in receipts {
            let id = receipt.message_id();
            let nullifier = receipt.header.nullifier.to_be_bytes::<32>();
            let first = match taken.get(&nullifier) {
                Some(first) => Some(*first),
                None => self.message_id(Table::Nullifiers, &nullifier)?,
            };
            puts.push(match first {
                Some(first) if first == id => Put::Known(id),
                Some(first) => Put::Repeated { first },
                None => {
                    changes.extend(entries(receipt, &id, number));
                    number += 1;
                    taken.insert(nullifier, id);
                    Put::Stored(id)
                }
            });
        }
        if !changes.is_empty() {
            self.engine.commit(&changes)?;
        }
        Ok(puts)
    }

    pub(super) fn receipt(&self, id: &MessageId) -> Result<Option<Receipt>, StoreError> {
        let Some(bytes) = self.engine.get(Table::Receipts, id.bytes())? else { return Ok(None) };
        let receipt = Receipt::decode(&bytes)
            .map_err(|e| self.corrupt(format!("receipt {id} does not decode: {e}")))?;
        if receipt.message_id() != *id {
            return Err(self.corrupt(format!("receipt {id} is stored under another's id")));
        }
        Ok(Some(receipt))
    }

    pub(super) fn message_id(&self, table: Table, key: &[u8]) -> Result<Option<MessageId>, StoreError> {
        let found = self.engine.get(table, key)?;
        found.map(|bytes| Ok(self.word(&bytes)?.into())).transpose()
    }

    pub(super) fn receipts_of_request(
        &self,
        request: &B256,
        limit: usize,
    ) -> Result<Vec<(u64, MessageId)>, StoreError> {
        let entries = self.engine.scan(Table::Requests, request.as_slice(), request.as_slice(), limit)?;
        entries
            .iter()
            .map(|(key, id)| Ok((self.number(key.get(32..).unwrap_or_default())?, self.word(id)?.into())))
            .collect()
    }
}
