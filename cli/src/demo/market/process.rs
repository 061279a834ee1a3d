//! A service of the demo: this very program once more, in a process and a data folder of its own, as a user would start it.

use eyre::{Result, WrapErr, bail, eyre};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How long a service may take to say that it is up: it generates keys first, perhaps on a busy machine.
const START: Duration = Duration::from_secs(60);
/// How long it may take to drain.
const STOP: Duration = Duration::from_secs(30);
/// Pause between two looks at a process.
const PAUSE: Duration = Duration::from_millis(20);
/// How much of a log an error quotes.
const TAIL: usize = 1_500;

/// A running service. Killed if it is dropped; [`Service::stop`] is the clean way.
#[derive(Debug)]
pub struct Service {
    name: String,
    child: Child,
    log: PathBuf,
    hello: Value,
}

impl Service {
    /// Starts `nonos --json ARGS` with these variables and waits for its first answer. Variables of the demo's own
    /// environment that start with `NONOS_` are not passed on: they are about the demo.
    pub async fn start(name: &str, log: PathBuf, env: &[(&str, String)], args: &[String]) -> Result<Self> {
        let program = std::env::current_exe().wrap_err("cannot find this executable")?;
        let stderr = File::create(&log).wrap_err_with(|| format!("cannot write {}", log.display()))?;
        let mut command = Command::new(program);
        for (variable, _) in std::env::vars_os() {
            if variable.as_encoded_bytes().starts_with(b"NONOS_") {
                command.env_remove(variable);
            }
        }
        command.args(["--json", "--quiet"]).args(args).envs(env.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr);
        let mut child = command.spawn().wrap_err_with(|| format!("cannot start {name}"))?;
        let stdout = child.stdout.take().ok_or_else(|| eyre!("{name} has no standard output"))?;
        let (tell, told) = oneshot::channel();
        std::thread::spawn(move || listen(stdout, tell));
        let mut service = Self { name: name.to_owned(), child, log, hello: Value::Null };
        match tokio::time::timeout(START, told).await {
            Ok(Ok(hello)) => service.hello = hello,
            Ok(Err(_)) => bail!("{name} ended before it was up: {}", service.tail()),
            Err(_) => bail!("{name} was not up after {} s: {}", START.as_secs(), service.tail()),
        }
        Ok(service)
    }

    /// A string of its first answer, by JSON pointer.
    pub fn hello(&self, pointer: &str) -> Result<&str> {
        let found = self.hello.pointer(pointer).and_then(Value::as_str);
        found.ok_or_else(|| eyre!("{} said nothing at {pointer}: {}", self.name, self.hello))
    }

    /// An error if the process ended by itself.
    pub fn check(&mut self) -> Result<()> {
        match self.child.try_wait().wrap_err_with(|| format!("asking after {}", self.name))? {
            None => Ok(()),
            Some(status) => bail!("{} ended ({status}): {}", self.name, self.tail()),
        }
    }

    /// SIGTERM, then waits: a service drains and exits with status 0.
    pub async fn stop(mut self) -> Result<()> {
        self.check()?;
        let pid = libc::pid_t::try_from(self.child.id()).wrap_err("a process id out of range")?;
        // SAFETY: kill(2) with the id of a child that was not waited for; no memory is involved.
        if unsafe { libc::kill(pid, libc::SIGTERM) } != 0 {
            return Err(std::io::Error::last_os_error())
                .wrap_err_with(|| format!("cannot stop {}", self.name));
        }
        let status = self.ended().await?;
        if !status.success() {
            bail!("{} was asked to stop and ended with {status}: {}", self.name, self.tail());
        }
        Ok(())
    }

    async fn ended(&mut self) -> Result<ExitStatus> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if start.elapsed() > STOP {
                bail!("{} did not stop within {} s: {}", self.name, STOP.as_secs(), self.tail());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn tail(&self) -> String {
        tail(&self.log)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Passes on the first JSON object, however many lines it takes, and reads the rest away so that the pipe never fills.
fn listen(stdout: ChildStdout, tell: oneshot::Sender<Value>) {
    let mut reader = BufReader::new(stdout);
    let (mut text, mut tell) = (String::new(), Some(tell));
    while reader.read_line(&mut text).is_ok_and(|read| read != 0) {
        if let Ok(hello) = serde_json::from_str::<Value>(&text) {
            if let Some(tell) = tell.take() {
                let _ = tell.send(hello);
            }
            break;
        }
    }
    drop(tell);
    let mut rest = [0; 4096];
    while reader.read(&mut rest).is_ok_and(|read| read != 0) {}
}

/// The end of a log in one line.
fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text[text.len().saturating_sub(TAIL)..]).into_owned();
    match text.trim() {
        "" => format!("its log {} is empty", log.display()),
        text => text.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}
