//! What a proof costs: run with `--ignored --nocapture`, alone on the machine.

use nonos_hash_stark::{
    DEFAULT_CHUNK_BLOCKS, HashProver, Install, RATE, Security, digest_reader, verify_chunk,
};
use std::io::Cursor;
use std::time::Instant;

/// User and system time of this process in seconds.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

/// Peak resident memory in MB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

#[test]
#[ignore = "a measurement: the smallest and the largest chunk for each parameter set"]
fn one_chunk() {
    for blocks in [1, DEFAULT_CHUNK_BLOCKS] {
        let bytes = u64::from(blocks) * RATE as u64 - 1;
        let binary: Vec<u8> = (0..bytes).map(|i| ((i * i) >> 3) as u8).collect();
        for security in [Security::Conjectured, Security::Proven] {
            measure(&binary, blocks, security);
        }
    }
}

fn measure(binary: &[u8], blocks: u32, security: Security) {
    let (length, digest) = digest_reader(binary).unwrap();
    let chunk_blocks = DEFAULT_CHUNK_BLOCKS;
    let (context, salt, blinding) = ([7; 32], [5; 32], [6; 32]);
    let install = Install { context, digest, salt, blinding, length, chunk_blocks };
    let file = install.statement();
    let (wall, start) = (Instant::now(), cpu());
    let mut chunks =
        HashProver::new(security).prove_chunks(Cursor::new(binary), install, None, |_| {}).unwrap();
    let proof = chunks.next().unwrap().unwrap();
    assert!(chunks.next().is_none());
    let (wall, used) = (wall.elapsed().as_secs_f64(), cpu() - start);
    let judged = Instant::now();
    verify_chunk(&proof, &file, security).unwrap();
    let judged = judged.elapsed().as_secs_f64() * 1e3;
    println!(
        "{security:?}, {blocks} blocks: {:.1} permutations per CPU s ({used:.2} CPU s, {wall:.2} s), \
         {judged:.1} ms to verify, {} bytes, peak {} MB",
        f64::from(blocks + 4) / used,
        proof.encode().len(),
        peak()
    );
}
