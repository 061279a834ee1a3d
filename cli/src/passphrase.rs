//! The passphrase of the keystore and the PIN of a token: from a file, from the environment, or asked for without echo.

use crate::output::one_line;
use crate::settings::SecretSource;
use eyre::{Result, WrapErr, bail, eyre};
use nonos_node::keys::{ExposeSecret, PinSource, SecretString};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsRawFd;
use std::path::Path;

/// What is asked for, in words.
struct Kind {
    name: &'static str,
    question: &'static str,
    sources: &'static str,
    empty: &'static str,
}

const PASSPHRASE: Kind = Kind {
    name: "passphrase",
    question: "Passphrase: ",
    sources: "--passphrase-file FILE, or set NONOS_PASSPHRASE_FILE or NONOS_PASSPHRASE",
    empty: "a keystore without one would be an open file",
};

const PIN: Kind = Kind {
    name: "PIN",
    question: "PIN of the token: ",
    sources: "--pin-file FILE, or set NONOS_PIN_FILE or NONOS_PIN",
    empty: "it was not tried",
};

/// Reads the passphrase for an existing keystore.
pub fn read(source: &SecretSource) -> Result<SecretString> {
    PASSPHRASE.read(source)
}

/// Reads the passphrase for a new keystore; one that is typed is typed twice.
pub fn read_new(source: &SecretSource) -> Result<SecretString> {
    if *source != SecretSource::Prompt {
        return read(source);
    }
    let first = PASSPHRASE.checked(PASSPHRASE.ask("New passphrase: ")?)?;
    if PASSPHRASE.ask("Once more: ")? != first.expose_secret() {
        bail!("the two passphrases differ; nothing was written");
    }
    Ok(first)
}

/// Asks for the PIN of a token when that is needed, and not before.
pub fn pin(source: &SecretSource) -> PinSource {
    let source = source.clone();
    PinSource::new(move || PIN.read(&source).map_err(|error| one_line(&error)))
}

impl Kind {
    fn read(&self, source: &SecretSource) -> Result<SecretString> {
        self.checked(match source {
            SecretSource::File(path) => self.read_file(path)?,
            SecretSource::Value(secret) => secret.0.clone(),
            SecretSource::Prompt => self.ask(self.question)?,
        })
    }

    fn checked(&self, secret: String) -> Result<SecretString> {
        if secret.is_empty() {
            bail!("the {} is empty; {}", self.name, self.empty);
        }
        Ok(SecretString::from(secret))
    }

    fn read_file(&self, path: &Path) -> Result<String> {
        let text = std::fs::read_to_string(path)
            .wrap_err_with(|| format!("cannot read the {} file {}", self.name, path.display()))?;
        // Wiped when this is over, like everything that a secret passes through.
        let text = SecretString::from(text);
        Ok(text.expose_secret().lines().next().unwrap_or_default().to_owned())
    }

    fn ask(&self, question: &str) -> Result<String> {
        let mut terminal = File::options().read(true).write(true).open("/dev/tty").map_err(|error| {
            eyre!("no {} and no terminal to ask for one ({error}); give {}", self.name, self.sources)
        })?;
        write!(terminal, "{question}").wrap_err("cannot write to the terminal")?;
        let quiet = NoEcho::new(&terminal)?;
        let mut line = String::new();
        let read = BufReader::new(&terminal).read_line(&mut line);
        drop(quiet);
        let _ = writeln!(terminal);
        read.wrap_err_with(|| format!("cannot read the {} from the terminal", self.name))?;
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }
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
