//! The keystore through the command line: made once, never overwritten, and every way it can be broken is told apart.

mod common;

use common::{Home, PASSPHRASE, text};
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_key_is_made_shown_and_kept() {
    let home = Home::new();
    let root = home.keys();
    assert_eq!(root.len(), 66);
    let keystore = home.path(".nonos/keystore");
    assert_eq!(keystore.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(home.unlocked(["keys", "show", "--json"]).success().json()["root_key"], root.as_str());

    let before = std::fs::read(&keystore).unwrap();
    home.unlocked(["keys", "init"]).fails(1, "exists already; a keystore is never overwritten");
    assert_eq!(std::fs::read(&keystore).unwrap(), before);
}

#[test]
fn the_passphrase_may_come_from_a_file_and_is_never_guessed() {
    let home = Home::new();
    home.keys();
    let secret = home.write("secret", format!("{PASSPHRASE}\nignored\n"));
    home.run(["keys", "show", "--passphrase-file", text(&secret)]).success();
    home.run_env(&[("NONOS_PASSPHRASE", "wrong")], ["keys", "show"]).fails(1, "wrong passphrase");
    home.run_env(&[("NONOS_PASSPHRASE_FILE", "/nowhere")], ["keys", "show"])
        .fails(1, "cannot read the passphrase file /nowhere");
    let empty = home.write("empty", "\n");
    home.run(["keys", "show", "--passphrase-file", text(&empty)]).fails(1, "the passphrase is empty");
}

#[test]
fn missing_damaged_truncated_and_foreign_keystores_are_different_errors() {
    let home = Home::new();
    home.unlocked(["keys", "show"]).fails(1, "create one with `nonos keys init`");
    home.keys();
    let path = home.path(".nonos/keystore");
    let good = std::fs::read(&path).unwrap();

    let mut damaged = good.clone();
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    std::fs::write(&path, &damaged).unwrap();
    home.unlocked(["keys", "show"]).fails(1, "is damaged");

    std::fs::write(&path, &good[..good.len() - 7]).unwrap();
    home.unlocked(["keys", "show"]).fails(1, "is truncated");

    std::fs::write(&path, b"ssh-ed25519 AAAA").unwrap();
    home.unlocked(["keys", "show"]).fails(1, "is not a keystore");

    std::fs::write(&path, &good).unwrap();
    home.unlocked(["keys", "show"]).success();
}

#[test]
fn a_signature_is_over_a_domain_of_its_own_and_raw_messages_must_name_one() {
    let home = Home::new();
    let root = home.keys();
    let file = home.write("note", "hello");
    let plain = home.unlocked(["keys", "sign", text(&file), "--json"]).success().json();
    assert_eq!(plain["root_key"], root.as_str());

    let framed = home.write("framed", "nonos1.messagehello");
    let raw = home.unlocked(["keys", "sign", "--raw", text(&framed), "--json"]).success().json();
    assert_eq!(raw["signature"], plain["signature"]);

    home.unlocked(["keys", "sign", "--raw", text(&file)]).fails(1, "does not start with `nonos1.`");
}

#[test]
fn a_root_key_elsewhere_is_taken_as_hex_or_from_a_file_and_signs_nothing_here() {
    const KEY: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let home = Home::new();
    let init =
        |key: &str| home.unlocked(["keys", "init", "--work-factor", "10", "--json", "--root-key", key]);
    init("deadbeef").fails(1, "is neither an ed25519 public key");
    let noise = home.write("noise", "noise");
    init(text(&noise)).fails(1, "is not an ed25519 public key: expected PEM");
    init(&"02".repeat(32)).fails(1, "not an ed25519 public key that can sign");
    let raw = home.write("root.pub", hex::decode(KEY).unwrap());
    let made = init(text(&raw)).success().json();
    assert_eq!(made["root_key"], format!("0x{KEY}"));
    assert_eq!(made["place"]["kind"], "elsewhere");
    let shown = home.unlocked(["keys", "show"]).success();
    assert!(shown.stdout.contains("kept elsewhere"), "{}", shown.stdout);
    let note = home.write("note", "hello");
    home.unlocked(["keys", "sign", text(&note)]).fails(1, "--signature FILE hands the signature in");
}
