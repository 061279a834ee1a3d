//! `nonos capsule inspect`: what a package says about itself.

use super::read_package;
use crate::output::Reply;
use crate::table::pairs;
use clap::Args;
use eyre::Result;
use nonos_core::manifest::Manifest;
use nonos_core::policy::Policy;
use nonos_node::capsule_runtime::{caps::Capability, cpu};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Arguments of `nonos capsule inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// The package
    file: PathBuf,
}

/// Shows manifest and policy. Nothing is verified beyond the form: that is `capsule verify`.
pub fn run(args: &InspectArgs) -> Result<Reply> {
    let package = read_package(&args.file)?;
    let manifest = &package.manifest;
    let policy = manifest.checked_policy()?;
    let signed = if package.signature.is_empty() { "no" } else { "yes, not checked here" };
    let operators = match manifest.operators.len() {
        0 => "any".to_owned(),
        _ => manifest.operators.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
    };
    let mut lines = vec![
        ("name", manifest.name.clone()),
        ("version", manifest.version.clone()),
        ("publisher key", manifest.publisher.to_string()),
        ("signed", signed.to_owned()),
        ("payload", format!("{} bytes", manifest.payloadSize)),
        ("SHA3-512", digest(manifest)),
        ("commitment", manifest.commitment.to_string()),
        ("manifest", manifest.digest().to_string()),
        ("capsule leaf", manifest.capsule_leaf()?.to_string()),
        ("operators", operators),
    ];
    lines.extend(policy_lines(&policy));
    Ok(Reply::new(pairs(lines), object(manifest, &policy, !package.signature.is_empty())?))
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
        "sha3_512": (!manifest.is_hidden()).then(|| hex::encode(&manifest.sha3_512)),
        "blake3": (!manifest.is_hidden()).then_some(manifest.blake3),
        "commitment": manifest.commitment,
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
