//! Which backend, and what it will cost, said before anything is begun.

use crate::table::thousands;
use nonos_circuits::install::chunk_count;
use nonos_hash_stark::{RATE, Schedule, Security};
use nonos_node::install::BackendName;

/// Most chunks that `auto` proves with halo2: ten minutes of CPU.
const AUTO_CHUNKS: u64 = 24;
/// CPU seconds of a halo2 chunk, measured (docs/circuits/install.md).
const HALO2_CHUNK_S: f64 = 25.0;
/// Memory of the halo2 prover with its keys, in MB, measured.
const HALO2_MB: u64 = 700;
/// Permutations per CPU second of the STARK, own verification included: Plonky3 picks its instructions when it is compiled.
const STARK_PER_S: f64 = if cfg!(target_feature = "avx512f") {
    115.0
} else if cfg!(target_feature = "avx2") {
    80.0
} else {
    35.0
};
/// Memory of the STARK prover for a row of its trace, in KB: 2.3 GB for 2^15 rows.
const STARK_ROW_KB: u64 = 70;

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Wish {
    /// Proven on chain: launches under it count everywhere
    Halo2,
    /// A file for verification off the chain; for large binaries
    Stark,
    /// halo2 where that takes less than about ten minutes of CPU, else stark
    Auto,
}

/// What is taken, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The backend.
    pub backend: BackendName,
    /// In words.
    pub why: String,
}

/// The backend for a binary of `length` bytes.
pub fn choose(wish: Wish, length: u64) -> Choice {
    let chunks = chunk_count(length);
    let (backend, why) = match wish {
        Wish::Halo2 => (BackendName::Halo2, "as asked".to_owned()),
        Wish::Stark => (BackendName::Stark, "as asked".to_owned()),
        Wish::Auto if chunks <= AUTO_CHUNKS => (
            BackendName::Halo2,
            format!("{chunks} of at most {AUTO_CHUNKS} chunks for the chain, ten minutes of CPU"),
        ),
        Wish::Auto => (
            BackendName::Stark,
            format!(
                "{} chunks for the chain are more than {AUTO_CHUNKS}: they would take {}",
                thousands(chunks),
                duration(chunks as f64 * HALO2_CHUNK_S)
            ),
        ),
    };
    Choice { backend, why }
}

/// What an install will take, roughly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Proofs to make.
    pub chunks: u64,
    /// CPU seconds, keys included.
    pub cpu_s: f64,
    /// Peak memory in MB.
    pub memory_mb: u64,
}

impl Estimate {
    /// Of halo2.
    pub fn halo2(length: u64) -> Self {
        let chunks = chunk_count(length);
        Self { chunks, cpu_s: (chunks + 1) as f64 * HALO2_CHUNK_S, memory_mb: HALO2_MB }
    }

    /// Of the STARK. `Proven` proofs take a little longer.
    pub fn stark(schedule: &Schedule, security: Security) -> Self {
        let chunks = u64::from(schedule.chunks());
        let blocks = schedule.length() / RATE as u64 + 1;
        let largest = blocks.min(u64::from(schedule.chunk_blocks()));
        let rows = (24 * (largest + 4) + 1).next_power_of_two().max(512);
        // A trace of 2^m rows costs what its rows cost, whether a chunk needs them or not.
        let permutations = chunks as f64 * rows as f64 / 24.0;
        let factor = if security == Security::Proven { 1.1 } else { 1.0 };
        let memory_mb = rows * STARK_ROW_KB / 1000 + 30;
        Self { chunks, cpu_s: permutations * factor / STARK_PER_S, memory_mb }
    }

    /// For people.
    pub fn words(&self) -> String {
        format!(
            "{} chunk{}, about {} of CPU, {} MB of memory",
            thousands(self.chunks),
            if self.chunks == 1 { "" } else { "s" },
            duration(self.cpu_s),
            thousands(self.memory_mb)
        )
    }
}

/// Seconds as people say them.
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{:.0} s", s.max(1.0)),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

/// Memory that the system can still give, in MB; `None` where that cannot be read.
pub fn available_mb() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024 / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_takes_halo2_up_to_ten_minutes_and_says_why() {
        let last = 24 * 2592 - 1;
        assert_eq!(choose(Wish::Auto, last).backend, BackendName::Halo2);
        let large = choose(Wish::Auto, last + 1);
        assert_eq!(large.backend, BackendName::Stark);
        assert!(large.why.contains("25 chunks") && large.why.contains("10 min"), "{}", large.why);
        assert_eq!(choose(Wish::Halo2, 1 << 24).backend, BackendName::Halo2);
        assert_eq!(choose(Wish::Stark, 1).backend, BackendName::Stark);
    }

    #[test]
    fn estimates_follow_the_chunks() {
        let small = Estimate::halo2(100);
        assert_eq!((small.chunks, Estimate::halo2(2592).chunks), (1, 2));
        assert!(small.words().starts_with("1 chunk, about 50 s"), "{}", small.words());
        let stark =
            |length, blocks| Estimate::stark(&Schedule::new(length, blocks).unwrap(), Security::Conjectured);
        let full = stark(97_992 * 3 - 1, 1_361);
        assert_eq!((full.chunks, full.memory_mb), (3, 2_323));
        assert!(stark(1_000, 2).memory_mb < 100);
        assert!(stark(1 << 24, 1_361).cpu_s > 100.0 * stark(1_000, 1_361).cpu_s);
    }

    #[test]
    fn durations_are_said_in_the_unit_that_fits() {
        assert_eq!([0.2, 59.0, 300.0, 9000.0].map(duration), ["1 s", "59 s", "5 min", "2.5 h"]);
    }
}
