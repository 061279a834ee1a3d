//! Every route once. The server mounts these, the client calls these, the OpenAPI document is made of these.

/// HTTP methods in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Hands something in.
    Post,
}

/// What a request or an answer carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// Nothing.
    None,
    /// A JSON object, by the name of its schema.
    Json(&'static str),
    /// Octets; what they are, in words.
    Octets(&'static str),
    /// Plain text.
    Text,
    /// Server-sent events, each a JSON object of this schema.
    Events(&'static str),
}

/// A query parameter: name and meaning.
pub type Query = (&'static str, &'static str);

/// One route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// Method.
    pub method: Method,
    /// Path; parameters in braces.
    pub path: &'static str,
    /// One line on what it does.
    pub summary: &'static str,
    /// Optional query parameters.
    pub query: &'static [Query],
    /// What the request carries.
    pub request: Body,
    /// What success carries.
    pub answer: Body,
}

const fn get(path: &'static str, summary: &'static str, answer: Body) -> Route {
    Route { method: Method::Get, path, summary, query: &[], request: Body::None, answer }
}

const fn post(path: &'static str, summary: &'static str, request: Body, answer: Body) -> Route {
    Route { method: Method::Post, path, summary, query: &[], request, answer }
}

impl Route {
    const fn query(self, query: &'static [Query]) -> Self {
        Self { query, ..self }
    }
}

const PAGE: &[Query] = &[
    ("from", "smallest arrival number to list; 0 if absent"),
    ("limit", "most entries to list: 100 if absent, at most 1000"),
];

const WHICH: &[Query] = &[("hash", "keccak256 of the file; any of this context if absent")];

/// Is the process alive?
pub const LIVEZ: Route = get("/livez", "Whether the process is alive", Body::Text);
/// Can it do its work?
pub const READYZ: Route =
    get("/readyz", "Whether store, listeners and chain are there; 503 if not", Body::Json("Ready"));
/// Prometheus.
pub const METRICS: Route = get("/metrics", "Metrics in the OpenMetrics text format", Body::Text);
/// This document.
pub const OPENAPI: Route = get("/openapi.json", "This document", Body::Json("OpenApi"));
/// The node.
pub const NODE: Route = get("/v1/node", "What this node is and where it stands", Body::Json("NodeInfo"));
/// Its peers.
pub const PEERS: Route = get("/v1/peers", "Connected peers", Body::Json("Peers"));
/// Events.
pub const EVENTS: Route = get(
    "/v1/events",
    "What happens, as it happens; a slow reader is told what it missed",
    Body::Events("Event"),
);
/// Hand in a receipt.
pub const POST_RECEIPT: Route = post(
    "/v1/receipts",
    "Verify, store and spread a receipt; the answer comes when it is on disk",
    Body::Octets("the ABI encoding of a receipt, at most 64 KiB"),
    Body::Json("ReceiptAccepted"),
);
/// List receipts.
pub const RECEIPTS: Route =
    get("/v1/receipts", "Receipts in the order of their arrival", Body::Json("ReceiptList")).query(PAGE);
/// One receipt.
pub const RECEIPT: Route = get("/v1/receipts/{id}", "One receipt, decoded", Body::Json("ReceiptView"));
/// One receipt's octets.
pub const RECEIPT_RAW: Route = get(
    "/v1/receipts/{id}/raw",
    "One receipt as it is signed and hashed; asks the mesh if it is not here",
    Body::Octets("the ABI encoding of a receipt"),
);
/// By leaf.
pub const RECEIPT_BY_LEAF: Route = get(
    "/v1/receipts/by-leaf/{leaf}",
    "The receipt with this batch leaf; asks the mesh if it is not here",
    Body::Json("ReceiptView"),
);
/// By request.
pub const RECEIPTS_BY_REQUEST: Route = get(
    "/v1/receipts/by-request/{requestId}",
    "Receipts of launches that serve this request",
    Body::Json("ReceiptList"),
);
/// Where it was anchored.
pub const INCLUSION: Route = get(
    "/v1/receipts/{id}/inclusion",
    "The batch that holds a receipt, and the path in it",
    Body::Json("Inclusion"),
);
/// Judge a receipt.
pub const VERIFY: Route = post(
    "/v1/verify",
    "Every verdict on a receipt, without storing it",
    Body::Octets("the ABI encoding of a receipt, at most 64 KiB"),
    Body::Json("VerifyReply"),
)
.query(&[("mesh", "true: ask peers as well")]);
/// Hand in a batch.
pub const POST_BATCH: Route = post(
    "/v1/batches",
    "Store and announce a batch, with its leaves",
    Body::Octets("the ABI encoding of a batch record"),
    Body::Json("BatchAccepted"),
);
/// List batches.
pub const BATCHES: Route =
    get("/v1/batches", "Batches in the order of their arrival", Body::Json("BatchList")).query(PAGE);
/// One batch.
pub const BATCH: Route = get(
    "/v1/batches/{id}",
    "One batch with its leaves; asks the mesh if it is not here",
    Body::Json("BatchView"),
);
/// Hand in a blob.
pub const POST_BLOB: Route = post(
    "/v1/blobs",
    "Keep the input of a capsule for whoever launches it",
    Body::Octets("any bytes, at most 1 MiB"),
    Body::Json("BlobStored"),
);
/// One blob.
pub const BLOB: Route = get(
    "/v1/blobs/{hash}",
    "The bytes with this keccak256; asks the mesh if they are not here",
    Body::Octets("the bytes"),
);
/// Hand in a package.
pub const POST_PACKAGE: Route = post(
    "/v1/packages",
    "Keep a signed capsule for whoever installs it",
    Body::Octets("the ABI encoding of a signed package"),
    Body::Json("PackageStored"),
);
/// One package.
pub const PACKAGE: Route = get(
    "/v1/packages/{capsuleLeaf}",
    "The signed capsule with this leaf; asks the mesh if it is not here",
    Body::Octets("the ABI encoding of a signed package"),
);
/// Have a proof fetched.
pub const POST_PROOF: Route = post(
    "/v1/proofs/{context}",
    "Fetch a STARK install or digest proof from the mesh, if it is not here; answers at once",
    Body::None,
    Body::Json("ProofView"),
)
.query(WHICH);
/// One proof.
pub const PROOF: Route = get(
    "/v1/proofs/{context}",
    "Where the STARK install of this leaf, or the digest proof of this context, stands here",
    Body::Json("ProofView"),
)
.query(WHICH);
/// Operators.
pub const OPERATORS: Route =
    get("/v1/operators", "Operators whose beacons are known", Body::Json("Operators"));
/// One operator.
pub const OPERATOR: Route = get("/v1/operators/{id}", "One operator", Body::Json("OperatorView"));
/// A score.
pub const TRUST: Route =
    get("/v1/trust/{operatorId}", "An operator's score, from the chain", Body::Json("TrustView"));

/// All of them.
pub const ALL: &[Route] = &[
    LIVEZ,
    READYZ,
    METRICS,
    OPENAPI,
    NODE,
    PEERS,
    EVENTS,
    POST_RECEIPT,
    RECEIPTS,
    RECEIPT,
    RECEIPT_RAW,
    RECEIPT_BY_LEAF,
    RECEIPTS_BY_REQUEST,
    INCLUSION,
    VERIFY,
    POST_BATCH,
    BATCHES,
    BATCH,
    POST_BLOB,
    BLOB,
    POST_PACKAGE,
    PACKAGE,
    POST_PROOF,
    PROOF,
    OPERATORS,
    OPERATOR,
    TRUST,
];

/// Names of the parameters in a path, in order.
pub fn parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}
