//! What the age file of a keystore holds, once decrypted.
//!
//! Version 1: tag, root seed, master seed, root public key (32 bytes each). The root key is always in the file.
//!
//! Version 2, which is what is written now:
//!
//! ```text
//! tag (16) ‖ place (1) ‖ master seed (32) ‖ root public key (32) ‖ rest
//! place 0, the file:   root seed (32)
//! place 1, a token:    module ‖ token label ‖ token serial ‖ key label ‖ key id, each with its length (2, big-endian) in front
//! place 2, elsewhere:  nothing
//! ```

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::keystore::KeyError;
use super::token::TokenReference;

/// A secret of 32 bytes, wiped when dropped.
pub(super) type Seed = Zeroizing<[u8; 32]>;

const TAG_1: &[u8; 16] = b"nonos1.keystore\0";
const TAG_2: &[u8; 16] = b"nonos2.keystore\0";
const LENGTH_1: usize = 16 + 3 * 32;
const IN_FILE: u8 = 0;
const ON_TOKEN: u8 = 1;
const ELSEWHERE: u8 = 2;

/// Where the root key is, as the file says it.
pub(super) enum StoredRoot {
    /// Its seed is here.
    Seed(Seed),
    /// On a PKCS#11 token.
    Token(TokenReference),
    /// Nobody here can sign with it.
    Elsewhere,
}

/// The decrypted contents.
pub(super) struct Contents {
    /// From which everything but the root key is derived.
    pub master: Seed,
    /// The ed25519 root public key.
    pub public: [u8; 32],
    /// The root key, or where it is.
    pub root: StoredRoot,
}

impl Contents {
    /// The bytes of version 2.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        // Reserved at once: a vector that grows leaves copies of the secrets behind.
        let mut plain = Zeroizing::new(Vec::with_capacity(16 + 1 + 3 * 32 + MOST_REFERENCE));
        plain.extend_from_slice(TAG_2);
        let place = match &self.root {
            StoredRoot::Seed(_) => IN_FILE,
            StoredRoot::Token(_) => ON_TOKEN,
            StoredRoot::Elsewhere => ELSEWHERE,
        };
        plain.push(place);
        plain.extend_from_slice(&self.master[..]);
        plain.extend_from_slice(&self.public);
        match &self.root {
            StoredRoot::Seed(seed) => plain.extend_from_slice(&seed[..]),
            StoredRoot::Token(token) => {
                for part in parts(token) {
                    let length = u16::try_from(part.len()).ok().filter(|_| part.len() <= MOST_PART);
                    let length = length.ok_or(KeyError::Reference(part.len()))?;
                    plain.extend_from_slice(&length.to_be_bytes());
                    plain.extend_from_slice(part);
                }
            }
            StoredRoot::Elsewhere => {}
        }
        Ok(plain)
    }

    /// Parses what a file of this `version` decrypts to. Strict: nothing may be missing, nothing may follow.
    pub fn decode(version: u32, plain: &[u8]) -> Result<Self, KeyError> {
        match version {
            1 => decode_1(plain),
            _ => decode_2(plain),
        }
        .map_err(|reason| KeyError::Contents { version, reason })
    }
}

/// Longest part of a reference: a path is no longer on Linux.
const MOST_PART: usize = 4096;
const MOST_REFERENCE: usize = 5 * (2 + MOST_PART);

fn parts(token: &TokenReference) -> [&[u8]; 5] {
    let TokenReference { module, token_label, serial, key_label, key_id } = token;
    [
        module.as_os_str().as_bytes(),
        token_label.as_bytes(),
        serial.as_bytes(),
        key_label.as_bytes(),
        key_id.as_slice(),
    ]
}

fn decode_1(plain: &[u8]) -> Result<Contents, &'static str> {
    if plain.len() != LENGTH_1 {
        return Err("wrong length");
    }
    let mut reader = Reader(plain);
    if reader.take(16)? != TAG_1 {
        return Err("wrong tag");
    }
    let (root, master) = (reader.seed()?, reader.seed()?);
    Ok(Contents { master, public: *reader.seed()?, root: StoredRoot::Seed(root) })
}

fn decode_2(plain: &[u8]) -> Result<Contents, &'static str> {
    let mut reader = Reader(plain);
    if reader.take(16)? != TAG_2 {
        return Err("wrong tag");
    }
    let place = reader.take(1)?[0];
    let (master, public) = (reader.seed()?, *reader.seed()?);
    let root = match place {
        IN_FILE => StoredRoot::Seed(reader.seed()?),
        ON_TOKEN => StoredRoot::Token(TokenReference {
            module: PathBuf::from(OsString::from_vec(reader.part()?.to_vec())),
            token_label: reader.text()?,
            serial: reader.text()?,
            key_label: reader.text()?,
            key_id: reader.part()?.to_vec(),
        }),
        ELSEWHERE => StoredRoot::Elsewhere,
        _ => return Err("it names no place of the root key that this program knows"),
    };
    if !reader.0.is_empty() {
        return Err("bytes follow the end");
    }
    Ok(Contents { master, public, root })
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], &'static str> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or("wrong length")?;
        self.0 = rest;
        Ok(taken)
    }

    fn seed(&mut self) -> Result<Seed, &'static str> {
        let mut seed = Zeroizing::new([0; 32]);
        seed.copy_from_slice(self.take(32)?);
        Ok(seed)
    }

    fn part(&mut self) -> Result<&'a [u8], &'static str> {
        let length = self.take(2)?;
        self.take(usize::from(u16::from_be_bytes([length[0], length[1]])))
    }

    fn text(&mut self) -> Result<String, &'static str> {
        String::from_utf8(self.part()?.to_vec()).map_err(|_| "a label is not text")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed(byte: u8) -> Seed {
        Zeroizing::new([byte; 32])
    }

    fn reference() -> TokenReference {
        TokenReference {
            module: "/usr/lib/softhsm/libsofthsm2.so".into(),
            token_label: "operator".into(),
            serial: "a1b2".into(),
            key_label: "nonos-root".into(),
            key_id: vec![1, 2, 3],
        }
    }

    fn samples() -> [Contents; 3] {
        let token = StoredRoot::Token(reference());
        [StoredRoot::Seed(seed(1)), token, StoredRoot::Elsewhere].map(|root| Contents {
            master: seed(2),
            public: [3; 32],
            root,
        })
    }

    #[test]
    fn what_is_written_is_read_back() {
        for contents in samples() {
            let plain = contents.encode().unwrap();
            let read = Contents::decode(2, &plain).unwrap();
            assert_eq!((*read.master, read.public), ([2; 32], [3; 32]));
            match (&contents.root, &read.root) {
                (StoredRoot::Seed(a), StoredRoot::Seed(b)) => assert_eq!(a, b),
                (StoredRoot::Token(a), StoredRoot::Token(b)) => assert_eq!(a, b),
                (StoredRoot::Elsewhere, StoredRoot::Elsewhere) => {}
                _ => panic!("another place"),
            }
        }
    }

    #[test]
    fn every_truncation_and_every_addition_is_refused() {
        for contents in samples() {
            let plain = contents.encode().unwrap();
            for length in 0..plain.len() {
                assert!(Contents::decode(2, &plain[..length]).is_err(), "{length}");
            }
            assert!(Contents::decode(2, &[&plain[..], &[0]].concat()).is_err());
            assert!(Contents::decode(1, &plain).is_err(), "a version 2 read as version 1");
        }
    }

    #[test]
    fn an_unknown_place_is_refused() {
        let mut plain = samples()[2].encode().unwrap();
        plain[16] = 9;
        assert!(matches!(Contents::decode(2, &plain), Err(KeyError::Contents { version: 2, .. })));
    }

    #[test]
    fn a_reference_that_does_not_fit_is_refused() {
        let root = StoredRoot::Token(TokenReference { key_id: vec![0; 5000], ..reference() });
        let contents = Contents { master: seed(2), public: [3; 32], root };
        assert!(matches!(contents.encode(), Err(KeyError::Reference(5000))));
    }
}
