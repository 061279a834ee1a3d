//! JSON-RPC answers as text, one per line of the table: what any client may rely on.

use nonos_devnet::Config;
use serde_json::{Value, json};

use crate::http::{post, serve};

const GENESIS_TIME: u64 = 1_700_000_000;
const RICH: &str = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266";
const NOBODY: &str = "0x00000000000000000000000000000000deadbeef";
const ZERO_HASH: &str = "0x0000000000000000000000000000000000000000000000000000000000000000";

#[tokio::test]
async fn answers_are_as_specified() {
    let (_, addr, _guard) =
        serve(Config { genesis_timestamp: Some(GENESIS_TIME), ..Config::default() }).await;
    let table = [
        ("eth_chainId", json!([]), json!("0x7a69")),
        ("net_version", json!([]), json!("31337")),
        ("net_listening", json!([]), json!(true)),
        ("eth_syncing", json!([]), json!(false)),
        ("eth_blockNumber", json!([]), json!("0x0")),
        (
            "web3_sha3",
            json!(["0x"]),
            json!("0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        ),
        ("eth_getBalance", json!([RICH, "latest"]), json!("0x21e19e0c9bab2400000")),
        ("eth_getBalance", json!([RICH]), json!("0x21e19e0c9bab2400000")),
        ("eth_getBalance", json!([NOBODY, "0x0"]), json!("0x0")),
        ("eth_getCode", json!([NOBODY, "pending"]), json!("0x")),
        ("eth_getStorageAt", json!([NOBODY, "0x0", "latest"]), json!(ZERO_HASH)),
        ("eth_getTransactionCount", json!([RICH, "pending"]), json!("0x0")),
        ("eth_call", json!([{"to": NOBODY}, "latest"]), json!("0x")),
        (
            "eth_call",
            json!([{"to": "0x0000000000000000000000000000000000000004", "data": "0x1234"}]),
            json!("0x1234"),
        ),
        ("eth_estimateGas", json!([{"from": RICH, "to": NOBODY, "value": "0x1"}]), json!("0x5208")),
        ("eth_maxPriorityFeePerGas", json!([]), json!("0x3b9aca00")),
        ("eth_blobBaseFee", json!([]), json!("0x1")),
        ("eth_getBlockByNumber", json!(["0x1", false]), json!(null)),
        ("eth_getBlockByHash", json!([ZERO_HASH, false]), json!(null)),
        ("eth_getTransactionByHash", json!([ZERO_HASH]), json!(null)),
        ("eth_getTransactionReceipt", json!([ZERO_HASH]), json!(null)),
        ("eth_getBlockReceipts", json!(["latest"]), json!([])),
        ("eth_getBlockTransactionCountByNumber", json!(["latest"]), json!("0x0")),
        ("eth_getUncleCountByBlockNumber", json!(["latest"]), json!("0x0")),
        ("eth_getTransactionByBlockNumberAndIndex", json!(["latest", "0x0"]), json!(null)),
        ("eth_getLogs", json!([{"fromBlock": "earliest", "toBlock": "latest"}]), json!([])),
        ("eth_newBlockFilter", json!([]), json!("0x1")),
        ("eth_getFilterChanges", json!(["0x1"]), json!([])),
        ("eth_uninstallFilter", json!(["0x1"]), json!(true)),
        ("eth_uninstallFilter", json!(["0x1"]), json!(false)),
        ("evm_snapshot", json!([]), json!("0x1")),
        ("evm_revert", json!(["0x1"]), json!(true)),
        ("anvil_getAutomine", json!([]), json!(true)),
        ("eth_pendingTransactions", json!([]), json!([])),
    ];
    for (method, params, expected) in table {
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let (_, answer) = post(addr, &call.to_string()).await;
        assert_eq!(answer["result"], expected, "{method} {params}: {answer}");
        assert!(answer.get("error").is_none(), "{method}: {answer}");
    }
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let (_, addr, _guard) = serve(Config::default()).await;
    let table = [
        ("eth_getBalance", json!([]), -32602, "missing value for required argument 0"),
        ("eth_getBalance", json!(["0x12"]), -32602, "invalid argument 0"),
        ("eth_getBalance", json!([RICH, "yesterday"]), -32602, "invalid argument 1"),
        ("eth_getBalance", json!([RICH, "0x63"]), -32000, "header not found"),
        ("eth_getBalance", json!([RICH, {"blockHash": ZERO_HASH}]), -32000, "header for hash not found"),
        ("eth_chainId", json!([1]), -32602, "too many arguments: got 1, want at most 0"),
        ("eth_call", json!({"to": NOBODY}), -32602, "non-array args"),
        ("eth_call", json!([{"to": NOBODY, "gas": "lots"}]), -32602, "invalid argument 0"),
        ("eth_call", json!([{"data": "0xfe"}]), -32000, "invalid opcode: INVALID"),
        (
            "eth_getLogs",
            json!([{"fromBlock": "0x5", "toBlock": "0x2"}]),
            -32602,
            "invalid block range params",
        ),
        ("eth_getFilterChanges", json!(["0x9"]), -32000, "filter not found: 0x9"),
        ("eth_sendTransaction", json!([{"from": NOBODY, "to": RICH}]), -32000, "unknown account"),
        ("eth_sendTransaction", json!([{"to": RICH}]), -32602, "missing \"from\""),
        ("eth_feeHistory", json!(["0x1", "0x63", []]), -32000, "request beyond head block"),
        ("eth_subscribe", json!(["newHeads"]), -32601, "the method eth_subscribe does not exist"),
    ];
    for (method, params, code, message) in table {
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let (_, answer) = post(addr, &call.to_string()).await;
        assert_eq!(answer["error"]["code"], json!(code), "{method} {params}: {answer}");
        assert!(
            answer["error"]["message"].as_str().unwrap().contains(message),
            "{method} {params}: {answer}"
        );
    }
}

#[tokio::test]
async fn an_unlocked_account_can_send_and_everything_links_up() {
    let (_, addr, _guard) = serve(Config::default()).await;
    let ask = async |method: &str, params: Value| -> Value {
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = post(addr, &call.to_string()).await.1;
        assert!(answer.get("error").is_none(), "{answer}");
        answer["result"].clone()
    };
    let accounts = ask("eth_accounts", json!([])).await;
    assert_eq!((accounts[0].as_str(), accounts.as_array().unwrap().len()), (Some(RICH), 10));
    let hash = ask("eth_sendTransaction", json!([{"from": RICH, "to": NOBODY, "value": "0x2a"}])).await;
    assert_eq!(ask("eth_getBalance", json!([NOBODY, "latest"])).await, "0x2a");
    let receipt = ask("eth_getTransactionReceipt", json!([hash])).await;
    let tx = ask("eth_getTransactionByHash", json!([hash])).await;
    let block = ask("eth_getBlockByNumber", json!(["latest", true])).await;
    assert_eq!(receipt["status"], "0x1");
    assert_eq!(receipt["blockHash"], block["hash"]);
    assert_eq!(tx, block["transactions"][0]);
    assert_eq!(tx, ask("eth_getTransactionByBlockHashAndIndex", json!([block["hash"], "0x0"])).await);
    assert_eq!(ask("eth_getBlockReceipts", json!([block["hash"]])).await, json!([receipt]));
    let raw = ask("eth_getRawTransactionByHash", json!([hash])).await;
    assert!(raw.as_str().unwrap().starts_with("0x02"));
}
