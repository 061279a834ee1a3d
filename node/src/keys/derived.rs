//! Keys derived from the master seed: what the prover, the network and the onion daemon may see.
//!
//! All paths are hardened SLIP-0010 paths under the purpose `NONO` (0x4e4f4e4f):
//!
//! | path | key |
//! |---|---|
//! | `m/NONO'/0'/s'/g'` | circuit secret `k` of identity generation `g` |
//! | `m/NONO'/1'/s'/g'/c'/i'` | execution key of launch `i` of a capsule |
//! | `m/NONO'/2'/n'/i'` | lasting onion service key on network code `n` |
//! | `m/NONO'/3'/s'/g'/n'/i'` | onion service key of launch `i` |
//!
//! `s` and `c` are four 31-bit words each, of keccak256("nonos1.scope" ‖ chain id (8) ‖ registry (20)) and of
//! keccak256(capsule leaf); `i` is two, i = hi·2^31 + lo. Chain, registry and generation are in every path that a launch
//! uses: one keystore on two deployments, or before and after a rotation, shows no value twice, and so its hidden
//! launches cannot be linked across them. 124 bits of a digest keep the paths short; a collision of two capsules of one
//! operator would only make two launches share a key.

use alloy_primitives::{Address, B256, keccak256};
use ed25519_dalek::{Signer, SigningKey};
use halo2curves::ff::{FromUniformBytes, PrimeField};
use nonos_core::field::Fr;
use nonos_core::ids::{CapsuleLeaf, ReceiptDigest};
use sha2::{Digest, Sha512};
use zeroize::Zeroizing;

use super::slip10::{ExtendedKey, HardenedIndex, Slip10Error, hmac_sha512};
use crate::onion::{OnionKeyBytes, OnionNetwork};

const PURPOSE: HardenedIndex = HardenedIndex::truncating(0x4e4f_4e4f);
const ROLE_CIRCUIT: HardenedIndex = HardenedIndex::truncating(0);
const ROLE_EXECUTION: HardenedIndex = HardenedIndex::truncating(1);
const ROLE_ONION: HardenedIndex = HardenedIndex::truncating(2);
const ROLE_LAUNCH_ONION: HardenedIndex = HardenedIndex::truncating(3);
/// Hashed before chain and registry.
const SCOPE_DOMAIN: &[u8] = b"nonos1.scope";
/// HMAC key that separates `k` from every ed25519 key of the same tree.
const CIRCUIT_DOMAIN: &[u8] = b"nonos1.circuit-secret";

/// What an identity is bound to: its keys are of no use, and not recognisable, anywhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentityScope {
    /// Chain of the registry.
    pub chain_id: u64,
    /// The operator registry.
    pub registry: Address,
    /// Number of rotations so far.
    pub generation: u32,
}

impl IdentityScope {
    /// `s'/g'`.
    fn path(&self) -> Result<[HardenedIndex; 5], Slip10Error> {
        let digest =
            keccak256([SCOPE_DOMAIN, &self.chain_id.to_be_bytes(), self.registry.as_slice()].concat());
        let [s0, s1, s2, s3] = words(&digest);
        Ok([s0, s1, s2, s3, HardenedIndex::new(self.generation.into())?])
    }
}

/// The first four 31-bit path words of a digest.
fn words(digest: &B256) -> [HardenedIndex; 4] {
    std::array::from_fn(|i| {
        let bytes: [u8; 4] = std::array::from_fn(|j| digest[4 * i + j]);
        HardenedIndex::truncating(u32::from_be_bytes(bytes))
    })
}

/// The secret `k` that links enrolment, installs and launches of one identity. Wiped when dropped.
#[derive(Clone)]
pub struct CircuitSecret(Zeroizing<[u8; 32]>);

impl CircuitSecret {
    /// k = HMAC-SHA512("nonos1.circuit-secret", child key) read as a 512-bit little-endian integer
    /// and reduced mod r: 64 bytes make the bias below 2^-256.
    pub(super) fn derive(master: &ExtendedKey, scope: &IdentityScope) -> Result<Self, Slip10Error> {
        let node = master.derive(&[&[PURPOSE, ROLE_CIRCUIT], &scope.path()?[..]].concat());
        let wide = hmac_sha512(CIRCUIT_DOMAIN, &[node.secret()]);
        Ok(Self(Zeroizing::new(Fr::from_uniform_bytes(&wide).to_repr())))
    }

    /// The field element, for the prover and for the tags and salts derived from it.
    pub fn expose(&self) -> Fr {
        Option::from(Fr::from_repr(*self.0)).expect("stored from a field element")
    }
}

impl std::fmt::Debug for CircuitSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CircuitSecret(secret)")
    }
}

/// The ed25519 key of one launch. It signs exactly one kind of message: receipt digests.
pub struct ExecutionKey(SigningKey);

impl ExecutionKey {
    pub(super) fn derive(
        master: &ExtendedKey,
        scope: &IdentityScope,
        capsule: CapsuleLeaf,
        index: u64,
    ) -> Result<Self, Slip10Error> {
        let capsule = words(&keccak256(nonos_core::field::fr_to_be(&capsule.into())));
        let parts: [&[HardenedIndex]; 4] =
            [&[PURPOSE, ROLE_EXECUTION], &scope.path()?, &capsule, &split_index(index)?];
        Ok(Self(SigningKey::from_bytes(master.derive(&parts.concat()).secret())))
    }

    /// The 32-byte public key named in the receipt header.
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// Signs a receipt digest (RFC 8032 over the 32 bytes).
    pub fn sign_receipt(&self, digest: &ReceiptDigest) -> [u8; 64] {
        self.0.sign(alloy_primitives::B256::from(*digest).as_slice()).to_bytes()
    }
}

impl std::fmt::Debug for ExecutionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ExecutionKey({})", hex::encode(self.public()))
    }
}

/// An onion service key of one network.
pub struct OnionKey {
    seed: Zeroizing<[u8; 32]>,
    network: OnionNetwork,
}

impl OnionKey {
    pub(super) fn derive(
        master: &ExtendedKey,
        network: OnionNetwork,
        index: u64,
    ) -> Result<Self, Slip10Error> {
        let [high, low] = split_index(index)?;
        let code = HardenedIndex::truncating(u32::from(network.code()));
        let node = master.derive(&[PURPOSE, ROLE_ONION, code, high, low]);
        Ok(Self { seed: Zeroizing::new(*node.secret()), network })
    }

    pub(super) fn derive_for_launch(
        master: &ExtendedKey,
        scope: &IdentityScope,
        network: OnionNetwork,
        index: u64,
    ) -> Result<Self, Slip10Error> {
        let code = HardenedIndex::truncating(u32::from(network.code()));
        let parts: [&[HardenedIndex]; 4] =
            [&[PURPOSE, ROLE_LAUNCH_ONION], &scope.path()?, &[code], &split_index(index)?];
        let node = master.derive(&parts.concat());
        Ok(Self { seed: Zeroizing::new(*node.secret()), network })
    }

    /// The network this key was derived for.
    pub fn network(&self) -> OnionNetwork {
        self.network
    }

    /// The 32-byte onion public key; [`crate::onion::OnionAddress`] prints it.
    pub fn public(&self) -> OnionKeyBytes {
        OnionKeyBytes(self.signing_key().verifying_key().to_bytes())
    }

    /// The expanded secret (clamped scalar ‖ prefix) that `ADD_ONION ED25519-V3:` takes. The daemon
    /// learns this key, which is why it is derived and never the root key.
    pub fn expanded_secret(&self) -> Zeroizing<[u8; 64]> {
        let mut expanded = Zeroizing::new(<[u8; 64]>::from(Sha512::digest(&self.seed[..])));
        expanded[0] &= 248;
        expanded[31] &= 63;
        expanded[31] |= 64;
        expanded
    }

    /// Signs a receipt digest, so that an onion address cannot be borrowed.
    pub fn sign_receipt(&self, digest: &ReceiptDigest) -> [u8; 64] {
        self.signing_key().sign(alloy_primitives::B256::from(*digest).as_slice()).to_bytes()
    }

    fn signing_key(&self) -> SigningKey {
        SigningKey::from_bytes(&self.seed)
    }
}

impl std::fmt::Debug for OnionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OnionKey({:?}, {:?})", self.network, self.public())
    }
}

/// Two 31-bit levels hold indices below 2^62.
fn split_index(index: u64) -> Result<[HardenedIndex; 2], Slip10Error> {
    let high = HardenedIndex::new(index >> 31).map_err(|_| Slip10Error::IndexTooLarge(index))?;
    Ok([high, HardenedIndex::truncating((index & 0x7fff_ffff) as u32)])
}
