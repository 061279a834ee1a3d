//! Leaves in a blob (EIP-4844): how they are written there, and what shows that a blob does not hold a batch's leaves.
//!
//! Leaf `i` is in the field elements `2i` (its first 16 bytes) and `2i + 1` (its last 16), each a big-endian number below
//! 2^128; all other elements are 0. So one blob holds the largest batch, and every blob either decodes to leaves or has an
//! element that is not in order.

use alloy::eips::{
    eip4844::{Blob, Bytes48, kzg_to_versioned_hash},
    eip7594::BlobTransactionSidecarEip7594,
};
use alloy_primitives::{B256, U256, keccak256, uint};
use alloy_sol_types::SolValue;
use c_kzg::{Bytes32, KzgSettings, ethereum_kzg_settings};
use nonos_core::{batch::MAX_BATCH_LEAVES, merkle::MerkleTree};

/// Field elements of a blob.
pub const ELEMENTS: usize = 4096;
/// Bytes of a blob.
pub const BLOB_BYTES: usize = ELEMENTS * 32;
/// Order of the scalar field of BLS12-381.
pub const BLS_MODULUS: U256 =
    uint!(52435875175126190479447740508185965837690552500527637822603658699938581184513_U256);

/// Why leaves are no blob, or a blob says nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlobError {
    /// A blob holds a batch of any size, and no more.
    #[error("{0} leaves: a blob holds 1 to {MAX_BATCH_LEAVES}")]
    LeafCount(usize),
    /// Not as long as a blob.
    #[error("{0} bytes: a blob has {BLOB_BYTES}")]
    Length(usize),
    /// Not a polynomial: an element is no member of the field.
    #[error("no blob: {0}")]
    Kzg(String),
}

/// What is wrong with a blob, with the evidence that the anchor takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobFault {
    /// An element is too large for half a leaf, or is not 0 behind the last one.
    Element {
        /// Place of the element.
        index: u32,
        /// Its value.
        value: B256,
        /// That the polynomial has this value there.
        proof: Bytes48,
    },
    /// These are leaves, but of another root.
    Leaves {
        /// The leaves, 32 bytes each.
        leaves: Vec<u8>,
        /// That the polynomial of these leaves and the blob's agree at [`challenge_point`].
        proof: Bytes48,
    },
}

/// A blob with leaves in it, or what a transaction carried instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafBlob {
    blob: Box<c_kzg::Blob>,
    commitment: Bytes48,
}

impl LeafBlob {
    /// Writes leaves into a blob.
    pub fn encode(leaves: &[B256]) -> Result<Self, BlobError> {
        if leaves.is_empty() || leaves.len() > MAX_BATCH_LEAVES {
            return Err(BlobError::LeafCount(leaves.len()));
        }
        let mut bytes = vec![0; BLOB_BYTES];
        for (half, element) in leaves.concat().chunks_exact(16).zip(bytes.chunks_exact_mut(32)) {
            element[16..].copy_from_slice(half);
        }
        Self::from_bytes(&bytes)
    }

    /// The blob of these bytes, whatever it holds.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BlobError> {
        let exact: [u8; BLOB_BYTES] = bytes.try_into().map_err(|_| BlobError::Length(bytes.len()))?;
        let blob = Box::new(c_kzg::Blob::new(exact));
        let commitment = settings().blob_to_kzg_commitment(&blob).map_err(kzg)?;
        Ok(Self { blob, commitment: Bytes48::from(*commitment.to_bytes()) })
    }

    /// The KZG commitment to the blob.
    pub fn commitment(&self) -> Bytes48 {
        self.commitment
    }

    /// What the chain knows the blob by, and a batch's `dataCommitment`.
    pub fn versioned_hash(&self) -> B256 {
        kzg_to_versioned_hash(self.commitment.as_slice())
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8; BLOB_BYTES] {
        &self.blob
    }

    /// Reads `size` leaves; otherwise the place of the first element that is not in order.
    pub fn decode(&self, size: u32) -> Result<Vec<B256>, u32> {
        let used = usize::try_from(size).unwrap_or(usize::MAX).saturating_mul(2);
        let mut halves = Vec::new();
        for (i, element) in (0..).zip(self.blob.chunks_exact(32)) {
            let (high, low) = element.split_at(16);
            let inside = usize::try_from(i).is_ok_and(|i| i < used);
            if high.iter().any(|byte| *byte != 0) || (!inside && low.iter().any(|byte| *byte != 0)) {
                return Err(i);
            }
            if inside {
                halves.extend_from_slice(low);
            }
        }
        Ok(halves.chunks_exact(32).map(B256::from_slice).collect())
    }

    /// What is wrong with this blob as the data of a batch of `size` leaves under `root`; `None` if nothing is.
    pub fn fault(&self, size: u32, root: B256) -> Result<Option<BlobFault>, BlobError> {
        let leaves = match self.decode(size) {
            Err(index) => {
                let (proof, value) = self.open(element_point(index))?;
                return Ok(Some(BlobFault::Element { index, value, proof }));
            }
            Ok(leaves) => leaves,
        };
        let actual = MerkleTree::new(leaves.iter().copied()).map(|tree| tree.root()).ok();
        if actual == Some(root) {
            return Ok(None);
        }
        let leaves = leaves.concat();
        let (proof, _) = self.open(challenge_point(self.versioned_hash(), &leaves))?;
        Ok(Some(BlobFault::Leaves { leaves, proof }))
    }

    /// The value of the blob's polynomial at a point, and a proof of it.
    pub fn open(&self, z: U256) -> Result<(Bytes48, B256), BlobError> {
        let z = Bytes32::from(z.to_be_bytes::<32>());
        let (proof, y) = settings().compute_kzg_proof(&self.blob, &z).map_err(kzg)?;
        Ok((Bytes48::from(*proof.to_bytes()), B256::from(*y.as_ref())))
    }

    /// What goes with the transaction that anchors: blob, commitment and the proofs of its cells (EIP-7594).
    pub fn sidecar(&self) -> Result<BlobTransactionSidecarEip7594, BlobError> {
        let (_, proofs) = settings().compute_cells_and_kzg_proofs(&self.blob).map_err(kzg)?;
        let cell_proofs = proofs.iter().map(|proof| Bytes48::from(*proof.to_bytes())).collect();
        let blobs = vec![Blob::from_slice(self.bytes())];
        Ok(BlobTransactionSidecarEip7594::new(blobs, vec![self.commitment], cell_proofs))
    }
}

/// Where a blob is opened to show that it holds these leaves: no one can choose leaves for a point that it knows.
pub fn challenge_point(versioned_hash: B256, leaves: &[u8]) -> U256 {
    let hash = keccak256((versioned_hash, keccak256(leaves)).abi_encode());
    U256::from_be_bytes(hash.0) % BLS_MODULUS
}

/// Where the polynomial of a blob has the value of element `index`: a root of unity, in the bit-reversed order of EIP-4844.
pub fn element_point(index: u32) -> U256 {
    let exponent = (BLS_MODULUS - U256::ONE) / U256::from(ELEMENTS);
    let root = U256::from(7).pow_mod(exponent, BLS_MODULUS);
    root.pow_mod(U256::from(index.reverse_bits() >> (32 - ELEMENTS.ilog2())), BLS_MODULUS)
}

/// The ceremony's powers of tau, read once.
fn settings() -> &'static KzgSettings {
    ethereum_kzg_settings(0)
}

fn kzg(error: c_kzg::Error) -> BlobError {
    BlobError::Kzg(error.to_string())
}
