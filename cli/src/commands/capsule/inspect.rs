//! `nonos capsule inspect`: what a package says about itself, and the digest of any file.

use super::read_package;
use crate::output::{Reply, one_line};
use crate::table::pairs;
use clap::Args;
use eyre::{Result, WrapErr};
use nonos_core::manifest::Manifest;
use nonos_core::package::Package;
use nonos_core::policy::Policy;
use nonos_hash_stark::digest_reader;
use nonos_node::capsule_runtime::{caps::Capability, cpu};
use serde_json::{Value, json};
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

/// Arguments of `nonos capsule inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// A package, or any other file
    file: PathBuf,
}

/// Length and SHA3-512 (FIPS 202) of some bytes.
struct Measured {
    length: u64,
    sha3_512: String,
}

impl Measured {
    fn of(reader: impl Read) -> std::io::Result<Self> {
        let (length, digest) = digest_reader(reader)?;
        Ok(Self { length, sha3_512: hex::encode(digest) })
    }
}

/// Shows manifest and policy. Nothing is verified beyond the form: that is `capsule verify`.
pub fn run(args: &InspectArgs) -> Result<Reply> {
    let context = || format!("cannot read {}", args.file.display());
    let file = Measured::of(File::open(&args.file).wrap_err_with(context)?).wrap_err_with(context)?;
    match read_package(&args.file) {
        Ok(package) => inspect(&package, &file),
        Err(reason) => {
            let reason = one_line(&reason);
            let lines = [
                ("length", format!("{} bytes", file.length)),
                ("SHA3-512", file.sha3_512.clone()),
                ("package", format!("no: {reason}")),
            ];
            let object = json!({
                "length": file.length, "sha3_512": file.sha3_512, "package": false, "why_no_package": reason,
            });
            Ok(Reply::new(pairs(lines), object))
        }
    }
}

fn inspect(package: &Package, file: &Measured) -> Result<Reply> {
    let payload = Measured::of(package.payload.as_ref())?;
    let manifest = &package.manifest;
    // What this prints is passed on more lightly than the package.
    let of_payload = (!manifest.is_hidden()).then_some(payload.sha3_512);
    let policy = manifest.checked_policy()?;
    let signed = if package.signature.is_empty() { "no" } else { "yes, not checked here" };
    let operators = match manifest.operators.len() {
        0 => "any".to_owned(),
        _ => manifest.operators.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
    };
    let mut lines = vec![
        ("file", format!("{} bytes", file.length)),
        ("SHA3-512 of it", file.sha3_512.clone()),
        ("name", manifest.name.clone()),
        ("version", manifest.version.clone()),
        ("publisher key", manifest.publisher.to_string()),
        ("signed", signed.to_owned()),
        ("payload", format!("{} bytes, the manifest states {}", payload.length, manifest.payloadSize)),
        (
            "SHA3-512 of it",
            of_payload.clone().unwrap_or_else(|| "not shown: the capsule hides it".to_owned()),
        ),
        ("SHA3-512 stated", digest(manifest)),
        ("commitment", manifest.commitment.to_string()),
        (
            "digest proof",
            manifest
                .digest_proof()
                .map_or_else(|| "none: nothing is hidden".to_owned(), |hash| hash.to_string()),
        ),
        ("manifest", manifest.digest().to_string()),
        ("capsule leaf", manifest.capsule_leaf()?.to_string()),
        ("operators", operators),
    ];
    lines.extend(policy_lines(&policy));
    let mut object = object(manifest, &policy, !package.signature.is_empty())?;
    object["package"] = json!(true);
    object["length"] = json!(file.length);
    object["sha3_512"] = json!(file.sha3_512);
    object["payload"] = json!({ "length": payload.length, "sha3_512": of_payload });
    Ok(Reply::new(pairs(lines), object))
}

fn digest(manifest: &Manifest) -> String {
    if manifest.is_hidden() { "hidden".to_owned() } else { hex::encode(&manifest.sha3_512) }
}

/// The policy in words.
pub fn policy_lines(policy: &Policy) -> Vec<(&'static str, String)> {
    let none = |names: Vec<&str>| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let calls: u32 = policy.allowed_syscalls.iter().map(|word| word.count_ones()).sum();
    let network = ["none", "unix sockets", "loopback", "onion only", "any"];
    let runtimes = match policy.measurements.len() {
        0 => "any".to_owned(),
        n => format!("{n} listed"),
    };
    vec![
        ("isolation, at least", policy.min_isolation.to_string()),
        ("capabilities", none(capabilities(policy.allowed_caps))),
        ("memory, at most", format!("{} pages of 64 KiB", policy.max_memory_pages)),
        ("network, at most", network.get(usize::from(policy.max_network)).unwrap_or(&"?").to_string()),
        ("system calls", format!("{calls} allowed")),
        ("CPU features", none(cpu::names(policy.required_cpu))),
        ("runtimes", runtimes),
    ]
}

fn capabilities(bits: u64) -> Vec<&'static str> {
    Capability::ALL.iter().filter(|c| bits & c.mask() != 0).map(|c| c.name()).collect()
}

fn object(manifest: &Manifest, policy: &Policy, signed: bool) -> Result<Value> {
    Ok(json!({
        "name": manifest.name,
        "version": manifest.version,
        "publisher_key": manifest.publisher,
        "signed": signed,
        "payload_bytes": manifest.payloadSize,
        "hidden": manifest.is_hidden(),
        "manifest_sha3_512": (!manifest.is_hidden()).then(|| hex::encode(&manifest.sha3_512)),
        "blake3": (!manifest.is_hidden()).then_some(manifest.blake3),
        "commitment": manifest.commitment,
        "digest_proof": manifest.digest_proof(),
        "manifest_digest": manifest.digest(),
        "capsule_leaf": manifest.capsule_leaf()?,
        "policy_hash": policy.hash(),
        "operators": manifest.operators,
        "policy": {
            "min_isolation": policy.min_isolation,
            "capabilities": capabilities(policy.allowed_caps),
            "max_memory_pages": policy.max_memory_pages,
            "max_network": policy.max_network,
            "allowed_syscalls": policy.allowed_syscalls.map(|word| format!("0x{word:016x}")),
            "cpu": cpu::names(policy.required_cpu),
            "runtimes": manifest.policy.measurements,
        },
    }))
}
