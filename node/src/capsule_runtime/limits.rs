//! Resource limits of the child (setrlimit(2)), set, read back and probed.

use std::io;

use super::message::{LimitReading, Limits, ProbeReading};
use super::probe;

/// CPU seconds for compiling a capsule of the largest size, on top of the deadline.
const COMPILE_SECONDS: u64 = 20;
/// Address space for compiler and runtime, on top of what is mapped already and the linear memory.
const HEADROOM: u64 = 768 << 20;
/// A linear memory page.
pub(super) const PAGE: u64 = 1 << 16;

/// The limits of one run: name, resource, value for soft and hard limit.
pub(super) struct Plan(Vec<(&'static str, libc::__rlimit_resource_t, u64)>);

impl Plan {
    /// `mapped` is the address space in use, in bytes. Files, processes and core dumps are limited to none:
    /// pipes that are open stay usable.
    pub(super) fn new(limits: &Limits, mapped: u64) -> Self {
        let seconds = limits.deadline_ms.div_ceil(1000) + COMPILE_SECONDS;
        let space = mapped + HEADROOM + u64::from(limits.memory_pages) * PAGE;
        Self(vec![
            ("RLIMIT_AS", libc::RLIMIT_AS, space),
            ("RLIMIT_CPU", libc::RLIMIT_CPU, seconds),
            ("RLIMIT_FSIZE", libc::RLIMIT_FSIZE, 0),
            ("RLIMIT_NOFILE", libc::RLIMIT_NOFILE, 0),
            ("RLIMIT_NPROC", libc::RLIMIT_NPROC, 0),
            ("RLIMIT_CORE", libc::RLIMIT_CORE, 0),
            ("RLIMIT_MEMLOCK", libc::RLIMIT_MEMLOCK, 0),
        ])
    }

    /// Sets soft and hard limits (lowered to an existing hard limit) and reads them back.
    pub(super) fn apply(&self) -> io::Result<Vec<LimitReading>> {
        self.0.iter().map(|(name, resource, value)| set(name, *resource, *value)).collect()
    }

    /// Tries to get a file descriptor and more address space than allowed.
    pub(super) fn probe(&self) -> Vec<ProbeReading> {
        let space = self.0.first().map_or(0, |(_, _, value)| *value);
        vec![
            probe::reading("duplicate a file descriptor", probe::duplicate(), &[libc::EMFILE]),
            probe::reading("map more than RLIMIT_AS", probe::map(space, libc::PROT_NONE), &[libc::ENOMEM]),
        ]
    }
}

fn set(name: &str, resource: libc::__rlimit_resource_t, wanted: u64) -> io::Result<LimitReading> {
    let current = get(resource)?;
    let value = wanted.min(current.rlim_max);
    let limit = libc::rlimit { rlim_cur: value, rlim_max: value };
    // SAFETY: `limit` outlives the call, which only reads it.
    if unsafe { libc::setrlimit(resource, &limit) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let read = get(resource)?;
    let confirmed = read.rlim_cur == value && read.rlim_max == value;
    Ok(LimitReading { name: name.to_owned(), set: value, confirmed })
}

fn get(resource: libc::__rlimit_resource_t) -> io::Result<libc::rlimit> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is valid for writes for the duration of the call.
    match unsafe { libc::getrlimit(resource, &mut limit) } {
        0 => Ok(limit),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Address space of this process in bytes, from /proc/self/statm.
pub(super) fn mapped_bytes() -> io::Result<u64> {
    let text = std::fs::read_to_string("/proc/self/statm")?;
    let pages: Option<u64> = text.split_whitespace().next().and_then(|word| word.parse().ok());
    // SAFETY: sysconf has no preconditions.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    match (pages, u64::try_from(page)) {
        (Some(pages), Ok(page)) => Ok(pages * page),
        _ => Err(io::Error::other(format!("/proc/self/statm reads {text:?}"))),
    }
}
