//! What a file made by the STARK claims, and about whom.

use nonos_core::capsule::{blinded_commitment, digest_proof_context};
use nonos_core::{BlindedCommitment, DigestCommitment, InstallLeaf};
use nonos_hash_stark::{FileStatement, Security};

/// What is shown of C, the commitment to a binary's digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// C itself: whoever sees it knows the capsule.
    Commitment(DigestCommitment),
    /// B = SHA3-256(C ‖ "nonos1.B" ‖ ρ) for a secret ρ.
    Blinded(BlindedCommitment),
}

impl Shown {
    /// What the chunk proofs end in. A C that is shown is blinded with zeros.
    pub fn blinded(&self) -> BlindedCommitment {
        match self {
            Self::Commitment(c) => blinded_commitment(c, &[0; 32]),
            Self::Blinded(b) => *b,
        }
    }
}

/// Whose proof it is, and of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// An operator's: it holds the binary behind C, and J was made from C.
    Install {
        /// J.
        leaf: InstallLeaf,
        /// C, or what hides it.
        shown: Shown,
        /// The proof that J was made from C.
        link: Vec<u8>,
    },
    /// A publisher's, of a hidden capsule: C commits to the SHA3-512 of a binary.
    Digest {
        /// C.
        commitment: DigestCommitment,
    },
}

/// What a file says before its chunks, which are never all in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StarkFile {
    /// Whose, and of what.
    pub claim: Claim,
    /// Bytes of the binary.
    pub length: u64,
    /// Blocks of a full chunk.
    pub chunk_blocks: u32,
    /// Parameters of every chunk proof.
    pub security: Security,
}

impl StarkFile {
    /// What its chunk proofs say.
    pub fn statement(&self) -> FileStatement {
        let Self { length, chunk_blocks, .. } = *self;
        FileStatement { context: self.context(), blinded: self.shown().blinded(), length, chunk_blocks }
    }

    /// The 32 bytes that name it among all others: J, or what a digest proof about C carries in its place.
    pub fn context(&self) -> [u8; 32] {
        match &self.claim {
            Claim::Install { leaf, .. } => leaf.to_be(),
            Claim::Digest { commitment } => digest_proof_context(commitment),
        }
    }

    /// The install leaf, of an install.
    pub fn leaf(&self) -> Option<InstallLeaf> {
        match &self.claim {
            Claim::Install { leaf, .. } => Some(*leaf),
            Claim::Digest { .. } => None,
        }
    }

    /// What it shows of C.
    pub fn shown(&self) -> Shown {
        match &self.claim {
            Claim::Install { shown, .. } => *shown,
            Claim::Digest { commitment } => Shown::Commitment(*commitment),
        }
    }
}
