//! The environment as an input: readable, replaceable in tests, and an error where it is not text.

use eyre::{Result, eyre};
use std::ffi::OsString;
use std::path::PathBuf;

/// Read access to environment variables. An empty variable counts as unset.
pub trait Environment {
    /// The raw value.
    fn raw(&self, name: &str) -> Option<OsString>;

    /// The value as text; not UTF-8 is an error that names the variable.
    fn text(&self, name: &str) -> Result<Option<String>> {
        match self.raw(name).filter(|value| !value.is_empty()) {
            None => Ok(None),
            Some(value) => value
                .into_string()
                .map(Some)
                .map_err(|_| eyre!("{name} in the environment is not UTF-8 text")),
        }
    }

    /// The value as a path.
    fn path(&self, name: &str) -> Result<Option<PathBuf>> {
        Ok(self.raw(name).filter(|value| !value.is_empty()).map(PathBuf::from))
    }
}

/// The environment of this process.
#[derive(Debug, Clone, Copy)]
pub struct Process;

impl Environment for Process {
    fn raw(&self, name: &str) -> Option<OsString> {
        std::env::var_os(name)
    }
}
