//! What the frames say: limits for the child, the measured state with its evidence, how the run ended.

use nonos_core::field::{fr_from_be, fr_to_be};
use nonos_core::policy::State;
use serde::{Deserialize, Serialize};

use super::error::CapsuleError;

/// Limits of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// WebAssembly instructions, roughly (wasmtime fuel).
    pub fuel: u64,
    /// Wall-clock milliseconds for `run()`.
    pub deadline_ms: u64,
    /// Linear memory, 64 KiB pages. The policy's maximum bounds it.
    pub memory_pages: u32,
    /// Output, bytes (at most 16 MiB).
    pub max_output: u32,
    /// Log, bytes (at most 1 MiB); more is cut off.
    pub max_log: u32,
}

impl Default for Limits {
    /// 10^9 fuel, 10 s, 64 MiB, 1 MiB of output, 64 KiB of log.
    fn default() -> Self {
        Self {
            fuel: 1_000_000_000,
            deadline_ms: 10_000,
            memory_pages: 1024,
            max_output: 1 << 20,
            max_log: 64 << 10,
        }
    }
}

/// Which layers the child should put on. All by default; what the kernel lacks is measured as missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Isolation {
    /// setrlimit(2).
    pub resource_limits: bool,
    /// landlock(7).
    pub landlock: bool,
    /// seccomp(2) allow-list.
    pub seccomp: bool,
}

impl Default for Isolation {
    fn default() -> Self {
        Self { resource_limits: true, landlock: true, seccomp: true }
    }
}

/// The request header.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    pub version: String,
    pub parent: u32,
    pub limits: Limits,
    pub allowed_caps: u64,
    pub isolation: Isolation,
}

/// One resource limit as read back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitReading {
    /// `RLIMIT_...`
    pub name: String,
    /// What was set (soft and hard).
    pub set: u64,
    /// Whether getrlimit(2) returned exactly that.
    pub confirmed: bool,
}

/// One forbidden action that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeReading {
    /// What was tried.
    pub action: String,
    /// The error number of the refusal; 0 if it was not refused.
    pub errno: i32,
    /// Whether that is the refusal the layer gives.
    pub denied: bool,
}

/// What the measured state rests on, for logs and audits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The child is another process than the runtime, and the runtime is its parent.
    pub separate_process: bool,
    /// Resource limits as read back.
    pub limits: Vec<LimitReading>,
    /// Forbidden actions tried against the resource limits.
    pub limit_probes: Vec<ProbeReading>,
    /// What the kernel enforces of the landlock ruleset.
    pub landlock: String,
    /// Whether landlock enforces the file system rules.
    pub landlock_enforced: bool,
    /// Forbidden actions tried against landlock.
    pub landlock_probes: Vec<ProbeReading>,
    /// `NoNewPrivs` of /proc/self/status.
    pub no_new_privs: bool,
    /// `Seccomp` of /proc/self/status: 2 is filter mode.
    pub seccomp_mode: u32,
    /// Filters installed by this child.
    pub seccomp_filters: u32,
    /// Forbidden actions tried against the filter.
    pub seccomp_probes: Vec<ProbeReading>,
}

/// Measured state and evidence, on the wire.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Measured {
    cpu: u128,
    isolation: u8,
    syscalls: [u64; 8],
    caps: u64,
    memory_pages: u32,
    network: u8,
    measurement: String,
    pub evidence: Evidence,
}

impl Measured {
    pub(super) fn new(state: &State, evidence: Evidence) -> Self {
        Self {
            cpu: state.cpu,
            isolation: state.isolation,
            syscalls: state.syscalls,
            caps: state.caps,
            memory_pages: state.memory_pages,
            network: state.network,
            measurement: hex::encode(fr_to_be(&state.measurement)),
            evidence,
        }
    }

    /// The state; the error text says what is malformed.
    pub(super) fn state(&self) -> Result<State, String> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(&self.measurement, &mut bytes).map_err(|e| format!("measurement: {e}"))?;
        Ok(State {
            cpu: self.cpu,
            isolation: self.isolation,
            syscalls: self.syscalls,
            caps: self.caps,
            memory_pages: self.memory_pages,
            network: self.network,
            measurement: fr_from_be(&bytes).map_err(|e| format!("measurement: {e}"))?,
        })
    }
}

/// The child's first answer.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Prepared {
    /// Ready; the state is measured.
    Ready(Box<Measured>),
    /// The capsule is not acceptable.
    Capsule(CapsuleError),
    /// The child could not set itself up.
    Setup(String),
}

/// The child's second answer; output and log follow in frames of their own.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Report {
    /// `run` returned.
    Finished { exit_code: i32, fuel_used: u64, memory_pages: u32 },
    /// It did not.
    Failed(CapsuleError),
}
