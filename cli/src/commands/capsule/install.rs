//! `nonos capsule install`: prove that this operator holds the binary of a capsule.

use super::{read_package, read_salt};
use crate::chain::{Chain, read_deployment};
use crate::commands::keys;
use crate::datadir::{DataDir, copy_whole};
use crate::identity::Identity;
use crate::install::{self, Choice, Estimate, Order, Outcome, Submitted, Wish, Work, choose};
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::table::pairs;
use clap::Args;
use eyre::{Result, WrapErr, bail, ensure};
use nonos_contracts::Deployment;
use nonos_core::package::Package;
use nonos_hash_stark::{
    DEFAULT_CHUNK_BLOCKS, MAX_CHUNK_BLOCKS, MAX_CHUNKS, MIN_CHUNK_BLOCKS, Schedule, Security,
};
use nonos_node::install::{BackendName, InstallSubject, Product};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Arguments of `nonos capsule install`.
#[derive(Debug, Args)]
pub struct InstallArgs {
    /// The signed package
    #[arg(value_name = "PACKAGE")]
    file: PathBuf,
    /// Which proof system
    #[arg(long, value_enum, default_value_t = Wish::Auto)]
    backend: Wish,
    /// STARK with 100 bits of security by proof rather than by conjecture: 2.3 times the bytes
    #[arg(long)]
    proven: bool,
    /// Salt file of a hidden capsule
    #[arg(long, alias = "salt", value_name = "FILE")]
    salt_file: Option<PathBuf>,
    /// Prove, and send nothing to the chain
    #[arg(long)]
    no_submit: bool,
    /// STARK of a hidden capsule: let the file show C, by which everybody who sees it knows that this operator installed it
    #[arg(long)]
    reveal_commitment: bool,
    /// STARK of a capsule that hides nothing: let the file hide C all the same
    #[arg(long, conflicts_with = "reveal_commitment")]
    hide_commitment: bool,
    /// Blocks of 72 bytes in a chunk of the STARK: fewer take less memory, more give fewer proofs
    #[arg(long, value_name = "COUNT", default_value_t = DEFAULT_CHUNK_BLOCKS,
          value_parser = clap::value_parser!(u32).range(i64::from(MIN_CHUNK_BLOCKS)..=i64::from(MAX_CHUNK_BLOCKS)))]
    chunk_blocks: u32,
    /// Copy the finished install file to this place
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Checks the binary, proves, and sends what the chain takes. Does at every step only what is not done yet.
pub async fn run(args: &InstallArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let package = read_package(&args.file)?;
    let salt = args.salt_file.as_deref().map(read_salt).transpose()?;
    if package.signature.is_empty() {
        bail!("{} is not signed; its publisher signs it with `nonos capsule sign`", args.file.display());
    }
    // The native hash comes first: a binary that is not the manifest's is never proven.
    let step = progress.step("hashing the binary and comparing it with the manifest");
    package.verify(salt.as_ref()).wrap_err_with(|| format!("{} is not genuine", args.file.display()))?;
    step.done("");
    let choice = choose(args.backend, package.manifest.payloadSize);
    check_choice(args, &choice)?;
    let hidden = args.hide_commitment || (package.manifest.is_hidden() && !args.reveal_commitment);

    let datadir = DataDir::open(settings)?;
    let chain = Chain::connect(settings).await?;
    let deployment = read_deployment(&datadir, &chain).await?;
    let keystore = keys::open(settings, progress)?;
    let identity = chain.require_enrolled(&deployment, &keystore).await?;
    let leaf = identity.install_leaf(&package.manifest)?;
    let on_chain = chain.is_installed(&deployment, leaf.to_u256()).await?;
    let security = if args.proven { Security::Proven } else { Security::Conjectured };
    let product = match choice.backend {
        BackendName::Halo2 => Product::Halo2,
        BackendName::Stark => Product::Stark { hidden, security },
    };
    let known = install::finished(&datadir.installs(), &leaf.to_be(), product);
    if on_chain && choice.backend == BackendName::Halo2 && args.out.is_none() {
        let submitted = Submitted::default();
        return reply(args, &package, &identity, &choice, known.as_deref(), 0, Some(&submitted));
    }
    let outcome = match known {
        Some(file) => Outcome { file, proven: 0 },
        None => {
            announce(args, &choice, package.manifest.payloadSize, security, hidden, progress)?;
            let subject =
                InstallSubject::new(&package.manifest, package.payload.to_vec(), salt.as_ref(), identity.k)?;
            let work = match choice.backend {
                BackendName::Halo2 => Work::Halo2 { subject, install_key: deployment.install_key },
                BackendName::Stark => Work::Stark { subject, hidden },
            };
            let order = Order {
                work,
                security,
                chunk_blocks: args.chunk_blocks,
                root: datadir.installs(),
                srs: settings.srs.clone(),
            };
            install::prove(order, progress).await?
        }
    };
    if let Some(out) = &args.out {
        copy_whole(&outcome.file, out)?;
    }
    let submitted = match choice.backend {
        BackendName::Halo2 if !args.no_submit => {
            Some(submit(&chain, &deployment, &outcome.file, progress).await?)
        }
        _ => None,
    };
    reply(args, &package, &identity, &choice, Some(&outcome.file), outcome.proven, submitted.as_ref())
}

async fn submit(
    chain: &Chain,
    deployment: &Deployment,
    file: &Path,
    progress: Progress,
) -> Result<Submitted> {
    let sent = install::submit(chain, deployment, chain.account()?, file, progress).await;
    sent.wrap_err("the proofs are kept, and the same command sends what the chain does not have")
}

/// What does not go together, said before anything is looked up.
fn check_choice(args: &InstallArgs, choice: &Choice) -> Result<()> {
    if choice.backend == BackendName::Stark {
        return Ok(());
    }
    for (flag, given) in [
        ("--proven", args.proven),
        ("--reveal-commitment", args.reveal_commitment),
        ("--hide-commitment", args.hide_commitment),
    ] {
        ensure!(!given, "{flag} is about the STARK; the backend is halo2 ({})", choice.why);
    }
    Ok(())
}

/// Backend, cost, and what a STARK gives away, before it is begun.
fn announce(
    args: &InstallArgs,
    choice: &Choice,
    length: u64,
    security: Security,
    hidden: bool,
    progress: Progress,
) -> Result<()> {
    let estimate = match choice.backend {
        BackendName::Halo2 => Estimate::halo2(length),
        BackendName::Stark => {
            let schedule = Schedule::new(length, args.chunk_blocks)?;
            ensure!(
                schedule.chunks() <= MAX_CHUNKS,
                "{} chunks: a file keeps its security up to {MAX_CHUNKS}; take larger chunks with --chunk-blocks",
                schedule.chunks()
            );
            Estimate::stark(&schedule, security)
        }
    };
    progress.note(&format!("backend {}: {}", choice.backend, choice.why));
    progress.note(&format!("{}; it may be interrupted and goes on where it was", estimate.words()));
    if let Some(available) = install::available_mb()
        && available < estimate.memory_mb
    {
        progress.note(&format!(
            "only {available} MB of memory are available: --chunk-blocks makes STARK chunks smaller"
        ));
    }
    if choice.backend == BackendName::Stark {
        progress.note(match hidden {
            true => "the file hides which capsule it is about, but not the length of the binary",
            false => {
                "a STARK install shows the capsule's commitment beside the install leaf: whoever sees the file can tie one to the \
                 other"
            }
        });
    }
    Ok(())
}

fn reply(
    args: &InstallArgs,
    package: &Package,
    identity: &Identity,
    choice: &Choice,
    file: Option<&Path>,
    proven: u32,
    submitted: Option<&Submitted>,
) -> Result<Reply> {
    let leaf = identity.install_leaf(&package.manifest)?;
    let state = match (choice.backend, submitted) {
        (BackendName::Stark, _) => {
            "proven in a file, NOT on chain: the chain takes no STARK, so `nonos launch` refuses until the capsule is installed \
             with --backend halo2"
        }
        (BackendName::Halo2, None) => "proven, not sent: the same command without --no-submit sends it",
        (BackendName::Halo2, Some(sent)) if sent.transactions.is_empty() => "on chain already",
        (BackendName::Halo2, Some(_)) => "on chain",
    };
    let mut lines = vec![
        ("capsule", format!("{} {}", package.manifest.name, package.manifest.version)),
        ("install leaf", leaf.to_string()),
        ("backend", choice.backend.to_string()),
        ("state", state.to_owned()),
        ("proven now", format!("{proven} chunks")),
    ];
    let file = args.out.as_deref().or(file);
    lines.extend(file.map(|file| ("install file", file.display().to_string())));
    if let Some(sent) = submitted.filter(|sent| !sent.transactions.is_empty()) {
        lines.push((
            "transactions",
            sent.transactions.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        ));
        lines.push(("gas", sent.gas.to_string()));
    }
    let object = json!({
        "capsule_leaf": package.manifest.capsule_leaf()?,
        "install_leaf": leaf,
        "backend": choice.backend.name(),
        "why": choice.why,
        "proven_chunks": proven,
        "file": file,
        "on_chain": submitted.is_some(),
        "chunks_before": submitted.map(|sent| sent.before),
        "txs": submitted.map(|sent| &sent.transactions),
        "gas": submitted.map(|sent| sent.gas),
    });
    Ok(Reply::new(pairs(lines), object))
}
