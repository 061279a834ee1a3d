//! The demo, timed as its user sees it: a process of its own, from start to exit.

use super::figure::Figure;
use crate::measure::{median, timed};
use eyre::{Result, WrapErr, ensure};
use std::process::{Command, Stdio};

/// Runs `nonos demo` `n` times.
pub fn measure(n: usize) -> Result<Vec<Option<Figure>>> {
    let program = std::env::current_exe().wrap_err("cannot find this executable to run the demo")?;
    let mut seconds = Vec::new();
    for _ in 0..n {
        let mut demo = Command::new(&program);
        // The caller's settings (a chain, a data folder) would make it another demo.
        let ours = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("NONOS_"));
        ours.for_each(|(name, _)| {
            demo.env_remove(name);
        });
        demo.args(["demo", "--json", "--quiet", "--config", "/dev/null"])
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let (status, wall, _) = timed(|| demo.status());
        let status = status.wrap_err_with(|| format!("cannot run {}", program.display()))?;
        ensure!(status.success(), "the demo failed ({status}); run `nonos demo` to see where");
        seconds.push(wall);
    }
    Ok(vec![median(&seconds).and_then(|value| Figure::new("demo_s", value, n))])
}
