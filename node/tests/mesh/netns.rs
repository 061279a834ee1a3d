//! Partition and healing in real network namespaces: two processes, one virtual cable, and the cable is pulled.
//!
//! Needs root and iproute2; says loudly that it was skipped where they are missing.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nonos_core::receipt::Receipt;
use nonos_node::mesh::MeshEvent;

use super::support::chain::MemoryChain;
use super::support::node::{Node, config};
use super::support::receipts::receipt;
use super::support::{PATIENCE, judge, run};

const ROLE: &str = "NONOS_MESH_TEST_CHILD";
const RECEIPTS: usize = 4;

fn ip(arguments: &str) -> Result<(), String> {
    let run = Command::new("ip").args(arguments.split_whitespace()).output();
    match run {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Two namespaces and a cable between them; gone when dropped.
struct Cable {
    names: [String; 2],
}

impl Cable {
    fn lay() -> Result<Self, String> {
        let tag = std::process::id() % 100_000;
        let cable = Self { names: [format!("nonos{tag}a"), format!("nonos{tag}b")] };
        for name in &cable.names {
            ip(&format!("netns add {name}"))?;
        }
        let [a, b] = &cable.names;
        ip(&format!("-n {a} link add cable type veth peer name cable netns {b}"))?;
        for (host, name) in (1..).zip(&cable.names) {
            ip(&format!("-n {name} addr add 10.213.7.{host}/24 dev cable"))?;
            ip(&format!("-n {name} link set lo up"))?;
            ip(&format!("-n {name} link set cable up"))?;
        }
        Ok(cable)
    }

    fn pull(&self) {
        ip(&format!("-n {} link set cable down", self.names[0])).unwrap();
    }

    fn plug(&self) {
        ip(&format!("-n {} link set cable up", self.names[0])).unwrap();
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        for name in &self.names {
            let _ = ip(&format!("netns del {name}"));
        }
    }
}

/// A node in a process and a namespace of its own, spoken to by lines.
struct Remote {
    process: Child,
    said: Arc<Mutex<Vec<String>>>,
}

impl Remote {
    fn start(namespace: &str, folder: &Path, address: &str) -> Self {
        let program = std::env::current_exe().unwrap();
        let mut process = Command::new("ip")
            .args(["netns", "exec", namespace])
            .arg(program)
            .args(["netns::child", "--exact", "--nocapture", "--test-threads=1"])
            .env(ROLE, format!("{} {address}", folder.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = Arc::<Mutex<Vec<String>>>::default();
        let (out, to) = (process.stdout.take().unwrap(), said.clone());
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                to.lock().unwrap().push(line);
            }
        });
        Self { process, said }
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.process.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Waits for the n-th line that starts like this, from 1.
    fn hears(&self, start: &str, nth: usize) -> String {
        let began = Instant::now();
        loop {
            let said = self.said.lock().unwrap();
            if let Some(line) = said.iter().filter(|line| line.starts_with(start)).nth(nth - 1) {
                return line.clone();
            }
            assert!(began.elapsed() < PATIENCE, "no {start:?} among {said:#?}");
            drop(said);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn said(&self, line: &str) -> bool {
        self.said.lock().unwrap().iter().any(|said| said == line)
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_pulled_cable_is_survived() {
    let cable = match Cable::lay() {
        Ok(cable) => cable,
        Err(reason) => {
            eprintln!(
                "SKIPPED a_pulled_cable_is_survived: network namespaces need root and iproute2 ({reason})"
            );
            return;
        }
    };
    let folder = tempfile::tempdir().unwrap();
    for n in 0..RECEIPTS {
        std::fs::write(folder.path().join(n.to_string()), receipt(n).encode()).unwrap();
    }
    let [mut a, mut b] = [(0, "10.213.7.1"), (1, "10.213.7.2")]
        .map(|(i, address)| Remote::start(&cable.names[i], folder.path(), address));
    let address = a.hears("listening ", 1);
    b.hears("listening ", 1);
    b.tell(&format!("dial {}", address.trim_start_matches("listening ")));
    a.hears("connected", 1);
    b.hears("connected", 1);
    a.tell("publish 0");
    b.hears("has 0", 1);

    cable.pull();
    a.hears("disconnected", 1);
    b.hears("disconnected", 1);
    for line in ["publish 1", "publish 2"] {
        a.tell(line);
    }
    b.tell("publish 3");
    a.hears("published 2", 1);
    b.hears("published 3", 1);
    assert!(!b.said("has 1") && !b.said("has 2") && !a.said("has 3"), "they are apart");

    cable.plug();
    for line in ["has 1", "has 2"] {
        b.hears(line, 1);
    }
    a.hears("has 3", 1);
    a.tell("stop");
    b.tell("stop");
    for remote in [&mut a, &mut b] {
        remote.hears("rejected 0", 1);
        assert!(remote.process.wait().unwrap().success());
    }
}

/// The other side of [`Remote`]; does nothing when it is run as a test.
#[test]
fn child() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let (folder, address) = role.split_once(' ').unwrap();
    let made: Vec<Receipt> = (0..RECEIPTS)
        .map(|n| Receipt::decode(&std::fs::read(Path::new(folder).join(n.to_string())).unwrap()).unwrap())
        .collect();
    run(async move {
        let chain = MemoryChain::new().knows(&made);
        let mut told = config();
        told.listen = vec![format!("/ip4/{address}/tcp/0").parse().unwrap()];
        told.limits.ping_interval = Duration::from_secs(1);
        let node = Node::start(told, judge::real(&chain), &chain);
        // The harness prints `test netns::child ... ` without a line break first.
        println!("\nlistening {}", node.address().await);
        let (line_sender, mut lines) = tokio::sync::mpsc::channel::<String>(16);
        std::thread::spawn(move || {
            for line in std::io::stdin().lines().map_while(Result::ok) {
                let _ = line_sender.blocking_send(line);
            }
        });
        let (mut told, mut had) = (0, vec![]);
        loop {
            let line = tokio::time::timeout(Duration::from_millis(20), lines.recv()).await;
            match line.ok().flatten().as_deref().map(|line| line.split_once(' ').unwrap_or((line, ""))) {
                Some(("dial", to)) => node.client.dial(to.parse().unwrap()).await.unwrap(),
                Some(("publish", n)) => {
                    let receipt = &made[n.parse::<usize>().unwrap()];
                    node.library.put(receipt);
                    had.push(receipt.message_id());
                    node.client.publish_receipt(receipt).await.unwrap();
                    println!("published {n}");
                }
                Some(_) => break,
                None => {}
            }
            let notices = node.notices.lock().unwrap().clone();
            for notice in &notices[told..] {
                match notice {
                    MeshEvent::Connected(_) => println!("connected"),
                    MeshEvent::Disconnected(_) => println!("disconnected"),
                    _ => {}
                }
            }
            told = notices.len();
            for id in node.library.ids() {
                if !had.contains(&id) {
                    had.push(id);
                    let n = made.iter().position(|receipt| receipt.message_id() == id).unwrap();
                    println!("has {n}");
                }
            }
        }
        println!("rejected {}", node.metrics().mesh_rejected_total.get());
        node.stop().await;
    });
}
