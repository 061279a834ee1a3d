//! Running other programs from the workspace root.

use eyre::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The workspace root, from the position of this crate.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// A command that starts in the workspace root.
pub fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut c = Command::new(program);
    c.current_dir(root());
    c
}

/// `cargo` as the one that started us, so that a toolchain override carries over.
pub fn cargo(args: &[&str]) -> Command {
    let mut c = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    c.args(args);
    c
}

/// Runs to the end with inherited output; an exit status other than 0 is an error that names the command.
pub fn check(mut c: Command) -> Result<()> {
    let shown = format!("{c:?}");
    let status = c.status().wrap_err_with(|| format!("cannot start {shown}"))?;
    if !status.success() {
        bail!("{shown} failed: {status}");
    }
    Ok(())
}
