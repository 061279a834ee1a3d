//! `docs/gas.md`: what forge measured of the contracts, beside the budgets and what another market publishes. Written by
//! `gas-table` and `gen`, proven fresh by their `--check`.

use crate::run::root;
use eyre::{Context, OptionExt, Result, bail};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What the tests named Gas measure, by forge.
const SNAPSHOTS: &str = "contracts/snapshots/nonos.json";
const TABLE: &str = "docs/gas.md";

/// Gas of each measured operation, in the order of the names.
type Measured = BTreeMap<String, u64>;

/// An operation, by the name of its measurement, and among how many receipts its gas is shared.
#[derive(Clone, Copy)]
struct Operation {
    shown: &'static str,
    measurement: &'static str,
    shared: u64,
}

const fn one(shown: &'static str, measurement: &'static str) -> Operation {
    Operation { shown, measurement, shared: 1 }
}

const fn each(shown: &'static str, measurement: &'static str, shared: u64) -> Operation {
    Operation { shown, measurement, shared }
}

/// What the contracts were designed to cost at most.
const BUDGETS: &[(Operation, u64)] = &[
    (one("inclusion of one of 1,024", "leafStatus in 1,024, final, warm"), 12_000),
    (one("anchor 1,024 receipts", "anchorBatch of 1,024"), 150_000),
    (one("lock, everything warm", "market: lock, signed, all warm"), 147_000),
    (one("fulfil", "market: fulfil"), 87_000),
    (each("fulfil, each of 32", "market: fulfil 32", 32), 42_000),
    (one("slash", "market: slash"), 80_000),
    (one("enrol, with the proof", "enrol, with the proof"), 1_000_000),
    (one("rotate, without the proof check", "rotate at 1,025 (depth 11), proof check excluded"), 1_500_000),
    (
        one(
            "admit an install of one chunk, without the proof check",
            "admit the second install, 1 chunk, proof check excluded",
        ),
        1_400_000,
    ),
];

/// What Boundless publishes of the same step of a market, and of what exactly.
const BOUNDLESS: &[(Operation, u64, &str)] = &[
    (one("deposit, the first", "market: first deposit"), 50_942, ""),
    (one("deposit, the next", "market: deposit"), 33_842, ""),
    (one("withdraw", "market: withdraw"), 40_358, ""),
    (one("submit", "market: submit"), 45_914, ""),
    (one("lock what was submitted", "market: lock, submitted"), 147_046, ""),
    (one("lock by signature", "market: lock, signed"), 156_774, ""),
    (one("lock by signature, everything warm", "market: lock, signed, all warm"), 156_774, ""),
    (one("fulfil one", "market: fulfil"), 87_293, "its proof check is a mock"),
    (each("fulfil, each of 32", "market: fulfil 32", 32), 41_990, "1,343,691 for 32, likewise"),
    (one("slash", "market: slash"), 101_033, "expired; 80,598 when rescued"),
];

/// Where a figure comes from.
enum Figure {
    Published(&'static str),
    Measured(Operation),
}

/// What others publish of one proof, and what we measure of one receipt.
const PROOFS: &[(&str, Figure)] = &[
    ("SP1, Groth16, verify", Figure::Published("about 270,000")),
    ("RISC Zero, Groth16, verify by the router", Figure::Published("about 316,000")),
    ("Aligned, each proof of 1,024", Figure::Published("about 2,100")),
    (
        "here, verify and record, without the proof check",
        Figure::Measured(one("", "verifyNow, proof check excluded")),
    ),
    ("here, anchor, each of 1,024", Figure::Measured(each("", "anchorBatch of 1,024", 1024))),
    ("here, ask for one of 1,024", Figure::Measured(one("", "leafStatus in 1,024, final"))),
    (
        "here, ask for 32 of 1,024 with one proof, each",
        Figure::Measured(each("", "areAnchored, 32 of 1,024", 32)),
    ),
    (
        "here, ask for 32 neighbours of 1,024 with one proof, each",
        Figure::Measured(each("", "areAnchored, 32 neighbours of 1,024", 32)),
    ),
];

/// Writes the table, or with `check_only` fails unless it is what would be written. Fails on a budget that is exceeded.
pub fn run(check_only: bool) -> Result<()> {
    let source = root().join(SNAPSHOTS);
    let text = std::fs::read_to_string(&source).wrap_err_with(|| format!("cannot read {SNAPSHOTS}"))?;
    let table = render(&parse(&text)?)?;
    let path = root().join(TABLE);
    if !check_only {
        std::fs::write(&path, table).wrap_err_with(|| format!("cannot write {TABLE}"))?;
        println!("generated: wrote {TABLE}");
    } else if std::fs::read_to_string(&path).wrap_err_with(|| format!("cannot read {TABLE}"))? == table {
        println!("generated: {TABLE} is fresh");
    } else {
        bail!("{TABLE} is stale: run cargo xtask gas-table and commit");
    }
    Ok(())
}

/// Forge writes one object of names and numbers, the numbers as strings.
fn parse(text: &str) -> Result<Measured> {
    let raw: BTreeMap<String, String> =
        serde_json::from_str(text).wrap_err_with(|| format!("{SNAPSHOTS} is no object of strings"))?;
    raw.into_iter()
        .map(|(name, gas)| {
            let number =
                gas.parse().wrap_err_with(|| format!("{SNAPSHOTS}: {name}: {gas:?} is no number"))?;
            Ok((name, number))
        })
        .collect()
}

impl Operation {
    /// Its gas, rounded up where it is shared.
    fn gas(&self, measured: &Measured) -> Result<u64> {
        let total = measured.get(self.measurement);
        let total = total.ok_or_eyre(format!("{SNAPSHOTS} has no {:?}", self.measurement))?;
        Ok(total.div_ceil(self.shared))
    }
}

/// 1234567 as 1,234,567.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i != 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The whole file.
fn render(measured: &Measured) -> Result<String> {
    let mut out = HEAD.to_owned();
    out += "\n## Against the budgets\n\n| operation | budget | measured | of the budget |\n|---|---:|---:|---:|\n";
    for (operation, budget) in BUDGETS {
        let gas = operation.gas(measured)?;
        if gas > *budget {
            bail!("{}: {} gas, the budget is {}", operation.shown, grouped(gas), grouped(*budget));
        }
        let percent = (gas * 100).div_ceil(*budget);
        let (budget, gas) = (grouped(*budget), grouped(gas));
        writeln!(out, "| {} | {budget} | {gas} | {percent} % |", operation.shown)?;
    }
    out += BESIDE;
    for (operation, theirs, note) in BOUNDLESS {
        let (gas, theirs) = (grouped(operation.gas(measured)?), grouped(*theirs));
        writeln!(out, "| {} | {gas} | {theirs} | {note} |", operation.shown)?;
    }
    out += ONE_PROOF;
    for (shown, figure) in PROOFS {
        let gas = match figure {
            Figure::Measured(operation) => grouped(operation.gas(measured)?),
            Figure::Published(text) => (*text).to_owned(),
        };
        writeln!(out, "| {shown} | {gas} |")?;
    }
    out += "\n## Everything that is measured\n\n| operation | gas |\n|---|---:|\n";
    for (name, gas) in measured {
        writeln!(out, "| {name} | {} |", grouped(*gas))?;
    }
    Ok(out)
}

const HEAD: &str = "\
# Gas

<!-- Generated by xtask from contracts/snapshots/nonos.json. Do not edit: run `cargo xtask gas-table`. -->

Execution gas, as forge measures it: without a transaction's own 21,000 and its calldata. Accounts and slots are cold unless
a line says warm; accounts in use have been used before. *Without the proof check* means that the verifier answers at once. What a
proof check costs stands in the README of the contracts.
";

const BESIDE: &str = "
## Beside another market

Boundless publishes these of its own contracts. How they were measured is theirs: calldata, tokens and warm slots may count
otherwise, and a request there and here is not the same. Its proof check is a mock; a real one adds about 250,000. Here, a fulfilment
that was claimed checks no proof: the batch was open to challenges.

| step | here | Boundless | note |
|---|---:|---:|---|
";

const ONE_PROOF: &str = "
## One proof, one receipt

| what | gas |
|---|---:|
";

#[cfg(test)]
mod tests {
    use super::{Figure, Measured, grouped, parse, render};

    #[test]
    fn digits_come_in_groups_of_three() {
        let shown: Vec<_> = [0, 999, 1000, 65_536, 1_234_567].map(grouped).to_vec();
        assert_eq!(shown, ["0", "999", "1,000", "65,536", "1,234,567"]);
    }

    #[test]
    fn what_is_no_number_or_missing_is_named() {
        let error = format!("{:#}", parse(r#"{"lock": "12x"}"#).unwrap_err());
        assert!(error.contains("lock") && error.contains("12x"), "{error}");
        let error = format!("{:#}", render(&Measured::new()).unwrap_err());
        assert!(error.contains("leafStatus in 1,024"), "{error}");
    }

    #[test]
    fn a_budget_that_is_exceeded_fails() {
        let mut measured: Measured =
            super::BUDGETS.iter().map(|(o, budget)| (o.measurement.to_owned(), budget * o.shared)).collect();
        for (operation, _, _) in super::BOUNDLESS {
            measured.entry(operation.measurement.to_owned()).or_insert(1);
        }
        for (_, figure) in super::PROOFS {
            if let Figure::Measured(operation) = figure {
                measured.entry(operation.measurement.to_owned()).or_insert(1);
            }
        }
        let table = render(&measured).unwrap();
        assert!(table.contains("| slash | 80,000 | 80,000 | 100 % |"), "{table}");
        *measured.get_mut("market: slash").unwrap() += 1;
        let error = render(&measured).unwrap_err().to_string();
        assert_eq!(error, "slash: 80,001 gas, the budget is 80,000");
    }
}
