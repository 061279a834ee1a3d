//! `nonos capsule pack`: binary and description become an unsigned package.

use super::spec::CapsuleSpec;
use crate::datadir::{read_limited, write_whole};
use crate::output::Reply;
use crate::progress::Progress;
use crate::random::seed;
use crate::table::pairs;
use alloy_primitives::{B256, Bytes, keccak256};
use clap::Args;
use eyre::{Result, WrapErr, eyre};
use nonos_core::capsule::digest_commitment;
use nonos_core::manifest::{self, MAX_PAYLOAD, Manifest};
use nonos_core::package::Package;
use nonos_core::policy::Policy;
use nonos_node::capsule_runtime::{Limits, RunError, Runtime};
use serde_json::json;
use sha3::{Digest, Sha3_512};
use std::path::{Path, PathBuf};

/// Arguments of `nonos capsule pack`.
#[derive(Debug, Args)]
pub struct PackArgs {
    /// The program: WebAssembly, binary (.wasm) or text (.wat)
    #[arg(value_name = "FILE")]
    program: PathBuf,
    /// Its description, TOML: name, version, operators, policy
    #[arg(long, value_name = "FILE")]
    spec: PathBuf,
    /// The package to write [default: the program's name with .capsule]
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Hide the digests of the binary; the salt that opens the commitment goes to OUT.salt and is for its operators only
    #[arg(long)]
    hidden: bool,
    /// Do not try whether the sandbox of this machine accepts the program under its policy
    #[arg(long)]
    no_check: bool,
}

/// Packs.
pub fn run(args: &PackArgs, progress: Progress) -> Result<Reply> {
    let spec_bytes = read_limited(&args.spec, "capsule description", 1 << 20)?;
    let text = std::str::from_utf8(&spec_bytes)
        .wrap_err_with(|| format!("the capsule description {} is not text", args.spec.display()))?;
    let spec = CapsuleSpec::parse(text)
        .wrap_err_with(|| format!("the capsule description {} is wrong", args.spec.display()))?;
    let payload = assemble(&args.program)?;
    let salt = if args.hidden { seed()? } else { publisher_salt(&payload) };
    let manifest = manifest(&spec, &payload, salt, args.hidden)
        .wrap_err_with(|| format!("{} cannot be packed", args.program.display()))?;
    if !args.no_check {
        let step = progress.step("trying the program in the sandbox, without running it");
        let policy = manifest.checked_policy()?;
        check(&payload, &policy).wrap_err_with(|| format!("{} cannot be packed", args.program.display()))?;
        step.done("");
    }
    let leaf = manifest.capsule_leaf()?;
    let out = args.out.clone().unwrap_or_else(|| args.program.with_extension("capsule"));
    let package = Package { manifest, signature: Bytes::new(), payload: payload.into() };
    write_whole(&out, &package.encode())?;
    let salt_file = args.hidden.then(|| out.with_added_extension("salt"));
    if let Some(path) = &salt_file {
        write_whole(path, format!("0x{}\n", hex::encode(salt)).as_bytes())?;
    }
    let lines = [
        ("package", out.display().to_string()),
        ("payload", format!("{} bytes", package.payload.len())),
        ("leaf while unsigned", leaf.to_string()),
    ];
    let salt_line = salt_file.as_ref().map(|path| ("salt (keep it secret)", path.display().to_string()));
    let text = format!(
        "{}\n\nNot signed yet: `nonos capsule sign {}`",
        pairs(lines.into_iter().chain(salt_line)),
        out.display()
    );
    Ok(Reply::new(
        text,
        json!({ "package": out, "payload_bytes": package.payload.len(), "salt_file": salt_file }),
    ))
}

/// The binary of a program file; text is assembled.
fn assemble(path: &Path) -> Result<Vec<u8>> {
    let bytes = read_limited(path, "program", MAX_PAYLOAD)?;
    if bytes.starts_with(b"\0asm") {
        return Ok(bytes);
    }
    let text = String::from_utf8(bytes).map_err(|_| {
        eyre!("{} is no WebAssembly: it neither begins with \\0asm nor is it text", path.display())
    })?;
    wat::parse_str(&text).map_err(|error| eyre!("{} does not assemble: {error}", path.display()))
}

/// Compiles and links the program as a launch would. What the machine lacks is the operator's matter, not the program's.
fn check(payload: &[u8], policy: &Policy) -> Result<()> {
    let limits = Limits::default();
    let limits = Limits { memory_pages: limits.memory_pages.min(policy.max_memory_pages), ..limits };
    let runtime =
        Runtime::new().wrap_err("cannot find this executable, which the sandbox is started from")?;
    match runtime.measure(payload, policy.allowed_caps, &limits) {
        Err(error @ RunError::Capsule(_)) => Err(error.into()),
        Err(error) => Err(error).wrap_err("the sandbox does not work here; --no-check packs without trying"),
        Ok(_) => Ok(()),
    }
}

/// The manifest of a binary; the publisher is filled in when it is signed.
pub fn manifest(spec: &CapsuleSpec, payload: &[u8], salt: [u8; 32], hidden: bool) -> Result<Manifest> {
    let digest: [u8; 64] = Sha3_512::digest(payload).into();
    let mut operators = spec.operators.clone();
    operators.sort();
    let manifest = Manifest {
        schema: manifest::SCHEMA,
        name: spec.name.clone(),
        version: spec.version.clone(),
        publisher: B256::ZERO,
        payloadSize: payload.len() as u64,
        sha3_512: if hidden { Bytes::new() } else { Bytes::copy_from_slice(&digest) },
        blake3: if hidden { B256::ZERO } else { B256::new(*blake3::hash(payload).as_bytes()) },
        commitment: digest_commitment(&digest, &salt).into(),
        salt: if hidden { B256::ZERO } else { salt.into() },
        policy: (&spec.policy.policy()?).into(),
        operators,
    };
    manifest.validate()?;
    Ok(manifest)
}

/// The salt of a capsule that hides nothing: derived from the binary, so that packing it again gives the same manifest.
pub fn publisher_salt(payload: &[u8]) -> [u8; 32] {
    keccak256([b"nonos1.open-salt".as_slice(), payload].concat()).0
}
