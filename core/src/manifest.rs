//! The capsule manifest: what a publisher signs about a binary and the policy it runs under.
//!
//! A manifest is public or hidden. Public: it carries the SHA3-512 and BLAKE3 digests and the salt, and its commitment
//! C can be recomputed. Hidden: all three are absent, and only C says which binary is meant. In their place it names the
//! publisher's digest proof, a file by which anybody can check that C commits to the SHA3-512 of a real binary of the
//! stated size, without learning which.

use crate::capsule::{capsule_leaf, capsule_terms, digest_commitment};
use crate::field::{FieldError, Fr, fr_from_u256, fr_to_u256};
use crate::ids::{CapsuleLeaf, DigestCommitment, ManifestDigest};
use crate::policy::{Policy, PolicyError};
use crate::signature::{SignatureError, verify_ed25519};
use alloy_primitives::{B256, keccak256};
use alloy_sol_types::{SolValue, sol};
use sha3::{Digest, Sha3_512};

sol! {
    /// A [`Policy`] as ABI: measurements are field elements, lists keep their order.
    #[derive(Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
    struct PolicyAbi {
        uint128 requiredCpu;
        uint8 minIsolation;
        uint64[8] allowedSyscalls;
        uint64 allowedCaps;
        uint32 maxMemoryPages;
        uint8 maxNetwork;
        uint256[] measurements;
    }

    /// What the publisher signs.
    #[derive(Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
    struct Manifest {
        uint16 schema;
        string name;
        string version;
        bytes32 publisher;
        uint64 payloadSize;
        bytes sha3_512;
        bytes32 blake3;
        bytes32 commitment;
        bytes32 salt;
        bytes32 digestProof;
        PolicyAbi policy;
        bytes32[] operators;
    }
}

/// The one schema.
pub const SCHEMA: u16 = 1;
/// Longest name in bytes.
pub const MAX_NAME: usize = 96;
/// Longest version in bytes.
pub const MAX_VERSION: usize = 64;
/// Most operators that a manifest can name.
pub const MAX_OPERATORS: usize = 64;
/// Largest payload in bytes (16 MiB): what one install proof is sized for.
pub const MAX_PAYLOAD: u64 = 16 * 1024 * 1024;
/// Signed before the digest, so that a manifest signature is never one of another kind.
pub const SIGNING_PREFIX: &[u8; 15] = b"nonos1.manifest";

/// Why a manifest, or a payload for it, was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Unknown schema.
    #[error("manifest schema {0}: this build knows schema 1")]
    Schema(u16),
    /// Name or version empty, too long or not printable ASCII.
    #[error("{field} {value:?} must be 1 to {max} printable ASCII characters without spaces")]
    Text {
        /// Which one.
        field: &'static str,
        /// The text.
        value: String,
        /// Longest allowed.
        max: usize,
    },
    /// Empty or oversized payload.
    #[error("payload of {0} bytes: 1 to {MAX_PAYLOAD} are allowed")]
    PayloadSize(u64),
    /// SHA3-512 digest neither absent nor 64 bytes.
    #[error("sha3_512 has {0} bytes: 64, or none if the digest is hidden")]
    DigestLength(usize),
    /// Digest hidden, but not everything that gives it away.
    #[error("the sha3_512 digest is hidden but {0} is not: it would give the binary away")]
    HalfHidden(&'static str),
    /// A hidden digest without a proof that there is one.
    #[error(
        "the sha3_512 digest is hidden, and digestProof names no proof that a real binary is behind the commitment"
    )]
    DigestProofMissing,
    /// A proof of what is in the open.
    #[error("digestProof has to be zero: the sha3_512 digest is public, so there is nothing to prove")]
    DigestProofNeedless,
    /// The public digests do not give the commitment.
    #[error("commitment {stated} is not the one of the stated digest and salt, {computed}")]
    Commitment {
        /// In the manifest.
        stated: DigestCommitment,
        /// From digest and salt.
        computed: DigestCommitment,
    },
    /// The policy is malformed.
    #[error("policy: {0}")]
    Policy(#[from] PolicyError),
    /// A measurement is not a field element.
    #[error("policy: measurement {index}: {source}")]
    Measurement {
        /// Position.
        index: usize,
        /// What is wrong with it.
        source: FieldError,
    },
    /// Too many operators, a zero one, or not ascending.
    #[error("operators: at most 64, nonzero, strictly ascending; entry {index} breaks that")]
    Operators {
        /// Position.
        index: usize,
    },
    /// The publisher's signature.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The payload is not the one that is meant.
    #[error(
        "the payload's {what} is {actual}, the manifest states {stated}: another build, or a damaged file"
    )]
    Payload {
        /// size, sha3_512, blake3 or commitment.
        what: &'static str,
        /// Of the payload.
        actual: String,
        /// Of the manifest.
        stated: String,
    },
    /// A hidden manifest cannot be compared without the salt.
    #[error("this manifest hides its digest: the publisher's salt is needed to check a payload against it")]
    SaltNeeded,
}

impl From<&Policy> for PolicyAbi {
    fn from(p: &Policy) -> Self {
        Self {
            requiredCpu: p.required_cpu,
            minIsolation: p.min_isolation,
            allowedSyscalls: p.allowed_syscalls,
            allowedCaps: p.allowed_caps,
            maxMemoryPages: p.max_memory_pages,
            maxNetwork: p.max_network,
            measurements: p.measurements.iter().map(fr_to_u256).collect(),
        }
    }
}

impl TryFrom<&PolicyAbi> for Policy {
    type Error = ManifestError;

    fn try_from(p: &PolicyAbi) -> Result<Self, ManifestError> {
        let element = |(index, m): (usize, &_)| {
            fr_from_u256(*m).map_err(|source| ManifestError::Measurement { index, source })
        };
        let policy = Self {
            required_cpu: p.requiredCpu,
            min_isolation: p.minIsolation,
            allowed_syscalls: p.allowedSyscalls,
            allowed_caps: p.allowedCaps,
            max_memory_pages: p.maxMemoryPages,
            max_network: p.maxNetwork,
            measurements: p.measurements.iter().enumerate().map(element).collect::<Result<_, _>>()?,
        };
        policy.validate()?;
        Ok(policy)
    }
}

/// The bytes that a publisher signs with ed25519: `"nonos1.manifest" ‖ digest`.
pub fn signing_message(digest: &ManifestDigest) -> Vec<u8> {
    [SIGNING_PREFIX.as_slice(), digest.bytes()].concat()
}

fn check_text(field: &'static str, value: &str, max: usize) -> Result<(), ManifestError> {
    if (1..=max).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_graphic()) {
        return Ok(());
    }
    let value = value.chars().take(max).collect();
    Err(ManifestError::Text { field, value, max })
}

impl Manifest {
    /// `keccak256(abi.encode(manifest))`.
    pub fn digest(&self) -> ManifestDigest {
        keccak256(self.abi_encode()).into()
    }

    /// Whether the binary's digest is hidden behind the commitment.
    pub fn is_hidden(&self) -> bool {
        self.sha3_512.is_empty()
    }

    /// keccak256 of the publisher's digest proof, of a hidden manifest.
    pub fn digest_proof(&self) -> Option<B256> {
        (!self.digestProof.is_zero()).then_some(self.digestProof)
    }

    /// C.
    pub fn digest_commitment(&self) -> DigestCommitment {
        self.commitment.into()
    }

    /// The policy, validated.
    pub fn checked_policy(&self) -> Result<Policy, ManifestError> {
        Policy::try_from(&self.policy)
    }

    /// L, the leaf of this manifest in its publisher's catalog.
    pub fn capsule_leaf(&self) -> Result<CapsuleLeaf, ManifestError> {
        Ok(capsule_leaf(&self.digest_commitment(), self.checked_policy()?.hash(), self.digest()))
    }

    /// `P(MAN; policyHash, manifest)`: what the capsule leaf holds beside C.
    pub fn terms(&self) -> Result<Fr, ManifestError> {
        Ok(capsule_terms(self.checked_policy()?.hash(), self.digest()))
    }

    /// Checks every field and that public digests give the commitment.
    pub fn validate(&self) -> Result<(), ManifestError> {
        if self.schema != SCHEMA {
            return Err(ManifestError::Schema(self.schema));
        }
        check_text("name", &self.name, MAX_NAME)?;
        check_text("version", &self.version, MAX_VERSION)?;
        if !(1..=MAX_PAYLOAD).contains(&self.payloadSize) {
            return Err(ManifestError::PayloadSize(self.payloadSize));
        }
        if self.is_hidden() {
            if self.digestProof.is_zero() {
                return Err(ManifestError::DigestProofMissing);
            }
            for (name, word) in [("blake3", self.blake3), ("salt", self.salt)] {
                if !word.is_zero() {
                    return Err(ManifestError::HalfHidden(name));
                }
            }
        } else {
            if !self.digestProof.is_zero() {
                return Err(ManifestError::DigestProofNeedless);
            }
            let digest: &[u8; 64] = self
                .sha3_512
                .as_ref()
                .try_into()
                .map_err(|_| ManifestError::DigestLength(self.sha3_512.len()))?;
            let (stated, computed) = (self.digest_commitment(), digest_commitment(digest, &self.salt.0));
            if stated != computed {
                return Err(ManifestError::Commitment { stated, computed });
            }
        }
        self.checked_policy()?;
        self.check_operators()
    }

    fn check_operators(&self) -> Result<(), ManifestError> {
        let mut last = B256::ZERO;
        for (index, operator) in self.operators.iter().enumerate() {
            if index >= MAX_OPERATORS || *operator <= last {
                return Err(ManifestError::Operators { index });
            }
            last = *operator;
        }
        Ok(())
    }

    /// Whether an operator (by its stable id) may launch this capsule; an empty list allows all.
    pub fn allows_operator(&self, operator: &B256) -> bool {
        self.operators.is_empty() || self.operators.contains(operator)
    }

    /// Verifies the publisher's ed25519 signature (strict) over [`signing_message`].
    pub fn verify_signature(&self, signature: &[u8]) -> Result<(), ManifestError> {
        let message = signing_message(&self.digest());
        Ok(verify_ed25519("publisher", &self.publisher.0, &message, signature)?)
    }

    /// Checks that a payload is the one that is meant: size, digests, commitment.
    ///
    /// A hidden manifest needs the salt that the publisher gave to its operators; a public one carries its own, and
    /// `hidden_salt` is ignored.
    pub fn check_payload(&self, payload: &[u8], hidden_salt: Option<&[u8; 32]>) -> Result<(), ManifestError> {
        let differs =
            |what, actual: String, stated: String| Err(ManifestError::Payload { what, actual, stated });
        if u64::try_from(payload.len()) != Ok(self.payloadSize) {
            return differs("size", payload.len().to_string(), self.payloadSize.to_string());
        }
        let digest: [u8; 64] = Sha3_512::digest(payload).into();
        let salt = if self.is_hidden() {
            hidden_salt.ok_or(ManifestError::SaltNeeded)?
        } else {
            if self.sha3_512.as_ref() != digest {
                return differs(
                    "sha3_512",
                    alloy_primitives::hex::encode(digest),
                    alloy_primitives::hex::encode(&self.sha3_512),
                );
            }
            let blake3 = B256::new(*blake3::hash(payload).as_bytes());
            if self.blake3 != blake3 {
                return differs("blake3", blake3.to_string(), self.blake3.to_string());
            }
            &self.salt.0
        };
        let commitment = digest_commitment(&digest, salt);
        if commitment != self.digest_commitment() {
            return differs("commitment", commitment.to_string(), self.commitment.to_string());
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
