//! The public key as tokens give it: CKA_EC_POINT.

use ed25519_dalek::VerifyingKey;

/// Tag and length of a DER OCTET STRING of 32 bytes.
const OCTET_STRING: [u8; 2] = [0x04, 32];

/// The key in a CKA_EC_POINT: 32 bytes as they are (PKCS#11 3.0), or a DER OCTET STRING of them (before, and SoftHSM).
/// `None` for other lengths, and for what is no key or a weak one.
pub(super) fn public_key(point: &[u8]) -> Option<[u8; 32]> {
    let raw = match point.strip_prefix(&OCTET_STRING) {
        // 34 bytes that begin like this are DER; 32 bytes that do are a key.
        Some(inside) if point.len() == 34 => inside,
        _ => point,
    };
    let raw: [u8; 32] = raw.try_into().ok()?;
    let key = VerifyingKey::from_bytes(&raw).ok()?;
    (!key.is_weak()).then_some(raw)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::SigningKey;

    #[test]
    fn both_forms_give_the_key() {
        for seed in 0..200 {
            let key = SigningKey::from_bytes(&[seed; 32]).verifying_key().to_bytes();
            assert_eq!(public_key(&key), Some(key));
            assert_eq!(public_key(&[&OCTET_STRING, &key[..]].concat()), Some(key));
        }
    }

    #[test]
    fn other_lengths_tags_and_weak_keys_are_refused() {
        let key = SigningKey::from_bytes(&[1; 32]).verifying_key().to_bytes();
        assert_eq!(public_key(&[]), None);
        assert_eq!(public_key(&key[..31]), None);
        assert_eq!(public_key(&[&[0x03, 33, 0], &key[..]].concat()), None);
        assert_eq!(public_key(&[&[0x04, 31], &key[..31]].concat()), None);
        // Ed448 has 57 bytes.
        assert_eq!(public_key(&[&[0x04, 57], &[9; 57][..]].concat()), None);
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(public_key(&identity), None);
    }
}
