//! The node's HTTP API: request and response types, the OpenAPI document, a typed client.
//!
//! Architecture invariant: types and a client only; the server lives in `node`, so that relayer and market depend on no node.
