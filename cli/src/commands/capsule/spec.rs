//! The description that `capsule pack` reads: TOML, names instead of bit masks, unknown keys refused.
//!
//! ```toml
//! name = "word-count"
//! version = "1.0.0"
//! operators = []                                  # root keys; empty: any operator
//!
//! [policy]
//! min_isolation = 4                               # 0 none, 1 process, 2 + limits, 3 + landlock, 4 + seccomp
//! capabilities = ["input_len", "input_read", "output_write"]
//! max_memory_pages = 16                           # of 64 KiB
//! max_network = "none"                            # none, unix, loopback, onion, any
//! syscalls = "sandbox"                            # what the sandbox needs for these capabilities, or x86-64 numbers
//! cpu = []                                        # CPU features that must be there
//! runtimes = []                                   # accepted runtime measurements; "this" is this executable; empty: any
//! ```

use alloy_primitives::B256;
use eyre::{Result, WrapErr, bail, eyre};
use nonos_core::field::{Fr, fr_from_be};
use nonos_core::policy::Policy;
use nonos_node::capsule_runtime::{caps::Capability, cpu, measurement, syscalls};
use serde::Deserialize;

/// A capsule's description.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapsuleSpec {
    /// Name, printable ASCII.
    pub name: String,
    /// Version, printable ASCII.
    pub version: String,
    /// Root keys of the operators that may launch it; empty allows any.
    #[serde(default)]
    pub operators: Vec<B256>,
    /// What it may run under.
    pub policy: PolicySpec,
}

/// The policy in words.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicySpec {
    min_isolation: u8,
    capabilities: Vec<String>,
    max_memory_pages: u32,
    #[serde(default)]
    max_network: NetworkName,
    #[serde(default)]
    syscalls: Syscalls,
    #[serde(default)]
    cpu: Vec<String>,
    #[serde(default)]
    runtimes: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum NetworkName {
    #[default]
    None,
    Unix,
    Loopback,
    Onion,
    Any,
}

/// "sandbox", or a list.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(untagged)]
enum Syscalls {
    Named(String),
    Listed(Vec<usize>),
    #[default]
    Sandbox,
}

impl CapsuleSpec {
    /// Reads the TOML text; errors carry line and column.
    pub fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).map_err(|error| eyre!("{error}"))
    }
}

impl PolicySpec {
    /// The policy that these words mean, validated.
    pub fn policy(&self) -> Result<Policy> {
        let policy = Policy {
            required_cpu: self.cpu_bits()?,
            min_isolation: self.min_isolation,
            allowed_syscalls: self.syscall_bits()?,
            allowed_caps: self.capability_bits()?,
            max_memory_pages: self.max_memory_pages,
            max_network: self.max_network as u8,
            measurements: self.runtimes.iter().map(|text| runtime(text)).collect::<Result<_>>()?,
        };
        policy.validate().wrap_err("policy")?;
        Ok(policy)
    }

    fn cpu_bits(&self) -> Result<u128> {
        self.cpu.iter().try_fold(0, |bits, name| {
            let table = cpu::X86_64.iter().zip(0u32..).chain(cpu::AARCH64.iter().zip(64u32..));
            // "aes" exists on both architectures; a policy that names it means the one it is packed on.
            let native = if cfg!(target_arch = "aarch64") { 64..128 } else { 0..64 };
            let found = table.filter(|(feature, _)| *feature == name).map(|(_, bit)| bit);
            let (mut here, mut elsewhere) = (None, None);
            for bit in found {
                *if native.contains(&bit) { &mut here } else { &mut elsewhere } = Some(bit);
            }
            let bit = here.or(elsewhere).ok_or_else(|| {
                eyre!("policy: cpu feature `{name}` has no bit; known: {}", known_features())
            })?;
            Ok(bits | 1u128 << bit)
        })
    }

    fn capability_bits(&self) -> Result<u64> {
        self.capabilities.iter().try_fold(0, |bits, name| {
            let capability = Capability::named(name).ok_or_else(|| {
                let known: Vec<&str> = Capability::ALL.iter().map(|c| c.name()).collect();
                eyre!("policy: capability `{name}` does not exist; known: {}", known.join(", "))
            })?;
            Ok(bits | capability.mask())
        })
    }

    fn syscall_bits(&self) -> Result<[u64; 8]> {
        let numbers = match &self.syscalls {
            Syscalls::Sandbox => return Ok(syscalls::bitmap(self.capability_bits()?)),
            Syscalls::Named(name) if name == "sandbox" => {
                return Ok(syscalls::bitmap(self.capability_bits()?));
            }
            Syscalls::Named(name) => {
                bail!("policy: syscalls = \"{name}\": write \"sandbox\", or a list of x86-64 numbers")
            }
            Syscalls::Listed(numbers) => numbers,
        };
        let mut words = [0u64; 8];
        for number in numbers {
            let word = words.get_mut(number / 64).ok_or_else(|| {
                eyre!("policy: system call number {number} has no bit; a policy speaks about 0 to 511")
            })?;
            *word |= 1 << (number % 64);
        }
        Ok(words)
    }
}

fn runtime(text: &str) -> Result<Fr> {
    if text == "this" {
        let path = std::env::current_exe().wrap_err("cannot find this executable to measure it")?;
        return measurement::measure_file(&path)
            .wrap_err_with(|| format!("cannot measure {}", path.display()));
    }
    let word: B256 = text
        .parse()
        .map_err(|_| eyre!("policy: runtime `{text}` is neither \"this\" nor 32 bytes of hex"))?;
    fr_from_be(&word.0).wrap_err_with(|| format!("policy: runtime `{text}`"))
}

fn known_features() -> String {
    let mut names: Vec<&str> = cpu::X86_64.iter().chain(&cpu::AARCH64).copied().collect();
    names.dedup();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(policy: &str) -> Result<Policy> {
        let text = format!("name = \"a\"\nversion = \"1\"\n[policy]\n{policy}");
        CapsuleSpec::parse(&text)?.policy.policy()
    }

    const LEAST: &str = "min_isolation = 4\nmax_memory_pages = 16\ncapabilities = ";

    #[test]
    fn names_become_bits() {
        let text =
            format!("{LEAST}[\"input_len\", \"log_write\"]\nmax_network = \"loopback\"\nsyscalls = [3, 64]");
        let policy = parse(&text).unwrap();
        assert_eq!(policy.allowed_caps, 0b1001);
        assert_eq!((policy.min_isolation, policy.max_memory_pages, policy.max_network), (4, 16, 2));
        assert_eq!(policy.allowed_syscalls[0], 1 << 3);
        assert_eq!(policy.allowed_syscalls[1], 1);
    }

    #[test]
    fn what_is_left_out_is_strict_or_the_sandbox_itself() {
        let policy = parse(&format!("{LEAST}[]")).unwrap();
        assert_eq!((policy.allowed_caps, policy.max_network, policy.required_cpu), (0, 0, 0));
        assert_eq!(policy.allowed_syscalls, syscalls::bitmap(0));
        assert!(policy.measurements.is_empty());
    }

    #[test]
    fn this_names_the_running_executable() {
        let policy = parse(&format!("{LEAST}[]\nruntimes = [\"this\"]")).unwrap();
        let exe = std::env::current_exe().unwrap();
        assert_eq!(policy.measurements, [measurement::measure_file(&exe).unwrap()]);
    }

    #[test]
    fn what_does_not_exist_is_named() {
        for (line, part) in [
            ("[\"fly\"]", "capability `fly` does not exist"),
            ("[]\ncpu = [\"quantum\"]", "cpu feature `quantum` has no bit"),
            ("[]\nsyscalls = [512]", "system call number 512 has no bit"),
            ("[]\nsyscalls = \"all\"", "syscalls = \"all\""),
            ("[]\nmax_network = \"wifi\"", "unknown variant `wifi`"),
            ("[]\nruntimes = [\"x\"]", "runtime `x`"),
            ("[]\nmax_memory = 3", "unknown field `max_memory`"),
        ] {
            let error = format!("{:#}", parse(&format!("{LEAST}{line}")).unwrap_err());
            assert!(error.contains(part), "{error}");
        }
        let error =
            format!("{:#}", parse("min_isolation = 5\nmax_memory_pages = 1\ncapabilities = []").unwrap_err());
        assert!(error.contains("isolation level 5 does not exist"), "{error}");
    }
}
