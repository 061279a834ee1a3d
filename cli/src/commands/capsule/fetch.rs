//! `nonos capsule fetch`: have the node fetch a STARK install or a digest proof from the mesh.

use super::read_package;
use super::verify_install::named;
use crate::output::Reply;
use crate::progress::Progress;
use crate::table::pairs;
use alloy_primitives::B256;
use clap::Args;
use eyre::{Result, bail, ensure};
use nonos_api::client::NodeClient;
use nonos_api::types::{ProofKind, ProofState, ProofView};
use nonos_core::capsule::digest_proof_context;
use nonos_core::package::Package;
use std::path::PathBuf;
use std::time::Duration;

/// How often the node is asked how far it is.
const POLL: Duration = Duration::from_millis(300);

/// Arguments of `nonos capsule fetch`.
#[derive(Debug, Args)]
pub struct FetchArgs {
    /// The install leaf, or the context of a digest proof
    #[arg(value_name = "CONTEXT", required_unless_present = "proof_of")]
    context: Option<B256>,
    /// keccak256 of the file [default: any of this context]
    #[arg(long, value_name = "HASH", conflicts_with = "proof_of")]
    hash: Option<B256>,
    /// The digest proof that the manifest of this hidden capsule names: a package, or its manifest
    #[arg(long, value_name = "FILE", conflicts_with = "context")]
    proof_of: Option<PathBuf>,
    /// The node
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8661")]
    node: String,
}

/// Waits until every chunk is there and verified by the node.
pub async fn run(args: &FetchArgs, progress: Progress) -> Result<Reply> {
    let package = args.proof_of.as_deref().map(read_package).transpose()?;
    let (context, hash) = match (&package, args.context) {
        (Some(package), _) => {
            let manifest = &package.manifest;
            ensure!(
                manifest.is_hidden(),
                "this capsule hides nothing: its manifest states the SHA3-512 of the binary"
            );
            named(package)?;
            (digest_proof_context(&manifest.digest_commitment()).into(), manifest.digest_proof())
        }
        (None, Some(context)) => (context, args.hash),
        (None, None) => bail!("neither a context nor a package was given"),
    };
    let node = NodeClient::new(&args.node)?;
    let step = progress.step("fetching the proof from the mesh, each chunk verified by the node");
    let mut view = node.fetch_proof(context, hash).await?;
    while view.state == ProofState::Fetching {
        tokio::time::sleep(POLL).await;
        view = node.proof(context, hash).await?.unwrap_or_else(|| ProofView::absent(context));
    }
    if view.state != ProofState::Kept {
        let reason = view.reason.as_deref().unwrap_or("the node forgot it");
        bail!("the proof {context} could not be fetched: {reason}");
    }
    step.done(&format!("{} chunks", view.chunks));
    if let Some(Package { manifest, .. }) = &package {
        let stated = manifest.payloadSize;
        ensure!(
            view.length == Some(stated),
            "the digest proof is of a binary of {} bytes, the manifest states {stated}",
            view.length.unwrap_or_default()
        );
    }
    reply(&view)
}

fn reply(view: &ProofView) -> Result<Reply> {
    let kind = match view.kind {
        Some(ProofKind::DigestProof) => "digest proof of a publisher",
        _ => "install of an operator",
    };
    let shown = view.commitment.map_or_else(|| "hidden".to_owned(), |c| c.to_string());
    let number = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
    let bits = |value: Option<u32>| value.map(|value| value.to_string()).unwrap_or_default();
    let lines = [
        ("verified", kind.to_owned()),
        ("context", view.context.to_string()),
        ("commitment", shown),
        ("length", format!("{} bytes in {} chunks", number(view.length), view.chunks)),
        (
            "security",
            format!("{} bits conjectured, {} proven", bits(view.conjectured_bits), bits(view.proven_bits)),
        ),
        ("keccak256", view.hash.map(|hash| hash.to_string()).unwrap_or_default()),
        ("kept by the node at", view.path.clone().unwrap_or_default()),
    ];
    Ok(Reply::new(pairs(lines), serde_json::to_value(view)?))
}
