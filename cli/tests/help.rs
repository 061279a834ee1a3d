//! Every command explains itself, and only commands that exist are offered.

mod common;

use common::Home;

const COMMANDS: &[&[&str]] = &[
    &["demo"],
    &["devnet"],
    &["chain"],
    &["chain", "deploy"],
    &["chain", "addresses"],
    &["keys"],
    &["keys", "init"],
    &["keys", "show"],
    &["keys", "sign"],
    &["capsule"],
    &["capsule", "pack"],
    &["capsule", "sign"],
    &["capsule", "inspect"],
    &["capsule", "verify"],
    &["capsule", "register"],
    &["capsule", "install"],
    &["capsule", "verify-install"],
    &["operator"],
    &["operator", "enrol"],
    &["operator", "rotate"],
    &["operator", "exit"],
    &["operator", "status"],
    &["operator", "expire"],
    &["operator", "withdraw"],
    &["launch"],
    &["market"],
    &["market", "deposit"],
    &["market", "withdraw"],
    &["market", "request"],
    &["market", "status"],
    &["market", "cancel"],
    &["market", "expire"],
    &["market", "slash"],
    &["market", "unwind"],
    &["market", "answer"],
    &["market", "bid"],
    &["market", "fulfil"],
    &["market", "challenge"],
    &["verifier"],
    &["verifier", "run"],
    &["verifier", "deposit"],
    &["verifier", "withdraw"],
    &["verifier", "ask"],
    &["verifier", "status"],
    &["receipt"],
    &["receipt", "show"],
    &["receipt", "verify"],
    &["circuit"],
    &["circuit", "keys"],
    &["circuit", "gen-solidity"],
    &["circuit", "check"],
    &["node"],
    &["node", "run"],
    &["relayer"],
    &["relayer", "run"],
    &["relayer", "bond"],
    &["relayer", "deposit"],
    &["relayer", "withdraw"],
    &["bench"],
];

#[test]
fn every_command_has_help_with_the_common_flags() {
    let home = Home::new();
    for command in COMMANDS {
        let run = home.run(command.iter().copied().chain(["--help"])).success();
        assert!(run.stdout.contains(&format!("Usage: nonos {}", command.join(" "))), "{}", run.stdout);
        for flag in ["--json", "--datadir", "--config", "--rpc-url"] {
            assert!(run.stdout.contains(flag), "{command:?} does not mention {flag}");
        }
        assert!(run.stderr.is_empty(), "{}", run.stderr);
    }
}

#[test]
fn the_list_of_commands_is_exactly_what_exists() {
    let run = Home::new().run(["--help"]).success();
    let listed: Vec<&str> = run
        .stdout
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(
        listed,
        [
            "demo", "devnet", "chain", "keys", "capsule", "operator", "launch", "market", "verifier",
            "receipt", "relayer", "circuit", "node", "bench"
        ]
    );
}

#[test]
fn the_version_is_that_of_the_package() {
    let run = Home::new().run(["--version"]).success();
    assert_eq!(run.stdout.trim(), format!("nonos {}", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_usage_exits_with_2_and_a_hint() {
    let home = Home::new();
    home.run::<&str>([]).fails(2, "Usage: nonos");
    home.run(["demoo"]).fails(2, "a similar subcommand exists: 'demo'");
    home.run(["keys", "show", "--jason"]).fails(2, "unexpected argument '--jason'");
    home.run(["capsule", "inspect"]).fails(2, "<FILE>");
    home.run(["devnet", "--port", "70000"]).fails(2, "70000");
}
