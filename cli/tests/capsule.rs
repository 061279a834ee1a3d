//! Packing, signing and checking capsules, and what malformed ones are told.

mod common;

use common::{Home, IO, program, spec, text};

fn packed(home: &Home) -> std::path::PathBuf {
    let description = home.write("spec.toml", spec("wordstats", IO));
    let out = home.path("w.capsule");
    home.run([
        "capsule",
        "pack",
        text(&program("wordstats")),
        "--spec",
        text(&description),
        "--out",
        text(&out),
    ])
    .success();
    out
}

#[test]
fn a_capsule_is_packed_signed_inspected_and_verified() {
    let home = Home::new();
    let root = home.keys();
    let capsule = packed(&home);
    home.run(["capsule", "verify", text(&capsule)]).fails(1, "is not signed");

    let signed = home.unlocked(["capsule", "sign", text(&capsule), "--json"]).success().json();
    assert_eq!(signed["publisher_key"], root.as_str());
    let verified = home.run(["capsule", "verify", text(&capsule), "--json"]).success().json();
    assert_eq!(verified["capsule_leaf"], signed["capsule_leaf"]);
    let shown = home.run(["capsule", "inspect", text(&capsule), "--json"]).success().json();
    assert_eq!(shown["name"], "wordstats");
    assert_eq!(shown["policy"]["capabilities"].as_array().unwrap().len(), 3);
    assert_eq!(shown["signed"], true);
}

#[test]
fn packing_the_same_again_gives_the_same_bytes() {
    let (one, two) = (Home::new(), Home::new());
    assert_eq!(std::fs::read(packed(&one)).unwrap(), std::fs::read(packed(&two)).unwrap());
}

#[test]
fn a_hidden_capsule_shows_no_digest_and_opens_with_its_salt_only() {
    let home = Home::new();
    home.keys();
    let description = home.write("spec.toml", spec("secret", IO));
    let out = home.path("s.capsule");
    let program = program("wordstats");
    let pack = ["capsule", "pack", text(&program), "--spec", text(&description), "--hidden", "-o"];
    let packed = home.run(pack.into_iter().chain([text(&out)])).success();
    assert!(packed.stderr.contains("digest proof: 1 chunk"), "{}", packed.stderr);
    let (salt, proof) = (home.path("s.capsule.salt"), home.path("s.capsule.proof"));
    let kept = std::fs::read(&salt).unwrap();
    // Again: the salt is not thrown away, and nothing is proven twice.
    let again = home.run(pack.into_iter().chain([text(&out)])).success();
    assert!(again.stderr.contains("is used again") && !again.stderr.contains("proving"), "{}", again.stderr);
    assert_eq!(std::fs::read(&salt).unwrap(), kept);
    home.unlocked(["capsule", "sign", text(&out), "--salt-file", text(&salt)]).success();
    home.run(["capsule", "verify", text(&out)]).fails(1, "salt is needed");
    home.run(["capsule", "verify", text(&out), "--salt-file", text(&salt)]).success();
    let other = home.write("other.salt", "00".repeat(32));
    home.run(["capsule", "verify", text(&out), "--salt-file", text(&other)]).fails(1, "commitment");
    let short = home.write("short.salt", "abcd");
    home.run(["capsule", "verify", text(&out), "--salt-file", text(&short)]).fails(1, "a salt has 32");
    let shown = home.run(["capsule", "inspect", text(&out), "--json"]).success().json();
    assert_eq!((&shown["hidden"], &shown["manifest_sha3_512"]), (&true.into(), &serde_json::Value::Null));

    // Anybody can check that the commitment is one of a real binary, and learns nothing about it.
    let stranger = Home::new();
    let verify = ["capsule", "verify-install", text(&proof)];
    let manifest = home.path("s.manifest");
    home.run(["capsule", "manifest", text(&out), "--out", text(&manifest)]).success();
    let judged =
        stranger.run(verify.into_iter().chain(["--capsule", text(&manifest), "--json"])).success().json();
    assert_eq!(shown["payload"]["sha3_512"], serde_json::Value::Null);
    assert_eq!((&judged["kind"], &judged["commitment"]), (&"digest-proof".into(), &shown["commitment"]));
    assert_eq!(judged["hash"], shown["digest_proof"]);
    assert_eq!(judged["length"], shown["payload"]["length"]);
    let package = nonos_core::package::Package::decode(&std::fs::read(&out).unwrap()).unwrap();
    let digest = <sha3::Sha3_512 as sha3::Digest>::digest(&package.payload);
    for public in [&proof, &manifest].map(|path| std::fs::read(path).unwrap()) {
        assert!(!public.windows(package.payload.len()).any(|window| window == package.payload.as_ref()));
        assert!(!public.windows(64).any(|window| window == digest.as_slice()));
    }
    // The proof of another making is true as well, and not the one that the publisher signed for.
    let other = home.path("other.capsule");
    std::fs::copy(&salt, home.path("other.capsule.salt")).unwrap();
    std::fs::remove_dir_all(home.path(".nonos/installs")).unwrap();
    home.run(pack.into_iter().chain([text(&other)])).success();
    let proof = home.path("other.capsule.proof");
    let verify = ["capsule", "verify-install", text(&proof)];
    stranger.run(verify).success();
    stranger
        .run(verify.into_iter().chain(["--capsule", text(&out)]))
        .fails(1, "another proof, or a changed one");
    // What a signed manifest may name is not written over; nor is a salt used for another binary.
    home.run(pack.into_iter().chain([text(&out)])).fails(1, "is another digest proof");
    let elsewhere = home.path("moody.capsule");
    std::fs::copy(&salt, home.path("moody.capsule.salt")).unwrap();
    let moody = common::program("moody");
    let pack = ["capsule", "pack", text(&moody), "--spec", text(&description), "--hidden", "-o"];
    home.run(pack.into_iter().chain([text(&elsewhere)])).fails(1, "was not made for this binary");
}

/// SHA3-512 by openssl; `None`, loudly, without openssl.
fn openssl_sha3_512(path: &std::path::Path) -> Option<String> {
    let output = std::process::Command::new("openssl").args(["dgst", "-sha3-512", "-r", text(path)]).output();
    let Ok(output) = output else {
        eprintln!("SKIPPED: openssl is not installed, so no digest was compared with its");
        return None;
    };
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.split_whitespace().next().unwrap().to_owned())
}

#[test]
fn any_file_is_shown_with_the_digest_that_openssl_gives() {
    let home = Home::new();
    let capsule = packed(&home);
    let package = nonos_core::package::Package::decode(&std::fs::read(&capsule).unwrap()).unwrap();
    let payload = home.write("payload", &package.payload);
    let files = [
        capsule.clone(),
        payload.clone(),
        home.write("empty", ""),
        home.write("block", [7; 72]),
        home.write("large", vec![9; 3_000_001]),
    ];
    for file in &files {
        let shown = home.run(["capsule", "inspect", text(file), "--json"]).success().json();
        assert_eq!(shown["length"], std::fs::metadata(file).unwrap().len());
        assert_eq!(shown["package"], *file == capsule);
        if let Some(expected) = openssl_sha3_512(file) {
            assert_eq!(shown["sha3_512"], expected.as_str(), "{}", file.display());
        }
    }
    let shown = home.run(["capsule", "inspect", text(&capsule), "--json"]).success().json();
    assert_eq!(shown["payload"]["length"], package.payload.len());
    assert_eq!(shown["payload"]["sha3_512"], shown["manifest_sha3_512"]);
    if let Some(expected) = openssl_sha3_512(&payload) {
        assert_eq!(shown["payload"]["sha3_512"], expected.as_str());
    }
    home.run(["capsule", "inspect", "nowhere"]).fails(1, "cannot read nowhere");
    home.run(["capsule", "inspect", text(&payload)]).success();
}

#[test]
fn descriptions_and_programs_that_are_wrong_say_what_and_where() {
    let home = Home::new();
    let good = home.write("good.toml", spec("a", IO));
    let pack = |program: &str, description: &std::path::Path| {
        home.run(["capsule", "pack", program, "--spec", text(description), "-o", "out.capsule"])
    };
    let wordstats = program("wordstats");
    let wordstats = text(&wordstats);
    for (toml, part) in [
        (spec("a", "\"teleport\""), "capability `teleport` does not exist"),
        (spec("two words", IO), "must be 1 to 96 printable ASCII characters"),
        (spec("a", IO).replace("min_isolation = 2", "min_isolation = 9"), "isolation level 9 does not exist"),
        (spec("a", IO).replace("version", "verison"), "unknown field `verison`"),
        ("name = ".to_owned(), "line 1"),
    ] {
        let description = home.write("bad.toml", toml);
        pack(wordstats, &description).fails(1, part);
    }
    for (source, part) in [
        ("(module", "does not assemble"),
        ("(module (func $f (result i32)))", "not a valid WebAssembly module"),
        ("(module (memory (export \"memory\") 1))", "does not export `run"),
        ("(module (import \"env\" \"open\" (func)))", "the module imports `env.open`"),
    ] {
        let broken = home.write("broken.wat", source);
        pack(text(&broken), &good).fails(1, part);
    }
    let dice = program("dice");
    pack(text(&dice), &good).fails(1, "the policy does not grant capability bit");
    let binary = home.write("noise.wasm", [0xff, 0xfe, 0x00]);
    pack(text(&binary), &good).fails(1, "is no WebAssembly");
    pack("nowhere.wasm", &good).fails(1, "cannot read the program nowhere.wasm");
    assert!(!home.path("out.capsule").exists());
}

#[test]
fn packages_that_were_changed_are_refused_with_the_part_that_differs() {
    let home = Home::new();
    home.keys();
    let capsule = packed(&home);
    home.unlocked(["capsule", "sign", text(&capsule)]).success();
    let good = std::fs::read(&capsule).unwrap();
    let verify = |bytes: &[u8]| {
        let path = home.write("changed.capsule", bytes);
        home.run(["capsule", "verify", text(&path)])
    };
    verify(&good[..good.len() - 32]).fails(1, "is not a usable capsule package");
    verify(&[good.as_slice(), &[0; 32]].concat()).fails(1, "not canonical");
    verify(b"\0asm").fails(1, "a bare .wasm file?");
    // Every 61st byte, so that manifest, signature and payload are all hit.
    for at in (0..good.len()).step_by(61) {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        let run = verify(&bytes);
        assert_eq!(run.code, Some(1), "byte {at} may be changed unnoticed");
        assert!(run.stderr.starts_with("error: "), "byte {at}: {}", run.stderr);
    }
}
