//! Policy and measured state: the same fixed struct of bit sets and levels, and the rule that one admits the other.
//!
//! Both pack into five field elements. Levels are packed as thermometers, so that "at least" and "at most" become the
//! same subset test as every bit set.

use crate::field::{Fr, fr_from_u256};
use crate::ids::PolicyHash;
use crate::poseidon::hash_many;
use alloy_primitives::U256;
use halo2curves::ff::Field;

mod compare;
mod pack;

pub use compare::{PolicyField, PolicyViolation};
pub use pack::thermometer;

/// Highest isolation level: 0 none, 1 separate process, 2 and resource limits, 3 and landlock, 4 and seccomp.
pub const MAX_ISOLATION: u8 = 4;
/// Highest network class: 0 none, 1 unix sockets, 2 loopback, 3 onion only, 4 any.
pub const MAX_NETWORK: u8 = 4;
/// Memory pages (64 KiB) are below this bound: 2^24 pages are one tebibyte.
pub const MEMORY_PAGES_BOUND: u32 = 1 << 24;
/// Runtime measurements that one policy can list.
pub const MAX_MEASUREMENTS: usize = 4;

/// What a publisher allows a capsule to run under.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Policy {
    /// CPU feature bits that must be present.
    pub required_cpu: u128,
    /// Least isolation level, at most [`MAX_ISOLATION`].
    pub min_isolation: u8,
    /// Allowed system calls: bit i is word i/64, bit i%64.
    pub allowed_syscalls: [u64; 8],
    /// Allowed capability bits (NØN-OS `required_caps`).
    pub allowed_caps: u64,
    /// Largest linear memory in pages of 64 KiB, below [`MEMORY_PAGES_BOUND`].
    pub max_memory_pages: u32,
    /// Widest network class, at most [`MAX_NETWORK`].
    pub max_network: u8,
    /// Accepted runtime measurements: up to four, nonzero, distinct; empty accepts any.
    pub measurements: Vec<Fr>,
}

/// What the runtime measured after enforcing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// CPU feature bits present.
    pub cpu: u128,
    /// Isolation level reached.
    pub isolation: u8,
    /// System calls the sandbox lets through.
    pub syscalls: [u64; 8],
    /// Capability bits granted.
    pub caps: u64,
    /// Linear memory limit in pages of 64 KiB.
    pub memory_pages: u32,
    /// Network class granted.
    pub network: u8,
    /// Measurement of the runtime itself; zero if it has none.
    pub measurement: Fr,
}

/// A policy or state outside its domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Isolation above 4.
    #[error("isolation level {0} does not exist: levels are 0 to 4")]
    Isolation(u8),
    /// Network class above 4.
    #[error("network class {0} does not exist: classes are 0 to 4")]
    Network(u8),
    /// Memory limit of 2^24 pages or more.
    #[error("{0} memory pages: the limit is counted in 64 KiB pages and must be below 2^24 (a byte count?)")]
    MemoryPages(u32),
    /// More measurements than fit the policy hash.
    #[error("{0} measurements: a policy lists at most 4")]
    TooManyMeasurements(usize),
    /// Zero stands for "any" and cannot be listed.
    #[error("measurement {0} is zero, which would stand for any runtime: leave the list empty instead")]
    ZeroMeasurement(usize),
    /// A repeated measurement would give one policy two manifests.
    #[error("measurement {0} repeats an earlier one")]
    RepeatedMeasurement(usize),
}

fn validate_levels(isolation: u8, network: u8, pages: u32) -> Result<(), PolicyError> {
    if isolation > MAX_ISOLATION {
        return Err(PolicyError::Isolation(isolation));
    }
    if network > MAX_NETWORK {
        return Err(PolicyError::Network(network));
    }
    if pages >= MEMORY_PAGES_BOUND {
        return Err(PolicyError::MemoryPages(pages));
    }
    Ok(())
}

impl Policy {
    /// Checks that every field is in its domain. Packing a policy that fails this is meaningless.
    pub fn validate(&self) -> Result<(), PolicyError> {
        validate_levels(self.min_isolation, self.max_network, self.max_memory_pages)?;
        if self.measurements.len() > MAX_MEASUREMENTS {
            return Err(PolicyError::TooManyMeasurements(self.measurements.len()));
        }
        let mut seen: Vec<Fr> = Vec::with_capacity(MAX_MEASUREMENTS);
        for (i, m) in self.measurements.iter().enumerate() {
            if *m == Fr::ZERO {
                return Err(PolicyError::ZeroMeasurement(i));
            }
            if seen.contains(m) {
                return Err(PolicyError::RepeatedMeasurement(i));
            }
            seen.push(*m);
        }
        Ok(())
    }

    /// The five packed words; w4 is 0 for "any" measurement, else `F(MSET; m1..m4)` with the last entry repeated.
    ///
    /// Values outside their domain saturate (levels) or are cut (measurements): call [`Policy::validate`] first.
    pub fn words(&self) -> [Fr; 5] {
        let packed = pack::pack(
            self.required_cpu,
            self.min_isolation,
            self.max_memory_pages,
            &self.allowed_syscalls,
            self.allowed_caps,
            self.max_network,
        );
        pack::with_last(packed, self.measurement_set())
    }

    /// The measurement list padded to four by repeating its last entry, or `None` if any is accepted.
    pub fn padded_measurements(&self) -> Option<[Fr; MAX_MEASUREMENTS]> {
        let last = *self.measurements.last()?;
        let mut padded = [last; MAX_MEASUREMENTS];
        for (slot, m) in padded.iter_mut().zip(&self.measurements) {
            *slot = *m;
        }
        Some(padded)
    }

    fn measurement_set(&self) -> Fr {
        self.padded_measurements().map_or(Fr::ZERO, |set| hash_many("MSET", &set))
    }

    /// `F(POL; w0..w4)`.
    pub fn hash(&self) -> PolicyHash {
        hash_many("POL", &self.words()).into()
    }
}

impl State {
    /// Checks that every field is in its domain.
    pub fn validate(&self) -> Result<(), PolicyError> {
        validate_levels(self.isolation, self.network, self.memory_pages)
    }

    /// The five packed words; w4 is the measurement.
    pub fn words(&self) -> [Fr; 5] {
        let packed =
            pack::pack(self.cpu, self.isolation, self.memory_pages, &self.syscalls, self.caps, self.network);
        pack::with_last(packed, self.measurement)
    }
}

fn small(x: U256) -> Fr {
    // Packed words have at most 196 bits.
    fr_from_u256(x).unwrap_or(Fr::ZERO)
}

#[cfg(test)]
mod tests;
