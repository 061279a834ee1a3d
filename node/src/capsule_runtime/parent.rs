//! The parent's side: start the child, hold it to its time, compare its state with the policy.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use nonos_core::manifest::Manifest;
use nonos_core::policy::{Policy, State};

use super::child::ARGUMENT;
use super::error::{CapsuleError, RunError};
use super::frame::{self, FrameError, Kind, MAX_CAPSULE, MAX_DATA};
use super::measurement::VERSION;
use super::message::{Evidence, Isolation, Limits, Measured, Prepared, Report, Request};

/// Judges a measured state before the capsule runs.
type Admission<'a> = dyn Fn(&State) -> Result<(), RunError> + 'a;

/// Starting, measuring the executable and compiling a large capsule on a slow machine.
const STARTUP: Duration = Duration::from_secs(30);
/// What the answer may take beyond the capsule's own deadline.
const GRACE: Duration = Duration::from_secs(2);
/// An hour: longer runs need another design than one blocking call.
const MAX_DEADLINE_MS: u64 = 3_600_000;
/// Kept of the child's standard error.
const STDERR: usize = 4096;

/// A finished run.
#[derive(Debug, Clone)]
pub struct Execution {
    /// What `run` returned.
    pub exit_code: i32,
    /// What the capsule wrote as its result.
    pub output: Vec<u8>,
    /// What it logged, cut at the limit.
    pub log: Vec<u8>,
    /// Fuel consumed.
    pub fuel_used: u64,
    /// Linear memory at the end, 64 KiB pages.
    pub memory_pages: u32,
    /// The state it ran in, which satisfies the policy.
    pub state: State,
    /// What that state rests on.
    pub evidence: Evidence,
}

/// Runs capsules in child processes.
#[derive(Debug, Clone)]
pub struct Runtime {
    program: PathBuf,
    isolation: Isolation,
}

impl Runtime {
    /// A runtime that re-executes the running program, whose `main` must call [`super::maybe_child`] first.
    pub fn new() -> io::Result<Self> {
        Ok(Self::with_program(std::env::current_exe()?))
    }

    /// A runtime whose child is `program`.
    pub fn with_program(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), isolation: Isolation::default() }
    }

    /// Chooses the layers. The measured state tells the difference, so a policy may refuse the result.
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = isolation;
        self
    }

    /// The executable that will be measured.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Checks `binary` against `manifest`, runs it on `input` and returns what it did, provided that the
    /// measured state satisfies the manifest's policy. `salt` opens the commitment of a hidden capsule.
    pub fn run(
        &self,
        manifest: &Manifest,
        binary: &[u8],
        salt: Option<&[u8; 32]>,
        input: &[u8],
        limits: &Limits,
    ) -> Result<Execution, RunError> {
        manifest.validate()?;
        manifest.check_payload(binary, salt)?;
        let policy = manifest.checked_policy()?;
        let mut limits = *limits;
        limits.memory_pages = limits.memory_pages.min(policy.max_memory_pages);
        let admit = |state: &State| admit(&policy, state);
        let request = Job { binary, input, allowed_caps: policy.allowed_caps, limits };
        let (state, evidence, outcome) = self.start(&request, Some(&admit))?;
        let outcome = outcome.ok_or_else(|| RunError::Protocol("no report".into()))?;
        Ok(Execution {
            exit_code: outcome.exit_code,
            output: outcome.output,
            log: outcome.log,
            fuel_used: outcome.fuel_used,
            memory_pages: outcome.memory_pages,
            state,
            evidence,
        })
    }

    /// The state `binary` would run in on this machine with `allowed_caps`, without running it: what a publisher
    /// needs to write a policy, and an operator to see whether one will be met.
    pub fn measure(
        &self,
        binary: &[u8],
        allowed_caps: u64,
        limits: &Limits,
    ) -> Result<(State, Evidence), RunError> {
        let job = Job { binary, input: &[], allowed_caps, limits: *limits };
        let (state, evidence, _) = self.start(&job, None)?;
        Ok((state, evidence))
    }

    fn start(
        &self,
        job: &Job<'_>,
        admit: Option<&Admission<'_>>,
    ) -> Result<(State, Evidence, Option<Outcome>), RunError> {
        job.check()?;
        let mut process = Process::spawn(&self.program)?;
        let request = Request {
            version: VERSION.to_owned(),
            parent: std::process::id(),
            limits: job.limits,
            allowed_caps: job.allowed_caps,
            isolation: self.isolation,
        };
        let request = serde_json::to_vec(&request).map_err(|e| RunError::Protocol(e.to_string()))?;
        let pipes = process.pipes()?;
        std::thread::scope(|scope| {
            // Ends the child before the scope joins: every thread below ends when its pipe closes.
            let mut process = process;
            let (go, may_go) = channel();
            let (sender, answers) = channel();
            let (last_words, stderr) = channel();
            scope.spawn(move || write_request(pipes.stdin, &request, job, &may_go));
            scope.spawn(move || read_answers(pipes.stdout, &sender));
            scope.spawn(move || last_words.send(tail(pipes.stderr)));
            let result = converse(job, admit, &go, &answers);
            drop(go);
            match result {
                Err(Failure::Silent) => Err(process.diagnose(&stderr)),
                Err(Failure::Run(error)) => Err(error),
                Ok(done) => Ok(done),
            }
        })
    }
}

fn admit(policy: &Policy, state: &State) -> Result<(), RunError> {
    policy.admits(state).map_err(|violation| RunError::Refused { violation, state: Box::new(*state) })
}

struct Job<'a> {
    binary: &'a [u8],
    input: &'a [u8],
    allowed_caps: u64,
    limits: Limits,
}

impl Job<'_> {
    fn check(&self) -> Result<(), RunError> {
        let sizes = [
            ("the capsule's size in bytes", self.binary.len() as u64, MAX_CAPSULE as u64),
            ("the input's size in bytes", self.input.len() as u64, MAX_DATA as u64),
            ("the output limit in bytes", self.limits.max_output.into(), MAX_DATA as u64),
            ("the log limit in bytes", self.limits.max_log.into(), 1 << 20),
            ("the deadline in milliseconds", self.limits.deadline_ms, MAX_DEADLINE_MS),
            ("the memory limit in pages", self.limits.memory_pages.into(), 1 << 16),
        ];
        match sizes.into_iter().find(|(_, value, max)| value > max) {
            Some((what, value, max)) => Err(RunError::TooLarge { what, value, max }),
            None => Ok(()),
        }
    }
}

/// What a capsule that returned left behind.
struct Outcome {
    exit_code: i32,
    fuel_used: u64,
    memory_pages: u32,
    output: Vec<u8>,
    log: Vec<u8>,
}

enum Failure {
    Run(RunError),
    /// The child closed its pipe without an answer; its exit status says why.
    Silent,
}

impl From<FrameError> for Failure {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::Closed => Self::Silent,
            other => Self::Run(RunError::Protocol(other.to_string())),
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        Self::Run(error)
    }
}

enum Answer {
    Prepared(Prepared),
    Report(Report, Vec<u8>, Vec<u8>),
}

type Answers = Receiver<Result<Answer, FrameError>>;

fn converse(
    job: &Job<'_>,
    admit: Option<&Admission<'_>>,
    go: &Sender<()>,
    answers: &Answers,
) -> Result<(State, Evidence, Option<Outcome>), Failure> {
    let unresponsive = RunError::Unresponsive(STARTUP.as_millis() as u64);
    let measured = match next(answers, STARTUP, unresponsive)? {
        Answer::Prepared(Prepared::Ready(measured)) => *measured,
        Answer::Prepared(Prepared::Capsule(error)) => return Err(RunError::Capsule(error).into()),
        Answer::Prepared(Prepared::Setup(why)) => return Err(RunError::Setup(why).into()),
        Answer::Report(..) => return Err(RunError::Protocol("a report before the state".into()).into()),
    };
    let state = measured.state().map_err(RunError::Protocol)?;
    let Measured { evidence, .. } = measured;
    let Some(admit) = admit else { return Ok((state, evidence, None)) };
    admit(&state)?;
    go.send(()).map_err(|_| Failure::Silent)?;
    let deadline_ms = job.limits.deadline_ms;
    let overdue = RunError::Capsule(CapsuleError::Deadline { deadline_ms });
    match next(answers, Duration::from_millis(deadline_ms) + GRACE, overdue)? {
        Answer::Report(Report::Finished { exit_code, fuel_used, memory_pages }, output, log) => {
            if output.len() > job.limits.max_output as usize {
                let limit = job.limits.max_output;
                return Err(RunError::Capsule(CapsuleError::OutputTooLarge { limit }).into());
            }
            Ok((state, evidence, Some(Outcome { exit_code, fuel_used, memory_pages, output, log })))
        }
        Answer::Report(Report::Failed(error), ..) => Err(RunError::Capsule(error).into()),
        Answer::Prepared(_) => Err(RunError::Protocol("the state came twice".into()).into()),
    }
}

fn next(answers: &Answers, timeout: Duration, overdue: RunError) -> Result<Answer, Failure> {
    match answers.recv_timeout(timeout) {
        Ok(answer) => Ok(answer?),
        Err(RecvTimeoutError::Timeout) => Err(overdue.into()),
        Err(RecvTimeoutError::Disconnected) => Err(Failure::Silent),
    }
}

/// Errors are not reported here: a child that stops reading shows on the other pipe.
fn write_request(mut stdin: ChildStdin, request: &[u8], job: &Job<'_>, may_go: &Receiver<()>) {
    let sent = frame::write(&mut stdin, Kind::Request, request)
        .and_then(|()| frame::write(&mut stdin, Kind::Capsule, job.binary))
        .and_then(|()| frame::write(&mut stdin, Kind::Input, job.input));
    if sent.is_ok() && may_go.recv().is_ok() {
        let _ = frame::write(&mut stdin, Kind::Go, &[]);
    }
}

fn read_answers(mut stdout: ChildStdout, sender: &Sender<Result<Answer, FrameError>>) {
    let first = read_message(&mut stdout, Kind::Measured).map(Answer::Prepared);
    let more = matches!(first, Ok(Answer::Prepared(Prepared::Ready(_))));
    if sender.send(first).is_err() || !more {
        return;
    }
    let second = read_message(&mut stdout, Kind::Report).and_then(|report| {
        let output = frame::read(&mut stdout, Kind::Output)?;
        Ok(Answer::Report(report, output, frame::read(&mut stdout, Kind::Log)?))
    });
    // The receiver may have given up meanwhile.
    let _ = sender.send(second);
}

fn read_message<T: serde::de::DeserializeOwned>(pipe: &mut ChildStdout, kind: Kind) -> Result<T, FrameError> {
    let bytes = frame::read(pipe, kind)?;
    serde_json::from_slice(&bytes).map_err(|e| FrameError::Io(io::Error::other(e)))
}

/// Reads to the end and keeps the last bytes as text.
fn tail(mut pipe: impl Read) -> String {
    let mut kept = Vec::new();
    let mut buffer = [0; 1024];
    while let Ok(length @ 1..) = pipe.read(&mut buffer) {
        kept.extend_from_slice(&buffer[..length]);
        let surplus = kept.len().saturating_sub(STDERR);
        kept.drain(..surplus);
    }
    String::from_utf8_lossy(&kept).trim_end().to_owned()
}

struct Pipes {
    stdin: ChildStdin,
    stdout: ChildStdout,
    stderr: std::process::ChildStderr,
}

/// A child that never outlives this value.
struct Process(Child);

impl Process {
    fn spawn(program: &Path) -> Result<Self, RunError> {
        Command::new(program)
            .arg(ARGUMENT)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map(Self)
            .map_err(|source| RunError::Spawn { program: program.display().to_string(), source })
    }

    fn pipes(&mut self) -> Result<Pipes, RunError> {
        match (self.0.stdin.take(), self.0.stdout.take(), self.0.stderr.take()) {
            (Some(stdin), Some(stdout), Some(stderr)) => Ok(Pipes { stdin, stdout, stderr }),
            _ => Err(RunError::Setup("a standard stream of the child is not a pipe".into())),
        }
    }

    /// Why the child went silent: it gets a moment to end by itself, so that its status can be read.
    fn diagnose(&mut self, stderr: &Receiver<String>) -> RunError {
        let patience = Instant::now() + Duration::from_secs(1);
        let status = loop {
            match self.0.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if Instant::now() < patience => std::thread::sleep(Duration::from_millis(2)),
                Ok(None) => return RunError::Protocol("the child closed its pipe and went on".into()),
                Err(error) => return RunError::Protocol(error.to_string()),
            }
        };
        use std::os::unix::process::ExitStatusExt;
        let stderr = stderr.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
        match status.signal() {
            Some(signal) => RunError::Killed { signal, hint: hint(signal), stderr },
            None => RunError::Exited { code: status.code().unwrap_or(-1), stderr },
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn hint(signal: i32) -> &'static str {
    match signal {
        libc::SIGXCPU => " (SIGXCPU: out of CPU time)",
        libc::SIGKILL => " (SIGKILL: by an operator or the kernel's out-of-memory killer)",
        libc::SIGSEGV => " (SIGSEGV: a fault outside the capsule's own memory)",
        libc::SIGABRT => " (SIGABRT: the runtime ran out of its address space or panicked)",
        _ => "",
    }
}
