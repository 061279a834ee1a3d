//! The agents against the real contracts on the embedded chain. The generated verifier is replaced by one that accepts every
//! proof whose first byte is 1: what is tested here comes after the proof, and a bad proof has to be makeable.

mod suite {
    pub mod helpers;

    mod challenges;
    mod faults;
    mod opinions;
    mod settlement;
}
