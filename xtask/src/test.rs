//! The whole test command, stage by stage, with one summary at the end.

use crate::run::{cargo, check, command};
use crate::{gen_code, layering, tidy, tools};
use eyre::{Result, bail};
use std::time::Instant;

type Stage = (&'static str, fn() -> Result<()>);

const STAGES: &[Stage] = &[
    ("format", || check(cargo(&["fmt", "--all", "--check"]))),
    ("layering", layering::run),
    ("tidy", tidy::run),
    ("deny", || {
        let mut c = command(tools::cargo_deny()?);
        // The advisory database is a git repository of its own: `cargo deny check advisories` wants a network.
        c.args(["--all-features", "check", "--hide-inclusion-graph", "bans", "licenses", "sources"]);
        check(c)
    }),
    ("clippy", || {
        check(cargo(&[
            "clippy",
            "--release",
            "--workspace",
            "--all-targets",
            "--locked",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ]))
    }),
    ("rust", || {
        let mut c = cargo(&["test", "--release", "--workspace", "--locked", "--quiet", "--no-fail-fast"]);
        // Fault tests print how many faults they injected and what was checked: that is worth reading when they pass.
        c.args(["--", "--show-output"]);
        c.env("NONOS_NODE_MODULES", tools::node_modules()?);
        c.env("NONOS_CAST", tools::foundry("cast")?).env("NONOS_ANVIL", tools::foundry("anvil")?);
        // Without it, the tests of root keys on a token say that they were skipped.
        if tools::softhsm() {
            c.env("NONOS_REQUIRE_SOFTHSM", "1");
        }
        check(c)
    }),
    ("solidity-format", || {
        let mut c = command(tools::foundry("forge")?);
        c.args(["fmt", "--check"]);
        check(c)
    }),
    ("generated", || gen_code::run(true)),
    ("solidity", || {
        let mut c = command(tools::foundry("forge")?);
        // Gas that is not what the snapshots say fails.
        c.args(["test"]).env("FORGE_SNAPSHOT_CHECK", "true");
        check(c)
    }),
];

/// Runs every stage (or those named), goes on after a failure, and fails at the end if any did.
pub fn run(only: &[String]) -> Result<()> {
    for name in only {
        if !STAGES.iter().any(|(stage, _)| stage == name) {
            let known: Vec<_> = STAGES.iter().map(|(stage, _)| *stage).collect();
            bail!("no stage is called {name:?}; stages: {}", known.join(", "));
        }
    }
    let (mut passed, mut failed) = (0, Vec::new());
    let mut lines = Vec::new();
    for (name, stage) in STAGES {
        if !only.is_empty() && !only.iter().any(|o| o == name) {
            continue;
        }
        println!("== {name}");
        let start = Instant::now();
        let result = stage();
        let seconds = start.elapsed().as_secs();
        match result {
            Ok(()) => {
                passed += 1;
                lines.push(format!("  ok      {name} ({seconds} s)"));
            }
            Err(error) => {
                eprintln!("{name}: {error:#}");
                lines.push(format!("  FAILED  {name} ({seconds} s)"));
                failed.push(*name);
            }
        }
    }
    println!("== summary\n{}", lines.join("\n"));
    println!("{passed} passed, {} failed", failed.len());
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}
