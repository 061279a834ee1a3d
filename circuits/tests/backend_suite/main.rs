//! Tests of the proof system, in one binary because linking halo2 and snark-verifier is what takes time.

mod batch;
mod circuits;
mod codec;
mod encoding;
mod keys;
mod mutation;
mod oracle;
mod ptau_file;
mod roundtrip;
mod srs;
mod srs_malformed;
mod timing;
mod transcript;
