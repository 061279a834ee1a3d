//! SLIP-0010 hierarchical derivation for ed25519, which is hardened only.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;
use zeroize::Zeroizing;

/// Key of the first HMAC, fixed by SLIP-0010 for this curve.
const CURVE: &[u8] = b"ed25519 seed";
const HARDENED: u32 = 1 << 31;

/// Failures of SLIP-0010 derivation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Slip10Error {
    /// SLIP-0010 allows seeds of 128 to 512 bits.
    #[error("a SLIP-0010 seed has 16 to 64 bytes, this one has {0}")]
    SeedLength(usize),
    /// Child numbers carry 31 bits; the top bit marks hardening and is set by this module.
    #[error("derivation index {0} does not fit in 31 bits")]
    IndexTooLarge(u64),
}

/// A child number below 2^31. Hardening is implied: ed25519 has no other kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HardenedIndex(u32);

impl HardenedIndex {
    /// Takes `n` < 2^31.
    pub fn new(n: u64) -> Result<Self, Slip10Error> {
        match u32::try_from(n) {
            Ok(n) if n < HARDENED => Ok(Self(n)),
            _ => Err(Slip10Error::IndexTooLarge(n)),
        }
    }

    /// Takes the low 31 bits of `n`, for digests cut into levels.
    pub(super) const fn truncating(n: u32) -> Self {
        Self(n & !HARDENED)
    }
}

/// A private key and its chain code.
pub struct ExtendedKey {
    key: Zeroizing<[u8; 32]>,
    chain_code: Zeroizing<[u8; 32]>,
}

impl ExtendedKey {
    /// Master node of a seed of 16 to 64 bytes.
    pub fn master(seed: &[u8]) -> Result<Self, Slip10Error> {
        if !(16..=64).contains(&seed.len()) {
            return Err(Slip10Error::SeedLength(seed.len()));
        }
        Ok(Self::split(hmac_sha512(CURVE, &[seed])))
    }

    /// Child `index'`: HMAC-SHA512(chain code, 0x00 ‖ key ‖ index + 2^31).
    pub fn child(&self, index: HardenedIndex) -> Self {
        let number = (index.0 | HARDENED).to_be_bytes();
        Self::split(hmac_sha512(&self.chain_code[..], &[&[0], &self.key[..], &number]))
    }

    /// Descends along `path`.
    pub fn derive(&self, path: &[HardenedIndex]) -> Self {
        path.iter().fold(self.duplicate(), |node, index| node.child(*index))
    }

    /// The 32 secret bytes (an ed25519 seed).
    pub fn secret(&self) -> &[u8; 32] {
        &self.key
    }

    /// The chain code, needed to derive children.
    pub fn chain_code(&self) -> &[u8; 32] {
        &self.chain_code
    }

    fn duplicate(&self) -> Self {
        Self { key: self.key.clone(), chain_code: self.chain_code.clone() }
    }

    fn split(digest: Zeroizing<[u8; 64]>) -> Self {
        let mut node = Self { key: Zeroizing::new([0; 32]), chain_code: Zeroizing::new([0; 32]) };
        node.key.copy_from_slice(&digest[..32]);
        node.chain_code.copy_from_slice(&digest[32..]);
        node
    }
}

impl std::fmt::Debug for ExtendedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ExtendedKey(secret)")
    }
}

/// HMAC-SHA512 over the concatenation of `parts`.
pub(super) fn hmac_sha512(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; 64]> {
    let mut mac = <Hmac<Sha512> as KeyInit>::new_from_slice(key).expect("HMAC accepts keys of every length");
    parts.iter().for_each(|part| mac.update(part));
    Zeroizing::new(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::SigningKey;

    /// (path, chain code, private key, public key without its 0x00 prefix) of SLIP-0010, vector 1.
    const VECTOR_1: [(&[u64], &str, &str, &str); 6] = [
        (
            &[],
            "90046a93de5380a72b5e45010748567d5ea02bbf6522f979e05c0d8d8ca9fffb",
            "2b4be7f19ee27bbf30c667b642d5f4aa69fd169872f8fc3059c08ebae2eb19e7",
            "a4b2856bfec510abab89753fac1ac0e1112364e7d250545963f135f2a33188ed",
        ),
        (
            &[0],
            "8b59aa11380b624e81507a27fedda59fea6d0b779a778918a2fd3590e16e9c69",
            "68e0fe46dfb67e368c75379acec591dad19df3cde26e63b93a8e704f1dade7a3",
            "8c8a13df77a28f3445213a0f432fde644acaa215fc72dcdf300d5efaa85d350c",
        ),
        (
            &[0, 1],
            "a320425f77d1b5c2505a6b1b27382b37368ee640e3557c315416801243552f14",
            "b1d0bad404bf35da785a64ca1ac54b2617211d2777696fbffaf208f746ae84f2",
            "1932a5270f335bed617d5b935c80aedb1a35bd9fc1e31acafd5372c30f5c1187",
        ),
        (
            &[0, 1, 2],
            "2e69929e00b5ab250f49c3fb1c12f252de4fed2c1db88387094a0f8c4c9ccd6c",
            "92a5b23c0b8a99e37d07df3fb9966917f5d06e02ddbd909c7e184371463e9fc9",
            "ae98736566d30ed0e9d2f4486a64bc95740d89c7db33f52121f8ea8f76ff0fc1",
        ),
        (
            &[0, 1, 2, 2],
            "8f6d87f93d750e0efccda017d662a1b31a266e4a6f5993b15f5c1f07f74dd5cc",
            "30d1dc7e5fc04c31219ab25a27ae00b50f6fd66622f6e9c913253d6511d1e662",
            "8abae2d66361c879b900d204ad2cc4984fa2aa344dd7ddc46007329ac76c429c",
        ),
        (
            &[0, 1, 2, 2, 1_000_000_000],
            "68789923a0cac2cd5a29172a475fe9e0fb14cd6adb5ad98a3fa70333e7afa230",
            "8f94d394a8e8fd6b1bc2f3f49f5c47e385281d5c17e65324b0f62483e37e8793",
            "3c24da049451555d51a7014a37337aa4e12d41e485abccfa46b47dfb2af54b7a",
        ),
    ];

    fn path(levels: &[u64]) -> Vec<HardenedIndex> {
        levels.iter().map(|n| HardenedIndex::new(*n).unwrap()).collect()
    }

    #[test]
    fn agrees_with_the_vectors_of_slip_0010() {
        let seed = hex::decode("000102030405060708090a0b0c0d0e0f").unwrap();
        let master = ExtendedKey::master(&seed).unwrap();
        for (levels, chain_code, private, public) in VECTOR_1 {
            let node = master.derive(&path(levels));
            assert_eq!(hex::encode(node.chain_code()), chain_code, "chain code at {levels:?}");
            assert_eq!(hex::encode(node.secret()), private, "private key at {levels:?}");
            let key = SigningKey::from_bytes(node.secret()).verifying_key();
            assert_eq!(hex::encode(key.as_bytes()), public, "public key at {levels:?}");
        }
    }

    #[test]
    fn agrees_with_the_second_vector_of_slip_0010() {
        let seed = hex::decode(concat!(
            "fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a2",
            "9f9c999693908d8a8784817e7b7875726f6c696663605d5a5754514e4b484542"
        ))
        .unwrap();
        let node =
            ExtendedKey::master(&seed).unwrap().derive(&path(&[0, 2_147_483_647, 1, 2_147_483_646, 2]));
        assert_eq!(
            hex::encode(node.secret()),
            "551d333177df541ad876a60ea71f00447931c0a9da16f227c11ea080d7391b8d"
        );
    }

    #[test]
    fn refuses_unhardenable_indices_and_short_seeds() {
        assert_eq!(HardenedIndex::new(1 << 31), Err(Slip10Error::IndexTooLarge(1 << 31)));
        assert_eq!(ExtendedKey::master(&[0; 15]).unwrap_err(), Slip10Error::SeedLength(15));
        assert_eq!(ExtendedKey::master(&[0; 65]).unwrap_err(), Slip10Error::SeedLength(65));
    }
}
