//! The outside tools of the test command, installed on first use: cargo-deny, solc and foundry from npm, and SoftHSM2 where
//! that needs nobody's permission.

use crate::run::{cargo, check, command, root};
use eyre::{Result, bail};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The cargo-deny release that `deny.toml` was written for.
const CARGO_DENY: &str = "0.20.2";

fn answers(program: &str, argument: &str) -> bool {
    Command::new(program)
        .arg(argument)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

/// Path of cargo-deny: the one on PATH, or one built once under `target/tools`.
pub fn cargo_deny() -> Result<PathBuf> {
    if answers("cargo-deny", "--version") {
        return Ok("cargo-deny".into());
    }
    let dir = root().join("target/tools");
    let bin = dir.join("bin/cargo-deny");
    if !bin.exists() {
        println!("installing cargo-deny {CARGO_DENY} into target/tools (once, a few minutes)");
        let mut c = cargo(&["install", "cargo-deny", "--locked", "--quiet", "--version", CARGO_DENY]);
        c.arg("--root").arg(&dir).env("CARGO_TARGET_DIR", dir.join("build"));
        check(c)?;
        // The build folder is several hundred megabytes and is never needed again.
        std::fs::remove_dir_all(dir.join("build")).ok();
    }
    Ok(bin)
}

/// Makes `contracts/node_modules` match the lock file: solc, forge, anvil, cast and the Solidity libraries.
pub fn node_modules() -> Result<PathBuf> {
    let contracts = root().join("contracts");
    let modules = contracts.join("node_modules");
    let stamp = modules.join(".nonos-lock");
    let lock = std::fs::read(contracts.join("package-lock.json"))?;
    if std::fs::read(&stamp).is_ok_and(|s| s == lock) {
        return Ok(modules);
    }
    if !answers("npm", "--version") {
        bail!("npm is needed for the Solidity toolchain (Node.js 20 or later); `cargo run` needs neither");
    }
    let mut c = command("npm");
    c.current_dir(&contracts).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
    check(c)?;
    std::fs::write(stamp, lock)?;
    Ok(modules)
}

/// A program of foundry (`forge`, `cast`, `anvil`) from the npm packages.
pub fn foundry(name: &str) -> Result<PathBuf> {
    let modules = node_modules()?;
    let arch = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let path = modules.join(format!("@foundry-rs/{name}-linux-{arch}/bin/{name}"));
    if !path.exists() {
        bail!("{} is missing after npm ci", path.display());
    }
    Ok(path)
}

/// Where distributions put SoftHSM2's module; the tests look at the same places.
const SOFTHSM: [&str; 4] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
];

/// Whether SoftHSM2 is there. As root on a Debian it is installed if it is not; elsewhere that is left to the user.
pub fn softhsm() -> bool {
    let there = || SOFTHSM.iter().any(|path| std::path::Path::new(path).exists());
    if there() {
        return true;
    }
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    if root && answers("apt-get", "--version") {
        println!("installing softhsm2 with apt-get (once)");
        let apt = |args: &[&str]| {
            let mut c = command("apt-get");
            c.args(args).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
            check(c).is_ok()
        };
        let install = ["install", "--yes", "--no-install-recommends", "softhsm2"];
        if !apt(&install) {
            // The lists of a fresh image are empty.
            let _ = apt(&["update"]) && apt(&install);
        }
    }
    if !there() {
        println!("SoftHSM2 is not installed (apt-get install softhsm2): the tests with tokens are skipped");
    }
    there()
}
