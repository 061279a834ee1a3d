//! Runs a capsule in a sandboxed child process and measures the state it ran in.
//!
//! The order is the protocol, and nothing may be moved across a line:
//!
//! 1. parent: the binary is hashed and compared with its manifest
//!    ([`nonos_core::manifest::Manifest::check_payload`]: length, SHA3-512, BLAKE3, commitment); a mismatch ends it;
//! 2. parent: re-executes its own program with a hidden argument ([`maybe_child`]), environment empty,
//!    and sends limits, capsule and input over a pipe ([`frame`], [`message`]);
//! 3. child: hashes its own executable, then gives up rights: no_new_privs, landlock, resource limits;
//! 4. child: compiles and instantiates the capsule (no capsule instruction runs: a start function is
//!    refused), arms the deadline, installs the seccomp filter ([`sandbox`]);
//! 5. child: tries forbidden things and reads back what the kernel says; sends the measured
//!    [`nonos_core::policy::State`];
//! 6. parent: compares it with the manifest's policy and refuses with the field that failed;
//! 7. child: only now is told to go, runs `run()`, answers with output, exit code and fuel.
//!
//! The state is fixed in step 5, before a hostile capsule had its first instruction, so it cannot lie about
//! it. It is still the runtime's own word: there is no TEE behind it.
//!
//! A capsule is a WebAssembly module that exports `memory` and `run: () -> i32` and imports functions of
//! the module `nonos` only; [`caps`] documents each of them and its capability bit.

pub mod caps;
mod child;
pub mod cpu;
mod engine;
mod error;
mod frame;
mod host;
mod limits;
pub mod measurement;
mod message;
mod parent;
mod probe;
mod sandbox;
pub mod syscalls;

pub use child::maybe_child;
pub use error::{CapsuleError, RunError};
pub use message::{Evidence, Isolation, LimitReading, Limits, ProbeReading};
pub use parent::{Execution, Runtime};
