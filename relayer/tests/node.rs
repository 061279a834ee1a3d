//! The node over HTTP: pages by cursor, a node that begins anew, and what is not a receipt.

use std::sync::Arc;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolValue;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Json;
use axum::routing::{get, post};
use nonos_api::NodeClient;
use nonos_core::ReceiptLeaf;
use nonos_core::batch::BatchRecord;
use nonos_core::receipt::{Receipt, ReceiptHeader};
use nonos_relayer::Node;
use nonos_relayer::collect::{Page, ReceiptSource};
use nonos_relayer::publish::BatchSink;
use serde_json::{Value, json};

fn receipt(number: u64) -> Receipt {
    let mut header = ReceiptHeader::abi_decode(&[0; 21 * 32]).expect("zeros");
    header.schema = 1;
    header.nullifier = U256::from(number + 1);
    Receipt {
        chainId: 31337,
        anchor: Address::ZERO,
        header,
        executionSignature: vec![0; 64].into(),
        onionSignature: vec![].into(),
        launchProof: vec![number as u8; 100].into(),
        openings: vec![],
    }
}

/// As many routes of a node as a relayer uses.
async fn node(receipts: usize) -> Node {
    let held: Arc<Vec<Receipt>> = Arc::new((0..receipts as u64).map(receipt).collect());
    async fn list(
        State(held): State<Arc<Vec<Receipt>>>,
        Query(query): Query<std::collections::HashMap<String, usize>>,
    ) -> Json<Value> {
        let page: Vec<Value> = held
            .iter()
            .enumerate()
            .skip(query["from"])
            .take(query["limit"])
            .map(|(number, receipt)| json!({ "number": number, "messageId": B256::from(receipt.message_id()) }))
            .collect();
        let next = query["from"] + page.len();
        Json(json!({ "receipts": page, "next": next }))
    }
    async fn raw(State(held): State<Arc<Vec<Receipt>>>, Path(id): Path<B256>) -> Result<Vec<u8>, StatusCode> {
        let found = held.iter().find(|receipt| B256::from(receipt.message_id()) == id);
        found.map(Receipt::encode).ok_or(StatusCode::NOT_FOUND)
    }
    async fn info(State(held): State<Arc<Vec<Receipt>>>) -> Json<Value> {
        Json(json!({
            "version": "0", "peerId": null, "listen": [], "operator": null, "verifierKey": B256::ZERO,
            "chain": { "chainId": 31337, "anchor": Address::ZERO, "operatorRegistry": Address::ZERO,
                "capsuleRegistry": Address::ZERO, "reachable": true, "head": null, "headTime": null },
            "receipts": held.len(), "batches": 0, "waiting": 0,
        }))
    }
    async fn take(body: Bytes) -> Result<Json<Value>, StatusCode> {
        let record = BatchRecord::decode(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
        Ok(Json(json!({ "batchId": B256::from(record.id()), "outcome": "stored" })))
    }
    let app = Router::new()
        .route("/v1/receipts", get(list))
        .route("/v1/receipts/{id}/raw", get(raw))
        .route("/v1/node", get(info))
        .route("/v1/batches", post(take))
        .with_state(held);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, app).await });
    Node::new(NodeClient::new(&format!("http://{address}")).expect("a client"))
}

#[tokio::test]
async fn receipts_come_in_order_and_a_node_that_lost_its_numbers_is_noticed() {
    let node = node(25).await;
    let (mut from, mut all) = (0, Vec::new());
    loop {
        let page = node.page(from, 10).await.expect("a page");
        if page.next == from {
            break;
        }
        all.extend(page.receipts);
        from = page.next;
    }
    let expected: Vec<_> = (0..25).map(|n| alloy_primitives::Bytes::from(receipt(n).encode())).collect();
    assert_eq!(all, expected);
    // A cursor from another life of the node.
    assert_eq!(node.page(26, 10).await.expect("a page"), Page { receipts: vec![], next: 0 });
}

#[tokio::test]
async fn batches_reach_the_node_and_an_absent_node_is_named() {
    let leaves = (0..5).map(|n| ReceiptLeaf::from(B256::repeat_byte(n)));
    let record = BatchRecord::new(31337, Address::ZERO, Address::repeat_byte(1), leaves).expect("a batch");
    node(0).await.publish(&record).await.expect("taken");

    let nobody = Node::new(NodeClient::new("http://127.0.0.1:9").expect("a client"));
    let error = nobody.publish(&record).await.expect_err("nobody").to_string();
    assert!(error.contains("http://127.0.0.1:9") && error.contains("is the node running?"), "{error}");
    assert!(nobody.page(0, 1).await.is_err());
}
