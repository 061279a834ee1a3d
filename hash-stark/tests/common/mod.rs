//! Proves small binaries in small chunks.
#![allow(dead_code)]

use nonos_hash_stark::{ChunkProof, FileStatement, HashProver, Install, Security, digest_reader};
use sha3::{Digest, Sha3_256, Sha3_512};
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

/// What a prover knows about `binary`; context, salt and blinding follow from `number`.
pub fn install(binary: &[u8], chunk_blocks: u32, number: u8) -> Install {
    let (length, digest) = digest_reader(binary).unwrap();
    let (context, salt, blinding) = ([number ^ 0x80; 32], [number; 32], [number ^ 0x40; 32]);
    Install { context, digest, salt, blinding, length, chunk_blocks }
}

/// B, by other means.
pub fn blinded(binary: &[u8], number: u8) -> [u8; 32] {
    let digest = Sha3_512::digest(binary);
    let c =
        Sha3_256::new().chain_update(b"nonos1.C").chain_update(digest).chain_update([number; 32]).finalize();
    Sha3_256::new()
        .chain_update(c)
        .chain_update(b"nonos1.B")
        .chain_update([number ^ 0x40; 32])
        .finalize()
        .into()
}

/// All proofs of `binary`, and what they say.
pub fn prove(binary: &[u8], chunk_blocks: u32, number: u8) -> (FileStatement, Vec<ChunkProof>) {
    let install = install(binary, chunk_blocks, number);
    let file = install.statement();
    let chunks =
        HashProver::new(Security::Conjectured).prove_chunks(Cursor::new(binary), install, None, |_| {});
    (file, chunks.unwrap().map(Result::unwrap).collect())
}
