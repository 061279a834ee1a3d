//! A root key on a PKCS#11 token, with SoftHSM2: made there, used there, and every way it can be missing told apart.

mod common;

use common::softhsm::{PIN, SoftHsm};
use common::{Home, PASSPHRASE, Run, text};
use nonos_core::signature::verify_ed25519;
use serde_json::Value;
use std::process::Command;

struct Desk {
    home: Home,
    hsm: SoftHsm,
}

impl Desk {
    fn open() -> Option<Self> {
        let home = Home::new();
        let hsm = SoftHsm::find(&home)?;
        Some(Self { home, hsm })
    }

    /// With a passphrase and the PIN.
    fn run(&self, args: &[&str]) -> Run {
        self.run_with(&[("NONOS_PIN", PIN)], args)
    }

    fn run_with(&self, vars: &[(&str, &str)], args: &[&str]) -> Run {
        let vars: Vec<(&str, &str)> = [self.hsm.env(), ("NONOS_PASSPHRASE", PASSPHRASE)]
            .into_iter()
            .chain(vars.iter().copied())
            .collect();
        self.home.run_env(&vars, args)
    }

    fn init(&self, more: &[&str]) -> Run {
        let args = ["keys", "init", "--work-factor", "10", "--json", "--pkcs11", self.hsm.module];
        self.run(&args.into_iter().chain(more.iter().copied()).collect::<Vec<_>>())
    }
}

fn bytes<const N: usize>(value: &Value) -> [u8; N] {
    hex::decode(value.as_str().unwrap().trim_start_matches("0x")).unwrap().try_into().unwrap()
}

#[test]
fn a_key_is_made_on_the_token_signs_there_and_is_found_again() {
    let Some(desk) = Desk::open() else { return };
    desk.hsm.token("operator");
    let made = desk.init(&[]).success().json();
    assert_eq!((&made["generated"], &made["place"]["kind"]), (&true.into(), &"pkcs11".into()));
    assert_eq!(made["place"]["token"], "operator");
    let root: [u8; 32] = bytes(&made["root_key"]);

    // What only needs the public key, or derived ones, needs no PIN.
    let shown = desk.run_with(&[], &["keys", "show", "--json"]).success().json();
    assert_eq!(shown["root_key"], made["root_key"]);
    assert_eq!(shown["place"], made["place"]);
    let people = desk.run_with(&[], &["keys", "show"]).success();
    assert!(people.stdout.contains("key `nonos-root` on the token `operator`"), "{}", people.stdout);

    let note = desk.home.write("note", "hello");
    let signed = desk.run(&["keys", "sign", text(&note), "--json"]).success().json();
    let signature: [u8; 64] = bytes(&signed["signature"]);
    verify_ed25519("token", &root, b"nonos1.messagehello", &signature).unwrap();
    desk.run(&["keys", "sign", "--raw", text(&note)]).fails(1, "does not start with `nonos1.`");
    let pin = desk.home.write("pin", format!("{PIN}\n"));
    desk.run_with(&[], &["keys", "sign", text(&note), "--pin-file", text(&pin)]).success();

    // Another data folder takes the same key into use, with a master seed of its own.
    let again = desk.init(&["--datadir", "second", "--token", "operator"]).success().json();
    assert_eq!((&again["generated"], &again["root_key"]), (&false.into(), &made["root_key"]));
    let second = desk.run(&["keys", "show", "--json", "--datadir", "second"]).success().json();
    assert_ne!(second["onion_addresses"], shown["onion_addresses"]);
    let other = desk.init(&["--datadir", "third", "--key-label", "other"]).success().json();
    assert_ne!(other["root_key"], made["root_key"]);
}

#[test]
fn what_is_wrong_with_pin_token_or_key_is_said() {
    let Some(desk) = Desk::open() else { return };
    let module = desk.hsm.module;
    let init = ["keys", "init", "--pkcs11", module];
    desk.run(&init).fails(1, "there is none at all");
    desk.run(&["keys", "init", "--pkcs11", "/nowhere.so"])
        .fails(1, "there is no PKCS#11 module at /nowhere.so");
    let noise = desk.home.write("noise.so", "noise");
    desk.run(&["keys", "init", "--pkcs11", text(&noise)]).fails(1, "cannot be used");
    desk.run(&["keys", "init", "--token", "operator"]).fails(2, "--pkcs11");

    desk.hsm.token("operator");
    desk.run_with(&[], &init).fails(1, "no PIN and no terminal to ask for one");
    desk.run_with(&[("NONOS_PIN", "0")], &init).fails(1, "wrong PIN for the token `operator`");
    desk.run_with(&[("NONOS_PIN", "314159")], &init).fails(1, "is not tried again");
    let wrong = ["keys", "init", "--pkcs11", module, "--token", "operators"];
    desk.run(&wrong).fails(1, "no token `operators` is in a slot");
    desk.hsm.token("spare");
    desk.run(&init).fails(1, "name one with --token");
    // Nothing was written by any of these.
    desk.run(&["keys", "show"]).fails(1, "create one with `nonos keys init`");

    desk.init(&["--token", "operator"]).success();
    let note = desk.home.write("note", "hello");
    let sign = ["keys", "sign", text(&note)];
    desk.run(&sign).success();
    desk.run_with(&[("NONOS_PIN", "314159")], &sign).fails(1, "wrong PIN");
    desk.run_with(&[("NONOS_PASSPHRASE", "wrong"), ("NONOS_PIN", PIN)], &sign).fails(1, "wrong passphrase");

    desk.hsm.wipe_keys();
    desk.run(&sign).fails(1, "has no ed25519 key `nonos-root`, nor any other");
    // A key of the same name that is another one.
    desk.init(&["--token", "operator", "--datadir", "second"]).success();
    desk.run(&sign).fails(1, "has no ed25519 key `nonos-root`; it has: nonos-root");
    desk.hsm.wipe();
    desk.run(&sign).fails(1, "no token `operator` is in a slot");
    desk.hsm.token("operator");
    desk.run(&sign).fails(1, "this is another token, or it was initialised again");
}

#[test]
fn a_key_with_the_same_name_and_id_is_recognised_as_another_one() {
    let Some(desk) = Desk::open() else { return };
    desk.hsm.token("operator");
    let import = |name: &str, id: &str| {
        let path = desk.home.path(name);
        let args = ["genpkey", "-algorithm", "ed25519", "-out", text(&path)];
        let Ok(output) = Command::new("openssl").args(args).output() else { return false };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        desk.hsm.import("operator", &path, "nonos-root", id);
        true
    };
    if !import("first.pem", "aabb") {
        eprintln!("SKIPPED: openssl is not installed, so no key could be imported");
        return;
    }
    let made = desk.init(&[]).success().json();
    assert_eq!((&made["generated"], &made["place"]["key_id"]), (&false.into(), &"0xaabb".into()));
    let note = desk.home.write("note", "hello");
    desk.run(&["keys", "sign", text(&note)]).success();
    desk.hsm.wipe_keys();
    import("second.pem", "aabb");
    desk.run(&["keys", "sign", text(&note)]).fails(1, "it was replaced");
    // Two of one name: the id tells them apart where it is known, and nobody can where it is not.
    import("third.pem", "ccdd");
    desk.run(&["keys", "sign", text(&note)]).fails(1, "it was replaced");
    desk.init(&["--datadir", "second"]).fails(1, "has 2 ed25519 keys `nonos-root`");
}
