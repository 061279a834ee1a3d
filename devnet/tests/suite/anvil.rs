//! The shape of our answers beside anvil's; runs when NONOS_ANVIL names the binary.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use nonos_devnet::Config;
use serde_json::{Value, json};

use crate::{
    http::{post, serve},
    probe_code,
};

/// Differences that are meant: fields the execution APIs do not have (or only for blobs), and an explicit null.
const KNOWN: [&str; 6] = [
    ".result.totalDifficulty string",
    ".result[].blobGasPrice string",
    ".result[].blobGasUsed string",
    ".result[].blockTimestamp number",
    ".result[].blockTimestamp string",
    ".error.data null",
];

/// Ends the process it holds; keeps its output open, which anvil goes on writing to.
struct Anvil(Child, BufReader<ChildStdout>);

impl Drop for Anvil {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts anvil on a port it picks itself and prints.
fn start_anvil(binary: &str) -> (Anvil, SocketAddr) {
    let args = ["--port", "0", "--hardfork", "osaka"];
    let mut child = Command::new(binary).args(args).stdout(Stdio::piped()).spawn().expect("anvil runs");
    let output = BufReader::new(child.stdout.take().expect("piped"));
    let mut anvil = Anvil(child, output);
    loop {
        let mut line = String::new();
        assert_ne!(anvil.1.read_line(&mut line).unwrap(), 0, "anvil ended before it listened");
        if let Some(addr) = line.trim().strip_prefix("Listening on ") {
            return (anvil, addr.parse().unwrap());
        }
    }
}

async fn ask(addr: SocketAddr, method: &str, params: &Value) -> Value {
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    post(addr, &call.to_string()).await.1
}

/// Every path of a value with the kind of what is there: hex strings count as numbers.
fn shape(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                shape(inner, &format!("{path}.{name}"), found);
            }
        }
        Value::Array(items) => match items.first() {
            Some(first) => shape(first, &format!("{path}[]"), found),
            None => found.push(format!("{path}[] empty")),
        },
        Value::Null => found.push(format!("{path} null")),
        Value::Bool(_) => found.push(format!("{path} bool")),
        Value::Number(_) => found.push(format!("{path} number")),
        Value::String(_) => found.push(format!("{path} string")),
    }
}

#[tokio::test]
async fn answers_have_the_shape_of_anvils() {
    let Ok(binary) = std::env::var("NONOS_ANVIL") else {
        eprintln!("NONOS_ANVIL is not set; not comparing with anvil");
        return;
    };
    let (_anvil, theirs) = start_anvil(&binary);
    let (_, ours, _guard) = serve(Config::default()).await;
    let from = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266";
    // Same account, same nonce: the same contract address on both.
    let probe = "0x5fbdb2315678afecb367f032d93f642f64180aa3";
    let store = |value: u8| format!("0x6057361d{value:064x}");
    let calls = [
        ("eth_sendTransaction", json!([{"from": from, "data": probe_code()}])),
        ("eth_sendTransaction", json!([{"from": from, "to": probe, "data": store(50)}])),
        ("eth_getBlockByNumber", json!(["latest", true])),
        ("eth_getBlockByNumber", json!(["latest", false])),
        ("eth_getBlockReceipts", json!(["latest"])),
        ("eth_getTransactionByBlockNumberAndIndex", json!(["latest", "0x0"])),
        ("eth_getLogs", json!([{"fromBlock": "0x0"}])),
        ("eth_feeHistory", json!(["0x2", "latest", [50.0]])),
        ("eth_gasPrice", json!([])),
        ("eth_call", json!([{"to": probe, "data": "0x3fa4f245"}, "latest"])),
        ("eth_call", json!([{"to": probe, "data": store(1)}, "latest"])),
        ("eth_estimateGas", json!([{"to": probe, "data": store(1)}])),
        ("eth_estimateGas", json!([{"to": probe, "data": store(60), "from": from}])),
        ("eth_getStorageAt", json!([probe, "0x0", "latest"])),
        ("eth_getBalance", json!([from, "0x1"])),
        ("evm_snapshot", json!([])),
        ("evm_increaseTime", json!([10])),
        ("evm_mine", json!([])),
        ("evm_revert", json!(["0x0"])),
        ("anvil_mine", json!(["0x2"])),
        ("anvil_setBalance", json!([from, "0x1"])),
        ("eth_newFilter", json!([{"fromBlock": "0x0"}])),
        ("eth_nope", json!([])),
        ("eth_getBalance", json!(["0x1"])),
    ];
    let mut different = Vec::new();
    for (method, params) in calls {
        let (mine, other) = (ask(ours, method, &params).await, ask(theirs, method, &params).await);
        if method == "eth_sendTransaction" {
            // Anvil mines a moment after it answers.
            while ask(theirs, "eth_getTransactionReceipt", &json!([other["result"]])).await["result"]
                .is_null()
            {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        let (mut a, mut b) = (Vec::new(), Vec::new());
        shape(&mine, "", &mut a);
        shape(&other, "", &mut b);
        let (code_a, code_b) = (&mine["error"]["code"], &other["error"]["code"]);
        let known = |path: &&String| !KNOWN.contains(&path.as_str());
        let only_a: Vec<_> = a.iter().filter(|path| !b.contains(path)).filter(known).collect();
        let only_b: Vec<_> = b.iter().filter(|path| !a.contains(path)).filter(known).collect();
        if !only_a.is_empty() || !only_b.is_empty() || code_a != code_b {
            different.push(format!(
                "{method}: ours only {only_a:?}, anvil only {only_b:?}; codes {code_a} {code_b}"
            ));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}
