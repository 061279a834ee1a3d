//! An operator's life by hand: enrolled with a proof, with its root key in the keystore, on a token, or in somebody else's
//! hands; rotated, expired, gone, and paid back.

mod common;

use alloy::providers::{Provider, ProviderBuilder};
use common::softhsm::{PIN, SoftHsm};
use common::{Home, IO, Market, Node, PASSPHRASE, Run, program, spec, text};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const DAY: u64 = 86_400;

/// openssl's ed25519 key, as an operator would have it on another machine; `None`, loudly, without openssl.
struct Openssl {
    private: PathBuf,
    public: PathBuf,
}

impl Openssl {
    fn key(home: &Home, name: &str) -> Option<Self> {
        let (private, public) = (home.path(&format!("{name}.pem")), home.path(&format!("{name}.pub")));
        if Command::new("openssl").arg("version").output().is_err() {
            eprintln!("SKIPPED: openssl is not installed, so no signature of its was tried");
            return None;
        }
        openssl(&["genpkey", "-algorithm", "ed25519", "-out", text(&private)]);
        openssl(&["pkey", "-in", text(&private), "-pubout", "-out", text(&public)]);
        Some(Self { private, public })
    }

    fn sign(&self, message: &Path, signature: &Path) {
        openssl(&[
            "pkeyutl",
            "-sign",
            "-rawin",
            "-inkey",
            text(&self.private),
            "-in",
            text(message),
            "-out",
            text(signature),
        ]);
    }
}

fn openssl(args: &[&str]) {
    let output = Command::new("openssl").args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Moves a development chain's time.
fn pass(node: &Node, seconds: u64) {
    let provider = ProviderBuilder::new().connect_http(node.url.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        provider.raw_request::<_, Value>("evm_increaseTime".into(), [seconds]).await.unwrap();
        provider.raw_request::<_, Value>("evm_mine".into(), ()).await.unwrap();
    });
}

fn status(market: &Market) -> Value {
    market.run(&["operator", "status", "--json"]).success().json()
}

/// Everything with a key that only openssl has.
fn life_with_openssl(home: Home, node: Node) {
    let Some(key) = Openssl::key(&home, "root") else { return };
    let thief = Openssl::key(&home, "thief").unwrap();
    let init = ["keys", "init", "--work-factor", "10", "--json", "--root-key", text(&key.public)];
    let root = home.unlocked(init).success().json()["root_key"].as_str().unwrap().to_owned();
    let market = Market::deploy(home, node);
    let (message, signature) = (market.home.path("m.bin"), market.home.path("sig.bin"));
    let (m, s) = (text(&message), text(&signature));

    assert_eq!(status(&market)["state"], "never enrolled");
    market.run(&["operator", "enrol"]).fails(1, "is kept elsewhere, so nothing is signed here");
    std::fs::write(&signature, [7; 64]).unwrap();
    market.run(&["operator", "enrol", "--signature", s]).fails(1, "nothing is waiting for a signature");
    market.run(&["operator", "enrol", "--print-message", "--valid-for", "1"]).fails(1, "has to last 1 days");
    market.run(&["operator", "rotate", "--print-message"]).fails(1, "`nonos operator enrol` does that");

    // Three ways to the same 76 bytes.
    let printed =
        market.run(&["operator", "enrol", "--print-message", "--out", m, "--json"]).success().json();
    let bytes = std::fs::read(&message).unwrap();
    assert_eq!(bytes.len(), 76);
    assert_eq!((&printed["seq"], printed["key"].as_str()), (&1.into(), Some(root.as_str())));
    let shown = market.run(&["operator", "enrol", "--print-message"]).success();
    assert_eq!(shown.stdout.trim(), format!("0x{}", hex::encode(&bytes)));
    let raw = market.command(&["operator", "enrol", "--print-message", "--raw"]).output().unwrap();
    assert_eq!(raw.stdout, bytes);
    assert_eq!(status(&market)["waiting_for_signature"], 1);

    thief.sign(&message, &signature);
    market.run(&["operator", "enrol", "--signature", s]).fails(1, "the signature is not one by key");
    std::fs::write(&signature, [7; 63]).unwrap();
    market.run(&["operator", "enrol", "--signature", s]).fails(1, "expected 64 bytes or 128 hex digits");
    key.sign(&message, &signature);
    let enrolled = market.run(&["operator", "enrol", "--signature", s, "--json"]).success().json();
    assert_eq!((&enrolled["index"], &enrolled["seq"]), (&0.into(), &1.into()));
    assert_eq!(enrolled["leaf"], printed["leaf"]);
    assert!(enrolled["gas"].as_u64().unwrap() < 1_500_000, "{enrolled}");
    let now = status(&market);
    assert_eq!((&now["state"], &now["knows_secret"]), (&"enrolled".into(), &true.into()));
    assert_eq!(now["waiting_for_signature"], Value::Null);
    market.run(&["operator", "enrol", "--signature", s]).fails(1, "is enrolled already");

    // A rotation, signed in the same way; the signature as hex digits.
    market.run(&["operator", "rotate", "--print-message", "--out", m]).success();
    key.sign(&message, &signature);
    let digits =
        market.home.write("sig.hex", format!("0x{}\n", hex::encode(std::fs::read(&signature).unwrap())));
    let terms = market.home.path(".nonos").read_dir().unwrap().map(|entry| entry.unwrap().path());
    let terms = terms.into_iter().find(|path| text(path).contains("enrolment-31337-")).unwrap();
    let kept = std::fs::read(&terms).unwrap();
    let rotated =
        market.run(&["operator", "rotate", "--signature", text(&digits), "--json"]).success().json();
    assert_eq!((&rotated["seq"], &rotated["index"]), (&2.into(), &0.into()));
    assert_eq!(rotated["predecessor"], now["leaf"]);
    assert_ne!(rotated["leaf"], enrolled["leaf"]);
    assert!(!terms.exists(), "the terms are of no use any more");
    std::fs::write(&terms, kept).unwrap();
    market.run(&["operator", "rotate", "--signature", text(&digits)]).fails(1, "the chain has moved on");

    // The same key as a publisher's.
    let capsule = pack(&market, "wordstats");
    let c = text(&capsule);
    market.run(&["capsule", "sign", c]).fails(1, "is kept elsewhere");
    let raw = market.command(&["capsule", "sign", c, "--print-message", "--raw"]).output().unwrap();
    std::fs::write(&message, raw.stdout).unwrap();
    thief.sign(&message, &signature);
    market.run(&["capsule", "sign", c, "--signature", s]).fails(1, "was not signed");
    key.sign(&message, &signature);
    market.run(&["capsule", "sign", c, "--signature", s]).success();
    market.run(&["capsule", "register", c]).fails(1, "is kept elsewhere");
    market.run(&["capsule", "register", c, "--print-message", "--out", m]).success();
    key.sign(&message, &signature);
    market.run(&["capsule", "register", c, "--signature", s]).success();
    market.run(&["capsule", "register", c, "--print-message"]).fails(1, "a leaf is accepted once");

    // A launch needs derived keys only.
    market.run(&["capsule", "install", c, "--backend", "halo2"]).success();
    let launch = ["launch", c, "--verify-now", "--json"];
    assert_eq!(market.run(&launch).success().json()["recorded"], true);

    let left = market.run(&["operator", "exit", "--json"]).success().json();
    assert_eq!(left["seq"], 2);
    assert_eq!(status(&market)["state"], "left");
    market.run(&["operator", "exit"]).fails(1, "is not enrolled");
    market.run(&["operator", "withdraw"]).fails(1, "are held until");
    pass(&market.node, 14 * DAY + 1);
    let paid = market.run(&["operator", "withdraw", "--json"]).success().json();
    assert_eq!(paid["withdrawn_wei"], left["deposit_wei"]);
    market.run(&["operator", "withdraw"]).fails(1, "has nothing to withdraw");
}

fn pack(market: &Market, name: &str) -> PathBuf {
    let description = market.home.write("spec.toml", spec(name, IO));
    let (source, out) = (program(name), market.home.path(&format!("{name}.capsule")));
    let pack =
        ["capsule", "pack", text(&source), "--spec", text(&description), "-o", text(&out), "--no-check"];
    market.run(&pack).success();
    out
}

#[test]
fn a_key_that_only_openssl_has_enrols_rotates_and_publishes_on_the_devnet() {
    let home = Home::new();
    let node = Node::devnet(&home);
    life_with_openssl(home, node);
}

#[test]
fn a_key_that_only_openssl_has_enrols_rotates_and_publishes_on_anvil() {
    if let Some(node) = Node::anvil() {
        life_with_openssl(Home::new(), node);
    }
}

#[test]
fn a_key_on_a_token_enrols_with_its_pin_and_launches_without() {
    let home = Home::new();
    let Some(hsm) = SoftHsm::find(&home) else { return };
    hsm.token("operator");
    let node = Node::devnet(&home);
    let passphrase = ("NONOS_PASSPHRASE", PASSPHRASE);
    let run = |home: &Home, pin: &str, args: &[&str]| -> Run {
        home.run_env(&[hsm.env(), passphrase, ("NONOS_PIN", pin)], args)
    };
    let init = ["keys", "init", "--work-factor", "10", "--pkcs11", hsm.module];
    run(&home, PIN, &init).success();
    let market = Market::deploy(home, node);
    let url = market.node.url.as_str();
    let enrol = ["operator", "enrol", "--json", "--rpc-url", url];
    // Said before anything takes time, and with nothing sent.
    let wrong = run(&market.home, "000000", &enrol).fails(1, "wrong PIN for the token `operator`");
    assert!(!wrong.stderr.contains("generating the keys"), "{}", wrong.stderr);
    let enrolled = run(&market.home, PIN, &enrol).success().json();
    assert_eq!(enrolled["index"], 0);
    let capsule = pack(&market, "wordstats");
    let c = text(&capsule);
    run(&market.home, PIN, &["capsule", "sign", c]).success();
    run(&market.home, PIN, &["capsule", "register", c, "--rpc-url", url]).success();
    market.run(&["capsule", "install", c, "--backend", "halo2"]).success();
    let launch = ["launch", c, "--verify-now", "--json"];
    assert_eq!(market.run(&launch).success().json()["recorded"], true);
}

#[test]
fn an_enrolment_ends_when_it_said_and_anybody_takes_the_leaf_out() {
    let market = Market::open();
    let root = status(&market)["operator"].as_str().unwrap().to_owned();
    market.run(&["operator", "expire", &root]).fails(1, "has no leaf on chain 31337");
    market.run(&["operator", "expire", "0x12"]).fails(2, "expected its root key");
    market.run(&["operator", "enrol", "--valid-for", "366"]).fails(1, "at most 365 days");
    let enrolled = market.run(&["operator", "enrol", "--valid-for", "30", "--json"]).success();
    assert!(enrolled.stderr.contains("proving the signature in zero knowledge"), "{}", enrolled.stderr);
    assert_eq!(enrolled.json()["index"], 0);
    market.run(&["operator", "expire", &root]).fails(1, "ends at");

    // Who has the root key and not the master seed cannot launch, and is told why.
    let shown = market.run(&["operator", "status", &root, "--json"]).success().json();
    assert_eq!((&shown["state"], &shown["knows_secret"]), (&"enrolled".into(), &Value::Null));

    pass(&market.node, 30 * DAY + 1);
    market.run(&["operator", "exit"]).fails(1, "anybody may remove the leaf now, for the bounty");
    assert!(status(&market)["state"].as_str().unwrap().starts_with("expired"));
    let bounty = market.run(&["operator", "expire", &root, "--json"]).success().json();
    let now = status(&market);
    assert_eq!((&now["state"], &now["balance_wei"]), (&"left".into(), &bounty["bounty_wei"]));
    assert_eq!(now["held"][0]["seq"], 1);
}
