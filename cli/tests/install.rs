//! `nonos capsule install`: killed, interrupted, resumed, verified, and what it refuses.

mod common;

use common::{Home, IO, Market, text};
use nonos_core::package::Package;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Small chunks, so that a capsule of a kilobyte has several.
const STARK: [&str; 4] = ["--backend", "stark", "--chunk-blocks", "2"];

fn install<'a>(capsule: &'a Path, flags: &[&'a str]) -> Vec<&'a str> {
    ["capsule", "install", text(capsule)].into_iter().chain(STARK).chain(flags.iter().copied()).collect()
}

/// The one job folder of a home.
fn job(home: &Home) -> Option<PathBuf> {
    let install = std::fs::read_dir(home.path(".nonos/installs")).ok()?.next()?.ok()?.path();
    Some(std::fs::read_dir(install).ok()?.next()?.ok()?.path())
}

/// Starts an install and waits until a chunk is on disk that was not there before.
fn begin(market: &Market, args: &[&str], chunk: &str) -> Child {
    let mut command = market.command(args);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let started = Instant::now();
    while !job(&market.home).is_some_and(|folder| folder.join(chunk).exists()) {
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none() && started.elapsed() < Duration::from_secs(300), "{ended:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

#[test]
fn a_stark_install_survives_kills_and_is_verified_by_anybody() {
    let market = Market::open();
    let capsule = market.publish("wordstats", IO);
    market.run(&install(&capsule, &[])).fails(1, "`nonos operator enrol` does that");
    market.enrol();

    // Killed without a chance to say anything.
    let mut killed = begin(&market, &install(&capsule, &[]), "chunk-00001");
    killed.kill().unwrap();
    killed.wait().unwrap();
    let folder = job(&market.home).unwrap();
    assert!(folder.join("chunk-00001").exists() && !folder.join("install").exists());

    // Interrupted: says how it goes on.
    let interrupted = begin(&market, &install(&capsule, &[]), "chunk-00003");
    // SAFETY: a signal to our own child.
    unsafe { libc::kill(interrupted.id() as i32, libc::SIGINT) };
    let output = interrupted.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("they are kept, and the same command goes on from there"), "{stderr}");

    let run = market.run(&install(&capsule, &["--json", "--out", "w.install"])).success();
    for part in [
        "backend stark: as asked",
        "of CPU",
        "MB of memory",
        "chunks are there from an earlier run",
        "tie one to",
    ] {
        assert!(run.stderr.contains(part), "`{part}` is not in: {}", run.stderr);
    }
    let done = run.json();
    assert_eq!((&done["backend"], &done["on_chain"]), (&"stark".into(), &false.into()));
    let again = market.run(&install(&capsule, &["--json"])).success();
    assert_eq!(again.json()["proven_chunks"], 0);
    assert!(!again.stderr.contains("proving chunk"), "{}", again.stderr);
    market.run(&install(&capsule, &[])).success();

    // No chain takes it, and a launch says what to do.
    market.run(&["launch", text(&capsule)]).fails(1, "the chain takes no STARK install");

    // A stranger with the file and the package.
    let stranger = Home::new();
    let file = market.home.path("w.install");
    let verify = ["capsule", "verify-install", text(&file)];
    let judged =
        stranger.run(verify.into_iter().chain(["--capsule", text(&capsule), "--json"])).success().json();
    assert_eq!((&judged["install_leaf"], &judged["capsule_checked"]), (&done["install_leaf"], &true.into()));
    let leaf = done["install_leaf"].as_str().unwrap();
    stranger.run(verify.into_iter().chain(["--leaf", leaf])).success();
    let other = format!("0x{}", "07".repeat(32));
    stranger.run(verify.into_iter().chain(["--leaf", &other])).fails(1, "is about install leaf");
    stranger.run(verify.into_iter().chain(["--proven"])).fails(1, "install again with --proven");
    let foreign = market.pack("moody", IO);
    stranger.run(verify.into_iter().chain(["--capsule", text(&foreign)])).fails(1, "another capsule");
    let bytes = std::fs::read(&file).unwrap();
    let changed = |name: &str, bytes: &[u8]| {
        let path = stranger.write(name, bytes);
        stranger.run(["capsule", "verify-install", text(&path)])
    };
    changed("short", &bytes[..bytes.len() - 1]).fails(1, "it is truncated, or chunks are missing");
    changed("long", &[&bytes[..], &[0]].concat()).fails(1, "bytes behind the last chunk");
    let mut flipped = bytes.clone();
    flipped[bytes.len() - 40] ^= 1;
    changed("flipped", &flipped).fails(1, "chunk");
    changed("foreign", b"\0asm").fails(1, "does not start with `nonos1.install`");
}

#[test]
fn a_hidden_capsule_is_proven_launched_and_shown_nowhere() {
    let market = Market::open();
    let description = market.home.write("spec.toml", common::spec("secret", IO));
    let (program, capsule) = (common::program("wordstats"), market.home.path("s.capsule"));
    let (c, salt) = (text(&capsule), market.home.path("s.capsule.salt"));
    let pack =
        ["capsule", "pack", text(&program), "--spec", text(&description), "--hidden", "-o", c, "--no-check"];
    market.run(&pack).success();
    market.run(&["capsule", "sign", c, "--salt-file", text(&salt)]).success();
    market.run(&["capsule", "register", c, "--salt-file", text(&salt)]).success();
    let with = ["--salt", text(&salt)];
    market.run(&install(&capsule, &[])).fails(1, "the publisher's salt is needed");
    let other = market.home.write("other.salt", "00".repeat(32));
    market.run(&install(&capsule, &["--salt", text(&other)])).fails(1, "commitment");
    market.enrol();

    // By STARK: hidden unless told otherwise.
    let stark = |file: &str, flags: &[&str]| {
        market.run(&install(&capsule, &[&with[..], &["-o", file], flags].concat())).success()
    };
    let run = stark("hidden.install", &[]);
    assert!(run.stderr.contains("hides which capsule it is about"), "{}", run.stderr);
    stark("shown.install", &["--reveal-commitment"]);
    let file = |name: &str| market.home.path(name);
    let (hidden, shown) = (file("hidden.install"), file("shown.install"));
    let stranger = Home::new();
    let verify = |file: &Path, flags: &[&str]| {
        stranger.run([&["capsule", "verify-install", text(file), "--json"], flags].concat())
    };
    let judged = verify(&hidden, &[]).success().json();
    assert_eq!((&judged["kind"], &judged["commitment"]), (&"install".into(), &serde_json::Value::Null));
    verify(&hidden, &["--capsule", c]).fails(1, "the file hides which capsule it is about");
    let revealed = verify(&shown, &["--capsule", c]).success().json();
    assert_eq!(revealed["install_leaf"], judged["install_leaf"]);

    // For the chain, and launched.
    let halo2 = ["capsule", "install", c, "--backend", "halo2", "--salt", text(&salt)];
    market.run(&halo2).success();
    let launch = ["launch", c, "--salt-file", text(&salt), "--receipt", "s.receipt", "--verify-now"];
    market.run(&launch).success();

    // No file that others see has the digest; those that hide the capsule have no commitment either.
    let package = Package::decode(&std::fs::read(&capsule).unwrap()).unwrap();
    let digest = <sha3::Sha3_512 as sha3::Digest>::digest(&package.payload);
    let has = |name: &str, part: &[u8]| {
        std::fs::read(file(name)).unwrap().windows(part.len()).any(|window| window == part)
    };
    for name in ["s.capsule", "s.capsule.proof", "hidden.install", "shown.install", "s.receipt"] {
        assert!(!has(name, &digest), "{name}");
    }
    let commitment = package.manifest.commitment;
    for (name, shows) in [("hidden.install", false), ("s.receipt", false), ("shown.install", true)] {
        assert_eq!(has(name, commitment.as_slice()), shows, "{name}");
    }
    // Opening C: whoever has digest and salt computes it.
    let salt = std::fs::read_to_string(&salt).unwrap();
    let salt = hex::decode(salt.lines().next().unwrap().trim_start_matches("0x")).unwrap();
    let opened = nonos_core::capsule::digest_commitment(&digest.into(), salt.as_slice().try_into().unwrap());
    assert_eq!(commitment, alloy_primitives::B256::from(opened));
}

#[test]
fn what_cannot_be_installed_is_said_before_anything_is_proven() {
    let market = Market::open();
    let capsule = market.pack("wordstats", IO);
    let mut package = Package::decode(&std::fs::read(&capsule).unwrap()).unwrap();
    let mut payload = package.payload.to_vec();
    payload[20] ^= 1;
    package.payload = payload.into();
    let other = market.home.write("other.capsule", package.encode());
    let refused = market.run(&install(&other, &[])).fails(1, "the payload's sha3_512 is");
    assert!(!refused.stderr.contains("proving"), "{}", refused.stderr);
    package.signature = Default::default();
    let unsigned = market.home.write("unsigned.capsule", package.encode());
    market.run(&install(&unsigned, &[])).fails(1, "`nonos capsule sign`");
    market.run(&["capsule", "install", text(&capsule), "--proven"]).fails(1, "--proven is about the STARK");
    market
        .run(&["capsule", "install", text(&capsule), "--chunk-blocks", "1"])
        .fails(2, "1 is not in 2..=1361");
    assert!(job(&market.home).is_none());
}

#[test]
fn a_halo2_install_is_proven_kept_and_verified_without_the_chain() {
    let market = Market::open();
    let capsule = market.pack("wordstats", IO);
    market.enrol();
    let prove = ["capsule", "install", text(&capsule), "--no-submit", "--json", "--out", "h.install"];
    let run = market.run(&prove).success();
    assert!(run.stderr.contains("backend halo2: 1 of at most 24 chunks for the chain"), "{}", run.stderr);
    let done = run.json();
    assert_eq!((&done["proven_chunks"], &done["on_chain"]), (&1.into(), &false.into()));
    let again = market.run(&prove).success();
    assert_eq!(again.json()["proven_chunks"], 0);
    assert!(!again.stderr.contains("generating the keys"), "{}", again.stderr);

    let file = market.home.path("h.install");
    let verify = ["capsule", "verify-install", text(&file)];
    let leaf = done["install_leaf"].as_str().unwrap();
    let judged = market.run(&[&verify[..], &["--leaf", leaf, "--json"]].concat()).success();
    assert_eq!(judged.json()["chunks"], 1);
    let refused = market.run(&[&verify[..], &["--capsule", text(&capsule)]].concat());
    refused.fails(1, "shows its install leaf and not its capsule");
}
