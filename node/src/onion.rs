//! Version 3 onion addresses of Tor and Anyone: a 32-byte key and a network, never a string.
//!
//! Address = base32(key ‖ checksum ‖ 0x03) ‖ suffix, checksum = first two bytes of
//! SHA3-256(prefix ‖ key ‖ 0x03) (Tor rend-spec-v3, section 6). The networks differ in prefix and suffix:
//!
//! | network | code | prefix | suffix |
//! |---|---|---|---|
//! | Tor | 1 | `.onion checksum` | `.onion` |
//! | Anyone up to 0.4.9.13 | 2 | `.anon checksum` | `.anon` |
//! | Anyone from 0.4.10 | 3 | `.anyone checksum` | `.anyone` |
//!
//! A daemon treats a foreign suffix as an ordinary host name: a DNS leak and a long wait. So addresses are
//! checked here, before anything is dialled.

use std::fmt;

use ed25519_dalek::VerifyingKey;
use sha3::{Digest, Sha3_256};

const VERSION: u8 = 3;
/// Characters of an address without its suffix: 35 bytes in base32.
const SERVICE_ID_LENGTH: usize = 56;
/// RFC 4648 alphabet, lower case as the networks print it.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// An onion network. The code is `onionNetwork` in the receipt header, where 0 means "no address".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnionNetwork {
    /// Tor.
    Tor,
    /// Anyone before 0.4.10, suffix `.anon`.
    Anon,
    /// Anyone from 0.4.10 on, suffix `.anyone`.
    Anyone,
}

impl OnionNetwork {
    /// Every network, in the order of the codes.
    pub const ALL: [Self; 3] = [Self::Tor, Self::Anon, Self::Anyone];

    /// 1 to 3, as in the receipt header.
    pub const fn code(self) -> u8 {
        match self {
            Self::Tor => 1,
            Self::Anon => 2,
            Self::Anyone => 3,
        }
    }

    /// The network of a header code.
    pub fn from_code(code: u8) -> Result<Self, OnionError> {
        Self::ALL.into_iter().find(|n| n.code() == code).ok_or(OnionError::UnknownNetwork(code))
    }

    /// The suffix of its addresses, with the dot.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Tor => ".onion",
            Self::Anon => ".anon",
            Self::Anyone => ".anyone",
        }
    }

    const fn checksum_prefix(self) -> &'static [u8] {
        match self {
            Self::Tor => b".onion checksum",
            Self::Anon => b".anon checksum",
            Self::Anyone => b".anyone checksum",
        }
    }

    fn checksum(self, key: &OnionKeyBytes) -> [u8; 2] {
        let digest = Sha3_256::new()
            .chain_update(self.checksum_prefix())
            .chain_update(key.0)
            .chain_update([VERSION])
            .finalize();
        [digest[0], digest[1]]
    }
}

impl fmt::Display for OnionNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tor => "Tor (.onion)",
            Self::Anon => "Anyone (.anon)",
            Self::Anyone => "Anyone (.anyone)",
        })
    }
}

/// The ed25519 public key of an onion service.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct OnionKeyBytes(pub [u8; 32]);

impl fmt::Debug for OnionKeyBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OnionKeyBytes({})", hex::encode(self.0))
    }
}

/// Why an address or service id was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OnionError {
    /// No network has this header code.
    #[error("onion network code {0} is unknown (1 Tor, 2 Anyone .anon, 3 Anyone .anyone)")]
    UnknownNetwork(u8),
    /// The name has none of the three suffixes.
    #[error("`{0}` is not an onion address: it ends in none of .onion, .anon, .anyone")]
    NoSuffix(String),
    /// A well-formed suffix of another network than the daemon at hand serves.
    #[error(
        "`{address}` is an address of {found}, but the daemon is on {expected}; dialling it would leak the name to DNS"
    )]
    ForeignSuffix {
        /// The whole address.
        address: String,
        /// Network of the suffix.
        found: OnionNetwork,
        /// Network asked for.
        expected: OnionNetwork,
    },
    /// A version 3 service id has 56 characters.
    #[error("an onion service id has 56 characters, `{id}` has {length}")]
    Length {
        /// The offending text.
        id: String,
        /// Its length in bytes.
        length: usize,
    },
    /// Not in the base32 alphabet `a-z2-7`.
    #[error("character {character:?} at position {position} is not base32 (a-z, 2-7)")]
    Alphabet {
        /// The offending character.
        character: char,
        /// Its position, from 0.
        position: usize,
    },
    /// The last byte is not 3.
    #[error("onion address version {0}, only version 3 exists here")]
    Version(u8),
    /// A mistyped address, or one of another network under this suffix.
    #[error(
        "checksum {found} does not belong to this key on {network} (expected {expected}): mistyped, or of another network"
    )]
    Checksum {
        /// Network whose prefix was used.
        network: OnionNetwork,
        /// Checksum in the address, hex.
        found: String,
        /// Checksum of the key, hex.
        expected: String,
    },
    /// The service id fits no network.
    #[error("service id `{0}` has the checksum of no known onion network")]
    NoNetwork(String),
    /// Not a point of the prime-order subgroup's curve, or a small-order point.
    #[error("onion key {0} is not a usable ed25519 key")]
    Key(String),
}

/// A checked onion address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OnionAddress {
    network: OnionNetwork,
    key: OnionKeyBytes,
}

impl OnionAddress {
    /// An address from its parts; refuses keys that are no curve point or of small order.
    pub fn new(network: OnionNetwork, key: OnionKeyBytes) -> Result<Self, OnionError> {
        let usable = VerifyingKey::from_bytes(&key.0).is_ok_and(|k| !k.is_weak());
        if !usable {
            return Err(OnionError::Key(hex::encode(key.0)));
        }
        Ok(Self { network, key })
    }

    /// The network.
    pub fn network(&self) -> OnionNetwork {
        self.network
    }

    /// The 32-byte key.
    pub fn key(&self) -> OnionKeyBytes {
        self.key
    }

    /// The 56 characters without the suffix, as `ADD_ONION` returns them.
    pub fn service_id(&self) -> String {
        let mut bytes = [0; 35];
        bytes[..32].copy_from_slice(&self.key.0);
        bytes[32..34].copy_from_slice(&self.network.checksum(&self.key));
        bytes[34] = VERSION;
        base32_encode(&bytes)
    }

    /// Parses `<56 characters><suffix>` (any case) of any of the three networks.
    pub fn parse(address: &str) -> Result<Self, OnionError> {
        let lower = address.to_ascii_lowercase();
        let network = OnionNetwork::ALL
            .into_iter()
            .find(|n| lower.ends_with(n.suffix()))
            .ok_or_else(|| OnionError::NoSuffix(address.to_owned()))?;
        let (key, checksum) = split_service_id(&lower[..lower.len() - network.suffix().len()])?;
        let expected = network.checksum(&key);
        if checksum != expected {
            return Err(OnionError::Checksum {
                network,
                found: hex::encode(checksum),
                expected: hex::encode(expected),
            });
        }
        Self::new(network, key)
    }

    /// Parses an address that a daemon of network `expected` is about to dial.
    pub fn parse_for(address: &str, expected: OnionNetwork) -> Result<Self, OnionError> {
        let parsed = Self::parse(address)?;
        if parsed.network != expected {
            return Err(OnionError::ForeignSuffix {
                address: address.to_owned(),
                found: parsed.network,
                expected,
            });
        }
        Ok(parsed)
    }

    /// Recognises the daemon's network from the service id (no suffix) that `ADD_ONION` returned: the
    /// checksum fits the prefix of one network. Two networks fit by chance once in 65,536 keys; then the
    /// first in the order of the codes is returned.
    pub fn detect(service_id: &str) -> Result<Self, OnionError> {
        let (key, checksum) = split_service_id(&service_id.to_ascii_lowercase())?;
        let network = OnionNetwork::ALL
            .into_iter()
            .find(|n| n.checksum(&key) == checksum)
            .ok_or_else(|| OnionError::NoNetwork(service_id.to_owned()))?;
        Self::new(network, key)
    }
}

impl fmt::Display for OnionAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.service_id(), self.network.suffix())
    }
}

impl std::str::FromStr for OnionAddress {
    type Err = OnionError;

    fn from_str(address: &str) -> Result<Self, OnionError> {
        Self::parse(address)
    }
}

/// Key and checksum of a service id; checks length, alphabet and version.
fn split_service_id(id: &str) -> Result<(OnionKeyBytes, [u8; 2]), OnionError> {
    if id.len() != SERVICE_ID_LENGTH {
        return Err(OnionError::Length { id: id.to_owned(), length: id.len() });
    }
    let bytes = base32_decode(id)?;
    if bytes[34] != VERSION {
        return Err(OnionError::Version(bytes[34]));
    }
    let key = std::array::from_fn(|i| bytes[i]);
    Ok((OnionKeyBytes(key), [bytes[32], bytes[33]]))
}

/// 35 bytes are exactly 56 characters: 5 bytes make 8 characters, no padding.
fn base32_encode(bytes: &[u8; 35]) -> String {
    bytes
        .chunks_exact(5)
        .flat_map(|chunk| {
            let word = chunk.iter().fold(0u64, |acc, byte| acc << 8 | u64::from(*byte));
            (0..8).map(move |i| ALPHABET[(word >> (35 - 5 * i) & 31) as usize] as char)
        })
        .collect()
}

/// Inverse of [`base32_encode`] for a lower-case text of 56 bytes.
fn base32_decode(text: &str) -> Result<[u8; 35], OnionError> {
    let mut bytes = [0; 35];
    let mut word = 0u64;
    for (position, character) in text.char_indices() {
        let value = ALPHABET.iter().position(|c| char::from(*c) == character);
        let value = value.ok_or(OnionError::Alphabet { character, position })?;
        word = word << 5 | value as u64;
        if position % 8 == 7 {
            let at = position / 8 * 5;
            bytes[at..at + 5].copy_from_slice(&word.to_be_bytes()[3..]);
            word = 0;
        }
    }
    Ok(bytes)
}

#[cfg(test)]
#[path = "onion_tests.rs"]
mod tests;
