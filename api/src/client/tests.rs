//! The client against servers that misbehave: everything it says names the URL and what was wrong.

use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Answers one request with these bytes, then closes.
async fn answering(answer: Vec<u8>) -> NodeClient {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = socket.read(&mut request).await.unwrap();
        let _ = socket.write_all(&answer).await;
    });
    NodeClient::new(&address).unwrap()
}

fn http(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
        .into_bytes()
}

#[test]
fn addresses_that_are_none_are_refused_with_a_reason() {
    for (address, part) in [
        ("node:1", "scheme"),
        ("https://node", "scheme `https` is not spoken"),
        ("http://node/v1", "it has a path"),
        ("", "relative URL"),
    ] {
        let error = NodeClient::new(address).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(NodeClient::new("http://node:8090").unwrap().address(), "http://node:8090/");
}

#[tokio::test]
async fn the_nodes_own_words_reach_the_caller() {
    let body = r#"{"error":"not valid: the launch proof is empty","hint":"launch again"}"#;
    let client = answering(http("422 Unprocessable Entity", body)).await;
    let error = client.post_receipt_bytes(vec![1]).await.unwrap_err();
    assert!(!error.is_not_found() && !error.is_transient());
    let text = error.to_string();
    assert!(text.contains(&format!("{}v1/receipts answered 422", client.address())), "{text}");
    assert!(text.ends_with("not valid: the launch proof is empty; launch again"), "{text}");
}

#[tokio::test]
async fn what_is_not_there_is_none_and_what_is_not_json_is_shown() {
    let client = answering(http("404 Not Found", r#"{"error":"no such receipt"}"#)).await;
    assert_eq!(client.receipt(B256::ZERO).await.unwrap(), None);
    let client = answering(http("502 Bad Gateway", "<html>a proxy</html>")).await;
    let error = client.node().await.unwrap_err();
    assert!(error.is_transient());
    assert!(error.to_string().ends_with("answered 502: <html>a proxy</html>"), "{error}");
    let client = answering(http("200 OK", "{}")).await;
    assert!(matches!(client.node().await.unwrap_err(), ClientError::Answer { .. }));
}

#[tokio::test]
async fn a_body_without_end_is_cut_off() {
    // No length is announced: the limit has to be kept while reading.
    let mut answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
    answer.extend(vec![b' '; MAX_JSON + 10]);
    let error = answering(answer).await.node().await.unwrap_err();
    assert!(matches!(error, ClientError::TooLarge { limit: MAX_JSON, .. }), "{error}");
    let claimed = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", u64::MAX / 2);
    let error = answering(claimed.into_bytes()).await.node().await.unwrap_err();
    assert!(matches!(error, ClientError::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn silence_and_absence_are_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let client = NodeClient::new(&address).unwrap().with_timeout(Duration::from_millis(50));
    let error = client.live().await.unwrap_err();
    assert!(matches!(error, ClientError::Timeout { .. }), "{error}");
    drop(listener);
    let error = client.live().await.unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }) && error.is_transient(), "{error}");
}

#[tokio::test]
async fn bytes_that_are_not_what_was_asked_for_are_refused() {
    let client = answering(http("200 OK", "other bytes")).await;
    let error = client.blob(B256::ZERO).await.unwrap_err().to_string();
    assert!(error.contains("the bytes hash to 0x"), "{error}");
}

#[tokio::test]
async fn events_are_read_across_chunks_and_unknown_ones_are_skipped() {
    let id = B256::repeat_byte(7);
    let stream = format!(
        ": keep-alive\n\nevent: batch\ndata: {{\"type\":\"batch\",\"batchId\":\"{id}\"}}\n\n\
         data: {{\"type\":\"of-the-future\"}}\n\ndata: {{\"type\":\"lag\",\"missed\":3}}\n\n"
    );
    let client = answering(http("200 OK", &stream)).await;
    let mut events = client.events().await.unwrap();
    assert_eq!(events.next().await.unwrap().unwrap(), Event::Batch { batch_id: id });
    assert_eq!(events.next().await.unwrap().unwrap(), Event::Lag { missed: 3 });
    assert!(events.next().await.is_none());
}
