//! foundry's `cast` against the HTTP server; runs when NONOS_CAST names the binary.

use std::process::Command;

use nonos_devnet::{Config, DEV_KEYS};
use serde_json::Value;

use crate::{http::serve, probe_code};

#[tokio::test(flavor = "multi_thread")]
async fn cast_can_do_its_work() {
    let Ok(cast) = std::env::var("NONOS_CAST") else {
        eprintln!("NONOS_CAST is not set; not running cast");
        return;
    };
    let (_, addr, _guard) = serve(Config::default()).await;
    let url = format!("http://{addr}");
    let run = |args: &[&str]| -> Result<String, String> {
        let output = Command::new(&cast).args(args).env("ETH_RPC_URL", &url).output().expect("cast runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    };
    let json = |args: &[&str]| -> Value { serde_json::from_str(&run(args).unwrap()).unwrap() };
    let key = DEV_KEYS[0].to_string();

    assert_eq!(run(&["block-number"]).unwrap(), "0");
    assert_eq!(run(&["chain-id"]).unwrap(), "31337");
    let deployed = json(&["send", "--json", "--private-key", &key, "--create", &probe_code().to_string()]);
    let probe = deployed["contractAddress"].as_str().unwrap();
    assert_eq!(run(&["block-number"]).unwrap(), "1");
    let sent = json(&["send", "--json", "--private-key", &key, probe, "store(uint256)", "77"]);
    assert_eq!(sent["status"], "0x1");
    assert_eq!(run(&["call", probe, "value()(uint256)"]).unwrap(), "77");
    assert_eq!(run(&["call", "--block", "1", probe, "value()(uint256)"]).unwrap(), "0");
    let logs = json(&["logs", "--json", "--from-block", "0", "--address", probe]);
    assert_eq!(logs.as_array().unwrap().len(), 1);
    let receipt = json(&["receipt", "--json", sent["transactionHash"].as_str().unwrap()]);
    assert_eq!(receipt["blockNumber"], "0x2");
    assert!(
        run(&["estimate", "--value", "1", probe, "--from", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"])
            .is_err()
    );
    let estimate: u64 = run(&["estimate", probe, "store(uint256)", "99"]).unwrap().parse().unwrap();
    assert!((21_000..60_000).contains(&estimate), "{estimate}");
    let balance = run(&["balance", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", "--ether"]).unwrap();
    assert!(balance.starts_with("10000"), "{balance}");
    let reverted = run(&["call", probe, "store(uint256)", "1"]).unwrap_err();
    assert!(reverted.contains("execution reverted"), "{reverted}");
    assert_eq!(run(&["rpc", "eth_chainId"]).unwrap(), "\"0x7a69\"");
    run(&["rpc", "evm_increaseTime", "60"]).unwrap();
    run(&["rpc", "anvil_mine", "5"]).unwrap();
    assert_eq!(run(&["block-number"]).unwrap(), "7");
    assert!(run(&["block", "latest"]).unwrap().contains("baseFeePerGas"));
}
