//! `nonos operator enrol | rotate`: terms, signature, proof, transaction.

use super::Desk;
use crate::chain::OperatorFacts;
use crate::enrolment::{ExternalArgs, SavedTerms, Statement, prove};
use crate::identity::Identity;
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::setup;
use crate::table::{pairs, thousands};
use alloy::providers::Provider;
use alloy_primitives::Address;
use clap::Args;
use eyre::{Result, WrapErr, bail, ensure};
use nonos_core::field::fr_from_u256;
use serde_json::json;
use std::path::Path;

/// Arguments of `nonos operator enrol`.
#[derive(Debug, Args)]
pub struct EnrolArgs {
    #[command(flatten)]
    terms: TermsArgs,
    #[command(flatten)]
    external: ExternalArgs,
}

/// Arguments of `nonos operator rotate`.
#[derive(Debug, Args)]
pub struct RotateArgs {
    /// Account that will act for the operator from now on [default: the present one]
    #[arg(long, value_name = "ADDRESS")]
    controller: Option<Address>,
    #[command(flatten)]
    terms: TermsArgs,
    #[command(flatten)]
    external: ExternalArgs,
}

#[derive(Debug, Args)]
struct TermsArgs {
    /// How long the enrolment lasts; anybody may remove the leaf afterwards [default: as long as the registry allows]
    #[arg(long, value_name = "DAYS", conflicts_with = "signature")]
    valid_for: Option<u64>,
}

/// Enrols.
pub async fn enrol(args: &EnrolArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let desk = Desk::open(settings, progress).await?;
    let (root, facts) = (desk.root, &desk.facts);
    ensure!(
        !facts.is_enrolled(),
        "operator {root} is enrolled already, until {}; `nonos operator rotate` renews it",
        facts.valid_until
    );
    ensure!(
        facts.open_locks == 0,
        "operator {root} left with {} locks of the market open, and can enrol again when they have ended; \
         `nonos market status` shows them",
        facts.open_locks
    );
    run(desk, None, &args.terms, &args.external, settings, progress).await
}

/// Rotates.
pub async fn rotate(args: &RotateArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let desk = Desk::open(settings, progress).await?;
    desk.require_controller()?;
    let controller = args.controller.unwrap_or(desk.facts.controller);
    ensure!(!controller.is_zero(), "the zero address controls nothing");
    run(desk, Some(controller), &args.terms, &args.external, settings, progress).await
}

/// Both: `controller` is the one after a rotation.
async fn run(
    desk: Desk,
    controller: Option<Address>,
    terms: &TermsArgs,
    external: &ExternalArgs,
    settings: &Settings,
    progress: Progress,
) -> Result<Reply> {
    let sender = if controller.is_some() { desk.facts.controller } else { desk.chain.account()? };
    let controller = controller.unwrap_or(sender);
    let registry = desk.deployment.addresses.operator_registry;
    let path = desk.datadir.enrolment(desk.chain.id, registry);
    let signing = &external.signing;
    let identity = match &signing.signature {
        Some(_) => signed_elsewhere(&desk, &path, sender)?,
        None => proposed(&desk, &path, controller, sender, terms, signing.print_message)?,
    };
    let statement = Statement::operator(&identity, desk.facts.latest_leaf);
    if signing.print_message {
        SavedTerms::new(&identity, desk.facts.latest_leaf).write(&path)?;
        progress.note(&format!(
            "let root key {} sign these bytes with ed25519, then run the same command with --signature FILE",
            desk.root
        ));
        let facts = json!({
            "controller": identity.controller, "valid_until": identity.valid_until, "seq": identity.seq,
            "chain_id": identity.chain_id, "registry": registry, "terms": path,
        });
        return external.show(&statement, facts);
    }
    let deposit = desk.chain.enrolment_deposit(&desk.deployment).await?;
    if !desk.facts.is_enrolled() {
        let balance =
            desk.chain.provider.get_balance(sender).await.wrap_err("reading the account's balance")?;
        ensure!(
            balance > deposit,
            "{sender} holds {balance} wei, which does not pay the deposit of {deposit} wei and the gas"
        );
    }
    // Before anything takes time: a PIN that is wrong, a signature that is somebody else's.
    let witness = statement.witness(signing.sign(&statement.message(), &desk.keystore)?)?;
    let prover = setup::enrolment_prover(settings.srs.as_deref(), progress)?;
    setup::require_enrolment_key(&prover, &desk.deployment)?;
    let proven = prove(&prover, &witness, progress)?;

    let step = progress.step(if desk.facts.is_enrolled() { "rotating" } else { "enrolling" });
    let sent = match desk.facts.is_enrolled() {
        true => desk.chain.rotate(&desk.deployment, &desk.facts, &identity, proven.proof.clone()).await?,
        false => desk.chain.enrol(&desk.deployment, &identity, proven.proof.clone()).await?,
    };
    step.done("");
    if path.exists() {
        std::fs::remove_file(&path)
            .wrap_err_with(|| format!("cannot remove {}, which is of no use any more", path.display()))?;
    }
    let leaf = identity.leaf();
    let tree = desk.chain.operator_tree(&desk.deployment).await?;
    let index = tree.index_of(fr_from_u256(leaf.to_u256())?);
    let text = pairs([
        ("operator", desk.root.to_string()),
        ("controller", identity.controller.to_string()),
        ("leaf", leaf.to_string()),
        ("index", index.map_or_else(|| "removed again already".to_owned(), |index| index.to_string())),
        ("number", identity.seq.to_string()),
        ("valid until", identity.valid_until.to_string()),
        ("proof", format!("{} bytes in {:.1} s", thousands(proven.proof.len() as u64), proven.wall_s)),
        ("transaction", sent.hash.to_string()),
        ("gas", thousands(sent.gas)),
    ]);
    let object = json!({
        "operator": desk.root, "controller": identity.controller, "leaf": leaf, "index": index, "seq": identity.seq,
        "predecessor": format!("{:#066x}", desk.facts.latest_leaf), "valid_until": identity.valid_until,
        "proof_bytes": proven.proof.len(), "prove_s": proven.wall_s, "tx": sent.hash, "gas": sent.gas,
    });
    Ok(Reply::new(text, object))
}

/// The terms that the signature is about, unless the chain has moved on.
fn signed_elsewhere(desk: &Desk, path: &Path, sender: Address) -> Result<Identity> {
    let Some(saved) = SavedTerms::read(path)? else {
        bail!(
            "nothing is waiting for a signature: {} does not exist; --print-message makes it, and shows what has to be signed",
            path.display()
        );
    };
    let identity = saved.identity(&desk.keystore)?;
    saved.check(&desk.facts, sender)?;
    Ok(identity)
}

/// New terms; or those of a message that was printed before and is still good, so that printing it twice does no harm.
fn proposed(
    desk: &Desk,
    path: &Path,
    controller: Address,
    sender: Address,
    terms: &TermsArgs,
    printing: bool,
) -> Result<Identity> {
    if printing && terms.valid_for.is_none()
        // A file that cannot be used is replaced.
        && let Ok(Some(saved)) = SavedTerms::read(path)
        && saved.controller == controller
        && saved.check(&desk.facts, sender).is_ok()
        && let Ok(identity) = saved.identity(&desk.keystore)
    {
        return Ok(identity);
    }
    new_identity(desk, &desk.facts, controller, desk.facts.bounds.until(terms.valid_for)?)
}

fn new_identity(desk: &Desk, facts: &OperatorFacts, controller: Address, until: u64) -> Result<Identity> {
    let seq = facts.seq.checked_add(1);
    let seq = seq.ok_or_else(|| eyre::eyre!("root key {} has no enrolment number left", desk.root))?;
    let registry = desk.deployment.addresses.operator_registry;
    Identity::new(&desk.keystore, controller, registry, desk.chain.id, until, seq)
}
