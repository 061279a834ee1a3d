//! The demo: the whole flow in one run, then every cheat that should fail.

mod attempt;
mod cheats;
mod enrolment;
mod forge;
mod install;
mod launch;
mod leaving;
mod ledger;
mod market;
mod report;
mod setup;
mod world;

use crate::datadir::DataDir;
use crate::output::{Reply, one_line};
use crate::progress::Progress;
use crate::settings::Settings;
use eyre::Result;
use forge::Forge;
use ledger::{Done, Ledger};
use serde_json::{Value, json};

/// How large the demo is.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Operators to enrol, at least the three that run nodes.
    pub operators: u16,
    /// Launches to record, at least one.
    pub receipts: u16,
}

/// Runs it. A step that fails ends it; the report shows how far it came.
pub async fn run(plan: &Plan, settings: &Settings, datadir: &DataDir, progress: Progress) -> Reply {
    let mut ledger = Ledger::new(progress);
    let mut facts = Vec::new();
    let outcome = flow(&mut ledger, plan, settings, datadir, &mut facts).await;
    report::reply(&ledger, &facts, outcome.err().map(|error| one_line(&error)))
}

async fn flow(
    ledger: &mut Ledger,
    plan: &Plan,
    settings: &Settings,
    datadir: &DataDir,
    facts: &mut Vec<(&'static str, Value)>,
) -> Result<()> {
    let world = setup::run(ledger, plan.operators, settings).await?;
    facts.push(("chain_id", json!(world.chain.id)));
    facts.push(("verifier_key", json!(world.prover.verifier().key())));
    let receipts = launch::run(ledger, plan.receipts, &world, datadir).await?;
    if settings.datadir_named {
        facts.push(("receipt", json!(receipts.path)));
    }
    let forge = ledger
        .step("build a prover without scruples", async {
            Ok(Done::new(tokio::task::block_in_place(Forge::new)?, "proves what the node's prover refuses"))
        })
        .await?;
    cheats::run(ledger, &world, &forge, &receipts).await?;
    let folder = datadir.services()?;
    market::run(ledger, &world, &receipts, &folder).await?;
    leaving::run(ledger, &world).await
}
