//! Tests of the proof system, in one binary because linking halo2 and snark-verifier is what takes time.

mod circuits;
mod roundtrip;
