//! Distinct types for the values that cross boundaries, so that a leaf is never passed where a root is meant.

use crate::field::{FieldError, Fr, fr_from_be, fr_from_u256, fr_shr8, fr_to_be, fr_to_u256};
use alloy_primitives::{B256, U256};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

macro_rules! field_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Fr);

        impl $name {
            /// Wraps a field element that is known to be such a value.
            pub const fn new(value: Fr) -> Self { Self(value) }
            /// The field element.
            pub const fn fr(&self) -> Fr { self.0 }
            /// Decodes 32 big-endian bytes; only canonical encodings (< r).
            pub fn from_be(bytes: &[u8; 32]) -> Result<Self, FieldError> { fr_from_be(bytes).map(Self) }
            /// 32 big-endian bytes.
            pub fn to_be(&self) -> [u8; 32] { fr_to_be(&self.0) }
            /// The integer as contracts see it.
            pub fn to_u256(&self) -> U256 { fr_to_u256(&self.0) }
        }

        impl From<Fr> for $name { fn from(value: Fr) -> Self { Self(value) } }
        impl From<$name> for Fr { fn from(value: $name) -> Self { value.0 } }
        impl From<$name> for U256 { fn from(value: $name) -> Self { value.to_u256() } }
        impl From<$name> for B256 { fn from(value: $name) -> Self { B256::from(value.to_be()) } }
        impl TryFrom<U256> for $name {
            type Error = FieldError;
            fn try_from(value: U256) -> Result<Self, FieldError> { fr_from_u256(value).map(Self) }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{}", B256::from(self.to_be())) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, concat!(stringify!($name), "({})"), self) }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { B256::from(self.to_be()).serialize(s) }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                Self::from_be(&B256::deserialize(d)?.0).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

macro_rules! word_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub B256);

        impl $name {
            /// The 32 bytes.
            pub const fn bytes(&self) -> &[u8; 32] { &self.0.0 }
        }

        impl From<B256> for $name { fn from(value: B256) -> Self { Self(value) } }
        impl From<[u8; 32]> for $name { fn from(value: [u8; 32]) -> Self { Self(B256::new(value)) } }
        impl From<$name> for B256 { fn from(value: $name) -> Self { value.0 } }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{}", self.0) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, concat!(stringify!($name), "({})"), self.0) }
        }
    )*};
}

field_ids! {
    /// I = P(ID; k, meta): an operator's leaf in the operator tree.
    IdentityLeaf;
    /// L: a capsule's leaf in its publisher's catalog.
    CapsuleLeaf;
    /// J = P(INST; k, L): an install's leaf in the install tree.
    InstallLeaf;
    /// F(POL; w0..w4): the hash of a policy.
    PolicyHash;
    /// The capsule as a receipt shows it: L itself, or L hidden by a salt.
    CapsuleTag;
    /// The operator as a receipt shows it: I itself, or I hidden by a salt.
    OperatorTag;
    /// The salted commitment to the measured state.
    StateTag;
    /// P(NUL; k, epoch·2^10 + index): a receipt counts once.
    Nullifier;
    /// Root of the operator tree.
    OperatorRoot;
    /// Root of the install tree.
    InstallRoot;
    /// Root of a publisher's catalog.
    CatalogRoot;
}

word_ids! {
    /// EIP-712 digest of a receipt header.
    ReceiptDigest;
    /// keccak256 of a receipt's bytes: names one encoding of one receipt.
    MessageId;
    /// Leaf of a receipt in a batch.
    ReceiptLeaf;
    /// Root of an anchored batch.
    BatchRoot;
    /// Name of a batch: keccak256 of relayer, root, size and data commitment.
    BatchId;
    /// keccak256 of a batch's leaves, one after the other.
    DataCommitment;
    /// EIP-712 digest of a proof request under one chain and one market.
    RequestId;
    /// Digest of a verifying key and its SRS.
    VerifierKey;
    /// keccak256 of an ABI-encoded manifest.
    ManifestDigest;
}

impl ReceiptDigest {
    /// The first public instance of a launch proof: the digest modulo r.
    pub fn binding(&self) -> Fr {
        crate::field::fr_reduce(self.0)
    }
}

impl ManifestDigest {
    /// The manifest as it enters a capsule leaf: `digest >> 8`.
    pub fn fr(&self) -> Fr {
        fr_shr8(self.0)
    }
}

macro_rules! commitment_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(into = "B256", from = "B256")]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// The two 128-bit limbs, most significant first, as they enter hashes and public instances.
            pub fn limbs(&self) -> [Fr; 2] { crate::field::fr_halves(B256::new(self.0)) }
        }

        impl From<B256> for $name { fn from(value: B256) -> Self { Self(value.0) } }
        impl From<$name> for B256 { fn from(value: $name) -> Self { B256::new(value.0) } }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{}", B256::new(self.0)) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, concat!(stringify!($name), "({})"), self) }
        }
    )*};
}

commitment_ids! {
    /// C = SHA3-256("nonos1.C" ‖ D ‖ salt): a commitment to the SHA3-512 digest D of a capsule's binary.
    DigestCommitment;
    /// B = SHA3-256(C ‖ "nonos1.B" ‖ ρ): a commitment to C that shows nothing of it while ρ is secret.
    BlindedCommitment;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::MODULUS;

    #[test]
    fn json_is_hex_and_refuses_what_is_not_canonical() {
        let leaf = CapsuleLeaf::from(Fr::from(258));
        let json = serde_json::to_string(&leaf).unwrap();
        assert_eq!(json, format!("\"0x{}0102\"", "00".repeat(30)));
        assert_eq!(serde_json::from_str::<CapsuleLeaf>(&json).unwrap(), leaf);
        let too_big = serde_json::to_string(&B256::from(MODULUS)).unwrap();
        let err = serde_json::from_str::<CapsuleLeaf>(&too_big).unwrap_err();
        assert!(err.to_string().contains("not canonical"), "{err}");
    }

    #[test]
    fn debug_names_the_kind_of_value() {
        assert_eq!(
            format!("{:?}", PolicyHash::from(Fr::one())),
            format!("PolicyHash(0x{}01)", "00".repeat(31))
        );
    }

    #[test]
    fn limbs_are_the_two_halves_in_order() {
        let mut bytes = [0u8; 32];
        bytes[0] = 1;
        bytes[15] = 2;
        bytes[16] = 3;
        bytes[31] = 4;
        let [hi, lo] = DigestCommitment(bytes).limbs();
        assert_eq!(hi, crate::field::fr_from_u128((1 << 120) + 2));
        assert_eq!(lo, crate::field::fr_from_u128((3 << 120) + 4));
        assert_eq!(BlindedCommitment(bytes).limbs(), [hi, lo]);
    }
}
