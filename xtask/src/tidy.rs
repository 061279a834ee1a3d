//! What no compiler checks: file length, the `//!` line, unfinished markers, host names.

use eyre::{Result, bail};
use std::path::{Path, PathBuf};

/// No hand-written source file is longer.
const MAX_LINES: usize = 600;
/// Folders that hold nothing of ours or only generated files.
const SKIP: &[&str] =
    &["target", "node_modules", ".git", "out", "cache", "generated", "artifacts", "data", "lib"];

fn walk(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !SKIP.contains(&name) {
                walk(&path, files)?;
            }
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// Checks every tracked kind of source file under the workspace root.
pub fn run() -> Result<()> {
    let root = crate::run::root();
    let mut files = Vec::new();
    walk(&root, &mut files)?;
    let unfinished: Vec<String> =
        ["TO", "FIX"].iter().zip(["DO", "ME"]).map(|(a, b)| format!("{a}{b}")).collect();
    let hosts: Vec<String> = ["registry.npmjs", "index.crates", "static.crates", "files.pythonhosted"]
        .iter()
        .zip(["org", "io", "io", "org"])
        .map(|(a, b)| format!("{a}.{b}"))
        .collect();
    let mut wrong = Vec::new();
    let mut checked = 0;
    for path in &files {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        if !["rs", "sol", "md", "toml", "json", "mjs", "cjs", "sh", "yml", "lock"].contains(&extension) {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        checked += 1;
        let shown = path.strip_prefix(&root).unwrap_or(path).display();
        for host in &hosts {
            // Cargo.lock names its registry by an index address that cargo itself writes.
            if extension != "lock" && text.contains(host.as_str()) {
                wrong.push(format!("{shown}: names the host {host}"));
            }
        }
        if !["rs", "sol"].contains(&extension) {
            continue;
        }
        let lines = text.lines().count();
        if lines > MAX_LINES {
            wrong.push(format!("{shown}: {lines} lines, at most {MAX_LINES}"));
        }
        if extension == "rs" && !text.starts_with("//!") && !text.starts_with("#!") {
            wrong.push(format!("{shown}: does not open with a //! line"));
        }
        if extension == "sol" && !text.starts_with("// SPDX-License-Identifier: MIT OR Apache-2.0") {
            wrong.push(format!("{shown}: does not open with the licence identifier"));
        }
        for marker in &unfinished {
            if text.contains(marker.as_str()) {
                wrong.push(format!("{shown}: contains {marker}"));
            }
        }
    }
    if !wrong.is_empty() {
        bail!("tidy:\n  {}", wrong.join("\n  "));
    }
    println!("tidy: {checked} files");
    Ok(())
}
