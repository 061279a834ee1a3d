//! `nonos receipt verify`: every verdict that can be reached with what is at hand, each with its reason.

use crate::chain::{Chain, read_deployment};
use crate::datadir::{DataDir, read_limited};
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::setup;
use crate::table::pairs;
use crate::verdict;
use clap::Args;
use eyre::{Result, WrapErr};
use nonos_circuits::backend::Verifier;
use nonos_circuits::launch::LaunchCircuit;
use nonos_contracts::ChainError;
use nonos_contracts::abi::ReceiptAnchor;
use nonos_core::receipt::{MAX_RECEIPT_BYTES, Receipt};
use nonos_node::verify::{Checkpoint, Window};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// A verifying key file has a few kilobytes.
const MAX_KEY: u64 = 1 << 20;

/// Arguments of `nonos receipt verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The receipt
    file: PathBuf,
    /// Verifying key file, as `nonos circuit keys --out` writes it; without it the key of the settings' setup is made anew
    #[arg(long, value_name = "FILE")]
    vk: Option<PathBuf>,
}

/// One line of the answer.
struct Finding {
    name: &'static str,
    /// `None`: open, which is no verdict and not a negative one.
    good: Option<bool>,
    text: String,
}

impl Finding {
    fn of<T, E: std::fmt::Display>(
        name: &'static str,
        result: Result<T, E>,
        good: impl Fn(T) -> String,
    ) -> Self {
        match result {
            Ok(value) => Self { name, good: Some(true), text: good(value) },
            Err(error) => Self { name, good: Some(false), text: error.to_string() },
        }
    }

    fn line(&self) -> (&str, String) {
        let verdict = match self.good {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "open",
        };
        (self.name, format!("{verdict}: {}", self.text))
    }
}

/// Judges. The exit status is 0 if no verdict reached is negative.
pub async fn run(args: &VerifyArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let bytes = read_limited(&args.file, "receipt", MAX_RECEIPT_BYTES as u64)?;
    let receipt = match Receipt::decode(&bytes) {
        Ok(receipt) => receipt,
        Err(error) => {
            let text = format!("not a canonical receipt: {error}");
            return Ok(reply(&[Finding { name: "proof valid", good: Some(false), text }], None));
        }
    };
    let verifier = match &args.vk {
        Some(path) => read_key(path)?,
        None => setup::prover(settings.srs.as_deref(), progress)?.verifier().clone(),
    };
    let proof = match verdict::verifier_for(&verifier, &receipt, Window::default()) {
        Err(refused) => Err(refused.to_string()),
        Ok(judge) => judge.proof_valid(&receipt).map_err(|fault| fault.to_string()),
    };
    let key = verifier.key();
    let mut findings = vec![Finding::of("proof valid", proof, |()| format!("under verifier key {key}"))];
    if settings.rpc_url.is_some() {
        findings.extend(on_chain(&receipt, &verifier, settings).await?);
    } else {
        let text = "needs the roots of a chain: give --rpc-url".to_owned();
        findings.push(Finding { name: "enrolled", good: None, text });
    }
    Ok(reply(&findings, Some(&receipt)))
}

async fn on_chain(receipt: &Receipt, verifier: &Verifier, settings: &Settings) -> Result<Vec<Finding>> {
    let chain = Chain::connect(settings).await?;
    let deployment = read_deployment(&DataDir::open(settings)?, &chain).await?;
    let window = verdict::window(&chain, &deployment).await?;
    let here = Receipt {
        chainId: deployment.chain_id,
        anchor: deployment.addresses.receipt_anchor,
        ..receipt.clone()
    };
    // A judge of this deployment, so that a receipt of another one is told so.
    let judge = match verdict::verifier_for(verifier, &here, window) {
        Ok(judge) => judge,
        Err(refused) => {
            return Ok(vec![Finding { name: "enrolled", good: Some(false), text: refused.to_string() }]);
        }
    };
    let roots = verdict::roots(&receipt.header, &chain, &deployment).await?;
    let now = verdict::now(Some(&chain)).await?;
    let anchor = ReceiptAnchor::new(deployment.addresses.receipt_anchor, &chain.provider);
    let recorded = anchor.isRecorded((&receipt.header).into()).call().await;
    let recorded = recorded.map_err(|error| ChainError::call("reading the record", error))?;
    Ok(vec![
        Finding::of("enrolled", judge.admitted(receipt, &roots, now), |()| {
            "operator, install and catalog root are the chain's".to_owned()
        }),
        Finding::of("fresh", judge.fresh(receipt, &roots, now), |checkpoint| match checkpoint {
            Checkpoint::Confirmed => "launched in time, after the block it names".to_owned(),
            Checkpoint::Unchecked => "launched in time; the block it names is not known".to_owned(),
        }),
        Finding {
            name: "recorded",
            good: recorded.then_some(true),
            text: match recorded {
                true => "by the anchor, under its nullifier".to_owned(),
                false => "the anchor has no record of it; anybody may submit it".to_owned(),
            },
        },
    ])
}

fn read_key(path: &Path) -> Result<Verifier> {
    let bytes = read_limited(path, "verifying key", MAX_KEY)?;
    Verifier::from_bytes::<LaunchCircuit>(&bytes)
        .wrap_err_with(|| format!("{} is not a verifying key of the launch circuit", path.display()))
}

fn reply(findings: &[Finding], receipt: Option<&Receipt>) -> Reply {
    let ok = findings.iter().all(|finding| finding.good != Some(false));
    let verdicts: serde_json::Map<String, Value> = findings
        .iter()
        .map(|f| (f.name.replace(' ', "_"), json!({ "verdict": f.good, "reason": f.text })))
        .collect();
    let object = json!({
        "ok": ok,
        "message_id": receipt.map(|receipt| receipt.message_id()),
        "verdicts": verdicts,
    });
    Reply::new(pairs(findings.iter().map(Finding::line)), object).verdict(ok)
}
