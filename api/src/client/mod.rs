//! The typed client: one method per route, timeouts, bounded answers, errors that name URL and reason.

mod error;
mod events;

use std::time::Duration;

use alloy_primitives::B256;
use futures::StreamExt;
use reqwest::{RequestBuilder, Response, Url, header};
use serde::de::DeserializeOwned;

use crate::routes::{self, Method, Route};
use crate::types::*;
use nonos_core::batch::BatchRecord;
use nonos_core::package::MAX_PACKAGE_BYTES;
use nonos_core::receipt::{MAX_RECEIPT_BYTES, Receipt};

pub use error::ClientError;
pub use events::Events;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a whole exchange may take if nobody says otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest JSON answer: a batch of 2,048 leaves as hex, or a page of a thousand entries.
const MAX_JSON: usize = 1 << 20;
/// Most bytes of an error that are read.
const MAX_ERROR: usize = 16 << 10;

/// Speaks to one node.
#[derive(Debug, Clone)]
pub struct NodeClient {
    http: reqwest::Client,
    base: Url,
    timeout: Duration,
}

impl NodeClient {
    /// A client of the node at `address` (`http://host:port`). Nothing is sent yet.
    pub fn new(address: &str) -> Result<Self, ClientError> {
        let wrong = |reason: String| ClientError::Address { address: address.to_owned(), reason };
        let base: Url = address.parse().map_err(|error| wrong(format!("{error}")))?;
        if base.scheme() != "http" {
            return Err(wrong(format!("the scheme `{}` is not spoken", base.scheme())));
        }
        if base.path() != "/" || base.query().is_some() {
            return Err(wrong("it has a path".to_owned()));
        }
        // A node is spoken to directly: a proxy of the environment is for web pages, a redirect is a mistake.
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| wrong(error.to_string()))?;
        Ok(Self { http, base, timeout: DEFAULT_TIMEOUT })
    }

    /// The same with another limit for whole exchanges.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// The node's address.
    pub fn address(&self) -> &str {
        self.base.as_str()
    }

    /// GET /livez.
    pub async fn live(&self) -> Result<(), ClientError> {
        self.octets(self.request(routes::LIVEZ, &[])?, MAX_ERROR).await.map(drop)
    }

    /// GET /readyz. A node that is not ready is an answer, not an error.
    pub async fn ready(&self) -> Result<Ready, ClientError> {
        let request = self.request(routes::READYZ, &[])?;
        let (url, response) = self.send(request).await?;
        // 503 carries the same object.
        let bytes = self.body(&url, response, MAX_JSON).await?;
        decode(&url, &bytes)
    }

    /// GET /metrics.
    pub async fn metrics(&self) -> Result<String, ClientError> {
        let bytes = self.octets(self.request(routes::METRICS, &[])?, MAX_JSON).await?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// GET /openapi.json.
    pub async fn openapi(&self) -> Result<serde_json::Value, ClientError> {
        self.json(self.request(routes::OPENAPI, &[])?).await
    }

    /// GET /v1/node.
    pub async fn node(&self) -> Result<NodeInfo, ClientError> {
        self.json(self.request(routes::NODE, &[])?).await
    }

    /// GET /v1/peers.
    pub async fn peers(&self) -> Result<Vec<Peer>, ClientError> {
        self.json::<Peers>(self.request(routes::PEERS, &[])?).await.map(|peers| peers.peers)
    }

    /// GET /v1/events: what happens from now on. Ends when the node does.
    pub async fn events(&self) -> Result<Events, ClientError> {
        let (url, response) = self.send_within(self.request(routes::EVENTS, &[])?, None).await?;
        let response = self.successful(&url, response).await?;
        Ok(Events::new(url, response))
    }

    /// POST /v1/receipts: returns when the receipt is on the node's disk.
    pub async fn post_receipt(&self, receipt: &Receipt) -> Result<ReceiptAccepted, ClientError> {
        self.post_receipt_bytes(receipt.encode()).await
    }

    /// The same for octets that may or may not be a receipt.
    pub async fn post_receipt_bytes(&self, bytes: Vec<u8>) -> Result<ReceiptAccepted, ClientError> {
        self.json(self.request(routes::POST_RECEIPT, &[])?.body(bytes)).await
    }

    /// GET /v1/receipts: a page from arrival number `from` on.
    pub async fn receipts(&self, from: u64, limit: usize) -> Result<ReceiptList, ClientError> {
        self.json(self.request_with(routes::RECEIPTS, &[], &page(from, limit))?).await
    }

    /// GET /v1/receipts/{id}.
    pub async fn receipt(&self, id: B256) -> Result<Option<ReceiptView>, ClientError> {
        found(self.json(self.request(routes::RECEIPT, &[id])?).await)
    }

    /// GET /v1/receipts/{id}/raw, decoded strictly, and checked to have that id.
    pub async fn receipt_raw(&self, id: B256) -> Result<Option<Receipt>, ClientError> {
        let request = self.request(routes::RECEIPT_RAW, &[id])?;
        let Some(bytes) = found(self.octets(request, MAX_RECEIPT_BYTES).await)? else { return Ok(None) };
        let wrong =
            |reason: String| ClientError::Answer { url: self.url(routes::RECEIPT_RAW, &[id]), reason };
        let receipt = Receipt::decode(&bytes).map_err(|error| wrong(error.to_string()))?;
        let actual = B256::from(receipt.message_id());
        if actual != id {
            return Err(wrong(format!("it is receipt {actual}")));
        }
        Ok(Some(receipt))
    }

    /// GET /v1/receipts/by-leaf/{leaf}, checked to have that leaf.
    pub async fn receipt_by_leaf(&self, leaf: B256) -> Result<Option<Receipt>, ClientError> {
        let request = self.request(routes::RECEIPT_BY_LEAF, &[leaf])?;
        let Some(view) = found(self.json::<ReceiptView>(request).await)? else { return Ok(None) };
        let actual = B256::from(view.receipt.leaf());
        if actual != leaf {
            let url = self.url(routes::RECEIPT_BY_LEAF, &[leaf]);
            return Err(ClientError::Answer { url, reason: format!("it has the leaf {actual}") });
        }
        Ok(Some(view.receipt))
    }

    /// GET /v1/receipts/by-request/{requestId}.
    pub async fn receipts_by_request(&self, request_id: B256) -> Result<Vec<ReceiptEntry>, ClientError> {
        let request = self.request(routes::RECEIPTS_BY_REQUEST, &[request_id])?;
        self.json::<ReceiptList>(request).await.map(|list| list.receipts)
    }

    /// GET /v1/receipts/{id}/inclusion; none while no batch with it is known.
    pub async fn inclusion(&self, id: B256) -> Result<Option<Inclusion>, ClientError> {
        found(self.json(self.request(routes::INCLUSION, &[id])?).await)
    }

    /// POST /v1/verify.
    pub async fn verify(&self, bytes: Vec<u8>, mesh: bool) -> Result<VerifyReply, ClientError> {
        let query: &[_] = if mesh { &[("mesh", "true".to_owned())] } else { &[] };
        self.json(self.request_with(routes::VERIFY, &[], query)?.body(bytes)).await
    }

    /// POST /v1/batches.
    pub async fn post_batch(&self, record: &BatchRecord) -> Result<BatchAccepted, ClientError> {
        self.json(self.request(routes::POST_BATCH, &[])?.body(record.encode())).await
    }

    /// GET /v1/batches: a page from arrival number `from` on.
    pub async fn batches(&self, from: u64, limit: usize) -> Result<BatchList, ClientError> {
        self.json(self.request_with(routes::BATCHES, &[], &page(from, limit))?).await
    }

    /// GET /v1/batches/{id}; the leaves are checked to be the batch's.
    pub async fn batch(&self, id: B256) -> Result<Option<BatchView>, ClientError> {
        let Some(view) = found(self.json::<BatchView>(self.request(routes::BATCH, &[id])?).await)? else {
            return Ok(None);
        };
        let wrong = |reason| ClientError::Answer { url: self.url(routes::BATCH, &[id]), reason };
        let record = view.record();
        record.check().map_err(|error| wrong(error.to_string()))?;
        if B256::from(record.id()) != id {
            return Err(wrong(format!("it is batch {}", record.id())));
        }
        Ok(Some(view))
    }

    /// POST /v1/blobs.
    pub async fn post_blob(&self, bytes: Vec<u8>) -> Result<BlobStored, ClientError> {
        self.json(self.request(routes::POST_BLOB, &[])?.body(bytes)).await
    }

    /// GET /v1/blobs/{hash}, checked to have that hash.
    pub async fn blob(&self, hash: B256) -> Result<Option<Vec<u8>>, ClientError> {
        let request = self.request(routes::BLOB, &[hash])?;
        let Some(bytes) = found(self.octets(request, MAX_BLOB_BYTES).await)? else { return Ok(None) };
        let actual = alloy_primitives::keccak256(&bytes);
        if actual != hash {
            let url = self.url(routes::BLOB, &[hash]);
            return Err(ClientError::Answer { url, reason: format!("the bytes hash to {actual}") });
        }
        Ok(Some(bytes))
    }

    /// POST /v1/packages.
    pub async fn post_package(&self, bytes: Vec<u8>) -> Result<PackageStored, ClientError> {
        self.json(self.request(routes::POST_PACKAGE, &[])?.body(bytes)).await
    }

    /// GET /v1/packages/{capsuleLeaf}: octets, which the caller decodes and verifies.
    pub async fn package(&self, capsule_leaf: B256) -> Result<Option<Vec<u8>>, ClientError> {
        found(self.octets(self.request(routes::PACKAGE, &[capsule_leaf])?, MAX_PACKAGE_BYTES).await)
    }

    /// POST /v1/proofs/{context}: begins to fetch what is not there.
    pub async fn fetch_proof(&self, context: B256, hash: Option<B256>) -> Result<ProofView, ClientError> {
        self.json(self.request_with(routes::POST_PROOF, &[context], &which(hash))?).await
    }

    /// GET /v1/proofs/{context}: the file with this hash, or any.
    pub async fn proof(&self, context: B256, hash: Option<B256>) -> Result<Option<ProofView>, ClientError> {
        found(self.json(self.request_with(routes::PROOF, &[context], &which(hash))?).await)
    }

    /// GET /v1/operators.
    pub async fn operators(&self) -> Result<Vec<OperatorView>, ClientError> {
        let list = self.json::<Operators>(self.request(routes::OPERATORS, &[])?).await?;
        Ok(list.operators)
    }

    /// GET /v1/operators/{id}.
    pub async fn operator(&self, id: B256) -> Result<Option<OperatorView>, ClientError> {
        found(self.json(self.request(routes::OPERATOR, &[id])?).await)
    }

    /// GET /v1/trust/{operatorId}.
    pub async fn trust(&self, operator_id: B256) -> Result<Option<TrustView>, ClientError> {
        found(self.json(self.request(routes::TRUST, &[operator_id])?).await)
    }

    fn url(&self, route: Route, parameters: &[B256]) -> String {
        let mut values = parameters.iter();
        let path = route.path.split('/').map(|part| match part.starts_with('{') {
            true => values.next().map(ToString::to_string).unwrap_or_default(),
            false => part.to_owned(),
        });
        let path = path.collect::<Vec<_>>().join("/");
        format!("{}{path}", self.base.as_str().trim_end_matches('/'))
    }

    fn request(&self, route: Route, parameters: &[B256]) -> Result<RequestBuilder, ClientError> {
        self.request_with(route, parameters, &[])
    }

    fn request_with(
        &self,
        route: Route,
        parameters: &[B256],
        query: &[(&str, String)],
    ) -> Result<RequestBuilder, ClientError> {
        let text = self.url(route, parameters);
        let mut url: Url = text
            .parse()
            .map_err(|error| ClientError::Address { address: text.clone(), reason: format!("{error}") })?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(match route.method {
            Method::Get => self.http.get(url),
            Method::Post => self.http.post(url).header(header::CONTENT_TYPE, crate::openapi::OCTETS),
        })
    }

    async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ClientError> {
        let (url, response) = self.send(request).await?;
        let response = self.successful(&url, response).await?;
        let bytes = self.body(&url, response, MAX_JSON).await?;
        decode(&url, &bytes)
    }

    async fn octets(&self, request: RequestBuilder, limit: usize) -> Result<Vec<u8>, ClientError> {
        let (url, response) = self.send(request).await?;
        let response = self.successful(&url, response).await?;
        self.body(&url, response, limit).await
    }

    async fn send(&self, request: RequestBuilder) -> Result<(String, Response), ClientError> {
        self.send_within(request, Some(self.timeout)).await
    }

    async fn send_within(
        &self,
        request: RequestBuilder,
        timeout: Option<Duration>,
    ) -> Result<(String, Response), ClientError> {
        let request = match timeout {
            Some(timeout) => request.timeout(timeout),
            None => request,
        };
        let (http, request) = request.build_split();
        let request = request.map_err(|error| self.failed(self.base.as_str(), &error))?;
        let url = request.url().to_string();
        let response = http.execute(request).await.map_err(|error| self.failed(&url, &error))?;
        Ok((url, response))
    }

    /// The response if it is a success, else the node's words.
    async fn successful(&self, url: &str, response: Response) -> Result<Response, ClientError> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let bytes = self.body(url, response, MAX_ERROR).await.unwrap_or_default();
        let body = serde_json::from_slice::<ErrorBody>(&bytes).unwrap_or_else(|_| ErrorBody {
            // Something between us and the node speaks, or no node at all.
            error: String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).trim().to_owned(),
            hint: None,
        });
        Err(ClientError::Refused {
            url: url.to_owned(),
            status: status.as_u16(),
            message: body.error,
            hint: body.hint,
        })
    }

    /// Reads at most `limit` bytes; one more is an error.
    async fn body(&self, url: &str, response: Response, limit: usize) -> Result<Vec<u8>, ClientError> {
        let too_large = || ClientError::TooLarge { url: url.to_owned(), limit };
        if response.content_length().is_some_and(|length| length > limit as u64) {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        let mut stream = response.bytes_stream();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| self.failed(url, &error))?;
            if bytes.len() + chunk.len() > limit {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    fn failed(&self, url: &str, error: &reqwest::Error) -> ClientError {
        let url = url.to_owned();
        if error.is_timeout() {
            return ClientError::Timeout { url, after: self.timeout };
        }
        ClientError::Unreachable { url, reason: innermost(error) }
    }
}

/// The last cause of an error: what reqwest wraps says more than reqwest.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

fn which(hash: Option<B256>) -> Vec<(&'static str, String)> {
    hash.map(|hash| ("hash", hash.to_string())).into_iter().collect()
}

fn page(from: u64, limit: usize) -> [(&'static str, String); 2] {
    [("from", from.to_string()), ("limit", limit.to_string())]
}

fn decode<T: DeserializeOwned>(url: &str, bytes: &[u8]) -> Result<T, ClientError> {
    serde_json::from_slice(bytes)
        .map_err(|error| ClientError::Answer { url: url.to_owned(), reason: error.to_string() })
}

/// "Not there" is an answer.
fn found<T>(result: Result<T, ClientError>) -> Result<Option<T>, ClientError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
