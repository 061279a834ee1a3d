//! Precedence and diagnosis of settings, without touching this process's environment.

use super::*;
use std::collections::HashMap;
use std::ffi::OsString;

struct Fake(HashMap<&'static str, &'static str>);

impl Environment for Fake {
    fn raw(&self, name: &str) -> Option<OsString> {
        self.0.get(name).map(OsString::from)
    }
}

fn env(pairs: &[(&'static str, &'static str)]) -> Fake {
    Fake(pairs.iter().copied().chain([("HOME", "/nowhere/home")]).collect())
}

fn config(text: &str) -> (tempfile::TempDir, GlobalArgs) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("nonos.toml");
    std::fs::write(&path, text).unwrap();
    let flags = GlobalArgs { config: Some(path), ..Default::default() };
    (dir, flags)
}

#[test]
fn a_flag_beats_the_environment_and_the_environment_beats_the_file() {
    let (_dir, mut flags) = config("rpc_url = \"http://file:1\"\ndatadir = \"/file\"");
    let with_env = env(&[("NONOS_RPC_URL", "http://env:2"), ("NONOS_DATADIR", "/env")]);

    let from_file = Settings::resolve(&flags, &env(&[])).unwrap();
    assert_eq!(from_file.rpc_url.unwrap().as_str(), "http://file:1/");
    assert_eq!(from_file.datadir.as_deref(), Some(Path::new("/file")));

    let from_env = Settings::resolve(&flags, &with_env).unwrap();
    assert_eq!(from_env.rpc_url.unwrap().as_str(), "http://env:2/");
    assert_eq!(from_env.datadir.as_deref(), Some(Path::new("/env")));

    flags.rpc_url = Some("http://flag:3".into());
    flags.datadir = Some("/flag".into());
    let from_flag = Settings::resolve(&flags, &with_env).unwrap();
    assert_eq!(from_flag.rpc_url.unwrap().as_str(), "http://flag:3/");
    assert_eq!(from_flag.datadir.as_deref(), Some(Path::new("/flag")));
}

#[test]
fn without_anything_the_folder_is_in_the_home_folder() {
    let settings = Settings::resolve(&GlobalArgs::default(), &env(&[])).unwrap();
    assert_eq!(settings.datadir.as_deref(), Some(Path::new("/nowhere/home/.nonos")));
    assert!(!settings.datadir_named);
    assert!(settings.rpc_url.is_none());
    assert_eq!(settings.passphrase, SecretSource::Prompt);
}

#[test]
fn without_a_home_folder_only_what_needs_a_folder_asks_for_one() {
    let settings = Settings::resolve(&GlobalArgs::default(), &Fake(HashMap::new())).unwrap();
    assert_eq!(
        settings.require_datadir().unwrap_err().to_string(),
        "no data folder: HOME is not set; give --datadir DIR or set NONOS_DATADIR"
    );
}

#[test]
fn paths_in_the_file_are_relative_to_the_file() {
    let (dir, flags) = config("datadir = \"data\"\npassphrase_file = \"secret\"\npin_file = \"pin\"");
    let settings = Settings::resolve(&flags, &env(&[])).unwrap();
    assert_eq!(settings.datadir, Some(dir.path().join("data")));
    assert_eq!(settings.passphrase, SecretSource::File(dir.path().join("secret")));
    assert_eq!(settings.pin, SecretSource::File(dir.path().join("pin")));
}

#[test]
fn passphrase_and_pin_are_two_secrets() {
    let vars = env(&[("NONOS_PIN", "1234"), ("NONOS_PASSPHRASE_FILE", "/p")]);
    let settings = Settings::resolve(&GlobalArgs::default(), &vars).unwrap();
    assert_eq!(settings.pin, SecretSource::Value(Secret("1234".into())));
    assert_eq!(settings.passphrase, SecretSource::File("/p".into()));
    assert!(!format!("{settings:?}").contains("1234"));
}

#[test]
fn an_unknown_key_is_refused_with_its_line() {
    let (_dir, flags) = config("datadir = \"x\"\nrpc-url = \"http://a\"");
    let error = Settings::resolve(&flags, &env(&[])).unwrap_err().to_string();
    assert!(error.contains("unknown field `rpc-url`"), "{error}");
    assert!(error.contains("line 2"), "{error}");
}

#[test]
fn a_wrong_url_is_named_with_its_source() {
    let error = |vars: &[(&'static str, &'static str)]| {
        Settings::resolve(&GlobalArgs::default(), &env(vars)).unwrap_err().to_string()
    };
    assert_eq!(
        error(&[("NONOS_RPC_URL", "not a url")]),
        "NONOS_RPC_URL: `not a url` is not a URL; expected http://host:port"
    );
    assert_eq!(
        error(&[("NONOS_RPC_URL", "ftp://host")]),
        "NONOS_RPC_URL: `ftp://host` has the scheme `ftp`; only http and https are spoken"
    );
}

#[test]
fn a_wrong_account_key_is_described_but_never_shown() {
    let error = Settings::resolve(&GlobalArgs::default(), &env(&[("NONOS_ACCOUNT_KEY", "0xsecretsecret")]))
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "NONOS_ACCOUNT_KEY: not a secp256k1 secret key; expected 64 hex digits, found 14 characters"
    );
}

#[test]
fn a_missing_configuration_file_is_an_error_only_when_it_was_named() {
    let flags = GlobalArgs { config: Some("/nowhere/x.toml".into()), ..Default::default() };
    let error = Settings::resolve(&flags, &env(&[])).unwrap_err().to_string();
    assert_eq!(error, "cannot read the configuration file /nowhere/x.toml");
    assert!(Settings::resolve(&GlobalArgs::default(), &env(&[])).is_ok());
}
