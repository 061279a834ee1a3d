//! The child process: from the hidden argument to the report.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::FromRawFd;
use std::sync::OnceLock;

use nonos_core::policy::State;
use wasmtime::Engine;

use super::engine::{self, Capsule};
use super::frame::{self, FrameError, Kind};
use super::message::{Measured, Prepared, Request};
use super::sandbox::Sandbox;
use super::{cpu, measurement};

/// The argument that turns a program into the child. Not for people, hence not in any help text.
pub(super) const ARGUMENT: &str = "__nonos-capsule-child";

/// Exit codes, for the parent's diagnosis only: the answer is on the pipe.
const DONE: i32 = 0;
const NO_REQUEST: i32 = 40;
const NO_ANSWER: i32 = 41;

/// Call this first in `main`. Returns at once unless the program was started as a sandbox child, in which case it
/// serves one run and never returns.
pub fn maybe_child() {
    if std::env::args_os().nth(1).as_deref() == Some(OsStr::new(ARGUMENT)) {
        let code = serve();
        // SAFETY: ends the process without running destructors; there is nothing to flush.
        unsafe { libc::_exit(code) }
    }
}

fn serve() -> i32 {
    die_with_parent();
    close_inherited();
    // SAFETY: descriptors 0 and 1 are the pipes from the parent, and nothing else in this process uses them.
    let (mut input, mut output) =
        unsafe { (ManuallyDrop::new(File::from_raw_fd(0)), ManuallyDrop::new(File::from_raw_fd(1))) };
    let (request, binary, data) = match receive(&mut input) {
        Ok(parts) => parts,
        Err(error) => {
            eprintln!("no request: {error}");
            return NO_REQUEST;
        }
    };
    let answered = match prepare(&request, &binary, data) {
        Ok((measured, capsule)) => answer(&mut output, Kind::Measured, &Prepared::Ready(Box::new(measured)))
            .and_then(|()| frame::read(&mut *input, Kind::Go))
            .and_then(|_| finish(&mut output, capsule)),
        Err(refusal) => answer(&mut output, Kind::Measured, &refusal),
    };
    match answered {
        // The parent hung up: it refused the state, or is gone.
        Ok(()) | Err(FrameError::Closed) => DONE,
        Err(error) => {
            eprintln!("no answer: {error}");
            NO_ANSWER
        }
    }
}

fn finish(output: &mut File, capsule: Capsule) -> Result<(), FrameError> {
    let (report, data, log) = capsule.run();
    answer(output, Kind::Report, &report)?;
    frame::write(output, Kind::Output, &data)?;
    frame::write(output, Kind::Log, &log)
}

/// Everything up to the point where the capsule could run.
fn prepare(request: &Request, binary: &[u8], data: Vec<u8>) -> Result<(Measured, Capsule), Prepared> {
    let setup = |what: &str, error: &dyn std::fmt::Display| Prepared::Setup(format!("{what}: {error}"));
    if request.version != measurement::VERSION {
        let error = format!("the parent is {}, this is {}", request.version, measurement::VERSION);
        return Err(setup("version", &error));
    }
    let own = measurement::measure_self().map_err(|e| setup("measuring the executable", &e))?;
    let cpu = cpu::features();
    let mut sandbox = Sandbox::enter(request.parent, request.isolation, &request.limits)
        .map_err(|e| setup("entering the sandbox", &e))?;
    let engine = engine::engine(&request.limits).map_err(|e| setup("starting wasmtime", &e))?;
    let capsule = Capsule::prepare(&engine, binary, data, request.allowed_caps, request.limits)
        .map_err(Prepared::Capsule)?;
    Engine::tls_eager_initialize();
    arm_deadline(engine, request.limits.deadline_ms).map_err(|e| setup("arming the deadline", &e))?;
    sandbox.seal(capsule.caps()).map_err(|e| setup("sealing the sandbox", &e))?;
    let state = State {
        cpu,
        isolation: sandbox.level(),
        syscalls: sandbox.syscalls(),
        caps: capsule.caps(),
        memory_pages: request.limits.memory_pages,
        network: sandbox.network(),
        measurement: own,
    };
    Ok((Measured::new(&state, sandbox.into_evidence()), capsule))
}

fn receive(input: &mut File) -> Result<(Request, Vec<u8>, Vec<u8>), String> {
    let text = |e: FrameError| e.to_string();
    let request = frame::read(input, Kind::Request).map_err(text)?;
    let request = serde_json::from_slice(&request).map_err(|e| e.to_string())?;
    let binary = frame::read(input, Kind::Capsule).map_err(text)?;
    let data = frame::read(input, Kind::Input).map_err(text)?;
    Ok((request, binary, data))
}

fn answer(output: &mut File, kind: Kind, message: &impl serde::Serialize) -> Result<(), FrameError> {
    let bytes = serde_json::to_vec(message).map_err(|e| FrameError::Io(io::Error::other(e)))?;
    frame::write(output, kind, &bytes)
}

/// A child that outlives its runtime would run a capsule nobody waits for.
fn die_with_parent() {
    // SAFETY: prctl with integer arguments.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0) };
}

/// Closes everything but the three standard descriptors.
fn close_inherited() {
    // SAFETY: this early, no other descriptor has an owner in this process.
    unsafe {
        if libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) != 0 {
            // Kernels before 5.9.
            (3..4096).for_each(|descriptor| {
                libc::close(descriptor);
            });
        }
    }
}

/// Engine that the deadline interrupts.
static INTERRUPTED: OnceLock<Engine> = OnceLock::new();

/// Only an atomic load and an atomic addition: safe in a signal handler.
extern "C" fn on_deadline(_signal: libc::c_int) {
    if let Some(engine) = INTERRUPTED.get() {
        engine.increment_epoch();
    }
}

/// A timer signal instead of a thread: a filter on a single-threaded process has no gaps, and the signal's
/// return is the only system call it needs later.
fn arm_deadline(engine: Engine, deadline_ms: u64) -> io::Result<()> {
    INTERRUPTED.set(engine).map_err(|_| io::Error::other("armed twice"))?;
    let value = libc::timeval {
        tv_sec: (deadline_ms / 1000) as libc::time_t,
        // A timer of zero would be no timer.
        tv_usec: ((deadline_ms % 1000) * 1000).max(1) as libc::suseconds_t,
    };
    let timer = libc::itimerval { it_interval: libc::timeval { tv_sec: 0, tv_usec: 0 }, it_value: value };
    // SAFETY: zeroed is a valid sigaction; both structures outlive the calls that read them.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_deadline as extern "C" fn(libc::c_int) as usize;
        // The alternative stack wasmtime made: the capsule's own may be nearly full.
        action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
        if libc::sigaction(libc::SIGALRM, &action, std::ptr::null_mut()) != 0
            || libc::setitimer(libc::ITIMER_REAL, &timer, std::ptr::null_mut()) != 0
        {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}
