//! The receipt: what one launch leaves behind, its EIP-712 digest, its public instances and its signatures.
//!
//! Field meanings are those of the receipt document; the encoding is Solidity ABI (see `receipt_codec`), so that Rust,
//! Solidity and TypeScript read the same bytes.

use crate::disclosure::{self, DisclosureError};
use crate::field::{FieldError, Fr, fr_from_u256};
use crate::ids::{ReceiptDigest, ReceiptLeaf};
use crate::launch_values::epoch_of;
use crate::merkle;
use crate::signature::{SignatureError, verify_ed25519};
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::{Eip712Domain, SolStruct, eip712_domain, sol};

pub use crate::receipt_codec::{DecodeError, MAX_OPENINGS, MAX_PATH, MAX_RECEIPT_BYTES};

sol! {
    /// The signed part of a receipt (EIP-712 type `ReceiptHeader`).
    #[derive(Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
    struct ReceiptHeader {
        uint16 schema;
        bytes32 verifierKey;
        uint8 flags;
        uint256 capsuleTag;
        uint256 catalogRoot;
        uint256 operatorTag;
        uint256 operatorRoot;
        uint256 installRoot;
        uint256 stateTag;
        uint256 nullifier;
        bytes32 executionKey;
        uint8 onionNetwork;
        bytes32 onionKey;
        uint64 launchedAt;
        uint64 notBeforeBlock;
        bytes32 notBeforeHash;
        bytes32 requestId;
        address payee;
        bytes32 inputHash;
        bytes32 outputHash;
        bytes32 disclosures;
    }

    /// One disclosed value and its place under `header.disclosures`.
    #[derive(Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
    struct Opening {
        bytes16 salt;
        string name;
        bytes value;
        uint32 index;
        uint32 size;
        bytes32[] path;
    }

    /// A header with its domain, signatures, proof and disclosed openings.
    #[derive(Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
    struct Receipt {
        uint64 chainId;
        address anchor;
        ReceiptHeader header;
        bytes executionSignature;
        bytes onionSignature;
        bytes launchProof;
        Opening[] openings;
    }
}

/// The one schema.
pub const SCHEMA: u16 = 1;
/// Flag: `capsuleTag` is the capsule leaf itself.
pub const FLAG_CAPSULE_DISCLOSED: u8 = 1;
/// Flag: `operatorTag` is the identity leaf itself.
pub const FLAG_OPERATOR_DISCLOSED: u8 = 2;
/// `onionNetwork`: no onion service; the key is zero.
pub const ONION_NONE: u8 = 0;
/// `onionNetwork`: Tor v3 (`.onion`).
pub const ONION_TOR: u8 = 1;
/// `onionNetwork`: Anyone up to 0.4.9.13 (`.anon`).
pub const ONION_ANON: u8 = 2;
/// `onionNetwork`: Anyone from 0.4.10 (`.anyone`).
pub const ONION_ANYONE: u8 = 3;

/// A header that no honest node writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Unknown schema.
    #[error("receipt schema {0}: this build knows schema 1 (a newer node?)")]
    Schema(u16),
    /// Unknown flag bits.
    #[error("flags {0:#04x} have bits other than capsule (1) and operator (2) disclosed")]
    Flags(u8),
    /// A field element that is not canonical.
    #[error("{name}: {source}")]
    Field {
        /// Header field.
        name: &'static str,
        /// What is wrong with it.
        source: FieldError,
    },
    /// Unknown onion network.
    #[error("onion network {0} is unknown: 0 none, 1 tor, 2 anon, 3 anyone")]
    OnionNetwork(u8),
    /// Network and key do not go together.
    #[error(
        "onion network {network} with onion key {key}: network 0 goes with the zero key, any other with a key"
    )]
    OnionKey {
        /// The network.
        network: u8,
        /// The key.
        key: B256,
    },
}

/// A receipt whose content contradicts itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// The header is malformed.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// A signature is wrong.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// An opening is not under the header's root.
    #[error("opening {position}: {source}")]
    Opening {
        /// Position in the list.
        position: usize,
        /// What is wrong with it.
        source: DisclosureError,
    },
}

/// The EIP-712 domain of receipts: the anchor contract on its chain.
pub fn domain(chain_id: u64, anchor: Address) -> Eip712Domain {
    eip712_domain! { name: "NONOS Receipt", version: "1", chain_id: chain_id, verifying_contract: anchor, }
}

impl ReceiptHeader {
    /// The EIP-712 signing digest under the domain of an anchor.
    pub fn digest(&self, chain_id: u64, anchor: Address) -> ReceiptDigest {
        self.eip712_signing_hash(&domain(chain_id, anchor)).into()
    }

    /// `launchedAt / 3600`.
    pub const fn epoch(&self) -> u64 {
        epoch_of(self.launchedAt)
    }

    /// Whether the capsule leaf is shown.
    pub const fn capsule_disclosed(&self) -> bool {
        self.flags & FLAG_CAPSULE_DISCLOSED != 0
    }

    /// Whether the identity leaf is shown.
    pub const fn operator_disclosed(&self) -> bool {
        self.flags & FLAG_OPERATOR_DISCLOSED != 0
    }

    /// Whether an onion address is named, and so an onion signature demanded.
    pub const fn names_onion(&self) -> bool {
        self.onionNetwork != ONION_NONE
    }

    fn fields(&self) -> [(&'static str, U256); 7] {
        [
            ("catalogRoot", self.catalogRoot),
            ("capsuleTag", self.capsuleTag),
            ("operatorRoot", self.operatorRoot),
            ("operatorTag", self.operatorTag),
            ("installRoot", self.installRoot),
            ("stateTag", self.stateTag),
            ("nullifier", self.nullifier),
        ]
    }

    /// Checks schema, flags, field elements and onion fields.
    pub fn validate(&self) -> Result<(), HeaderError> {
        if self.schema != SCHEMA {
            return Err(HeaderError::Schema(self.schema));
        }
        if self.flags & !(FLAG_CAPSULE_DISCLOSED | FLAG_OPERATOR_DISCLOSED) != 0 {
            return Err(HeaderError::Flags(self.flags));
        }
        for (name, value) in self.fields() {
            fr_from_u256(value).map_err(|source| HeaderError::Field { name, source })?;
        }
        if self.onionNetwork > ONION_ANYONE {
            return Err(HeaderError::OnionNetwork(self.onionNetwork));
        }
        if self.names_onion() == self.onionKey.is_zero() {
            return Err(HeaderError::OnionKey { network: self.onionNetwork, key: self.onionKey });
        }
        Ok(())
    }

    /// The public instances of the launch proof, in circuit order:
    /// `[binding, catalogRoot, capsuleTag, operatorRoot, operatorTag, installRoot, stateTag, epoch, nullifier, flags]`.
    ///
    /// The first is the digest, so the vector depends on the domain as well.
    pub fn instance(&self, chain_id: u64, anchor: Address) -> Result<[Fr; 10], HeaderError> {
        self.validate()?;
        let field = |name, value| fr_from_u256(value).map_err(|source| HeaderError::Field { name, source });
        Ok([
            self.digest(chain_id, anchor).binding(),
            field("catalogRoot", self.catalogRoot)?,
            field("capsuleTag", self.capsuleTag)?,
            field("operatorRoot", self.operatorRoot)?,
            field("operatorTag", self.operatorTag)?,
            field("installRoot", self.installRoot)?,
            field("stateTag", self.stateTag)?,
            Fr::from(self.epoch()),
            field("nullifier", self.nullifier)?,
            Fr::from(u64::from(self.flags)),
        ])
    }
}

impl Receipt {
    /// The EIP-712 digest under the receipt's own domain.
    pub fn digest(&self) -> ReceiptDigest {
        self.header.digest(self.chainId, self.anchor)
    }

    /// `launchedAt / 3600`.
    pub const fn epoch(&self) -> u64 {
        self.header.epoch()
    }

    /// The public instances of the launch proof.
    pub fn instance(&self) -> Result<[Fr; 10], HeaderError> {
        self.header.instance(self.chainId, self.anchor)
    }

    /// The leaf of this receipt in a batch: `keccak256(0x00 ‖ headerDigest ‖ keccak256(proof))`.
    pub fn leaf(&self) -> ReceiptLeaf {
        batch_leaf(self.digest(), &self.launchProof)
    }

    /// Verifies both ed25519 signatures over the digest (strict): execution key always, onion key where one is named.
    pub fn verify_signatures(&self) -> Result<(), SignatureError> {
        let digest = self.digest();
        let message = digest.bytes().as_slice();
        verify_ed25519("execution", &self.header.executionKey.0, message, &self.executionSignature)?;
        if self.header.names_onion() {
            verify_ed25519("onion", &self.header.onionKey.0, message, &self.onionSignature)
        } else if self.onionSignature.is_empty() {
            Ok(())
        } else {
            Err(SignatureError::Length { role: "absent onion", actual: self.onionSignature.len() })
        }
    }

    /// Verifies every opening against `header.disclosures`.
    pub fn verify_openings(&self) -> Result<(), ReceiptError> {
        for (position, opening) in self.openings.iter().enumerate() {
            disclosure::verify(opening, &self.header.disclosures)
                .map_err(|source| ReceiptError::Opening { position, source })?;
        }
        Ok(())
    }

    /// Everything that can be checked without chain state and without the proof, cheapest first.
    pub fn verify_self_contained(&self) -> Result<(), ReceiptError> {
        self.header.validate()?;
        self.verify_openings()?;
        Ok(self.verify_signatures()?)
    }
}

/// `keccak256(0x00 ‖ headerDigest ‖ keccak256(proof))`.
pub fn batch_leaf(digest: ReceiptDigest, proof: &[u8]) -> ReceiptLeaf {
    merkle::leaf(&[digest.bytes(), keccak256(proof).as_slice()]).into()
}

#[cfg(test)]
mod tests;
