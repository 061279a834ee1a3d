//! Runs the built binary with an environment of its own: empty home, no variables but those a test gives.
#![allow(dead_code)] // each test binary uses its part

pub mod softhsm;

use serde_json::Value;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, OnceLock};

/// A temporary home folder, and the command line in it.
pub struct Home {
    dir: tempfile::TempDir,
}

/// How a run ended.
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

impl Home {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// The binary, with nothing in its environment but HOME, and no terminal to ask on.
    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nonos"));
        command.env_clear().env("HOME", self.dir.path()).current_dir(self.dir.path()).args(args);
        command
    }

    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Run {
        finish(&mut self.command(args))
    }

    pub fn run_env<S: AsRef<OsStr>>(&self, vars: &[(&str, &str)], args: impl IntoIterator<Item = S>) -> Run {
        finish(self.command(args).envs(vars.iter().copied()))
    }

    /// With the passphrase that [`Home::keys`] uses.
    pub fn unlocked<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Run {
        self.run_env(&[("NONOS_PASSPHRASE", PASSPHRASE)], args)
    }

    /// The keystore that the markets of one test binary share, so that they can share installs as well.
    pub fn shared_keys(&self) {
        let shared = shared().lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let (kept, ours) = (shared.path().join("keystore"), self.path(".nonos/keystore"));
        if kept.exists() {
            std::fs::DirBuilder::new().mode(0o700).create(self.path(".nonos")).unwrap();
            std::fs::copy(kept, ours).unwrap();
        } else {
            self.keys();
            std::fs::copy(ours, kept).unwrap();
        }
    }

    /// Makes a keystore (at the cheapest work factor) and gives its root key.
    pub fn keys(&self) -> String {
        let run = self.unlocked(["keys", "init", "--work-factor", "10", "--json"]).success();
        run.json()["root_key"].as_str().unwrap().to_owned()
    }
}

/// Keys and finished installs of this test binary: proving one costs half a minute of CPU.
fn shared() -> &'static Mutex<tempfile::TempDir> {
    static SHARED: OnceLock<Mutex<tempfile::TempDir>> = OnceLock::new();
    SHARED.get_or_init(|| Mutex::new(tempfile::tempdir().unwrap()))
}

/// Copies a folder into another, which may have parts of it already.
fn copy_folder(from: &Path, to: &Path) {
    if !from.exists() {
        return;
    }
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

pub const PASSPHRASE: &str = "correct horse";

pub fn finish(command: &mut Command) -> Run {
    let Output { status, stdout, stderr } = command.stdin(std::process::Stdio::null()).output().unwrap();
    Run {
        code: status.code(),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}

impl Run {
    #[track_caller]
    pub fn success(self) -> Self {
        self.code(0)
    }

    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// Failed with this status and says this on stderr.
    #[track_caller]
    pub fn fails(self, code: i32, part: &str) -> Self {
        let run = self.code(code);
        assert!(run.stderr.contains(part), "`{part}` is not in: {}", run.stderr);
        run
    }

    /// The one object on stdout.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.stdout))
    }
}

/// Path as text.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The object that a service prints once it is up; `None` if it ended before.
pub fn welcome(stdout: impl BufRead) -> Option<Value> {
    let mut text = String::new();
    for line in stdout.lines() {
        let line = line.ok()?;
        text.push_str(&line);
        if line == "}" {
            return serde_json::from_str(&text).ok();
        }
    }
    None
}

/// A node in a process of its own; killed when dropped.
pub struct Node {
    child: Child,
    pub url: String,
}

impl Node {
    /// `nonos devnet` on a free port.
    pub fn devnet(home: &Home) -> Self {
        Self::devnet_with(home, &[])
    }

    /// The same with more flags.
    pub fn devnet_with(home: &Home, flags: &[&str]) -> Self {
        let mut child = home
            .command(["devnet", "--port", "0", "--json", "--quiet"])
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let welcome = welcome(BufReader::new(child.stdout.take().unwrap())).unwrap();
        Self { child, url: welcome["url"].as_str().unwrap().to_owned() }
    }

    /// foundry's node on a free port; `None`, loudly, where NONOS_ANVIL does not name it. `cargo xtask test` does.
    pub fn anvil() -> Option<Self> {
        let Some(anvil) = std::env::var_os("NONOS_ANVIL") else {
            eprintln!("SKIPPED: NONOS_ANVIL is not set, so nothing was tried on anvil");
            return None;
        };
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(anvil);
        command.args(["--silent", "--port", &port.to_string()]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let node = Self { child, url: format!("http://127.0.0.1:{port}") };
        let up = (0..100).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(100));
            std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        assert!(up, "anvil did not start");
        Some(node)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn wait(&mut self) -> std::process::ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A description that asks for less isolation than the default floor, so that an old kernel can meet it.
pub fn spec(name: &str, capabilities: &str) -> String {
    format!(
        "name = \"{name}\"\nversion = \"1.0.0\"\n[policy]\nmin_isolation = 2\nmax_memory_pages = 64\n\
         capabilities = [{capabilities}]\n"
    )
}

/// A capsule program of the node's collection.
pub fn program(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../node/capsules").join(format!("{name}.wat"))
}

pub const IO: &str = "\"input_len\", \"input_read\", \"output_write\"";

/// Every capability, for the mesh floor.
pub const ALL: &str =
    "\"input_len\", \"input_read\", \"output_write\", \"log_write\", \"clock_ms\", \"random_fill\"";

/// A devnet with the contracts, an operator's keys and a publisher's.
pub struct Market {
    pub home: Home,
    pub node: Node,
}

impl Market {
    pub fn open() -> Self {
        let home = Home::new();
        home.shared_keys();
        let node = Node::devnet(&home);
        Self::deploy(home, node)
    }

    /// The contracts on this chain, under a floor that an old kernel can meet.
    pub fn deploy(home: Home, node: Node) -> Self {
        let market = Self { home, node };
        let floor = market.home.write("floor.toml", spec("floor", ALL).split_once("[policy]\n").unwrap().1);
        market.run(&["chain", "deploy", "--floor", text(&floor)]).success();
        market
    }

    pub fn run(&self, args: &[&str]) -> Run {
        finish(&mut self.command(args))
    }

    /// The same, not run yet.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command =
            self.home.command(args.iter().copied().chain(["--rpc-url", self.node.url.as_str()]));
        command.env("NONOS_PASSPHRASE", PASSPHRASE);
        command
    }

    /// Enrols the operator of the keystore, with a proof.
    pub fn enrol(&self) {
        self.run(&["operator", "enrol"]).success();
    }

    /// Installs a capsule with a proof on chain. Another market of this binary may have made the proof: with the same keys, on
    /// a chain with the same id and addresses, the install leaf is the same.
    pub fn install(&self, capsule: &Path) {
        let shared = shared().lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let (kept, ours) = (shared.path().join("installs"), self.home.path(".nonos/installs"));
        copy_folder(&kept, &ours);
        self.run(&["capsule", "install", text(capsule), "--backend", "halo2"]).success();
        copy_folder(&ours, &kept);
    }

    /// Packs, signs and registers a program of the collection.
    pub fn publish(&self, name: &str, capabilities: &str) -> PathBuf {
        let out = self.pack(name, capabilities);
        self.run(&["capsule", "register", text(&out)]).success();
        out
    }

    /// Packs and signs a program of the collection.
    pub fn pack(&self, name: &str, capabilities: &str) -> PathBuf {
        let description = self.home.write("spec.toml", spec(name, capabilities));
        let out = self.home.path(&format!("{name}.capsule"));
        let program = program(name);
        let pack =
            ["capsule", "pack", text(&program), "--spec", text(&description), "-o", text(&out), "--no-check"];
        self.run(&pack).success();
        self.run(&["capsule", "sign", text(&out)]).success();
        out
    }
}
