//! `nonos capsule pack`: binary and description become an unsigned package.

use super::read_salt;
use super::spec::CapsuleSpec;
use crate::datadir::{DataDir, copy_whole, read_limited, write_whole};
use crate::install::{self, Estimate, Order, Work};
use crate::output::Reply;
use crate::progress::Progress;
use crate::random::seed;
use crate::settings::Settings;
use crate::table::pairs;
use alloy_primitives::{B256, Bytes, keccak256};
use clap::Args;
use eyre::{Result, WrapErr, bail, ensure, eyre};
use nonos_core::capsule::digest_commitment;
use nonos_core::manifest::{self, MAX_PAYLOAD, Manifest};
use nonos_core::package::Package;
use nonos_core::policy::Policy;
use nonos_hash_stark::{DEFAULT_CHUNK_BLOCKS, MAX_CHUNK_BLOCKS, MIN_CHUNK_BLOCKS, Schedule, Security};
use nonos_node::capsule_runtime::{Limits, RunError, Runtime};
use nonos_node::install::{DigestSubject, keccak256_of};
use serde_json::json;
use sha3::{Digest, Sha3_256, Sha3_512};
use std::fs::File;
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
    /// Hide the digests of the binary. The salt that opens the commitment goes to OUT.salt and is for its operators only; the
    /// proof that a real binary is behind the commitment goes to OUT.proof and is for everybody
    #[arg(long)]
    hidden: bool,
    /// Digest proof with 100 bits of security by proof rather than by conjecture: 2.3 times the bytes
    #[arg(long, requires = "hidden")]
    proven: bool,
    /// Blocks of 72 bytes in a chunk of the digest proof: fewer take less memory, more give fewer proofs
    #[arg(long, value_name = "COUNT", default_value_t = DEFAULT_CHUNK_BLOCKS, requires = "hidden",
          value_parser = clap::value_parser!(u32).range(i64::from(MIN_CHUNK_BLOCKS)..=i64::from(MAX_CHUNK_BLOCKS)))]
    chunk_blocks: u32,
    /// Do not try whether the sandbox of this machine accepts the program under its policy
    #[arg(long)]
    no_check: bool,
}

/// Packs.
pub async fn run(args: &PackArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let spec_bytes = read_limited(&args.spec, "capsule description", 1 << 20)?;
    let text = std::str::from_utf8(&spec_bytes)
        .wrap_err_with(|| format!("the capsule description {} is not text", args.spec.display()))?;
    let spec = CapsuleSpec::parse(text)
        .wrap_err_with(|| format!("the capsule description {} is wrong", args.spec.display()))?;
    let payload = assemble(&args.program)?;
    let cannot = || format!("{} cannot be packed", args.program.display());
    // Whatever is wrong with the description is said before anything is proven.
    let mut manifest = manifest(&spec, &payload, publisher_salt(&payload)).wrap_err_with(cannot)?;
    if !args.no_check {
        let step = progress.step("trying the program in the sandbox, without running it");
        let policy = manifest.checked_policy()?;
        check(&payload, &policy).wrap_err_with(cannot)?;
        step.done("");
    }
    let out = args.out.clone().unwrap_or_else(|| args.program.with_extension("capsule"));
    let hidden = match args.hidden {
        true => Some(hide(args, &mut manifest, &payload, &out, settings, progress).await?),
        false => None,
    };
    let package = Package { manifest, signature: Bytes::new(), payload: payload.into() };
    write_whole(&out, &package.encode())?;
    let mut lines = vec![
        ("package", out.display().to_string()),
        ("payload", format!("{} bytes", package.payload.len())),
        ("leaf while unsigned", package.manifest.capsule_leaf()?.to_string()),
    ];
    if let Some(hidden) = &hidden {
        lines.push(("salt (keep it secret)", hidden.salt.display().to_string()));
        lines.push(("digest proof (pass it on)", hidden.proof.display().to_string()));
    }
    let text = format!("{}\n\nNot signed yet: `nonos capsule sign {}`", pairs(lines), out.display());
    let object = json!({
        "package": out,
        "payload_bytes": package.payload.len(),
        "salt_file": hidden.as_ref().map(|hidden| &hidden.salt),
        "digest_proof": hidden.as_ref().map(|hidden| &hidden.proof),
    });
    Ok(Reply::new(text, object))
}

/// What goes beside the package of a hidden capsule.
struct Hidden {
    salt: PathBuf,
    proof: PathBuf,
}

/// Takes the digests out of a manifest and puts the hash of a digest proof in their place.
async fn hide(
    args: &PackArgs,
    manifest: &mut Manifest,
    payload: &[u8],
    out: &Path,
    settings: &Settings,
    progress: Progress,
) -> Result<Hidden> {
    let hidden = Hidden { salt: out.with_added_extension("salt"), proof: out.with_added_extension("proof") };
    let digest: [u8; 64] = Sha3_512::digest(payload).into();
    let salt = salt_for(&hidden.salt, &digest, progress)?;
    let security = if args.proven { Security::Proven } else { Security::Conjectured };
    let schedule = Schedule::new(manifest.payloadSize, args.chunk_blocks)?;
    let estimate = Estimate::stark(&schedule, security);
    progress
        .note(&format!("digest proof: {}; it may be interrupted and goes on where it was", estimate.words()));
    let order = Order {
        work: Work::Digest(DigestSubject::new(payload.to_vec(), salt)),
        security,
        chunk_blocks: args.chunk_blocks,
        root: DataDir::open(settings)?.installs(),
        srs: settings.srs.clone(),
    };
    let outcome = install::prove(order, progress).await?;
    let hash = file_hash(&outcome.file)?;
    // A manifest that is signed already may name the one that is there, and no other will do for it.
    if hidden.proof.exists() && file_hash(&hidden.proof)? != hash {
        bail!(
            "{} is another digest proof, which a signed manifest may name: move it away, or choose another --out",
            hidden.proof.display()
        );
    }
    copy_whole(&outcome.file, &hidden.proof)?;
    manifest.commitment = digest_commitment(&digest, &salt).into();
    manifest.digestProof = hash;
    (manifest.sha3_512, manifest.blake3, manifest.salt) = (Bytes::new(), B256::ZERO, B256::ZERO);
    manifest.validate()?;
    Ok(hidden)
}

/// The salt of a hidden binary: what an earlier run of this command put into `path` for this very binary, or a new one, on disk
/// before anything is proven about it.
///
/// Never that of another binary: who has an old salt could test guesses of the new one, and the same salt and binary
/// under another name would show that they are the same.
fn salt_for(path: &Path, digest: &[u8; 64], progress: Progress) -> Result<[u8; 32]> {
    let mark = |salt: &[u8; 32]| {
        let hash = Sha3_256::new().chain_update(b"nonos1.salt-of").chain_update(salt).chain_update(digest);
        format!("# for {}", hex::encode(hash.finalize()))
    };
    if !path.exists() {
        let salt = seed()?;
        write_whole(path, format!("0x{}\n{}\n", hex::encode(salt), mark(&salt)).as_bytes())?;
        return Ok(salt);
    }
    let salt = read_salt(path)?;
    let text = String::from_utf8(read_limited(path, "salt file", 256)?)?;
    ensure!(
        text.lines().any(|line| line == mark(&salt)),
        "the salt in {} was not made for this binary: move it away, or choose another --out",
        path.display()
    );
    progress.note(&format!("the salt in {} is used again: it was made for this binary", path.display()));
    Ok(salt)
}

fn file_hash(path: &Path) -> Result<B256> {
    let hash = File::open(path).and_then(keccak256_of);
    hash.wrap_err_with(|| format!("cannot read {}", path.display()))
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

/// The manifest of a binary that hides nothing; the publisher is filled in when it is signed.
pub fn manifest(spec: &CapsuleSpec, payload: &[u8], salt: [u8; 32]) -> Result<Manifest> {
    let digest: [u8; 64] = Sha3_512::digest(payload).into();
    let mut operators = spec.operators.clone();
    operators.sort();
    let manifest = Manifest {
        schema: manifest::SCHEMA,
        name: spec.name.clone(),
        version: spec.version.clone(),
        publisher: B256::ZERO,
        payloadSize: payload.len() as u64,
        sha3_512: Bytes::copy_from_slice(&digest),
        blake3: B256::new(*blake3::hash(payload).as_bytes()),
        commitment: digest_commitment(&digest, &salt).into(),
        salt: salt.into(),
        digestProof: B256::ZERO,
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
