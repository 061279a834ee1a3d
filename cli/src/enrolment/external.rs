//! A signature that is made elsewhere: the message goes out, the signature comes back in.

use super::Statement;
use crate::datadir::{read_limited, write_whole};
use crate::output::Reply;
use clap::Args;
use eyre::{Result, WrapErr, bail};
use nonos_node::keys::Keystore;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};

/// How the signature is had. Without any of these the keystore's root key signs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Signing elsewhere")]
pub struct SigningArgs {
    /// Show the bytes that the key has to sign, in hex, and stop
    #[arg(long)]
    pub print_message: bool,
    /// Show them as they are
    #[arg(long, requires = "print_message", conflicts_with = "out")]
    pub raw: bool,
    /// The ed25519 signature over these bytes: 64 bytes, or 128 hex digits
    #[arg(long, value_name = "FILE", conflicts_with = "print_message")]
    pub signature: Option<PathBuf>,
}

/// The same with a file for the message.
#[derive(Debug, Args)]
#[command(next_help_heading = "Signing elsewhere")]
pub struct ExternalArgs {
    #[command(flatten)]
    pub signing: SigningArgs,
    /// Write the bytes as they are to this file
    #[arg(long, value_name = "FILE", requires = "print_message")]
    pub out: Option<PathBuf>,
}

impl SigningArgs {
    /// The signature over `message`: from the file, or from the keystore's root key.
    pub fn sign(&self, message: &[u8], keystore: &Keystore) -> Result<[u8; 64]> {
        match &self.signature {
            Some(path) => read_signature(path),
            None => Ok(keystore.sign_as_root(message)?),
        }
    }

    /// Shows what has to be signed; `facts` are what else machines want to know.
    pub fn show(&self, message: &[u8], mut facts: Value) -> Result<Reply> {
        if self.raw {
            std::io::stdout().write_all(message).wrap_err("cannot write the message")?;
            return Ok(Reply::silent());
        }
        let shown = format!("0x{}", hex::encode(message));
        facts["message"] = json!(shown);
        Ok(Reply::new(shown, facts))
    }
}

impl ExternalArgs {
    /// Shows, or writes, the message of an enrolment or a registration.
    pub fn show(&self, statement: &Statement, mut facts: Value) -> Result<Reply> {
        let message = statement.message();
        facts["key"] = json!(format!("0x{}", hex::encode(statement.key)));
        facts["leaf"] = json!(statement.leaf());
        facts["digest"] = json!(statement.digest);
        let Some(path) = &self.out else {
            return self.signing.show(&message, facts);
        };
        write_whole(path, &message)?;
        facts["message"] = json!(format!("0x{}", hex::encode(message)));
        facts["file"] = json!(path);
        Ok(Reply::new(format!("{} bytes written to {}", message.len(), path.display()), facts))
    }
}

/// 64 bytes, or 128 hex digits.
fn read_signature(path: &Path) -> Result<[u8; 64]> {
    let bytes = read_limited(path, "signature file", 4096)?;
    if let Ok(signature) = bytes.as_slice().try_into() {
        return Ok(signature);
    }
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim();
    match hex::decode(text.strip_prefix("0x").unwrap_or(text)).map(<[u8; 64]>::try_from) {
        Ok(Ok(signature)) => Ok(signature),
        _ => bail!(
            "{} holds no ed25519 signature: expected 64 bytes or 128 hex digits, found {} bytes",
            path.display(),
            bytes.len()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_read_in_both_forms_and_nothing_else_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        let signature: [u8; 64] = std::array::from_fn(|i| i as u8);
        let digits = hex::encode(signature);
        for bytes in [signature.to_vec(), digits.clone().into(), format!("0x{digits}\n").into()] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(read_signature(&path).unwrap(), signature);
        }
        for bytes in [vec![], vec![7; 63], vec![7; 65], digits[1..].into(), format!("{digits}00").into()] {
            std::fs::write(&path, bytes).unwrap();
            let error = read_signature(&path).unwrap_err().to_string();
            assert!(error.contains("expected 64 bytes or 128 hex digits"), "{error}");
        }
    }
}
