//! The market by hand: a node, an operator that bids, a requester that asks, with real launches and real proofs.

mod common;

use common::{IO, Market, PASSPHRASE, text, welcome};
use serde_json::Value;
use std::io::BufReader;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// A service of the binary; killed when dropped.
struct Service {
    child: Child,
    welcome: Value,
}

impl Service {
    fn start(market: &Market, args: &[&str]) -> Self {
        let mut child = market
            .home
            .command(args)
            .args(["--json", "--quiet", "--log", "warn", "--rpc-url", &market.node.url])
            .env("NONOS_PASSPHRASE", PASSPHRASE)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let welcome = welcome(BufReader::new(child.stdout.take().unwrap())).unwrap();
        Self { child, welcome }
    }

    fn terminate(mut self) -> Option<i32> {
        // SAFETY: a signal to our own child.
        unsafe { libc::kill(self.child.id() as i32, libc::SIGTERM) };
        self.child.wait().unwrap().code()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_request_is_served_by_a_bidding_operator_that_is_killed_in_between() {
    let market = Market::open();
    let capsule = market.publish("wordstats", IO);
    let input = market.home.write("input", "one two\nthree\n");

    let status = market.run(&["market", "status", "--json"]).success().json();
    assert_eq!(status["balance_wei"], "0");
    let poor = ["market", "request", text(&capsule), "--input", text(&input)];
    market.run(&poor).fails(1, "put the rest in with `nonos market deposit 0.001010000000000000`");
    market.run(&["market", "deposit", "1"]).success();
    market.run(&poor).fails(1, "is the node running?");
    let unknown = format!("0x{}", "07".repeat(32));
    market.run(&["market", "status", &unknown]).fails(1, "is not known to this market");
    market.run(&["market", "bid"]).fails(1, "`nonos operator enrol` does that");
    market.enrol();
    market.install(&capsule);

    let listen =
        ["node", "run", "--listen", "/ip4/127.0.0.1/tcp/0", "--http", "127.0.0.1:0", "--poll-ms", "100"];
    let node = Service::start(&market, &listen);
    let url = node.welcome["http"].as_str().unwrap();
    let ask =
        ["market", "request", text(&capsule), "--input", text(&input), "--recorded", "--no-wait", "--json"];
    let ask: Vec<&str> =
        ask.into_iter().chain(["--node", url, "--min-price", "0.001", "--max-price", "0.002"]).collect();
    let id = market.run(&ask).success().json()["request_id"].as_str().unwrap().to_owned();
    let open = market.run(&["market", "status", &id, "--node", url, "--json"]).success().json();
    assert_eq!(open["state"], "open");

    let bid = ["market", "bid", "--node", url, "--poll-ms", "100", "--metrics", "127.0.0.1:0"];
    let mut first = Service::start(&market, &bid);
    // Somewhere between the lock and the payment.
    std::thread::sleep(Duration::from_millis(300));
    first.child.kill().unwrap();
    drop(first);
    let second = Service::start(&market, &bid);
    let started = Instant::now();
    let settled = loop {
        let status = market.run(&["market", "status", &id, "--node", url, "--json"]).success().json();
        if status["state"] == "fulfilled" {
            break status;
        }
        assert!(started.elapsed() < Duration::from_secs(300), "{status}");
        std::thread::sleep(Duration::from_millis(500));
    };
    assert!(settled["receipt"]["recorded_at"].is_u64() && settled["receipt"]["settled"] == true, "{settled}");
    assert_eq!(settled["receipt"]["valid"], true);
    market.run(&["market", "cancel", &id]).fails(1, "WrongState(");
    assert_eq!(second.terminate(), Some(0), "SIGTERM ends it in order");

    market.run(&["market", "answer", &id, "--input", text(&input)]).fails(1, "nobody waits for the input");

    let look = market.run(&["market", "challenge", "--once", "--node", url, "--json"]).success().json();
    assert_eq!(look["findings"].as_array().map(Vec::len), Some(0));
    market.run(&["market", "withdraw", "0.5"]).success();
    assert_eq!(node.terminate(), Some(0));
}

#[test]
fn a_request_that_nobody_locked_is_taken_back() {
    let market = Market::open();
    let capsule = market.publish("wordstats", IO);
    let listen =
        ["node", "run", "--listen", "/ip4/127.0.0.1/tcp/0", "--http", "127.0.0.1:0", "--poll-ms", "100"];
    let node = Service::start(&market, &listen);
    let url = node.welcome["http"].as_str().unwrap();
    let ask = ["market", "request", text(&capsule), "--deposit", "--no-wait", "--node", url, "--json"];
    let id = market.run(&ask).success().json()["request_id"].as_str().unwrap().to_owned();
    market.run(&["market", "expire", &id]).fails(1, "LockDeadlineAhead(");
    market.run(&["market", "slash", &id]).fails(1, "WrongState(");
    let ended = market.run(&["market", "cancel", &id, "--json"]).success().json();
    assert_eq!(ended["state"], "cancelled");

    // The verifier's account, its service without jobs, and a batch that nobody anchored.
    market.run(&["verifier", "deposit", "1"]).success();
    let left = market.run(&["verifier", "withdraw", "0.25", "--json"]).success().json();
    assert_eq!(left["balance_wei"], "750000000000000000");
    let verifier = Service::start(&market, &["verifier", "run", "--node", url, "--poll-ms", "100"]);
    assert_eq!(verifier.welcome["balance_wei"], "750000000000000000");
    market.run(&["verifier", "status"]).fails(1, "another verifier agent runs on it");
    assert_eq!(verifier.terminate(), Some(0));
    let status = market.run(&["verifier", "status", "--json"]).success().json();
    assert_eq!(
        (status["open"].as_array().map(Vec::len), status["closed"].as_array().map(Vec::len)),
        (Some(0), Some(0))
    );
    let unknown = format!("0x{}", "07".repeat(32));
    market.run(&["verifier", "ask", &unknown]).fails(1, "was anchored here");
}
