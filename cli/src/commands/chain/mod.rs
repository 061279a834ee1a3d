//! `nonos chain`: the contracts.

mod addresses;
mod deploy;

use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::table::pairs;
use clap::Subcommand;
use eyre::Result;
use nonos_contracts::Deployment;

pub use deploy::{config, mesh_floor};

/// What to do with the contracts.
#[derive(Debug, Subcommand)]
pub enum ChainCommand {
    /// Deploy all contracts and write DATADIR/deployment-CHAIN.json
    Deploy(Box<deploy::DeployArgs>),
    /// Show the addresses of the deployment, after checking that the contracts are there
    Addresses,
}

/// Runs one of them.
pub async fn run(command: ChainCommand, settings: &Settings, progress: Progress) -> Result<Reply> {
    match command {
        ChainCommand::Deploy(args) => deploy::run(&args, settings, progress).await,
        ChainCommand::Addresses => addresses::run(settings).await,
    }
}

fn lines(deployment: &Deployment) -> String {
    let a = &deployment.addresses;
    pairs([
        ("chain", deployment.chain_id.to_string()),
        ("ReceiptAnchor", a.receipt_anchor.to_string()),
        ("ProofMarket", a.proof_market.to_string()),
        ("TrustScores", a.trust_scores.to_string()),
        ("VerificationMarket", a.verification_market.to_string()),
        ("FeeSchedule", a.fee_schedule.to_string()),
        ("ValidationView", a.validation_view.to_string()),
        ("OperatorRegistry", a.operator_registry.to_string()),
        ("CapsuleRegistry", a.capsule_registry.to_string()),
        ("VerifierRouter", a.verifier_router.to_string()),
        ("LaunchVerifier", a.launch_verifier.to_string()),
        ("LaunchHalo2Verifier", a.launch_halo2_verifier.to_string()),
        ("MarketRules", a.market_rules.to_string()),
        ("Claims", a.claims.to_string()),
        ("InputDemands", a.input_demands.to_string()),
        ("TokenAccounts", a.token_accounts.to_string()),
        ("Admission", a.admission.to_string()),
        ("Fraud", a.fraud.to_string()),
        ("PoseidonT3", a.poseidon_t3.to_string()),
        ("PoseidonTagged", a.poseidon_tagged.to_string()),
        ("verifier key", deployment.verifier_key.to_string()),
        ("events from block", deployment.first_block.to_string()),
    ])
}
