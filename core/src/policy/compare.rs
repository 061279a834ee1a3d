//! When a policy admits a state, and when one policy is at least as strict as another.

use super::{Policy, PolicyError, State};
use crate::field::{Fr, fr_to_u256};
use alloy_primitives::U256;

/// The first field by which a state breaks a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyViolation {
    /// The policy or the state is outside its domain.
    #[error("malformed: {0}")]
    Malformed(#[from] PolicyError),
    /// Required CPU features are absent.
    #[error("CPU feature bits {missing:#034x} are required and not present on this machine")]
    Cpu {
        /// Required bits that the state lacks.
        missing: u128,
    },
    /// Isolation is too weak.
    #[error(
        "isolation level {actual} is below the required {required}: the kernel lacks landlock or seccomp, or they were not applied"
    )]
    Isolation {
        /// The policy's level.
        required: u8,
        /// The state's level.
        actual: u8,
    },
    /// A system call is let through that the policy does not allow.
    #[error("system call {number} is let through and not allowed by the policy")]
    Syscall {
        /// The lowest such number.
        number: u16,
    },
    /// Capabilities are granted that the policy does not allow.
    #[error("capability bits {excess:#018x} are granted and not allowed by the policy")]
    Caps {
        /// Granted bits that are not allowed.
        excess: u64,
    },
    /// The memory limit is too high.
    #[error("memory limit of {actual} pages is above the allowed {allowed} (64 KiB each)")]
    Memory {
        /// The policy's limit.
        allowed: u32,
        /// The state's limit.
        actual: u32,
    },
    /// The network is too wide.
    #[error("network class {actual} is wider than the allowed {allowed}")]
    Network {
        /// The policy's class.
        allowed: u8,
        /// The state's class.
        actual: u8,
    },
    /// The runtime is not one of the accepted ones.
    #[error("runtime measurement {actual:#066x} is not in the policy's list (a rebuilt or patched runtime?)")]
    Measurement {
        /// The state's measurement.
        actual: U256,
    },
}

/// A dimension of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyField {
    /// `required_cpu`
    Cpu,
    /// `min_isolation`
    Isolation,
    /// `allowed_syscalls`
    Syscalls,
    /// `allowed_caps`
    Caps,
    /// `max_memory_pages`
    Memory,
    /// `max_network`
    Network,
    /// `measurements`
    Measurements,
}

fn is_subset(a: &[u64; 8], b: &[u64; 8]) -> bool {
    a.iter().zip(b).all(|(a, b)| a & !b == 0)
}

fn first_excess(actual: &[u64; 8], allowed: &[u64; 8]) -> Option<u16> {
    (0u16..).step_by(64).zip(actual.iter().zip(allowed)).find_map(|(base, (a, b))| {
        let excess = a & !b;
        let bit = u16::try_from(excess.trailing_zeros()).ok()?;
        if excess == 0 { None } else { base.checked_add(bit) }
    })
}

impl Policy {
    /// Checks a state against every dimension; the error names the first that fails and by how much.
    ///
    /// This is the statement of the launch circuit's state gate, in the open.
    pub fn admits(&self, state: &State) -> Result<(), PolicyViolation> {
        self.validate()?;
        state.validate()?;
        let missing = self.required_cpu & !state.cpu;
        if missing != 0 {
            return Err(PolicyViolation::Cpu { missing });
        }
        if state.isolation < self.min_isolation {
            return Err(PolicyViolation::Isolation { required: self.min_isolation, actual: state.isolation });
        }
        if let Some(number) = first_excess(&state.syscalls, &self.allowed_syscalls) {
            return Err(PolicyViolation::Syscall { number });
        }
        let excess = state.caps & !self.allowed_caps;
        if excess != 0 {
            return Err(PolicyViolation::Caps { excess });
        }
        if state.memory_pages > self.max_memory_pages {
            return Err(PolicyViolation::Memory {
                allowed: self.max_memory_pages,
                actual: state.memory_pages,
            });
        }
        if state.network > self.max_network {
            return Err(PolicyViolation::Network { allowed: self.max_network, actual: state.network });
        }
        if !self.measurements.is_empty() && !self.measurements.contains(&state.measurement) {
            return Err(PolicyViolation::Measurement { actual: fr_to_u256(&state.measurement) });
        }
        Ok(())
    }

    /// Whether every state that `self` admits is admitted by `floor` too: the mesh's condition on a catalog.
    pub fn is_at_least_as_strict_as(&self, floor: &Policy) -> bool {
        self.laxer_than(floor).is_none()
    }

    /// The first dimension in which `self` admits a state that `floor` refuses. Both must be valid.
    pub fn laxer_than(&self, floor: &Policy) -> Option<PolicyField> {
        let accepted = |m: &Fr| floor.measurements.contains(m);
        let measured = floor.measurements.is_empty()
            || (!self.measurements.is_empty() && self.measurements.iter().all(accepted));
        [
            (floor.required_cpu & !self.required_cpu == 0, PolicyField::Cpu),
            (self.min_isolation >= floor.min_isolation, PolicyField::Isolation),
            (is_subset(&self.allowed_syscalls, &floor.allowed_syscalls), PolicyField::Syscalls),
            (self.allowed_caps & !floor.allowed_caps == 0, PolicyField::Caps),
            (self.max_memory_pages <= floor.max_memory_pages, PolicyField::Memory),
            (self.max_network <= floor.max_network, PolicyField::Network),
            (measured, PolicyField::Measurements),
        ]
        .into_iter()
        .find_map(|(strict, field)| (!strict).then_some(field))
    }
}
