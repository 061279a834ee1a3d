//! Whether an answer is what was asked for.

use alloy_primitives::{Address, B256, keccak256};
use nonos_core::batch::{BatchError, BatchRecord};
use nonos_core::package::{Package, PackageError};
use nonos_core::receipt::{DecodeError, Receipt};
use nonos_core::{BatchId, CapsuleLeaf, MessageId, ReceiptLeaf};

/// An answer that is not what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResponseFault {
    /// Another thing.
    #[error("asked for {what} {asked}, got one with {found}")]
    Other {
        /// Kind of thing.
        what: &'static str,
        /// What was asked for.
        asked: B256,
        /// What came.
        found: B256,
    },
    /// No receipt.
    #[error(transparent)]
    Receipt(#[from] DecodeError),
    /// No package, or one that does not hold together.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// No batch record.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// A batch record for another anchor.
    #[error("the batch record is for anchor {anchor} on chain {chain_id}, not for this mesh")]
    OtherDeployment {
        /// Chain in the record.
        chain_id: u64,
        /// Anchor in the record.
        anchor: Address,
    },
    /// A piece of a proof that does not verify, or is of another file.
    #[error("the proof is refused: {0}")]
    Proof(String),
    /// An answer to another kind of question.
    #[error("the answer is of another kind than the question")]
    Kind,
}

fn same(what: &'static str, asked: B256, found: B256) -> Result<(), ResponseFault> {
    if asked == found { Ok(()) } else { Err(ResponseFault::Other { what, asked, found }) }
}

/// The receipt with this message id. Its proof is not checked.
pub fn check_receipt(asked: MessageId, bytes: &[u8]) -> Result<Receipt, ResponseFault> {
    same("the receipt", asked.0, keccak256(bytes))?;
    Ok(Receipt::decode(bytes)?)
}

/// The receipt with this batch leaf. Its proof is not checked.
pub fn check_receipt_by_leaf(asked: ReceiptLeaf, bytes: &[u8]) -> Result<Receipt, ResponseFault> {
    let receipt = Receipt::decode(bytes)?;
    same("the receipt with leaf", asked.0, receipt.leaf().0)?;
    Ok(receipt)
}

/// The record of this batch, for this chain and anchor: the id covers neither.
pub fn check_batch(
    asked: BatchId,
    deployment: (u64, Address),
    bytes: &[u8],
) -> Result<BatchRecord, ResponseFault> {
    let record = BatchRecord::decode(bytes)?;
    same("the batch", asked.0, record.id().0)?;
    if (record.chainId, record.anchor) != deployment {
        return Err(ResponseFault::OtherDeployment { chain_id: record.chainId, anchor: record.anchor });
    }
    Ok(record)
}

/// The bytes with this hash.
pub fn check_blob(asked: B256, bytes: &[u8]) -> Result<(), ResponseFault> {
    same("the blob", asked, keccak256(bytes))
}

/// The package of this capsule: manifest, publisher's signature, and payload, for which a hidden manifest needs the salt
/// that the publisher gave to its operators. Without it the payload of a hidden package stays unchecked.
pub fn check_package(
    asked: CapsuleLeaf,
    bytes: &[u8],
    hidden_salt: Option<&[u8; 32]>,
) -> Result<Package, ResponseFault> {
    let package = Package::decode(bytes)?;
    let found = package.manifest.capsule_leaf().map_err(PackageError::from)?;
    same("the package of capsule", asked.into(), found.into())?;
    if package.manifest.is_hidden() && hidden_salt.is_none() {
        package.manifest.verify_signature(&package.signature).map_err(PackageError::from)?;
    } else {
        package.verify(hidden_salt)?;
    }
    Ok(package)
}
