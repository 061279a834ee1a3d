//! The child's sandbox: giving up rights in order, reading back what holds, and the level that follows.

use std::fs::File;
use std::io::{self, Read};

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, RestrictionStatus, Ruleset, RulesetAttr,
    RulesetError, RulesetStatus, Scope,
};

use super::limits::{self, Plan};
use super::message::{Evidence, Isolation, Limits, ProbeReading};
use super::{probe, syscalls};

/// Network class "none" of the state.
const NETWORK_NONE: u8 = 0;
const NETWORK_UNIX: u8 = 1;
const NETWORK_ANY: u8 = 4;

/// A process on its way into the sandbox. [`Sandbox::enter`] comes before the capsule is compiled,
/// [`Sandbox::seal`] after.
pub(super) struct Sandbox {
    isolation: Isolation,
    /// /proc/self/status, opened while files could be opened; its text is made when it is first read.
    status: File,
    filters_before: u32,
    evidence: Evidence,
    inet: i32,
    unix: i32,
    filtered: Option<[u64; 8]>,
}

impl Sandbox {
    /// no_new_privs, landlock, resource limits. `parent` is the process that claims to have started us.
    pub(super) fn enter(parent: u32, isolation: Isolation, limits: &Limits) -> io::Result<Self> {
        let mapped = limits::mapped_bytes()?;
        let before = Status::parse(&std::fs::read_to_string("/proc/self/status")?);
        let status = File::open("/proc/self/status")?;
        let mut evidence = Evidence {
            // SAFETY: getppid has no preconditions.
            separate_process: unsafe { libc::getppid() } as u32 == parent && std::process::id() != parent,
            ..Evidence::default()
        };
        // SAFETY: prctl with integer arguments; neither call touches memory.
        unsafe {
            if libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 {
                return Err(io::Error::last_os_error());
            }
            libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0);
        }
        if isolation.landlock {
            let control = probe::open_root();
            match restrict_files() {
                Ok(status) => {
                    evidence.landlock_enforced = status.ruleset != RulesetStatus::NotEnforced;
                    evidence.landlock = format!("{:?}, {:?}", status.ruleset, status.landlock);
                }
                Err(error) => evidence.landlock = format!("not enforced: {error}"),
            }
            // A refusal counts only if the same action went through just before.
            let expected: &[i32] = if control == 0 { &[libc::EACCES] } else { &[] };
            evidence.landlock_probes =
                vec![probe::reading("open / (landlock)", probe::open_root(), expected)];
        }
        if isolation.resource_limits {
            let plan = Plan::new(limits, mapped);
            evidence.limits = plan.apply()?;
            evidence.limit_probes = plan.probe();
        }
        let filters_before = before.filters;
        Ok(Self { isolation, status, filters_before, evidence, inet: 0, unix: 0, filtered: None })
    }

    /// Installs the filter for a capsule with `caps`, tries what it must refuse, reads the status back.
    pub(super) fn seal(&mut self, caps: u64) -> io::Result<()> {
        let installed = self.isolation.seccomp
            && syscalls::filter(caps).is_ok_and(|f| seccompiler::apply_filter(&f).is_ok());
        self.inet = probe::socket(libc::AF_INET, libc::SOCK_DGRAM);
        self.unix = probe::socket(libc::AF_UNIX, libc::SOCK_STREAM);
        if installed {
            self.evidence.seccomp_probes = self.probe_filter();
        }
        let mut text = String::new();
        // One read: a second would need nothing new, but `read_to_string` may ask for the size first.
        let mut buffer = [0; 8192];
        let length = self.status.read(&mut buffer)?;
        text.push_str(&String::from_utf8_lossy(&buffer[..length]));
        let now = Status::parse(&text);
        self.evidence.no_new_privs = now.no_new_privs;
        self.evidence.seccomp_mode = now.seccomp;
        self.evidence.seccomp_filters = now.filters.saturating_sub(self.filters_before);
        self.filtered = seccomp_holds(&self.evidence).then(|| syscalls::bitmap(caps));
        Ok(())
    }

    fn probe_filter(&self) -> Vec<ProbeReading> {
        let eperm = &[libc::EPERM];
        let executable = libc::PROT_READ | libc::PROT_EXEC;
        vec![
            probe::reading("open / (seccomp)", probe::open_root(), eperm),
            probe::reading("socket AF_INET", self.inet, eperm),
            probe::reading("socket AF_UNIX", self.unix, eperm),
            probe::reading("execve", probe::execute(), eperm),
            probe::reading("fork", probe::fork(), eperm),
            probe::reading("ptrace", probe::trace_me(), eperm),
            probe::reading("map executable memory", probe::map(4096, executable), eperm),
        ]
    }

    /// Isolation level 0 to 4, as measured.
    pub(super) fn level(&self) -> u8 {
        level(&self.evidence)
    }

    /// Network class: what kind of socket can be made.
    pub(super) fn network(&self) -> u8 {
        network(self.inet, self.unix)
    }

    /// Bitmap of the calls that are let through.
    pub(super) fn syscalls(&self) -> [u64; 8] {
        self.filtered.unwrap_or(syscalls::UNFILTERED)
    }

    pub(super) fn into_evidence(self) -> Evidence {
        self.evidence
    }
}

/// No file system access at all, no TCP, no signals or abstract sockets to the outside. The file rights of the
/// first landlock ABI are required, newer ones are used where the kernel has them.
fn restrict_files() -> Result<RestrictionStatus, RulesetError> {
    let abi = ABI::V6;
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V1))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .scope(Scope::from_all(abi))?
        .create()?
        .restrict_self()
}

fn all_denied(probes: &[ProbeReading]) -> bool {
    !probes.is_empty() && probes.iter().all(|p| p.denied)
}

fn seccomp_holds(evidence: &Evidence) -> bool {
    evidence.no_new_privs
        && evidence.seccomp_mode == 2
        && evidence.seccomp_filters == 1
        && all_denied(&evidence.seccomp_probes)
}

/// The levels are cumulative: 1 separate process, 2 + resource limits, 3 + landlock, 4 + seccomp. A layer
/// that was asked for but whose probe went through does not count.
fn level(evidence: &Evidence) -> u8 {
    let limits = !evidence.limits.is_empty()
        && evidence.limits.iter().all(|l| l.confirmed)
        && all_denied(&evidence.limit_probes);
    let landlock =
        evidence.no_new_privs && evidence.landlock_enforced && all_denied(&evidence.landlock_probes);
    let layers = [evidence.separate_process, limits, landlock, seccomp_holds(evidence)];
    layers.iter().take_while(|holds| **holds).count() as u8
}

/// EMFILE is not a refusal of networking: a process with the right could raise that limit again.
fn network(inet: i32, unix: i32) -> u8 {
    let refused = |errno| errno == libc::EPERM || errno == libc::EACCES;
    match (refused(inet), refused(unix)) {
        (true, true) => NETWORK_NONE,
        (true, false) => NETWORK_UNIX,
        (false, _) => NETWORK_ANY,
    }
}

/// The lines of /proc/self/status that matter here.
#[derive(Debug, Default, PartialEq, Eq)]
struct Status {
    no_new_privs: bool,
    seccomp: u32,
    filters: u32,
}

impl Status {
    /// Missing lines read as "not enforced".
    fn parse(text: &str) -> Self {
        let value = |name: &str| -> u32 {
            let line = text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':'));
            line.and_then(|v| v.trim().parse().ok()).unwrap_or(0)
        };
        Self {
            no_new_privs: value("NoNewPrivs") == 1,
            seccomp: value("Seccomp"),
            filters: value("Seccomp_filters"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::LimitReading;
    use super::*;

    fn denied(denied: bool) -> Vec<ProbeReading> {
        vec![ProbeReading { action: "x".into(), errno: libc::EPERM, denied }]
    }

    fn full() -> Evidence {
        Evidence {
            separate_process: true,
            limits: vec![LimitReading { name: "RLIMIT_AS".into(), set: 1, confirmed: true }],
            limit_probes: denied(true),
            landlock: "FullyEnforced".into(),
            landlock_enforced: true,
            landlock_probes: denied(true),
            no_new_privs: true,
            seccomp_mode: 2,
            seccomp_filters: 1,
            seccomp_probes: denied(true),
        }
    }

    #[test]
    fn every_missing_piece_of_evidence_lowers_the_level() {
        assert_eq!(level(&full()), 4);
        let lowered = |change: fn(&mut Evidence)| {
            let mut evidence = full();
            change(&mut evidence);
            level(&evidence)
        };
        assert_eq!(lowered(|e| e.seccomp_probes = denied(false)), 3);
        assert_eq!(lowered(|e| e.seccomp_probes.clear()), 3);
        assert_eq!(lowered(|e| e.seccomp_mode = 0), 3);
        assert_eq!(lowered(|e| e.seccomp_filters = 0), 3);
        assert_eq!(lowered(|e| e.landlock_enforced = false), 2);
        assert_eq!(lowered(|e| e.landlock_probes = denied(false)), 2);
        assert_eq!(lowered(|e| e.no_new_privs = false), 2);
        assert_eq!(lowered(|e| e.limits[0].confirmed = false), 1);
        assert_eq!(lowered(|e| e.limit_probes = denied(false)), 1);
        assert_eq!(lowered(|e| e.separate_process = false), 0);
    }

    #[test]
    fn a_descriptor_limit_is_no_network_isolation() {
        assert_eq!(network(libc::EPERM, libc::EPERM), 0);
        assert_eq!(network(libc::EPERM, 0), 1);
        assert_eq!(network(libc::EMFILE, libc::EMFILE), 4);
        assert_eq!(network(0, libc::EPERM), 4);
    }

    #[test]
    fn status_lines_are_told_apart() {
        let text = "Name:\tx\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t3\n";
        assert_eq!(Status::parse(text), Status { no_new_privs: true, seccomp: 2, filters: 3 });
        assert_eq!(Status::parse("Name:\tx\n"), Status::default());
    }
}
