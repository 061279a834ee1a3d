//! The HTTP server: alloy through it, hostile input, shutdown.

use std::net::SocketAddr;

use alloy::providers::{Provider, ProviderBuilder};
use alloy_primitives::U256;
use nonos_devnet::{Config, Devnet, ServeError};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_util::sync::CancellationToken;

use crate::{deploy, wallet};

/// Starts a server; dropping the guard stops it.
pub async fn serve(config: Config) -> (Devnet, SocketAddr, tokio_util::sync::DropGuard) {
    let (devnet, cancel) = (Devnet::new(config), CancellationToken::new());
    let (addr, _) = devnet.serve("127.0.0.1:0".parse().unwrap(), cancel.clone()).await.unwrap();
    (devnet, addr, cancel.drop_guard())
}

/// Sends raw HTTP and returns status code and body.
async fn exchange(addr: SocketAddr, request: String) -> (u16, String) {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}

fn request(host: &str, kind: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// Posts a JSON body.
pub async fn post(addr: SocketAddr, body: &str) -> (u16, Value) {
    let (status, body) = exchange(addr, request(&addr.to_string(), "application/json", body)).await;
    (status, serde_json::from_str(&body).unwrap_or(Value::Null))
}

#[tokio::test]
async fn alloy_works_over_http() {
    let (devnet, addr, _guard) = serve(Config::default()).await;
    let url = format!("http://{addr}").parse().unwrap();
    let provider = ProviderBuilder::new().wallet(wallet(&devnet)).connect_http(url).erased();
    provider.client().set_poll_interval(std::time::Duration::from_millis(5));
    let probe = deploy(&provider).await;
    probe.store(U256::from(123)).send().await.unwrap().get_receipt().await.unwrap();
    assert_eq!(probe.value().call().await.unwrap(), U256::from(123));
    let error = probe.store(U256::from(1)).call().await.unwrap_err();
    assert!(error.as_decoded_error::<crate::Probe::TooSmall>().is_some());
    assert_eq!(provider.get_block_number().await.unwrap(), devnet.height());
}

#[tokio::test]
async fn hostile_input_gets_a_clear_error_and_changes_nothing() {
    let (devnet, addr, _guard) = serve(Config { max_body: 2_000, max_batch: 3, ..Config::default() }).await;
    let cases = [
        ("", -32700, "parse error"),
        ("{", -32700, "parse error"),
        ("[1,", -32700, "parse error"),
        ("7", -32600, "invalid request"),
        ("[]", -32600, "empty batch"),
        ("[1,2,3,4]", -32600, "4 requests in one batch, the limit is 3"),
        (r#"{"jsonrpc":"2.0","id":1}"#, -32600, "missing field `method`"),
        (r#"{"jsonrpc":"1.0","id":1,"method":"evm_mine"}"#, -32600, "this server speaks \"2.0\""),
        (r#"{"jsonrpc":"2.0","id":{},"method":"evm_mine"}"#, -32600, "id must be"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"evm_mine","params":[{"blocks":-1}]}"#, -32602, "blocks: -1"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"evm_mine","params":[1,2]}"#, -32602, "too many arguments"),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"eth_sendRawTransaction","params":["0x02c0"]}"#,
            -32602,
            "decode",
        ),
        (r#"{"jsonrpc":"2.0","id":1,"method":"eth_mineBitcoin"}"#, -32601, "the method eth_mineBitcoin"),
    ];
    for (body, code, message) in cases {
        let (status, answer) = post(addr, body).await;
        assert_eq!((status, &answer["error"]["code"]), (200, &json!(code)), "{body}: {answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains(message), "{body}: {answer}");
    }
    let (status, answer) = post(addr, &" ".repeat(2_001)).await;
    assert_eq!(
        (status, &answer["error"]["message"]),
        (413, &json!("request body too large: the limit is 2000 bytes"))
    );
    let mine = r#"{"jsonrpc":"2.0","id":1,"method":"evm_mine"}"#;
    assert_eq!(exchange(addr, request(&addr.to_string(), "text/plain", mine)).await.0, 415);
    assert_eq!(exchange(addr, request("evil.example", "application/json", mine)).await.0, 403);
    assert_eq!(
        exchange(addr, format!("GET / HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n")).await.0,
        405
    );
    assert_eq!(devnet.height(), 0);
}

#[tokio::test]
async fn batches_answer_in_order_and_notifications_are_silent() {
    let (devnet, addr, _guard) = serve(Config::default()).await;
    let batch = r#"[{"jsonrpc":"2.0","id":"a","method":"eth_chainId"},{"jsonrpc":"2.0","method":"evm_mine"},5,
        {"jsonrpc":"2.0","id":null,"method":"eth_blockNumber","params":null}]"#;
    let (_, answer) = post(addr, batch).await;
    assert_eq!(answer[0], json!({"jsonrpc": "2.0", "id": "a", "result": "0x7a69"}));
    assert_eq!(answer[1]["error"]["code"], -32600);
    assert_eq!(answer[2], json!({"jsonrpc": "2.0", "id": null, "result": "0x1"}));
    assert_eq!(answer.as_array().unwrap().len(), 3);
    assert_eq!(post(addr, r#"{"jsonrpc":"2.0","method":"evm_mine"}"#).await, (204, Value::Null));
    assert_eq!(devnet.height(), 2);
}

#[tokio::test]
async fn only_loopback_is_served_unless_asked() {
    let devnet = Devnet::default();
    let everywhere = "0.0.0.0:0".parse().unwrap();
    let refused = devnet.serve(everywhere, CancellationToken::new()).await.unwrap_err();
    assert!(matches!(refused, ServeError::NotLoopback(addr) if addr == everywhere));
    let (_, addr, _guard) = serve(Config::default()).await;
    let taken = devnet.serve(addr, CancellationToken::new()).await.unwrap_err();
    assert!(matches!(taken, ServeError::Bind { addr: a, .. } if a == addr));
}

#[tokio::test]
async fn the_server_ends_when_told_to() {
    let (devnet, cancel) = (Devnet::default(), CancellationToken::new());
    let (addr, task) = devnet.serve("[::1]:0".parse().unwrap(), cancel.clone()).await.unwrap();
    assert_eq!(post(addr, r#"{"jsonrpc":"2.0","id":1,"method":"net_version"}"#).await.1["result"], "31337");
    cancel.cancel();
    task.await.unwrap();
    assert!(TcpStream::connect(addr).await.is_err());
}
