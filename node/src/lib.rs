//! The node's parts: keys, onion addresses, capsule runtime, launching, verdicts, receipt store.
//!
//! | module | noun |
//! |---|---|
//! | [`keys`] | keystore file, root key, derived keys |
//! | [`onion`] | version 3 onion addresses |
//! | [`capsule_runtime`] | sandboxed child process, measured state |
//! | [`launch`] | package and input to stored receipt |
//! | [`mesh`] | gossip, exchange, verification queue, peer scores |
//! | [`verify`] | verdicts on receipts |
//! | [`store`] | receipts and nullifier indices on disk |

pub mod capsule_runtime;
pub mod keys;
pub mod launch;
pub mod mesh;
pub mod onion;
pub mod store;
pub mod verify;
