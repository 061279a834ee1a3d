//! The passphrase of the keystore: from a file, from the environment, or asked for without echo.

use crate::settings::PassphraseSource;
use eyre::{Result, WrapErr, bail, eyre};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsRawFd;
use std::path::Path;

/// Reads the passphrase for an existing keystore.
pub fn read(source: &PassphraseSource) -> Result<String> {
    checked(match source {
        PassphraseSource::File(path) => from_file(path)?,
        PassphraseSource::Value(secret) => secret.0.clone(),
        PassphraseSource::Prompt => ask("Passphrase: ")?,
    })
}

/// Reads the passphrase for a new keystore; one that is typed is typed twice.
pub fn read_new(source: &PassphraseSource) -> Result<String> {
    if *source != PassphraseSource::Prompt {
        return read(source);
    }
    let first = checked(ask("New passphrase: ")?)?;
    if ask("Once more: ")? != first {
        bail!("the two passphrases differ; nothing was written");
    }
    Ok(first)
}

fn checked(passphrase: String) -> Result<String> {
    if passphrase.is_empty() {
        bail!("the passphrase is empty; a keystore without one would be an open file");
    }
    Ok(passphrase)
}

fn from_file(path: &Path) -> Result<String> {
    let text = std::fs::read_to_string(path)
        .wrap_err_with(|| format!("cannot read the passphrase file {}", path.display()))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn ask(question: &str) -> Result<String> {
    let mut terminal = File::options().read(true).write(true).open("/dev/tty").map_err(|error| {
        eyre!(
            "no passphrase and no terminal to ask for one ({error}); give --passphrase-file FILE, or set \
             NONOS_PASSPHRASE_FILE or NONOS_PASSPHRASE"
        )
    })?;
    write!(terminal, "{question}").wrap_err("cannot write to the terminal")?;
    let quiet = NoEcho::new(&terminal)?;
    let mut line = String::new();
    let read = BufReader::new(&terminal).read_line(&mut line);
    drop(quiet);
    let _ = writeln!(terminal);
    read.wrap_err("cannot read the passphrase from the terminal")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Echo off while this lives.
struct NoEcho<'a> {
    terminal: &'a File,
    before: libc::termios,
}

impl<'a> NoEcho<'a> {
    fn new(terminal: &'a File) -> Result<Self> {
        let mut before = std::mem::MaybeUninit::<libc::termios>::zeroed();
        // SAFETY: the descriptor is open while `terminal` lives, and `before` is valid to write to.
        let before = unsafe {
            if libc::tcgetattr(terminal.as_raw_fd(), before.as_mut_ptr()) != 0 {
                return Err(std::io::Error::last_os_error()).wrap_err("cannot read the terminal's settings");
            }
            before.assume_init()
        };
        let mut silent = before;
        silent.c_lflag &= !libc::ECHO;
        set(terminal, &silent).wrap_err("cannot switch the terminal's echo off")?;
        Ok(Self { terminal, before })
    }
}

impl Drop for NoEcho<'_> {
    fn drop(&mut self) {
        let _ = set(self.terminal, &self.before);
    }
}

fn set(terminal: &File, settings: &libc::termios) -> std::io::Result<()> {
    // SAFETY: an open descriptor and a valid termios.
    match unsafe { libc::tcsetattr(terminal.as_raw_fd(), libc::TCSAFLUSH, settings) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}
