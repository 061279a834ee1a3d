//! `nonos keys sign`: a detached root signature over a file.

use crate::datadir::read_limited;
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::table::pairs;
use clap::Args;
use eyre::Result;
use serde_json::json;
use std::path::PathBuf;

/// What a plain signature is over: this tag, then the file. So it can never pass for an enrolment or a manifest.
const MESSAGE_DOMAIN: &[u8] = b"nonos1.message";
const MAX_MESSAGE: u64 = 16 << 20;

/// Arguments of `nonos keys sign`.
#[derive(Debug, Args)]
pub struct SignArgs {
    /// File to sign; the signature is over "nonos1.message" followed by its bytes
    file: PathBuf,
    /// Sign the bytes as they stand. They must begin with "nonos1.", as enrolment messages do
    #[arg(long)]
    raw: bool,
}

/// Signs.
pub fn run(args: &SignArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let bytes = read_limited(&args.file, "message", MAX_MESSAGE)?;
    let message = if args.raw { bytes } else { [MESSAGE_DOMAIN, &bytes].concat() };
    let keystore = super::open(settings, progress)?;
    let signature = format!("0x{}", hex::encode(keystore.sign_as_root(&message)?));
    let root = format!("0x{}", hex::encode(keystore.root_public()));
    Ok(Reply::new(
        pairs([("root key", root.clone()), ("signature", signature.clone())]),
        json!({ "root_key": root, "signature": signature, "raw": args.raw }),
    ))
}
