//! `nonos launch`: runs a capsule in the sandbox, proves the launch, writes the receipt.

use crate::chain::{Chain, Trees, read_deployment};
use crate::commands::{capsule, keys};
use crate::datadir::{DataDir, read_limited, write_whole};
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::setup;
use crate::table::pairs;
use crate::verdict;
use alloy_primitives::{Address, B256};
use clap::Args;
use eyre::{Report, Result, WrapErr, bail};
use nonos_contracts::anchor::{Anchored, latest_checkpoint, verify_now};
use nonos_node::capsule_runtime::{Limits, Runtime};
use nonos_node::launch::{self, LaunchRequest, Launcher, OnionChoice, Privacy};
use nonos_node::store::RedbStore;
use serde_json::json;
use std::path::PathBuf;

/// The runtime takes no larger input.
const MAX_INPUT: u64 = 16 << 20;

/// Arguments of `nonos launch`.
#[derive(Debug, Args)]
pub struct LaunchArgs {
    /// The signed capsule package
    capsule: PathBuf,
    /// What the capsule reads [default: nothing]
    #[arg(long, short, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Write what the capsule writes to this file
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write the receipt to this file [default: DATADIR/receipts/MESSAGE-ID.receipt]
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// Who is paid [default: the operator's controller]
    #[arg(long, value_name = "ADDRESS")]
    payee: Option<Address>,
    /// Do not show which capsule ran
    #[arg(long)]
    hide_capsule: bool,
    /// Show which operator launched it
    #[arg(long)]
    disclose_operator: bool,
    /// Open this value of the launch in the receipt, such as capsule.name or run.fuel; may be repeated
    #[arg(long, value_name = "NAME")]
    open: Vec<String>,
    /// Salt file of a hidden capsule
    #[arg(long, value_name = "FILE")]
    salt_file: Option<PathBuf>,
    /// Instructions the capsule may run, roughly
    #[arg(long, default_value_t = Limits::default().fuel)]
    fuel: u64,
    /// Time it may take, in milliseconds
    #[arg(long, default_value_t = Limits::default().deadline_ms)]
    deadline_ms: u64,
    /// Hand the receipt to the anchor's verifyNow as well
    #[arg(long)]
    verify_now: bool,
}

/// Launches.
pub async fn run(args: LaunchArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let package = capsule::read_package(&args.capsule)?;
    let salt = args.salt_file.as_deref().map(capsule::read_salt).transpose()?;
    let input = match &args.input {
        Some(path) => read_limited(path, "input", MAX_INPUT)?,
        None => Vec::new(),
    };
    if package.signature.is_empty() {
        bail!("{} is not signed; its publisher signs it with `nonos capsule sign`", args.capsule.display());
    }
    package.verify(salt.as_ref()).wrap_err_with(|| format!("{} is not genuine", args.capsule.display()))?;
    let datadir = DataDir::open(settings)?;
    let chain = Chain::connect(settings).await?;
    let deployment = read_deployment(&datadir, &chain).await?;
    let keystore = keys::open(settings, progress)?;
    let store = RedbStore::open(&datadir.store())?;

    let manifest = &package.manifest;
    let publisher =
        chain.publisher_listing(&deployment, manifest.publisher, manifest.capsule_leaf()?).await?;
    let identity = chain.require_enrolled(&deployment, &keystore).await?;
    let leaf = identity.install_leaf(manifest)?;
    chain.require_installed(&deployment, leaf).await?;
    let step = progress.step("reading the trees of the chain");
    let trees = Trees::read(&chain, &deployment, publisher).await?;
    let membership = identity.membership(&trees, manifest)?;
    let checkpoint = latest_checkpoint(&chain.provider).await?;
    step.done("");

    let prover = setup::prover(settings.srs.as_deref(), progress)?;
    let runtime =
        Runtime::new().wrap_err("cannot find this executable, which the sandbox is started from")?;
    let anchor = deployment.addresses.receipt_anchor;
    let site = launch::Deployment { chain_id: chain.id, anchor };
    let launcher = Launcher::new(&keystore, &runtime, &prover, &store, site)?;
    let request = LaunchRequest {
        package: &package,
        hidden_salt: salt.as_ref(),
        input: &input,
        limits: Limits { fuel: args.fuel, deadline_ms: args.deadline_ms, ..Limits::default() },
        identity: identity.operator(),
        membership: &membership,
        privacy: Privacy { disclose_capsule: !args.hide_capsule, disclose_operator: args.disclose_operator },
        onion: OnionChoice::None,
        // A development chain that made many blocks within a second is ahead of the clock.
        launched_at: verdict::clock()?.max(checkpoint.timestamp),
        not_before: (checkpoint.number, checkpoint.hash),
        request_id: B256::ZERO,
        payee: args.payee.unwrap_or(identity.controller),
        values: &[],
        open: &args.open,
    };
    let step = progress.step("launching: sandbox, proof, receipt");
    let launched = tokio::task::block_in_place(|| launcher.launch(&request).map_err(Report::from))?;
    step.done("");

    let path = match &args.receipt {
        Some(path) => path.clone(),
        None => datadir.receipts()?.join(format!("{}.receipt", launched.message_id)),
    };
    write_whole(&path, &launched.receipt.encode())?;
    if let Some(output) = &args.output {
        write_whole(output, &launched.execution.output)?;
    }
    let recorded = match args.verify_now {
        false => None,
        true => {
            let step = progress.step("handing the receipt to the anchor");
            let (header, proof) = (&launched.receipt.header, launched.receipt.launchProof.clone());
            let anchored = verify_now(&chain.provider, &deployment, header, proof, publisher).await?;
            step.done("");
            Some(anchored)
        }
    };
    let execution = &launched.execution;
    let output = String::from_utf8_lossy(&execution.output);
    let mut lines = vec![
        ("receipt", path.display().to_string()),
        ("message id", launched.message_id.to_string()),
        ("isolation", execution.state.isolation.to_string()),
        ("fuel", execution.fuel_used.to_string()),
    ];
    lines.extend(recorded.as_ref().map(|anchored| match anchored {
        Anchored::Now(mined) => ("recorded in", mined.transaction_hash.to_string()),
        Anchored::AlreadyRecorded { submitter, .. } => ("recorded by", submitter.to_string()),
    }));
    let text = match args.output {
        Some(_) => pairs(lines),
        None => format!("{}\n\n{}", pairs(lines), output.trim_end()),
    };
    let object = json!({
        "receipt": path,
        "message_id": launched.message_id,
        "publisher": publisher,
        "isolation": execution.state.isolation,
        "fuel": execution.fuel_used,
        "memory_pages": execution.memory_pages,
        "output": format!("0x{}", hex::encode(&execution.output)),
        "log": String::from_utf8_lossy(&execution.log),
        "recorded": recorded.is_some(),
        "tx": recorded.as_ref().and_then(Anchored::transaction),
    });
    Ok(Reply::new(text, object))
}
