//! `nonos capsule register`: a signed package becomes an entry of its publisher's catalog.

use super::{read_package, read_salt};
use crate::chain::{Chain, Sent, publisher_id, read_deployment};
use crate::commands::keys;
use crate::datadir::DataDir;
use crate::enrolment::{ExternalArgs, Statement, prove};
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::setup;
use crate::table::pairs;
use alloy_primitives::B256;
use clap::Args;
use eyre::{Result, WrapErr, bail, ensure};
use nonos_contracts::Deployment;
use nonos_contracts::enrolment::publisher_terms;
use nonos_node::keys::Keystore;
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `nonos capsule register`.
#[derive(Debug, Args)]
pub struct RegisterArgs {
    /// The signed package
    file: PathBuf,
    /// Salt file of a hidden capsule
    #[arg(long, value_name = "FILE")]
    salt_file: Option<PathBuf>,
    #[command(flatten)]
    external: ExternalArgs,
}

/// Verifies the package, registers the publisher with a proof if that was not done before, and publishes the capsule.
pub async fn run(args: &RegisterArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let package = read_package(&args.file)?;
    let salt = args.salt_file.as_deref().map(read_salt).transpose()?;
    if package.signature.is_empty() {
        bail!("{} is not signed; its publisher signs it with `nonos capsule sign`", args.file.display());
    }
    package.verify(salt.as_ref()).wrap_err_with(|| format!("{} is not genuine", args.file.display()))?;
    let manifest = &package.manifest;
    let leaf = manifest.capsule_leaf()?;

    let chain = Chain::connect(settings).await?;
    let deployment = read_deployment(&DataDir::open(settings)?, &chain).await?;
    let controller = chain.account()?;
    let publisher = publisher_id(controller, manifest.publisher);
    if chain.is_published(&deployment, publisher, leaf.to_u256()).await? {
        bail!("capsule {leaf} is, or was, in the catalog of publisher {publisher}: a leaf is accepted once");
    }
    let known = chain.is_publisher(&deployment, controller, manifest.publisher).await?;
    if args.external.signing.print_message {
        ensure!(!known, "publisher {publisher} is registered already: there is nothing to sign");
        let statement = statement(manifest.publisher, &chain, &deployment, settings, progress)?.0;
        let facts = json!({
            "controller": controller, "chain_id": chain.id, "registry": deployment.addresses.capsule_registry,
        });
        return args.external.show(&statement, facts);
    }
    let registered = match known {
        true => None,
        false => Some(register(args, manifest.publisher, &chain, &deployment, settings, progress).await?),
    };
    let step = progress.step("publishing the capsule");
    let published = chain.publish(&deployment, controller, manifest).await?;
    step.done("");
    let gas = registered.as_ref().map_or(0, |sent| sent.gas) + published.gas;
    Ok(Reply::new(
        pairs([
            ("publisher", publisher.to_string()),
            ("capsule leaf", leaf.to_string()),
            ("transaction", published.hash.to_string()),
            ("gas", gas.to_string()),
        ]),
        json!({
            "publisher": publisher,
            "capsule_leaf": leaf,
            "registered_publisher": registered.map(|sent| sent.hash),
            "tx": published.hash,
            "gas": gas,
        }),
    ))
}

/// Registers the publisher, with a proof that its key signed for the account.
async fn register(
    args: &RegisterArgs,
    key: B256,
    chain: &Chain,
    deployment: &Deployment,
    settings: &Settings,
    progress: Progress,
) -> Result<Sent> {
    let (statement, keystore) = statement(key, chain, deployment, settings, progress)?;
    let witness = statement.witness(args.external.signing.sign(&statement.message(), &keystore)?)?;
    let prover = setup::enrolment_prover(settings.srs.as_deref(), progress)?;
    setup::require_enrolment_key(&prover, deployment)?;
    let proven = prove(&prover, &witness, progress)?;
    let step = progress.step("registering the publisher");
    let sent = chain.register_publisher(deployment, chain.account()?, &statement, proven.proof).await?;
    step.done("");
    Ok(sent)
}

/// What the publisher's key signs, and the keystore that has it, or at least the secret behind the leaf.
fn statement(
    key: B256,
    chain: &Chain,
    deployment: &Deployment,
    settings: &Settings,
    progress: Progress,
) -> Result<(Statement, Keystore)> {
    let keystore = keys::open(settings, progress)?;
    ensure!(
        keystore.root_public() == key.0,
        "the package is signed by {key}, and the root key of this keystore is {}: only its publisher registers it",
        B256::from(keystore.root_public())
    );
    let terms = publisher_terms(deployment, key.0, chain.account()?);
    Ok((Statement::publisher(&keystore, &terms)?, keystore))
}
