//! The beacon: what it says, its one encoding, its two signatures.

use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::{SolValue, sol};
use libp2p::identity::PublicKey;
use libp2p::{Multiaddr, PeerId};
use nonos_core::signature::{SignatureError, verify_ed25519};

use crate::keys::Keystore;
use crate::mesh::node_key::NodeKey;
use crate::mesh::verify::{Outcome, Reason};

/// Largest beacon in bytes.
pub const MAX_BEACON_BYTES: usize = 4_096;
/// Most addresses in a beacon.
const MAX_ADDRESSES: usize = 8;
/// Longest address in characters.
const MAX_ADDRESS: usize = 192;
/// How long a beacon says anything, seconds.
pub(super) const LIFETIME: u64 = 3_600;
/// How far ahead of this node's clock a beacon may be, seconds.
const SKEW: u64 = 60;
/// What both keys sign starts like this; the root key signs nothing that does not start with `nonos1.`.
const DOMAIN: &[u8] = b"nonos1.beacon";

sol! {
    /// What is said: this peer is run by this operator of this registry, and can be reached there.
    #[derive(Debug, PartialEq, Eq, Hash)]
    struct Beacon {
        uint64 chainId;
        address registry;
        bytes32 operatorId;
        bytes peerId;
        uint64 issuedAt;
        string[] addresses;
    }

    /// A beacon signed by the operator's root key, and by the peer's network key, so that nobody can claim a peer that is
    /// not its own.
    #[derive(Debug, PartialEq, Eq, Hash)]
    struct SignedBeacon {
        Beacon beacon;
        bytes rootSignature;
        bytes peerSignature;
    }
}

/// Why a beacon is worth nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BeaconError {
    /// Over the limit.
    #[error("{0} bytes: a beacon has at most {MAX_BEACON_BYTES}")]
    TooLarge(usize),
    /// Not ABI, or not the one encoding.
    #[error("not the canonical ABI encoding of a beacon: {0}")]
    Form(String),
    /// Too many addresses, or one that is none.
    #[error("address {position} of the beacon: {reason}")]
    Address {
        /// Position in the list.
        position: usize,
        /// What is wrong.
        reason: String,
    },
    /// The peer is not named by an ed25519 key.
    #[error("the peer id is not that of an ed25519 key, written in its one form")]
    Peer,
    /// A signature is wrong.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// For another registry.
    #[error("the beacon is for registry {registry} on chain {chain_id}, not for this mesh")]
    OtherDeployment {
        /// Chain in the beacon.
        chain_id: u64,
        /// Registry in the beacon.
        registry: Address,
    },
    /// Issued too long ago, or in the future.
    #[error("issued at {issued_at}; it is {now} now, and a beacon lives {LIFETIME} s")]
    Time {
        /// Unix seconds.
        issued_at: u64,
        /// Unix seconds.
        now: u64,
    },
    /// The root key did not sign.
    #[error("the root key did not sign: {0}")]
    Signer(String),
}

impl BeaconError {
    /// Blame only where the bytes alone prove it.
    pub(in crate::mesh) fn outcome(&self) -> Outcome {
        match self {
            Self::OtherDeployment { .. } => Outcome::Ignore(Reason::OtherDeployment),
            Self::Time { .. } => Outcome::Ignore(Reason::Stale),
            Self::Signer(_) => Outcome::Ignore(Reason::Unavailable),
            _ => Outcome::Reject,
        }
    }
}

/// The root key as a beacon needs it: it signs, and nothing else.
pub trait BeaconSigner: Send + Sync {
    /// The public key that names the operator.
    fn root_public(&self) -> [u8; 32];

    /// An ed25519 signature over `message`, which starts with `nonos1.beacon`.
    fn sign_beacon(&self, message: &[u8]) -> Result<[u8; 64], String>;
}

impl BeaconSigner for Keystore {
    fn root_public(&self) -> [u8; 32] {
        Keystore::root_public(self)
    }

    fn sign_beacon(&self, message: &[u8]) -> Result<[u8; 64], String> {
        self.sign_as_root(message).map_err(|error| error.to_string())
    }
}

/// Which beacons concern this mesh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BeaconScope {
    /// The chain.
    pub chain_id: u64,
    /// The operator registry.
    pub registry: Address,
}

impl Beacon {
    /// What both keys sign.
    fn message(&self) -> Vec<u8> {
        [DOMAIN, keccak256(self.abi_encode()).as_slice()].concat()
    }

    /// The peer, if its id is that of an ed25519 key and written in its one form, and that key.
    fn peer_key(&self) -> Result<(PeerId, [u8; 32]), BeaconError> {
        let peer = PeerId::from_bytes(&self.peerId).map_err(|_| BeaconError::Peer)?;
        let key = PublicKey::try_decode_protobuf(peer.as_ref().digest()).map_err(|_| BeaconError::Peer)?;
        // An id may hold the hash of a key instead of the key, and a key may be written in more than one way.
        if key.to_peer_id() != peer || peer.to_bytes() != self.peerId.as_ref() {
            return Err(BeaconError::Peer);
        }
        let key = key.try_into_ed25519().map_err(|_| BeaconError::Peer)?;
        Ok((peer, key.to_bytes()))
    }

    fn check_addresses(&self) -> Result<(), BeaconError> {
        let wrong = |position, reason: &str| BeaconError::Address { position, reason: reason.to_owned() };
        if self.addresses.len() > MAX_ADDRESSES {
            return Err(wrong(MAX_ADDRESSES, "one too many"));
        }
        for (position, text) in self.addresses.iter().enumerate() {
            if text.len() > MAX_ADDRESS {
                return Err(wrong(position, "too long"));
            }
            let address: Multiaddr = text.parse().map_err(|_| wrong(position, "not a multiaddress"))?;
            if address.to_string() != *text {
                return Err(wrong(position, "not written in its one form"));
            }
        }
        Ok(())
    }
}

impl SignedBeacon {
    /// Signs for the peer of `key`. Only the first eight addresses are told.
    pub fn sign(
        scope: (u64, Address),
        signer: &dyn BeaconSigner,
        key: &NodeKey,
        addresses: &[Multiaddr],
        issued_at: u64,
    ) -> Result<Self, BeaconError> {
        let beacon = Beacon {
            chainId: scope.0,
            registry: scope.1,
            operatorId: B256::from(signer.root_public()),
            peerId: key.peer_id().to_bytes().into(),
            issuedAt: issued_at,
            addresses: addresses.iter().take(MAX_ADDRESSES).map(ToString::to_string).collect(),
        };
        beacon.check_addresses()?;
        let message = beacon.message();
        let root = signer.sign_beacon(&message).map_err(BeaconError::Signer)?;
        let peer = key.keypair().sign(&message).map_err(|error| BeaconError::Signer(error.to_string()))?;
        Ok(Self { beacon, rootSignature: root.to_vec().into(), peerSignature: peer.into() })
    }

    /// The ABI encoding.
    pub fn encode(&self) -> Vec<u8> {
        self.abi_encode()
    }

    /// Decodes strictly. Scope, time and signatures are the next step.
    pub fn decode(bytes: &[u8]) -> Result<Self, BeaconError> {
        if bytes.len() > MAX_BEACON_BYTES {
            return Err(BeaconError::TooLarge(bytes.len()));
        }
        let signed =
            Self::abi_decode_validate(bytes).map_err(|error| BeaconError::Form(error.to_string()))?;
        if signed.encode() != bytes {
            return Err(BeaconError::Form("re-encoding gives other bytes".into()));
        }
        signed.beacon.check_addresses()?;
        signed.beacon.peer_key()?;
        Ok(signed)
    }

    /// Scope and time, then both signatures. Whether the operator is enrolled is the chain's to say.
    pub(in crate::mesh) fn verify(&self, scope: &BeaconScope, now: u64) -> Result<(), BeaconError> {
        let Beacon { chainId: chain_id, registry, issuedAt: issued_at, .. } = self.beacon;
        if (chain_id, registry) != (scope.chain_id, scope.registry) {
            return Err(BeaconError::OtherDeployment { chain_id, registry });
        }
        if issued_at > now.saturating_add(SKEW) || now > issued_at.saturating_add(LIFETIME) {
            return Err(BeaconError::Time { issued_at, now });
        }
        let (_, peer_key) = self.beacon.peer_key()?;
        let message = self.beacon.message();
        verify_ed25519("root", &self.beacon.operatorId.0, &message, &self.rootSignature)?;
        Ok(verify_ed25519("peer", &peer_key, &message, &self.peerSignature)?)
    }

    /// The peer that is vouched for.
    pub fn peer(&self) -> Result<PeerId, BeaconError> {
        Ok(self.beacon.peer_key()?.0)
    }
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
