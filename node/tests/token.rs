//! A keystore whose root key is on a token (SoftHSM2), within one process: when the PIN is asked for, and when never again.

use age::secrecy::SecretString;
use nonos_core::signature::verify_ed25519;
use nonos_node::keys::{KeyError, Keystore, PinSource, RootPlace, TokenError, TokenRootKey, WorkFactor};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const PLACES: [&str; 3] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
];
const PIN: &str = "271828";

/// A PIN, and how often it was asked for.
fn pin(text: &'static str) -> (PinSource, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let source = PinSource::new(move || {
        count.fetch_add(1, Ordering::SeqCst);
        Ok(SecretString::from(text.to_owned()))
    });
    (source, asked)
}

// One test: the module reads its configuration once per process.
#[test]
fn the_pin_is_asked_for_once_when_it_is_right_and_once_when_it_is_wrong() {
    let Some(module) = PLACES.into_iter().find(|path| Path::new(path).exists()) else {
        let required = std::env::var_os("NONOS_REQUIRE_SOFTHSM").is_some_and(|value| value == "1");
        assert!(!required, "NONOS_REQUIRE_SOFTHSM=1, and SoftHSM2 is at none of {PLACES:?}");
        eprintln!("SKIPPED: SoftHSM2 is not installed (apt-get install softhsm2), so no token was tried");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("softhsm2.conf");
    std::fs::write(&config, format!("directories.tokendir = {}\n", folder.path().display())).unwrap();
    // SAFETY: no other thread of this process reads or writes the environment yet.
    unsafe { std::env::set_var("SOFTHSM2_CONF", &config) };
    let init = ["--init-token", "--free", "--label", "t", "--so-pin", "000000", "--pin", PIN];
    let output = Command::new("softhsm2-util").args(init).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let (right, asked) = pin(PIN);
    let made = TokenRootKey::take(Path::new(module), Some("t"), "root", &right).unwrap();
    assert!(made.generated && asked.load(Ordering::SeqCst) == 1);
    let again = TokenRootKey::take(Path::new(module), None, "root", &right).unwrap();
    assert_eq!((again.generated, again.public, &again.reference), (false, made.public, &made.reference));

    let (path, passphrase) = (folder.path().join("keystore"), SecretString::from("p".to_owned()));
    let keystore = Keystore::with_token(made.clone()).unwrap();
    keystore.save(&path, &passphrase, WorkFactor::new(1).unwrap()).unwrap();
    let open = || Keystore::open(&path, &passphrase).unwrap();

    // Opening, the public key and derived keys do not touch the token.
    let (source, asked) = pin(PIN);
    let keystore = open().with_pin(source);
    assert_eq!(keystore.root_place(), RootPlace::Token(made.reference.clone()));
    assert_eq!((keystore.root_public(), asked.load(Ordering::SeqCst)), (made.public, 0));
    let domain = keystore.sign_as_root(b"nonos2.x").unwrap_err();
    assert!(matches!(domain, KeyError::Domain(_)) && asked.load(Ordering::SeqCst) == 0);
    for message in [b"nonos1.a".as_slice(), b"nonos1.b"] {
        verify_ed25519("token", &made.public, message, &keystore.sign_as_root(message).unwrap()).unwrap();
    }
    keystore.unlock_root().unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 1, "one log-in serves every signature");
    drop(keystore);

    // A wrong one is tried once, however often something is to be signed: three tries lock a token.
    let (source, asked) = pin("314159");
    let keystore = open().with_pin(source);
    for _ in 0..3 {
        let error = keystore.sign_as_root(b"nonos1.a").unwrap_err();
        assert!(matches!(error, KeyError::Token(TokenError::WrongPin { .. })), "{error}");
    }
    assert!(matches!(keystore.unlock_root(), Err(KeyError::Token(TokenError::WrongPin { .. }))));
    assert_eq!(asked.load(Ordering::SeqCst), 1);

    let error = open().sign_as_root(b"nonos1.a").unwrap_err();
    assert!(matches!(error, KeyError::Token(TokenError::NoPin { .. })), "{error}");
}
