//! The demo's last word: one table for people, one object for machines.

use super::ledger::Ledger;
use crate::output::Reply;
use crate::table::{Align, Table, abbreviated, thousands};
use serde_json::{Value, json};

/// The reply for a run that ended; `error` is what stopped it early, `facts` what else there is to know.
pub fn reply(ledger: &Ledger, facts: &[(&str, Value)], error: Option<String>) -> Reply {
    let ok = error.is_none() && ledger.all_as_expected();
    let (wall_s, cpu_s) = ledger.cost();
    let mut object = json!({
        "ok": ok,
        "wall_s": wall_s,
        "cpu_s": cpu_s,
        "steps": ledger.steps(),
        "cheats": ledger.cheats(),
    });
    for (name, value) in facts {
        object[*name] = value.clone();
    }
    if let Some(error) = &error {
        object["error"] = json!(error);
    }
    Reply::new(text(ledger, facts, error.as_deref(), ok), object).verdict(ok)
}

fn text(ledger: &Ledger, facts: &[(&str, Value)], error: Option<&str>, ok: bool) -> String {
    let mut parts = vec![steps(ledger)];
    if !ledger.cheats().is_empty() {
        parts.push(cheats(ledger));
    }
    let facts: Vec<(&str, String)> = facts
        .iter()
        .map(|(name, value)| (*name, value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect();
    if !facts.is_empty() {
        parts.push(crate::table::pairs(facts));
    }
    let (wall, cpu) = ledger.cost();
    let verdict = match (error, ok) {
        (Some(error), _) => format!("FAILED: {error}"),
        (None, false) => "FAILED: see the rows marked NO".to_owned(),
        (None, true) => format!(
            "{} steps worked, {} cheats were stopped, in {wall:.1} s ({cpu:.1} CPU s)",
            ledger.steps().len(),
            ledger.cheats().len()
        ),
    };
    parts.push(verdict);
    parts.join("\n\n")
}

fn steps(ledger: &Ledger) -> String {
    let mut table = Table::new([
        ("step", Align::Left),
        ("ok", Align::Left),
        ("CPU s", Align::Right),
        ("gas", Align::Right),
        ("result", Align::Left),
    ]);
    for step in ledger.steps() {
        table.row([
            step.name.clone(),
            yes(step.ok),
            format!("{:.2}", step.cpu_s),
            step.gas.map(thousands).unwrap_or_default(),
            abbreviated(&step.detail),
        ]);
    }
    table.render()
}

fn cheats(ledger: &Ledger) -> String {
    let mut table = Table::new([
        ("cheat", Align::Left),
        ("as it should", Align::Left),
        ("outcome", Align::Left),
        ("reason", Align::Left),
    ]);
    for cheat in ledger.cheats() {
        table.row([
            cheat.name.clone(),
            yes(cheat.as_expected),
            cheat.outcome.to_owned(),
            shortened(&abbreviated(&cheat.reason), 120),
        ]);
    }
    table.render()
}

fn yes(ok: bool) -> String {
    if ok { "yes" } else { "NO" }.to_owned()
}

// The whole text is in the JSON; a table with 300-character cells helps nobody.
fn shortened(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit - 1).chain(['…']).collect()
}
