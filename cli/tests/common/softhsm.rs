//! Tokens in software: SoftHSM2, each test with a token folder of its own.

use super::Home;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where distributions put the module.
const PLACES: [&str; 4] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
];
pub const PIN: &str = "271828";

/// Tokens of one test.
pub struct SoftHsm {
    pub module: &'static str,
    folder: PathBuf,
    config: PathBuf,
}

impl SoftHsm {
    /// `None`, loudly, where SoftHSM is not installed; a failure if NONOS_REQUIRE_SOFTHSM=1 says that it has to be.
    pub fn find(home: &Home) -> Option<Self> {
        let Some(module) = PLACES.into_iter().find(|path| Path::new(path).exists()) else {
            let required = std::env::var_os("NONOS_REQUIRE_SOFTHSM").is_some_and(|value| value == "1");
            assert!(!required, "NONOS_REQUIRE_SOFTHSM=1, and SoftHSM2 is at none of {PLACES:?}");
            eprintln!("SKIPPED: SoftHSM2 is not installed (apt-get install softhsm2), so no token was tried");
            return None;
        };
        let folder = home.path("tokens");
        std::fs::create_dir(&folder).unwrap();
        let text = format!("directories.tokendir = {}\nlog.level = ERROR\n", folder.display());
        Some(Self { module, config: home.write("softhsm2.conf", text), folder })
    }

    /// What the binary needs in its environment to see the tokens.
    pub fn env(&self) -> (&'static str, &str) {
        ("SOFTHSM2_CONF", super::text(&self.config))
    }

    /// Initialises a token.
    pub fn token(&self, label: &str) {
        self.util(&["--init-token", "--free", "--label", label, "--so-pin", "000000", "--pin", PIN]);
    }

    /// Puts a key that was made elsewhere (PKCS#8, PEM) on the token.
    pub fn import(&self, token: &str, file: &Path, label: &str, id: &str) {
        let file = super::text(file);
        self.util(&["--import", file, "--token", token, "--label", label, "--id", id, "--pin", PIN]);
    }

    /// Deletes the tokens' keys, but not the tokens.
    pub fn wipe_keys(&self) {
        for token in std::fs::read_dir(&self.folder).unwrap() {
            for object in std::fs::read_dir(token.unwrap().path()).unwrap() {
                let path = object.unwrap().path();
                if path.extension().is_some_and(|e| e == "object") && !path.ends_with("token.object") {
                    std::fs::remove_file(path).unwrap();
                }
            }
        }
    }

    /// Deletes the tokens.
    pub fn wipe(&self) {
        std::fs::remove_dir_all(&self.folder).unwrap();
        std::fs::create_dir(&self.folder).unwrap();
    }

    fn util(&self, args: &[&str]) {
        let output = Command::new("softhsm2-util").args(args).env("SOFTHSM2_CONF", &self.config).output();
        let output = output.expect("softhsm2-util comes with the module");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
