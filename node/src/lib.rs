//! The node's parts: keys, onion addresses, capsule runtime, launching, verdicts, receipt store.
//!
//! | module | noun |
//! |---|---|
//! | [`keys`] | keystore file, root key, derived keys |
//! | [`onion`] | version 3 onion addresses |
//! | [`capsule_runtime`] | sandboxed child process, measured state |
//! | [`install`] | install files, and the job that makes them |
//! | [`launch`] | package and input to stored receipt |
//! | [`mesh`] | gossip, exchange, verification queue, peer scores |
//! | [`service`] | all of it as one service: supervisor, chain watcher, HTTP |
//! | [`store`] | receipts, batches, blobs and nullifier indices on disk |
//! | [`trust`] | scores of operators, from the chain |
//! | [`verify`] | verdicts on receipts |

pub mod capsule_runtime;
pub mod install;
pub mod keys;
pub mod launch;
pub mod mesh;
pub mod onion;
pub mod service;
pub mod store;
pub mod trust;
pub mod verify;
