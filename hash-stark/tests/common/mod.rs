//! Proves small binaries in small chunks.
#![allow(dead_code)]

use nonos_core::field::Fr;
use nonos_hash_stark::{ChunkProof, FileStatement, HashProver, Install, Security, digest_reader};
use std::io::Cursor;

/// A binary that no test shares by chance.
pub fn binary(length: usize, seed: u64) -> Vec<u8> {
    let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = |_| {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        (x >> 24) as u8
    };
    (0..length).map(next).collect()
}

/// What a prover knows about `binary`.
pub fn install(binary: &[u8], chunk_blocks: u32, leaf: u64) -> Install {
    let (length, digest) = digest_reader(binary).unwrap();
    Install { leaf: Fr::from(leaf).into(), digest, salt: [leaf as u8; 32], length, chunk_blocks }
}

/// All proofs of `binary`, and what they say.
pub fn prove(binary: &[u8], chunk_blocks: u32, leaf: u64) -> (FileStatement, Vec<ChunkProof>) {
    let install = install(binary, chunk_blocks, leaf);
    let file = install.statement();
    let chunks =
        HashProver::new(Security::Conjectured).prove_chunks(Cursor::new(binary), install, None, |_| {});
    (file, chunks.unwrap().map(Result::unwrap).collect())
}
