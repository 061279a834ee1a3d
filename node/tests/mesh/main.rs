//! The mesh as its peers see it: real nodes on loopback, real proofs, real floods.

mod exchange;
mod gossip;
mod heal;
mod hostile;
mod netns;
mod proofs;
mod score;
mod support;
