//! The runtime's measurement of itself, the value a policy may require.
//!
//! measurement = keccak256("nonos1.runtime" ‖ SHA-256(executable) ‖ keccak256(version)) mod r, never 0
//!
//! `executable` is the file the child process was started from, read through `/proc/self/exe` (the inode that
//! really runs, whatever the path now names); `version` is [`VERSION`]. The runtime measures itself: a
//! modified runtime can claim any value. The measurement tells honest builds apart, and an operator who
//! claims a build it does not run can be caught in an audit of the state commitment.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use alloy_primitives::keccak256;
use nonos_core::field::{Fr, fr_reduce};
use sha2::{Digest, Sha256};

/// Name and version of the runtime and of the engine that executes capsules.
pub const VERSION: &str = concat!("nonos-node/", env!("CARGO_PKG_VERSION"), " wasmtime/48");

const DOMAIN: &[u8] = b"nonos1.runtime";

/// The measurement of an executable with this SHA-256 and this version text. `None` in the case, of
/// probability 2^-253, that it is zero, which a policy could not name.
pub fn measurement(executable_sha256: &[u8; 32], version: &str) -> Option<Fr> {
    let version = keccak256(version.as_bytes());
    let digest = keccak256([DOMAIN, executable_sha256, version.as_slice()].concat());
    Some(fr_reduce(digest)).filter(|m| *m != Fr::from(0))
}

/// The measurement that a runtime of this version started from `executable` reports. Publishers use it to
/// fill the policy's list.
pub fn measure_file(executable: &Path) -> io::Result<Fr> {
    measure(File::open(executable)?)
}

/// Measures the running executable.
pub(super) fn measure_self() -> io::Result<Fr> {
    measure(File::open("/proc/self/exe")?)
}

fn measure(mut file: File) -> io::Result<Fr> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            n => hasher.update(&buffer[..n]),
        }
    }
    let digest = hasher.finalize().into();
    measurement(&digest, VERSION)
        .ok_or_else(|| io::Error::other("the measurement of this executable is zero"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use nonos_core::field::fr_to_be;

    #[test]
    fn binds_executable_and_version() {
        let base = measurement(&[1; 32], "a").unwrap();
        assert_ne!(base, measurement(&[2; 32], "a").unwrap());
        assert_ne!(base, measurement(&[1; 32], "b").unwrap());
        assert_eq!(base, measurement(&[1; 32], "a").unwrap());
    }

    #[test]
    fn is_the_documented_hash() {
        let version = keccak256("v");
        let mut preimage = b"nonos1.runtime".to_vec();
        preimage.extend_from_slice(&[3; 32]);
        preimage.extend_from_slice(version.as_slice());
        let expected = fr_to_be(&fr_reduce(keccak256(&preimage)));
        assert_eq!(fr_to_be(&measurement(&[3; 32], "v").unwrap()), expected);
    }

    #[test]
    fn a_file_measures_like_its_digest() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("exe");
        std::fs::write(&path, b"program").unwrap();
        let digest = Sha256::digest(b"program").into();
        assert_eq!(Some(measure_file(&path).unwrap()), measurement(&digest, VERSION));
    }
}
