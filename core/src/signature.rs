//! Ed25519 as receipts and manifests use it: RFC 8032 with strict verification.
//!
//! Strict means: canonical s and R, no small-order key or R, so a signature has one form and a key one owner.

use ed25519_dalek::{Signature, VerifyingKey};

/// Length of a signature.
pub const SIGNATURE_BYTES: usize = 64;

/// Why a signature was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Not 64 bytes.
    #[error("the {role} signature has {actual} bytes, not 64")]
    Length {
        /// Whose signature.
        role: &'static str,
        /// Bytes found.
        actual: usize,
    },
    /// The key is not a point of the curve.
    #[error("the {role} key is not an ed25519 public key")]
    Key {
        /// Whose key.
        role: &'static str,
    },
    /// The equation does not hold, or key or R is of small order, or s is not canonical.
    #[error("the {role} signature does not verify: another key signed, or the signed bytes were changed")]
    Invalid {
        /// Whose signature.
        role: &'static str,
    },
}

/// Verifies strictly; `role` names the signer in the error.
pub fn verify_ed25519(
    role: &'static str,
    key: &[u8; 32],
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    let bytes: &[u8; SIGNATURE_BYTES] =
        signature.try_into().map_err(|_| SignatureError::Length { role, actual: signature.len() })?;
    let key = VerifyingKey::from_bytes(key).map_err(|_| SignatureError::Key { role })?;
    key.verify_strict(message, &Signature::from_bytes(bytes)).map_err(|_| SignatureError::Invalid { role })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::hex;

    // RFC 8032 section 7.1, TEST 3.
    const KEY: [u8; 32] = hex!("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
    const SIGNATURE: [u8; 64] = hex!(
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
    );

    #[test]
    fn rfc_8032_vector_verifies_and_its_mutations_do_not() {
        assert_eq!(verify_ed25519("test", &KEY, &hex!("af82"), &SIGNATURE), Ok(()));
        let invalid = Err(SignatureError::Invalid { role: "test" });
        assert_eq!(verify_ed25519("test", &KEY, &hex!("af83"), &SIGNATURE), invalid);
        for i in 0..64 {
            let mut bent = SIGNATURE;
            bent[i] ^= 1;
            assert_eq!(verify_ed25519("test", &KEY, &hex!("af82"), &bent), invalid, "byte {i}");
        }
    }

    #[test]
    fn a_signature_with_s_plus_the_group_order_is_refused() {
        // s + L verifies under the plain equation: the malleability that RFC 8032 5.1.7 excludes.
        let order = hex!("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
        let mut bent = SIGNATURE;
        let mut carry = 0u16;
        for (s, l) in bent[32..].iter_mut().zip(order) {
            let sum = u16::from(*s) + u16::from(l) + carry;
            *s = sum as u8;
            carry = sum >> 8;
        }
        assert_eq!(
            verify_ed25519("test", &KEY, &hex!("af82"), &bent),
            Err(SignatureError::Invalid { role: "test" })
        );
    }

    #[test]
    fn a_small_order_key_signs_nothing() {
        // With A = R = identity and s = 0 the plain equation holds for every message.
        let mut identity = [0u8; 32];
        identity[0] = 1;
        let mut signature = [0u8; 64];
        signature[0] = 1;
        assert_eq!(
            verify_ed25519("test", &identity, b"any", &signature),
            Err(SignatureError::Invalid { role: "test" })
        );
    }

    #[test]
    fn wrong_lengths_and_keys_are_named() {
        assert_eq!(
            verify_ed25519("test", &KEY, b"", &SIGNATURE[..63]),
            Err(SignatureError::Length { role: "test", actual: 63 })
        );
        let mut off_curve = [0u8; 32];
        off_curve[0] = 2;
        assert_eq!(
            verify_ed25519("test", &off_curve, b"", &SIGNATURE),
            Err(SignatureError::Key { role: "test" })
        );
    }
}
