//! `nonos receipt show`: every field of a receipt.

use super::read_receipt;
use crate::output::Reply;
use crate::table::pairs;
use alloy_primitives::{B256, U256};
use clap::Args;
use eyre::Result;
use nonos_core::receipt::Receipt;
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `nonos receipt show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The receipt
    file: PathBuf,
}

/// Shows it. Only the form has been checked.
pub fn run(args: &ShowArgs) -> Result<Reply> {
    let receipt = read_receipt(&args.file)?;
    let object = json!({
        "message_id": receipt.message_id(),
        "digest": receipt.digest(),
        "leaf": receipt.leaf(),
        "epoch": receipt.epoch(),
        "chain_id": receipt.chainId,
        "anchor": receipt.anchor,
        "header": receipt.header,
        "proof_bytes": receipt.launchProof.len(),
        "receipt": receipt,
    });
    Ok(Reply::new(pairs(lines(&receipt)), object))
}

fn lines(receipt: &Receipt) -> Vec<(&'static str, String)> {
    let header = &receipt.header;
    let word = |value: U256| B256::from(value).to_string();
    let shown = |disclosed: bool| if disclosed { "disclosed" } else { "hidden" };
    let or_none = |value: B256| if value.is_zero() { "none".to_owned() } else { value.to_string() };
    vec![
        ("message id", receipt.message_id().to_string()),
        ("digest", receipt.digest().to_string()),
        ("chain", receipt.chainId.to_string()),
        ("anchor", receipt.anchor.to_string()),
        ("verifier key", header.verifierKey.to_string()),
        ("capsule", format!("{} ({})", word(header.capsuleTag), shown(header.capsule_disclosed()))),
        ("operator", format!("{} ({})", word(header.operatorTag), shown(header.operator_disclosed()))),
        ("catalog root", word(header.catalogRoot)),
        ("operator root", word(header.operatorRoot)),
        ("install root", word(header.installRoot)),
        ("state commitment", word(header.stateTag)),
        ("nullifier", word(header.nullifier)),
        ("execution key", header.executionKey.to_string()),
        ("onion key", or_none(header.onionKey)),
        ("launched at", format!("{} (Unix seconds, epoch {})", header.launchedAt, header.epoch())),
        ("not before block", format!("{} {}", header.notBeforeBlock, header.notBeforeHash)),
        ("request", or_none(header.requestId)),
        ("payee", header.payee.to_string()),
        ("input hash", or_none(header.inputHash)),
        ("output hash", or_none(header.outputHash)),
        ("disclosures", or_none(header.disclosures)),
        ("openings", receipt.openings.len().to_string()),
        ("proof", format!("{} bytes", receipt.launchProof.len())),
    ]
}
