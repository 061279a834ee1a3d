//! How a run can fail: the capsule's fault, the machine's fault, or a policy that does not admit the state.

use std::io;

use nonos_core::manifest::ManifestError;
use nonos_core::policy::{PolicyViolation, State};
use serde::{Deserialize, Serialize};

/// The capsule misbehaved or is not a capsule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum CapsuleError {
    /// wasmtime does not accept the module.
    #[error("not a valid WebAssembly module: {0}")]
    Module(String),
    /// A start function would run before the state is measured.
    #[error("the module has a start function; a capsule begins in `run` only")]
    StartFunction,
    /// A required export is missing or has another type.
    #[error("the module does not export `{name}: {expected}`")]
    Export {
        /// Name of the export.
        name: String,
        /// Its required type.
        expected: String,
    },
    /// An import that no policy can grant.
    #[error(
        "the module imports `{module}.{name}`, which does not exist (the module `nonos` is all there is)"
    )]
    UnknownImport {
        /// Import module.
        module: String,
        /// Import name.
        name: String,
    },
    /// An import of the right name and the wrong type.
    #[error("the module imports `nonos.{name}` with another type than the documented one")]
    ImportType {
        /// Import name.
        name: String,
    },
    /// An import that the policy does not grant.
    #[error("the module imports `nonos.{name}`, but the policy does not grant capability bit {bit}")]
    ForbiddenImport {
        /// Import name.
        name: String,
        /// The bit missing from `allowed_caps`.
        bit: u8,
    },
    /// It asked for more linear memory than the limit, and then trapped or could not start.
    #[error("memory exhausted: the limit is {limit_pages} pages of 64 KiB")]
    MemoryExhausted {
        /// The limit.
        limit_pages: u32,
    },
    /// It used up its fuel.
    #[error("out of fuel after {fuel} units")]
    OutOfFuel {
        /// The fuel it had.
        fuel: u64,
    },
    /// It ran past the wall-clock deadline.
    #[error("still running after {deadline_ms} ms")]
    Deadline {
        /// The deadline.
        deadline_ms: u64,
    },
    /// It trapped.
    #[error("trap: {0}")]
    Trap(String),
    /// It wrote more output than allowed.
    #[error("the output exceeds {limit} bytes")]
    OutputTooLarge {
        /// The limit.
        limit: u32,
    },
}

/// A run that gave no result.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The manifest is malformed or the binary is not the one it names. Nothing was executed.
    #[error("manifest and binary: {0}")]
    Binary(#[from] ManifestError),
    /// The capsule failed.
    #[error("the capsule failed: {0}")]
    Capsule(#[from] CapsuleError),
    /// The measured state is not what the policy demands. The capsule was not run.
    #[error("the state of this machine is refused by the capsule's policy: {violation}")]
    Refused {
        /// The field that failed.
        violation: PolicyViolation,
        /// The state as measured.
        state: Box<State>,
    },
    /// A size or limit that the runtime does not serve.
    #[error("{what} is {value}, the maximum is {max}")]
    TooLarge {
        /// Which value.
        what: &'static str,
        /// As requested.
        value: u64,
        /// The maximum.
        max: u64,
    },
    /// The child process could not be started.
    #[error("cannot start the sandbox process {program}: {source}")]
    Spawn {
        /// The executable.
        program: String,
        /// The system's answer.
        source: io::Error,
    },
    /// The child could not set up its sandbox.
    #[error("the sandbox process could not set itself up: {0}")]
    Setup(String),
    /// The child did not answer in time, before the capsule ran.
    #[error("the sandbox process did not get ready within {0} ms; it was killed")]
    Unresponsive(u64),
    /// A signal ended the child: a resource limit, an operator, or the kernel.
    #[error("the sandbox process was killed by signal {signal}{hint}; its last words: {stderr:?}")]
    Killed {
        /// Signal number.
        signal: i32,
        /// What the signal usually means here.
        hint: &'static str,
        /// The end of its standard error.
        stderr: String,
    },
    /// The child ended without an answer.
    #[error(
        "the sandbox process ended with code {code} and no answer; its last words: {stderr:?}. Does `main` call `maybe_child` first?"
    )]
    Exited {
        /// Exit code.
        code: i32,
        /// The end of its standard error.
        stderr: String,
    },
    /// The child answered nonsense.
    #[error("the sandbox process broke the pipe protocol: {0}")]
    Protocol(String),
}
