//! `nonos circuit check`: are the checked-in contracts and the pinned keys those of this build's circuits?

use super::Circuit;
use crate::output::Reply;
use crate::progress::Progress;
use crate::table::pairs;
use clap::Args;
use eyre::Result;
use nonos_verifier_gen::GenError;
use serde_json::{Map, Value, json};

/// Arguments of `nonos circuit check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The circuit [default: all]
    #[arg(value_enum)]
    circuit: Option<Circuit>,
}

/// What was found for one circuit.
struct Finding {
    ok: bool,
    lines: [(String, String); 2],
    object: Value,
}

/// Generates keys and contracts again and compares.
pub fn run(args: &CheckArgs, progress: Progress) -> Result<Reply> {
    let (mut ok, mut lines, mut objects) = (true, Vec::new(), Map::new());
    for circuit in Circuit::ALL.into_iter().filter(|one| args.circuit.is_none_or(|wanted| wanted == *one)) {
        let finding = check(circuit, progress)?;
        ok &= finding.ok;
        lines.extend(finding.lines);
        objects.insert(circuit.name().to_owned(), finding.object);
    }
    let text = pairs(lines.iter().map(|(name, value)| (name.as_str(), value.clone())));
    Ok(Reply::new(text, json!({ "ok": ok, "circuits": objects })).verdict(ok))
}

fn check(circuit: Circuit, progress: Progress) -> Result<Finding> {
    let verifier = circuit.verifier(None, progress)?;
    let (key, pinned) = (verifier.key(), circuit.pinned());
    let step = progress.step(format!("generating the contract of the {} circuit", circuit.name()));
    let stale = match nonos_verifier_gen::check(&verifier, &circuit.options(), circuit.checked_in()) {
        Ok(()) => None,
        Err(stale @ GenError::Stale { .. }) => Some(stale.to_string()),
        Err(other) => return Err(other.into()),
    };
    step.done("");
    let key_text = match key == pinned {
        true => format!("{key}, as pinned"),
        false => format!("{key}, but {pinned} is pinned: the circuit or the setup changed"),
    };
    let contract_text = stale.clone().unwrap_or_else(|| "as checked in".to_owned());
    Ok(Finding {
        ok: key == pinned && stale.is_none(),
        lines: [
            (format!("{} verifier key", circuit.name()), key_text),
            (format!("{} contract", circuit.name()), contract_text),
        ],
        object: json!({
            "verifier_key": key,
            "pinned": pinned,
            "key_matches": key == pinned,
            "contract_matches": stale.is_none(),
            "difference": stale,
        }),
    })
}
