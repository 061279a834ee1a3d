//! The demo end to end, and what a verifier says to its receipt when any part of it is changed.

mod common;

use common::{Home, Node, text};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A demo has windows of seconds in which processes answer each other: one at a time, or a small machine is the cheat.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Cheats that the demo has to try; each name is the beginning of one or more of its rows.
const CHEATS: [&str; 27] = [
    "one bit of the receipt changed",
    "payee changed",
    "a binary that is not the manifest's",
    "a state that breaks the policy",
    "a self-made operator tree",
    "an inner tree node as an identity",
    "a second receipt with the same nullifier",
    "x + r for a scalar of the proof",
    "the identity point for a commitment",
    "a receipt replayed for another request",
    "a relayer anchors a receipt that was never proven",
    "a peer that floods a node with copies",
    "a lock that is never served",
    "an enrolment signed by another key",
    "an enrolment with the proof of another key",
    "an enrolment under another controller",
    "an enrolment copied from the mempool",
    "an enrolment for another chain",
    "an enrolment proof used twice",
    "an enrolment proof replayed after the exit",
    "a deposit taken",
    "a launch without an install",
    "an install of another binary",
    "an install with another operator's proof",
    "an install that claims to go on",
    "an install from the middle of a binary",
    "an install proof used twice",
];

/// Steps that the demo has to reach.
const STEPS: [&str; 15] = [
    "register the publisher with a proof, publish the capsule",
    "prove the operators' enrolments",
    "enrol the operators",
    "prove the operators' installs",
    "admit the operators' installs",
    "start three nodes",
    "gossip: every node has every receipt",
    "the first batch is final",
    "the request is paid",
    "trust: the score moved, and the nodes read it back",
    "stop every service",
    "rotate our operator's leaf, with a proof",
    "our operator leaves",
    "anyone removes an expired leaf",
    "release our operator's deposit, and withdraw it",
];

fn check(report: &serde_json::Value) {
    assert_eq!(report["ok"], true, "{report:#}");
    let steps = report["steps"].as_array().unwrap();
    for name in STEPS {
        assert!(steps.iter().any(|step| step["name"] == name), "`{name}` is missing");
    }
    for step in steps {
        assert_eq!(step["ok"], true, "{step}");
        assert!(step["name"].is_string() && step["cpu_s"].is_number(), "{step}");
        assert_eq!(step.get("tx").is_some(), step.get("gas").is_some(), "{step}");
    }
    let on_chain = steps.iter().find(|step| step["name"] == "verify on chain: verifyNow").unwrap();
    assert!((300_000..500_000).contains(&on_chain["gas"].as_u64().unwrap()), "{on_chain}");
    // A proof each, checked on chain: within the budget, storage and transaction included.
    let enrolled = steps.iter().find(|step| step["name"] == "enrol the operators").unwrap();
    assert!((600_000..3 * 900_000).contains(&enrolled["gas"].as_u64().unwrap()), "{enrolled}");
    let cheats = report["cheats"].as_array().unwrap();
    for cheat in cheats {
        assert!(matches!(cheat["outcome"].as_str(), Some("rejected" | "reverted" | "punished")), "{cheat}");
        assert!(!cheat["reason"].as_str().unwrap().is_empty(), "{cheat}");
        assert_eq!(cheat["as_expected"], true, "{cheat}");
        match cheat["outcome"].as_str() {
            Some("rejected") => assert!(cheat.get("tx").is_none(), "{cheat}"),
            Some("reverted") => assert!(cheat.get("tx").is_some(), "{cheat}"),
            // Somebody else's transaction may have punished.
            _ => {}
        }
    }
    for name in CHEATS {
        let tried = |cheat: &&serde_json::Value| cheat["name"].as_str().unwrap().starts_with(name);
        assert!(cheats.iter().any(|cheat| tried(&cheat)), "`{name}` was not tried");
    }
}

#[test]
fn the_demo_works_and_its_receipt_verifies_with_the_key_alone_until_a_byte_is_changed() {
    let demo = alone();
    let home = Home::new();
    let data = home.path("data");
    let run = home.run(["demo", "--json", "--datadir", text(&data)]).success();
    assert!(run.stderr.contains("launch the capsule"), "progress goes to stderr: {}", run.stderr);
    drop(demo);
    let report = run.json();
    check(&report);

    let receipt = PathBuf::from(report["receipt"].as_str().unwrap());
    let key = home.path("launch.vk");
    home.run(["circuit", "keys", "--out", text(&key)]).success();
    let shown = home.run(["receipt", "show", text(&receipt), "--json"]).success().json();
    assert_eq!(shown["proof_bytes"], 1248);

    // Receipt and key alone, with no chain and no keystore.
    let verify = |receipt: &str| home.run(["receipt", "verify", receipt, "--vk", text(&key), "--json"]);
    let verdicts = verify(text(&receipt)).success().json();
    assert_eq!(verdicts["verdicts"]["proof_valid"]["verdict"], true);
    assert_eq!(verdicts["verdicts"]["enrolled"]["verdict"], serde_json::Value::Null);

    let good = std::fs::read(&receipt).unwrap();
    for at in (0..good.len()).step_by(13) {
        let mut bytes = good.clone();
        bytes[at] ^= 1 << (at % 8);
        let path = home.write("changed", &bytes);
        let verdict = &verify(text(&path)).code(1).json()["verdicts"]["proof_valid"];
        assert_eq!(verdict["verdict"], false, "byte {at} may be changed unnoticed");
        assert!(!verdict["reason"].as_str().unwrap().is_empty(), "byte {at}");
    }

    for (name, bytes, part) in [
        ("empty", vec![], "not a canonical receipt"),
        ("truncated", good[..good.len() - 1].to_vec(), "not a canonical receipt"),
        ("long", [good.as_slice(), &[0]].concat(), "not a canonical receipt"),
        ("noise", vec![0xa5; 3000], "not a canonical receipt"),
    ] {
        let path = home.write(name, bytes);
        let run = home.run(["receipt", "verify", text(&path), "--vk", text(&key)]).code(1);
        assert!(run.stdout.contains(part), "{name}: {}", run.stdout);
    }
    let huge = home.write("huge", vec![0; 70_000]);
    home.run(["receipt", "verify", text(&huge), "--vk", text(&key)]).fails(1, "a receipt has at most 65536");

    // A key file that is not one, or was changed.
    let mut other = std::fs::read(&key).unwrap();
    for (at, part) in [(0, "is not a verifying key"), (700, "")] {
        other[at] ^= 1;
        let path = home.write("other.vk", &other);
        let run = home.run(["receipt", "verify", text(&receipt), "--vk", text(&path)]);
        assert_eq!(run.code, Some(1), "byte {at} of the key may be changed unnoticed");
        assert!(run.stderr.contains(part), "{}", run.stderr);
        other[at] ^= 1;
    }
}

/// The same flow against foundry's node, for people. `cargo xtask test` names it in NONOS_ANVIL; without it the chain is the
/// embedded one.
#[test]
fn the_demo_works_on_anvil_prints_a_table_for_people_and_leaves_nothing_behind() {
    let _demo = alone();
    let node = Node::anvil();
    let home = Home::new();
    let mut demo = vec!["demo", "--quiet", "--operators", "4", "--receipts", "2"];
    if let Some(node) = &node {
        demo.extend(["--rpc-url", &node.url]);
    }
    let run = home.run_env(&[("TMPDIR", text(&home.path(""))), ("HOME", "")], demo).success();
    assert!(run.stderr.is_empty(), "{}", run.stderr);
    assert!(run.stdout.contains("cheats were stopped"), "{}", run.stdout);
    assert!(!run.stdout.contains("NO "), "{}", run.stdout);
    for step in STEPS {
        assert!(run.stdout.contains(step), "`{step}` is missing: {}", run.stdout);
    }
    for cheat in CHEATS {
        assert!(run.stdout.contains(cheat), "`{cheat}` was not tried: {}", run.stdout);
    }
    assert!(run.stdout.contains("4 of them"), "{}", run.stdout);
    assert!(run.stdout.contains("1 more"), "{}", run.stdout);
    assert_eq!(std::fs::read_dir(home.path("")).unwrap().count(), 0);
}

#[test]
fn the_demo_fails_honestly_where_it_cannot_run() {
    let home = Home::new();
    home.run(["demo", "--operators", "2"]).fails(2, "2 is not in 3..=1000");
    let run = home.run(["demo", "--json", "--rpc-url", "http://127.0.0.1:9"]).code(1);
    let report = run.json();
    assert_eq!((&report["ok"], &report["steps"][0]["ok"]), (&false.into(), &false.into()));
    assert!(report["error"].as_str().unwrap().contains("no answer from the chain"), "{report}");
}
