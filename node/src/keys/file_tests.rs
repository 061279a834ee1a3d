//! Tests of the keystore file: every way a file can be wrong has its own error.

use super::*;
use std::os::unix::fs::PermissionsExt;

const SECRETS: &[u8] = b"exactly these bytes";

fn work() -> WorkFactor {
    WorkFactor::new(2).unwrap()
}

fn passphrase(text: &str) -> SecretString {
    SecretString::from(text.to_owned())
}

fn fresh() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keystore");
    create(&path, SECRETS, &passphrase("correct"), work()).unwrap();
    (directory, path)
}

#[test]
fn returns_what_was_stored_and_keeps_the_file_private() {
    let (directory, path) = fresh();
    let opened = open(&path, &passphrase("correct")).unwrap();
    assert_eq!((opened.version, &opened.plain[..]), (2, SECRETS));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let names: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["keystore"], "the temporary file is gone");
}

#[test]
fn never_overwrites() {
    let (_directory, path) = fresh();
    let before = fs::read(&path).unwrap();
    let error = create(&path, b"other", &passphrase("x"), work()).unwrap_err();
    assert!(matches!(error, KeyFileError::Exists(p) if p == path));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_wrong_passphrase_is_told_from_damage() {
    let (_directory, path) = fresh();
    let error = open(&path, &passphrase("incorrect")).err().unwrap();
    assert!(matches!(error, KeyFileError::WrongPassphrase(_)), "{error}");
}

#[test]
fn every_truncation_is_reported_as_one() {
    let (_directory, path) = fresh();
    let whole = fs::read(&path).unwrap();
    let body = whole.iter().position(|b| *b == b'\n').unwrap() + 1;
    for length in [body, body + 1, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        let error = open(&path, &passphrase("correct")).err().unwrap();
        assert!(matches!(error, KeyFileError::Truncated { .. }), "{length}: {error}");
    }
    for length in [1, 20, body - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        let error = open(&path, &passphrase("correct")).err().unwrap();
        assert!(matches!(error, KeyFileError::Corrupt { .. }), "{length}: {error}");
    }
}

#[test]
fn every_flipped_byte_is_noticed_before_the_passphrase_is_blamed() {
    let (_directory, path) = fresh();
    let whole = fs::read(&path).unwrap();
    for position in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[position] ^= 1;
        fs::write(&path, &damaged).unwrap();
        let error = open(&path, &passphrase("correct")).err().unwrap();
        assert!(
            matches!(
                error,
                KeyFileError::Corrupt { .. }
                    | KeyFileError::Foreign(_)
                    | KeyFileError::Version { .. }
                    | KeyFileError::Truncated { .. }
            ),
            "byte {position}: {error}"
        );
    }
}

#[test]
fn foreign_files_and_other_versions_are_named() {
    let (_directory, path) = fresh();
    let whole = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
    fs::write(&path, "-----BEGIN OPENSSH PRIVATE KEY-----\n").unwrap();
    assert!(matches!(open(&path, &passphrase("correct")), Err(KeyFileError::Foreign(_))));
    fs::write(&path, "").unwrap();
    assert!(matches!(open(&path, &passphrase("correct")), Err(KeyFileError::Foreign(_))));
    for version in [0, 3] {
        fs::write(&path, whole.replacen("keystore 2 ", &format!("keystore {version} "), 1)).unwrap();
        let error = open(&path, &passphrase("correct")).err();
        assert!(matches!(error, Some(KeyFileError::Version { version: v, .. }) if v == version));
    }
    assert!(matches!(open(&path.with_extension("none"), &passphrase("x")), Err(KeyFileError::Missing(_))));
}

#[test]
fn a_file_others_can_read_is_refused() {
    let (_directory, path) = fresh();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let error = open(&path, &passphrase("correct")).err().unwrap();
    assert!(matches!(error, KeyFileError::Permissions { mode: 0o644, .. }), "{error}");
}

#[test]
fn work_factor_and_passphrase_are_bounded() {
    assert!(matches!(WorkFactor::new(0), Err(KeyFileError::WorkFactor { log_n: 0, max: 22 })));
    assert!(matches!(WorkFactor::new(23), Err(KeyFileError::WorkFactor { log_n: 23, max: 22 })));
    let directory = tempfile::tempdir().unwrap();
    let error = create(&directory.path().join("k"), SECRETS, &passphrase(""), work()).err().unwrap();
    assert!(matches!(error, KeyFileError::EmptyPassphrase));
}
