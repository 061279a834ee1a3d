//! One module per command: its arguments and its `run`.

pub mod bench;
pub mod capsule;
pub mod chain;
pub mod circuit;
pub mod demo;
pub mod devnet;
pub mod keys;
pub mod launch;
pub mod market;
pub mod node;
pub mod operator;
pub mod receipt;
pub mod relayer;
pub mod verifier;
