//! A market by hand: devnet, contracts, catalog, launches, and capsules that misbehave.

mod common;

use common::{Home, IO, Market, Node, program, spec, text};
use std::io::{Read, Write};

#[test]
fn launches_are_proven_and_capsules_that_misbehave_are_stopped_with_the_cause() {
    let market = Market::open();
    let wordstats = market.publish("wordstats", IO);
    let input = market.home.write("input", "one two\nthree\n");
    let launch = ["launch", text(&wordstats), "--input", text(&input), "--receipt", "r", "--json"];

    market.run(&launch).fails(1, "`nonos operator enrol` does that");
    market.enrol();
    market.run(&launch).fails(1, "`nonos capsule install PACKAGE --backend halo2` proves");
    market.install(&wordstats);
    let recorded: Vec<&str> = launch.into_iter().chain(["--verify-now"]).collect();
    let launched = market.run(&recorded).success().json();
    let output = launched["output"].as_str().unwrap();
    assert!(output.starts_with("0x6279746573203134"), "`bytes 14` in hex: {output}");
    assert!(launched["tx"].is_string());

    let verdicts = market.run(&["receipt", "verify", "r", "--json"]).success().json()["verdicts"].clone();
    for name in ["proof_valid", "enrolled", "fresh", "recorded"] {
        assert_eq!(verdicts[name]["verdict"], true, "{verdicts}");
    }
    market.run(&["capsule", "register", text(&wordstats)]).fails(1, "a leaf is accepted once");

    let moody = market.publish("moody", IO);
    market.install(&moody);
    let misbehaving: [(&str, &[&str], &str); 5] = [
        ("s", &["--fuel", "1000000"], "out of fuel after 1000000 units"),
        ("s", &["--fuel", "18446744073709551615", "--deadline-ms", "300"], "still running after 300 ms"),
        ("h", &[], "memory exhausted: the limit is 64 pages"),
        ("f", &[], "the output exceeds"),
        ("t", &[], "trap: "),
    ];
    let before = std::fs::read_dir(market.home.path(".nonos/receipts")).map_or(0, Iterator::count);
    for (mood, flags, part) in misbehaving {
        let input = market.home.write("mood", mood);
        let launch = ["launch", text(&moody), "--input", text(&input)];
        let args: Vec<&str> = launch.into_iter().chain(flags.iter().copied()).collect();
        market.run(&args).fails(1, part);
    }
    let after = std::fs::read_dir(market.home.path(".nonos/receipts")).map_or(0, Iterator::count);
    assert_eq!(before, after, "a failed launch left a receipt");

    // A catalog may not be laxer than the mesh floor.
    let lax = spec("lax", IO).replace("min_isolation = 2", "min_isolation = 1");
    let (description, out) = (market.home.write("lax.toml", lax), market.home.path("lax.capsule"));
    let wordstats = program("wordstats");
    let pack = ["capsule", "pack", text(&wordstats), "--spec", text(&description), "-o", text(&out)];
    market.run(&pack).success();
    market.run(&["capsule", "sign", text(&out)]).success();
    market.run(&["capsule", "register", text(&out)]).fails(1, "PolicyBelowFloor");

    // The store is foreign or damaged: said so, left as it is.
    let store = market.home.path(".nonos/store.redb");
    let kept = std::fs::read(&store).unwrap();
    std::fs::write(&store, b"SQLite format 3\0").unwrap();
    market.run(&launch).fails(1, "is not a receipt store");
    assert_eq!(std::fs::read(&store).unwrap(), b"SQLite format 3\0");
    std::fs::write(&store, &kept).unwrap();
}

#[test]
fn a_chain_that_is_gone_or_another_one_is_noticed() {
    let market = Market::open();
    market.run(&["chain", "addresses"]).success();
    let deployment = market.home.path(".nonos/deployment-31337.json");
    let good = std::fs::read_to_string(&deployment).unwrap();
    for (text, part) in [
        ("{}", "the deployment file"),
        (&good.replace("31337", "1"), "deployment file is for chain 1, the node is on chain 31337"),
        ("not json", "the deployment file"),
    ] {
        std::fs::write(&deployment, text).unwrap();
        market.run(&["chain", "addresses"]).fails(1, part);
    }
    std::fs::write(&deployment, &good).unwrap();

    // The same chain id, restarted: the contracts are gone.
    let fresh = Node::devnet(&market.home);
    market
        .home
        .run(["chain", "addresses", "--rpc-url", &fresh.url])
        .fails(1, "a development chain that was restarted");
    std::fs::remove_file(&deployment).unwrap();
    market.run(&["chain", "addresses"]).fails(1, "`nonos chain deploy` makes it");
    market.home.run(["chain", "addresses", "--rpc-url", "http://127.0.0.1:9"]).fails(1, "is it running?");
}

#[test]
fn a_node_that_answers_nonsense_is_told_from_one_that_is_not_there() {
    let home = Home::new();
    for (body, part) in [
        ("<html>busy</html>", "no answer from the chain"),
        ("{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":\"many\"}", "no answer from the chain"),
        (
            "{\"jsonrpc\":\"2.0\",\"id\":0,\"error\":{\"code\":-32000,\"message\":\"rate limit\"}}",
            "rate limit",
        ),
    ] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            stream.write_all((head + body).as_bytes()).unwrap();
        });
        home.run(["chain", "addresses", "--rpc-url", &url]).fails(1, part);
        server.join().unwrap();
    }
}

#[test]
fn nothing_unproven_happens_outside_development_chains() {
    // Everybody knows this key: the first development account.
    const KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
    let home = Home::new();
    let node = Node::devnet_with(&home, &["--chain-id", "5"]);
    let deploy = ["chain", "deploy", "--rpc-url", node.url.as_str()];
    home.run(deploy).fails(1, "chain 5 is not a development chain, so an account has to be named");
    home.run_env(&[("NONOS_ACCOUNT_KEY", KEY)], deploy)
        .fails(1, "stands on the developer setup, whose trapdoor");
    let report = home.run(["demo", "--json", "--rpc-url", &node.url]).code(1).json();
    assert!(
        report["error"].as_str().unwrap().contains("development chains (31337, 1337) only; this is chain 5")
    );
}

#[test]
fn the_devnet_stops_cleanly_on_sigterm() {
    let home = Home::new();
    let mut node = Node::devnet(&home);
    // SAFETY: a signal to our own child.
    unsafe { libc::kill(node.pid() as i32, libc::SIGTERM) };
    assert!(node.wait().success());
    home.run(["devnet", "--host", "0.0.0.0", "--port", "0"]).fails(1, "not a loopback address");
    home.run(["devnet", "--hardfork", "byzantium"]).fails(2, "unknown hardfork");
}
