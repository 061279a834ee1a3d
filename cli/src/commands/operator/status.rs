//! `nonos operator status`: what the chain knows of an operator, and what this keystore knows of it.

use super::root_key;
use crate::chain::{Chain, OperatorFacts, read_deployment};
use crate::commands::keys;
use crate::datadir::DataDir;
use crate::enrolment::SavedTerms;
use crate::ether::in_ether;
use crate::identity::Identity;
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::table::pairs;
use alloy_primitives::{Address, B256};
use clap::Args;
use eyre::Result;
use nonos_core::field::fr_from_u256;
use nonos_node::keys::Keystore;
use serde_json::json;

/// Arguments of `nonos operator status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Another operator, by its root key [default: the one of the keystore]
    #[arg(value_parser = root_key)]
    operator: Option<B256>,
}

/// Shows it.
pub async fn run(args: &StatusArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let datadir = DataDir::open(settings)?;
    let chain = Chain::connect(settings).await?;
    let deployment = read_deployment(&datadir, &chain).await?;
    let keystore = match args.operator {
        Some(_) => None,
        None => Some(keys::open(settings, progress)?),
    };
    let root = match (&args.operator, &keystore) {
        (Some(operator), _) => *operator,
        (None, Some(keystore)) => keystore.root_public().into(),
        (None, None) => unreachable!("opened above"),
    };
    let facts = chain.operator(&deployment, root).await?;
    let registry = deployment.addresses.operator_registry;
    let index = match facts.is_enrolled() {
        true => chain.operator_tree(&deployment).await?.index_of(fr_from_u256(facts.leaf)?),
        false => None,
    };
    let held = chain.held_deposits(&deployment, root).await?;
    let balance = match facts.controller.is_zero() {
        true => None,
        false => Some(chain.registry_balance(&deployment, facts.controller).await?),
    };
    let secret = keystore.as_ref().map(|keystore| knows(keystore, &facts, chain.id, registry)).transpose()?;
    let waiting = SavedTerms::read(&datadir.enrolment(chain.id, registry)).ok().flatten();
    let waiting = waiting.filter(|terms| terms.root_key == root && keystore.is_some());

    let state = state(&facts);
    let mut lines = vec![("operator", root.to_string()), ("state", state.to_owned())];
    if facts.seq > 0 {
        lines.push(("controller", facts.controller.to_string()));
        lines.push(("number", facts.seq.to_string()));
        lines.push(("valid until", format!("{}, {}", facts.valid_until, distance(&facts))));
        lines.push(("latest leaf", format!("{:#066x}", facts.latest_leaf)));
    }
    lines.extend(index.map(|index| ("index", index.to_string())));
    lines.push(("open locks", facts.open_locks.to_string()));
    for deposit in &held {
        let what = format!(
            "{} of enrolment {}, for {}, from {} on",
            in_ether(deposit.amount),
            deposit.seq,
            deposit.to,
            deposit.available_at
        );
        lines.push(("held", what));
    }
    lines.extend(balance.map(|wei| ("to withdraw", in_ether(wei))));
    lines.extend(secret.flatten().map(|known| {
        ("secret", if known { "this keystore has it" } else { "NOT this keystore's" }.to_owned())
    }));
    lines.extend(
        waiting
            .as_ref()
            .map(|terms| ("unsigned", format!("enrolment {} waits for its signature", terms.seq))),
    );
    let object = json!({
        "operator": root,
        "state": state,
        "controller": (facts.seq > 0).then_some(facts.controller),
        "seq": facts.seq,
        "valid_until": (facts.seq > 0).then_some(facts.valid_until),
        "now": facts.bounds.now,
        "leaf": facts.is_enrolled().then(|| format!("{:#066x}", facts.leaf)),
        "latest_leaf": (facts.seq > 0).then(|| format!("{:#066x}", facts.latest_leaf)),
        "index": index,
        "open_locks": facts.open_locks,
        "last_lock_ended": (facts.last_lock_ended > 0).then_some(facts.last_lock_ended),
        "held": held.iter().map(|deposit| json!({
            "seq": deposit.seq, "to": deposit.to, "available_at": deposit.available_at,
            "amount_wei": deposit.amount.to_string(),
        })).collect::<Vec<_>>(),
        "balance_wei": balance.map(|wei| wei.to_string()),
        "knows_secret": secret.flatten(),
        "waiting_for_signature": waiting.map(|terms| terms.seq),
    });
    Ok(Reply::new(pairs(lines), object))
}

fn state(facts: &OperatorFacts) -> &'static str {
    match (facts.is_enrolled(), facts.seq) {
        (true, _) if facts.bounds.now > facts.valid_until => "expired: anybody may remove the leaf",
        (true, _) => "enrolled",
        (false, 0) => "never enrolled",
        (false, _) => "left",
    }
}

fn distance(facts: &OperatorFacts) -> String {
    let days = |seconds: u64| format!("{:.1} days", seconds as f64 / 86_400.0);
    match facts.valid_until.checked_sub(facts.bounds.now) {
        Some(left) => format!("{} from now", days(left)),
        None => format!("{} ago", days(facts.bounds.now - facts.valid_until)),
    }
}

/// Whether the keystore has the secret of the enrolment; `None` where there is none.
fn knows(
    keystore: &Keystore,
    facts: &OperatorFacts,
    chain_id: u64,
    registry: Address,
) -> Result<Option<bool>> {
    if facts.seq == 0 {
        return Ok(None);
    }
    let identity =
        Identity::new(keystore, facts.controller, registry, chain_id, facts.valid_until, facts.seq)?;
    Ok(Some(identity.leaf().to_u256() == facts.latest_leaf))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Bounds;
    use alloy_primitives::U256;

    #[test]
    fn states_are_told_apart() {
        let bounds = Bounds { now: 1_000_000, shortest: 1, longest: 2 };
        let facts = OperatorFacts {
            controller: Address::repeat_byte(1),
            valid_until: 1_086_400,
            seq: 1,
            leaf: U256::from(5),
            latest_leaf: U256::from(5),
            open_locks: 0,
            last_lock_ended: 0,
            bounds,
        };
        assert_eq!((state(&facts), distance(&facts).as_str()), ("enrolled", "1.0 days from now"));
        let late = OperatorFacts { valid_until: 913_600, ..facts.clone() };
        assert!(state(&late).starts_with("expired"));
        assert_eq!(distance(&late), "1.0 days ago");
        assert_eq!(state(&OperatorFacts { leaf: U256::ZERO, ..facts.clone() }), "left");
        assert_eq!(state(&OperatorFacts { leaf: U256::ZERO, seq: 0, ..facts }), "never enrolled");
    }
}
