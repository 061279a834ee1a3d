//! The system calls a running capsule's process may make, as a seccomp filter and as the state's bitmap.
//!
//! Bit i of the 512-bit map stands for number i of the **x86-64** table on every architecture, so that one
//! policy serves all of them; the filter itself uses the numbers of the machine it runs on.
//!
//! The list is short because everything that needs more happens before the filter: compiling and making code
//! executable (`mmap`/`mprotect` with PROT_EXEC), opening files, arming the deadline timer, reserving linear
//! memory. What stays: reading the request and writing the answer, growing the reserved memory and the heap
//! (never executable), returning from the timer signal and from trap signals, ending. A capability that needs
//! a call of its own adds it only when granted. Everything else returns EPERM.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

use super::caps::Capability;

/// Restriction on the arguments of an allowed call.
#[derive(Clone, Copy)]
enum Arguments {
    /// Any.
    Any,
    /// Descriptor (argument 0) 1 or 2.
    StandardOutput,
    /// Protection (argument 2) without PROT_EXEC.
    NotExecutable,
}

struct Allowed {
    /// Number in the x86-64 table: the bit in the map.
    bit: u16,
    /// Number on this machine.
    native: libc::c_long,
    arguments: Arguments,
    /// Needed by this capability only.
    capability: Option<Capability>,
}

const fn always(bit: u16, native: libc::c_long, arguments: Arguments) -> Allowed {
    Allowed { bit, native, arguments, capability: None }
}

const fn with(bit: u16, native: libc::c_long, capability: Capability) -> Allowed {
    Allowed { bit, native, arguments: Arguments::Any, capability: Some(capability) }
}

const ALLOWED: [Allowed; 11] = [
    always(0, libc::SYS_read, Arguments::Any),
    always(1, libc::SYS_write, Arguments::StandardOutput),
    always(3, libc::SYS_close, Arguments::Any),
    always(9, libc::SYS_mmap, Arguments::NotExecutable),
    always(10, libc::SYS_mprotect, Arguments::NotExecutable),
    always(11, libc::SYS_munmap, Arguments::Any),
    always(12, libc::SYS_brk, Arguments::Any),
    always(15, libc::SYS_rt_sigreturn, Arguments::Any),
    always(231, libc::SYS_exit_group, Arguments::Any),
    // The clock is read without a system call where the kernel maps it; not every machine does.
    with(228, libc::SYS_clock_gettime, Capability::ClockMs),
    with(318, libc::SYS_getrandom, Capability::RandomFill),
];

fn allowed(caps: u64) -> impl Iterator<Item = &'static Allowed> {
    ALLOWED.iter().filter(move |a| a.capability.is_none_or(|c| caps & c.mask() != 0))
}

/// The state's bitmap for a process that was granted `caps`: what the filter lets through. Publishers put at
/// least these bits into `allowed_syscalls`.
pub fn bitmap(caps: u64) -> [u64; 8] {
    let mut words = [0; 8];
    for entry in allowed(caps) {
        words[usize::from(entry.bit / 64)] |= 1 << (entry.bit % 64);
    }
    words
}

/// The bitmap of a process without a filter: nothing is known to be denied.
pub const UNFILTERED: [u64; 8] = [u64::MAX; 8];

/// Compiles the allow-list for this machine. The error says why there is no filter for it.
pub(super) fn filter(caps: u64) -> Result<BpfProgram, String> {
    let arch = std::env::consts::ARCH;
    let target = arch.try_into().map_err(|_| format!("no seccomp filter for architecture {arch}"))?;
    let rules: Result<BTreeMap<_, _>, _> =
        allowed(caps).map(|a| rules(a.arguments).map(|r| (a.native, r))).collect();
    let deny = SeccompAction::Errno(libc::EPERM as u32);
    rules
        .and_then(|rules| SeccompFilter::new(rules, deny, SeccompAction::Allow, target))
        .and_then(|filter| filter.try_into())
        .map_err(|e: seccompiler::BackendError| e.to_string())
}

fn rules(arguments: Arguments) -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    let rule = |argument, op, value| {
        let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, op, value)?;
        SeccompRule::new(vec![condition])
    };
    match arguments {
        Arguments::Any => Ok(vec![]),
        Arguments::StandardOutput => (1..=2).map(|fd| rule(0, SeccompCmpOp::Eq, fd)).collect(),
        Arguments::NotExecutable => Ok(vec![rule(2, SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64), 0)?]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn bits_are_x86_64_numbers() {
        for entry in &ALLOWED {
            assert_eq!(libc::c_long::from(entry.bit), entry.native);
        }
    }

    #[test]
    fn the_bitmap_lists_what_the_filter_allows() {
        let plain = bitmap(0);
        assert_eq!(plain[0], 0b1001_1110_0000_1011);
        assert_eq!(plain[3], 1 << (231 - 192));
        assert_eq!(plain.iter().map(|w| w.count_ones()).sum::<u32>(), 9);
        let clock = bitmap(Capability::ClockMs.mask());
        assert_eq!(clock[3] & !plain[3], 1 << (228 - 192));
        let random = bitmap(Capability::RandomFill.mask());
        assert_eq!(random[4], 1 << (318 - 256));
    }

    #[test]
    fn dangerous_calls_are_in_no_bitmap() {
        // openat, socket, execve, clone, fork, ptrace, memfd_create, io_uring_setup (x86-64 numbers).
        let all = bitmap(u64::MAX);
        for number in [257, 41, 59, 56, 57, 101, 319, 425] {
            assert_eq!(all[number / 64] >> (number % 64) & 1, 0, "system call {number}");
        }
    }

    #[test]
    fn the_filter_compiles_here() {
        assert!(!filter(0).unwrap().is_empty());
    }
}
