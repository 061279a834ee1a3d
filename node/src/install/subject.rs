//! Who installs what: a binary that was hashed and compared with its manifest before anything is proven.

use nonos_circuits::install::{InstallWitness, Subject, chunks};
use nonos_core::capsule::install_leaf;
use nonos_core::field::fr_to_be;
use nonos_core::manifest::{Manifest, ManifestError};
use nonos_core::{CapsuleLeaf, DigestCommitment, Fr, InstallLeaf};
use sha3::{Digest, Sha3_256, Sha3_512};
use zeroize::{Zeroize, Zeroizing};

/// A binary and the salt of its commitment: all that a publisher knows. Not `Debug`: both are secret.
pub struct DigestSubject {
    /// The binary.
    pub payload: Zeroizing<Vec<u8>>,
    /// D.
    pub digest: [u8; 64],
    /// The salt of C.
    pub salt: Zeroizing<[u8; 32]>,
}

impl DigestSubject {
    /// Hashes the payload.
    pub fn new(payload: Vec<u8>, salt: [u8; 32]) -> Self {
        Self { digest: Sha3_512::digest(&payload).into(), payload: payload.into(), salt: salt.into() }
    }
}

impl Drop for DigestSubject {
    fn drop(&mut self) {
        self.digest.zeroize();
    }
}

/// A binary, the capsule it belongs to and the operator. Not `Debug`: it holds the operator's secret.
pub struct InstallSubject {
    /// The binary.
    pub payload: Zeroizing<Vec<u8>>,
    /// D.
    pub digest: [u8; 64],
    /// The salt of C: the manifest's, or what the publisher gave to the operators of a hidden capsule.
    pub salt: Zeroizing<[u8; 32]>,
    /// C.
    pub commitment: DigestCommitment,
    /// P(MAN; policyHash, manifest).
    pub terms: Fr,
    /// The operator's secret.
    pub k: Fr,
    /// L.
    pub capsule: CapsuleLeaf,
    /// J.
    pub leaf: InstallLeaf,
    /// Whether the manifest hides the digest.
    pub hidden: bool,
}

impl Drop for InstallSubject {
    fn drop(&mut self) {
        self.digest.zeroize();
        self.k = Fr::from(0);
    }
}

impl InstallSubject {
    /// ρ, which hides C in a STARK install. Made from k, so that an interrupted job goes on with the same.
    pub fn blinding(&self) -> Zeroizing<[u8; 32]> {
        let hash = Sha3_256::new().chain_update(b"nonos1.rho").chain_update(fr_to_be(&self.k));
        Zeroizing::new(hash.chain_update(self.leaf.to_be()).finalize().into())
    }

    /// The chunks of the binary, as the install circuit proves them.
    pub fn chunks(&self) -> impl Iterator<Item = InstallWitness> + '_ {
        let Self { k, terms, commitment, .. } = *self;
        chunks(&self.payload, Subject { k, terms, commitment, salt: *self.salt })
    }

    /// Hashes the payload and refuses another one than the manifest's, in words; `hidden_salt` as in
    /// [`Manifest::check_payload`].
    pub fn new(
        manifest: &Manifest,
        payload: Vec<u8>,
        hidden_salt: Option<&[u8; 32]>,
        k: Fr,
    ) -> Result<Self, ManifestError> {
        manifest.validate()?;
        manifest.check_payload(&payload, hidden_salt)?;
        let hidden = manifest.is_hidden();
        let salt = match hidden {
            true => *hidden_salt.ok_or(ManifestError::SaltNeeded)?,
            false => manifest.salt.0,
        };
        let capsule = manifest.capsule_leaf()?;
        Ok(Self {
            digest: Sha3_512::digest(&payload).into(),
            payload: payload.into(),
            salt: salt.into(),
            commitment: manifest.digest_commitment(),
            terms: manifest.terms()?,
            k,
            capsule,
            leaf: install_leaf(&k, capsule),
            hidden,
        })
    }
}
