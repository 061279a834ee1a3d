//! The import rules between our crates, enforced from `cargo metadata`.
//!
//! Architecture invariant: an arrow that is not in [`ALLOWED`] does not exist. The development dependencies of a crate
//! may also name what its dependencies import (a test of the generator builds witnesses from core's nouns) and [`IN_TESTS`],
//! nothing else.

use cargo_metadata::{DependencyKind, MetadataCommand};
use eyre::{Result, bail};
use std::collections::BTreeMap;

/// Who may import whom. `cli`, `tests` and `xtask` stand on top and may import everything.
const ALLOWED: &[(&str, &[&str])] = &[
    ("nonos-core", &[]),
    ("nonos-circuits", &["nonos-core"]),
    ("nonos-hash-stark", &["nonos-core"]),
    ("nonos-verifier-gen", &["nonos-circuits"]),
    ("nonos-contracts", &["nonos-core"]),
    ("nonos-devnet", &[]),
    ("nonos-api", &["nonos-core"]),
    ("nonos-node", &["nonos-core", "nonos-circuits", "nonos-hash-stark", "nonos-contracts", "nonos-api"]),
    ("nonos-relayer", &["nonos-core", "nonos-contracts", "nonos-api"]),
    ("nonos-market", &["nonos-core", "nonos-contracts", "nonos-api"]),
];

/// Crates that may import any of ours.
const ON_TOP: &[&str] = &["nonos-cli", "nonos-tests", "xtask"];

/// A chain and a prover, for the tests of any crate.
const IN_TESTS: &[&str] = &["nonos-devnet", "nonos-circuits"];

/// Outside packages that would break a layer: the package and the crates that must not depend on it directly.
const FORBIDDEN_OUTSIDE: &[(&str, &[&str])] = &[
    // core has no IO, no async and no proof system.
    ("tokio", &["nonos-core", "nonos-circuits", "nonos-verifier-gen"]),
    ("halo2-axiom", &["nonos-core", "nonos-contracts", "nonos-devnet"]),
    ("alloy", &["nonos-core", "nonos-circuits"]),
    ("redb", &["nonos-core", "nonos-circuits", "nonos-verifier-gen", "nonos-contracts", "nonos-devnet"]),
];

/// Oracles: fine in tests, never in a product (deprecated or unaudited code).
const TESTS_ONLY: &[&str] = &["ethers-core", "snark-verifier", "light-poseidon", "lean-imt"];

/// Whether `to` is among `list` or what those import.
fn reaches(allowed: &BTreeMap<&str, &[&str]>, list: &[&str], to: &str) -> bool {
    list.iter().any(|name| *name == to || allowed.get(name).is_some_and(|next| reaches(allowed, next, to)))
}

/// Checks every crate of the workspace; the error lists every forbidden import at once.
pub fn run() -> Result<()> {
    let metadata =
        MetadataCommand::new().manifest_path(crate::run::root().join("Cargo.toml")).no_deps().exec()?;
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let mut wrong = Vec::new();
    let mut arrows = 0;
    for package in &metadata.packages {
        let name = package.name.as_str();
        for dependency in &package.dependencies {
            let to = dependency.name.as_str();
            if dependency.kind == DependencyKind::Normal && TESTS_ONLY.contains(&to) {
                wrong.push(format!("{name} -> {to}: a test oracle must stay a dev-dependency"));
            }
            if dependency.kind == DependencyKind::Normal
                && FORBIDDEN_OUTSIDE.iter().any(|(out, from)| *out == to && from.contains(&name))
            {
                wrong.push(format!("{name} -> {to}: this layer must not know it"));
            }
            if dependency.path.is_none() {
                continue;
            }
            arrows += 1;
            if ON_TOP.contains(&name) || (dependency.kind == DependencyKind::Development && to == name) {
                continue;
            }
            match allowed.get(name) {
                None => wrong.push(format!("{name} is not in the table of xtask/src/layering.rs")),
                Some(list)
                    if dependency.kind == DependencyKind::Development
                        && (IN_TESTS.contains(&to) || reaches(&allowed, list, to)) => {}
                Some(list) if !list.contains(&to) => wrong.push(format!("{name} -> {to} is forbidden")),
                Some(_) => {}
            }
        }
    }
    if !wrong.is_empty() {
        bail!("layering:\n  {}", wrong.join("\n  "));
    }
    println!("layering: {} crates, {arrows} arrows, all allowed", metadata.packages.len());
    Ok(())
}
