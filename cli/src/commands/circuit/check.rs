//! `nonos circuit check`: are the checked-in contract and the pinned key those of this build's circuit?

use super::gen_solidity;
use crate::output::Reply;
use crate::progress::Progress;
use crate::setup;
use crate::table::pairs;
use eyre::Result;
use nonos_circuits::launch;
use nonos_verifier_gen::GenError;
use serde_json::json;

/// The contract as it is checked in, compiled into this binary.
const CHECKED_IN: &str = include_str!("../../../../contracts/src/verifier/generated/LaunchHalo2Verifier.sol");

/// Generates both again and compares.
pub fn run(progress: Progress) -> Result<Reply> {
    let prover = setup::prover(None, progress)?;
    let (key, pinned) = (prover.verifier().key(), launch::pinned_developer_key());
    let step = progress.step("generating the contract");
    let stale = match nonos_verifier_gen::check(prover.verifier(), &gen_solidity::options(), CHECKED_IN) {
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
    let ok = key == pinned && stale.is_none();
    let object = json!({
        "ok": ok,
        "verifier_key": key,
        "pinned": pinned,
        "key_matches": key == pinned,
        "contract_matches": stale.is_none(),
        "difference": stale,
    });
    Ok(Reply::new(pairs([("verifier key", key_text), ("contract", contract_text)]), object).verdict(ok))
}
