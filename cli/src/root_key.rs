//! A root public key from outside: as hex digits, or in a file as other tools write it.

use crate::datadir::read_limited;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use eyre::{Result, bail};
use std::path::Path;

/// SubjectPublicKeyInfo of an ed25519 key (RFC 8410) up to the key itself.
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
const PEM_BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const PEM_END: &str = "-----END PUBLIC KEY-----";
const LARGEST: u64 = 64 << 10;

/// The key in `text`: 64 hex digits, or the name of a file with the 32 bytes, hex digits, DER or PEM.
pub fn parse(text: &str) -> Result<[u8; 32]> {
    if let Some(key) = from_hex(text) {
        return Ok(key);
    }
    let path = Path::new(text);
    if !path.exists() {
        bail!("`{text}` is neither an ed25519 public key (64 hex digits) nor a file");
    }
    let bytes = read_limited(path, "public key", LARGEST)?;
    match from_bytes(&bytes) {
        Ok(key) => Ok(key),
        Err(why) => bail!("{} is not an ed25519 public key: {why}", path.display()),
    }
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let text = text.trim();
    hex::decode(text.strip_prefix("0x").unwrap_or(text)).ok()?.try_into().ok()
}

fn from_bytes(bytes: &[u8]) -> Result<[u8; 32], &'static str> {
    if let Ok(raw) = bytes.try_into() {
        return Ok(raw);
    }
    if let Some(key) = from_der(bytes) {
        return Ok(key);
    }
    const EXPECTED: &str = "expected PEM (`BEGIN PUBLIC KEY`), DER, 32 raw bytes or 64 hex digits";
    let text = std::str::from_utf8(bytes).map_err(|_| EXPECTED)?;
    if text.contains("PRIVATE KEY-----") {
        return Err(
            "it is a private key, which has no business here; `openssl pkey -in FILE -pubout` gives the public one",
        );
    }
    if let Some((_, rest)) = text.split_once(PEM_BEGIN) {
        let (body, _) = rest.split_once(PEM_END).ok_or("its PEM has no end line")?;
        let body: String = body.split_whitespace().collect();
        let der = BASE64_STANDARD.decode(body).map_err(|_| "its PEM is not base64")?;
        return from_der(&der).ok_or("it is a key of another kind");
    }
    from_hex(text).ok_or(EXPECTED)
}

fn from_der(bytes: &[u8]) -> Option<[u8; 32]> {
    bytes.strip_prefix(&SPKI)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    /// `openssl pkey -pubout` of RFC 8032's first key.
    const PEM: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";

    #[test]
    fn every_form_gives_the_same_key() {
        let key: [u8; 32] = hex::decode(KEY).unwrap().try_into().unwrap();
        assert_eq!(parse(KEY).unwrap(), key);
        assert_eq!(parse(&format!("0x{KEY}")).unwrap(), key);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        for bytes in [
            key.to_vec(),
            [&SPKI[..], &key].concat(),
            PEM.into(),
            PEM.replace('\n', "\r\n").into(),
            format!("{KEY}\n").into(),
        ] {
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(parse(path.to_str().unwrap()).unwrap(), key, "{bytes:?}");
        }
    }

    #[test]
    fn what_is_no_public_key_is_refused_with_the_reason() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        for (bytes, part) in [
            (PEM.replace("PUBLIC", "PRIVATE"), "it is a private key"),
            (PEM.replace("MCow", "MCox"), "a key of another kind"),
            (PEM.replace("MCow", "M~ow"), "not base64"),
            (PEM.replace("-----END", "--END"), "has no end line"),
            (KEY[1..].to_owned(), "expected PEM"),
            (String::new(), "expected PEM"),
        ] {
            std::fs::write(&path, &bytes).unwrap();
            let error = parse(path.to_str().unwrap()).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
        assert!(parse("/nowhere/key").unwrap_err().to_string().contains("neither"));
    }
}
