//! `docs/coverage.md`: which lines and branches of the contracts the forge tests reach.
//!
//! Forge counts by inserting code, without the optimizer. The generated verifiers are one block of assembly each, which
//! fills the stack before anything is inserted; so a copy of the project is measured in which they only revert. Tests that
//! need a real proof, or a price of gas, fail there by necessity, and are run as they are by the test command.

use crate::run::root;
use crate::tools;
use eyre::{Context, OptionExt, Result, bail};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

const WORK: &str = "target/coverage";
const TABLE: &str = "docs/coverage.md";
const GENERATED: &str = "contracts/src/verifier/generated";
const COPIED: [&str; 6] =
    ["contracts/src", "contracts/test", "contracts/artifacts", "core/tests", "script", "foundry.toml"];

/// What is counted of one file: (reached, there are).
#[derive(Default)]
struct Counts {
    lines: (usize, usize),
    branches: (usize, usize),
    functions: (usize, usize),
    /// Lines that no test reaches.
    missed: Vec<usize>,
}

pub fn run() -> Result<()> {
    let work = root().join(WORK);
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    for path in COPIED {
        copy(&root().join(path), &work.join(path))?;
    }
    let modules = tools::node_modules()?;
    std::os::unix::fs::symlink(&modules, work.join("contracts/node_modules"))?;
    fs::create_dir_all(work.join("contracts/cache/deployments"))?;
    for entry in fs::read_dir(work.join(GENERATED))? {
        hollow(&entry?.path())?;
    }
    let settings = fs::read_to_string(work.join("foundry.toml"))?;
    fs::write(work.join("foundry.toml"), one_profile(&settings)?)?;
    let mut c = Command::new(tools::foundry("forge")?);
    c.current_dir(&work).args(["coverage", "--report", "lcov", "--report-file", "lcov.info"]);
    c.args(["--no-match-path", "contracts/test/invariant/*"]);
    let output = c.output().wrap_err("forge does not start")?;
    let told = String::from_utf8_lossy(&output.stdout);
    let Ok(lcov) = fs::read_to_string(work.join("lcov.info")) else {
        bail!("forge coverage: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    };
    let tests = told.lines().find(|line| line.starts_with("Ran ") && line.contains("test suites in"));
    println!("{}", tests.unwrap_or("forge did not say how many tests it ran"));
    let table = table(&parse(&lcov)?)?;
    fs::write(root().join(TABLE), table).wrap_err(TABLE)?;
    println!("{TABLE} written");
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::copy(from, to).wrap_err_with(|| format!("copying {}", from.display()))?;
    Ok(())
}

/// Replaces the contract of a generated file by one that only reverts.
fn hollow(file: &Path) -> Result<()> {
    let text = fs::read_to_string(file)?;
    let (head, body) = text.split_once("\ncontract ").ok_or_eyre("no contract in a generated file")?;
    let name = body.split_whitespace().next().ok_or_eyre("a contract without a name")?;
    fs::write(file, format!("{head}\ncontract {name} {{ fallback() external {{ revert(); }} }}\n"))?;
    Ok(())
}

/// The settings without compiler profiles: a file that is compiled twice would be counted twice.
fn one_profile(settings: &str) -> Result<String> {
    let mut lines = Vec::new();
    let mut within = false;
    for line in settings.lines() {
        if line.starts_with("compilation_restrictions") {
            within = true;
        }
        if !within && !line.starts_with("additional_compiler_profiles") {
            lines.push(line);
        }
        within &= line != "]";
    }
    if within {
        bail!("foundry.toml: compilation_restrictions has no end");
    }
    Ok(lines.join("\n"))
}

fn parse(lcov: &str) -> Result<BTreeMap<String, Counts>> {
    let mut files: BTreeMap<String, Counts> = BTreeMap::new();
    let mut file = None;
    for line in lcov.lines() {
        let Some((key, value)) = line.split_once(':') else { continue };
        if key == "SF" {
            file = value.starts_with("contracts/src/").then(|| value.to_owned());
            continue;
        }
        let Some(counts) = file.as_ref().map(|file| files.entry(file.clone()).or_default()) else { continue };
        let number = || value.parse::<usize>().wrap_err_with(|| format!("lcov: {line}"));
        match key {
            "LF" => counts.lines.1 = number()?,
            "LH" => counts.lines.0 = number()?,
            "BRF" => counts.branches.1 = number()?,
            "BRH" => counts.branches.0 = number()?,
            "FNF" => counts.functions.1 = number()?,
            "FNH" => counts.functions.0 = number()?,
            "DA" => {
                let (at, hits) = value.split_once(',').ok_or_eyre("lcov: a line without hits")?;
                if hits == "0" {
                    counts.missed.push(at.parse()?);
                }
            }
            _ => {}
        }
    }
    // Interfaces and the hollowed files have nothing to count.
    files.retain(|file, counts| counts.lines.1 > 0 && !file.starts_with(GENERATED));
    Ok(files)
}

fn table(files: &BTreeMap<String, Counts>) -> Result<String> {
    let mut text = String::from(
        "# Coverage of the contracts\n\n\
         Written by `cargo xtask coverage`: what the tests of `contracts/test` reach of `contracts/src`, without the invariants.\n\
         Forge measures without the optimizer, and cannot compile the generated verifiers so: in the measured copy they only revert, so\n\
         the tests with real proofs do not count, and what only they reach is listed as missed. Lines that are no code for forge (assembly that it\n\
         does not follow, a closing brace) can be among the missed ones too.\n\n\
         | file | lines | branches | functions | lines missed |\n|---|---|---|---|---|\n",
    );
    let mut sum = Counts::default();
    let part = |(reached, of): (usize, usize)| match of {
        0 => "none".to_owned(),
        _ => format!("{reached}/{of}"),
    };
    for (file, c) in files {
        let name = file.trim_start_matches("contracts/src/");
        let missed = c.missed.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        let (lines, branches, functions) = (part(c.lines), part(c.branches), part(c.functions));
        writeln!(text, "| `{name}` | {lines} | {branches} | {functions} | {missed} |")?;
        for (total, own) in
            [(&mut sum.lines, c.lines), (&mut sum.branches, c.branches), (&mut sum.functions, c.functions)]
        {
            *total = (total.0 + own.0, total.1 + own.1);
        }
    }
    let percent =
        |(reached, of): (usize, usize)| format!("{:.1} %", 100.0 * reached as f64 / of.max(1) as f64);
    let (lines, branches, functions) = (percent(sum.lines), percent(sum.branches), percent(sum.functions));
    writeln!(text, "| **all** | {lines} | {branches} | {functions} | |")?;
    Ok(text)
}
