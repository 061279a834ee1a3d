//! The cheats, each really tried: against the native verifier, and against the contract by a transaction.

mod capsule;
mod encoding;
pub mod enrolment;
pub mod install;
mod setup;
mod tampering;
mod trees;
mod victim;

pub use victim::Victim;

use super::attempt::Attempt;
use super::forge::Forge;
use super::launch::Receipts;
use super::ledger::Ledger;
use super::world::World;
use alloy_primitives::Bytes;
use eyre::Result;
use nonos_contracts::abi::ReceiptAnchor;
use nonos_contracts::anchor::checkpoint_at;
use nonos_core::receipt::Receipt;

/// Tries every cheat.
pub async fn run(ledger: &mut Ledger, world: &World, forge: &Forge, receipts: &Receipts) -> Result<()> {
    let victim = &receipts.victim;
    tampering::run(ledger, world, victim).await?;
    capsule::run(ledger, world, forge, victim).await?;
    trees::run(ledger, world, forge, receipts).await?;
    encoding::run(ledger, world, victim).await?;
    setup::run(ledger, world).await
}

/// Hands the receipt to the native verifier, as bytes, as any node would get it.
fn native(world: &World, receipt: &Receipt) -> Result<Attempt> {
    let verdict = match Receipt::decode(&receipt.encode()) {
        Ok(decoded) => world.judge.proof_valid(&decoded),
        Err(error) => Err(error.into()),
    };
    Ok(Attempt::check(verdict, "the receipt, natively"))
}

/// Sends the receipt to `ReceiptAnchor.verifyNow` in a transaction.
async fn on_chain(world: &World, receipt: &Receipt) -> Result<Attempt> {
    let provider = &world.chain.provider;
    let checkpoint = checkpoint_at(provider, receipt.header.notBeforeBlock).await?;
    let anchor = ReceiptAnchor::new(world.deployment.addresses.receipt_anchor, provider);
    let proof: Bytes = receipt.launchProof.clone();
    let call = anchor.verifyNow((&receipt.header).into(), proof, world.publisher, checkpoint.header);
    let from = world.chain.account_at(super::world::RELAYER)?;
    let outcome = world.chain.send_refused("verifyNow", from, call.into_transaction_request()).await?;
    Ok(match outcome {
        Ok(refused) => Attempt::Reverted { reason: refused.reason, tx: Some(refused.hash) },
        Err(sent) => Attempt::Accepted { what: format!("the contract recorded it in {}", sent.hash) },
    })
}
