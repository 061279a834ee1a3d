//! Installing what one does not hold, or with somebody else's proof, and launching without.

use crate::chain::Trees;
use crate::demo::attempt::{
    Attempt,
    Expected::{Rejected, Reverted},
};
use crate::demo::install::{Proven, Yard};
use crate::demo::ledger::Ledger;
use crate::demo::world::Operator;
use alloy_primitives::Address;
use eyre::{Result, eyre};
use nonos_circuits::install::InstallProver;
use nonos_contracts::abi::CapsuleRegistry;
use nonos_contracts::abi::capsules::CapsuleRegistry::InstallProof;

/// With genuine proofs that were not used yet, and trees without installs.
pub async fn before(
    ledger: &mut Ledger,
    yard: &Yard<'_>,
    prover: &InstallProver,
    operators: &[Operator],
    proven: &[Proven],
    trees: &Trees,
) -> Result<()> {
    let ([operator, ..], [ours, other, ..]) = (operators, proven) else {
        return Err(eyre!("the cheats need two operators"));
    };
    ledger
        .cheat("a launch without an install", Rejected("has not installed the capsule"), async {
            let membership = operator.identity.membership(trees, &yard.package.manifest);
            Ok(Attempt::check(membership, "a place in an install tree without the leaf"))
        })
        .await?;
    ledger
        .cheat("an install of another binary, before proving", Rejected("another binary or salt"), async {
            let mut witnesses = yard.witnesses(operator)?.1;
            let byte = witnesses.last_mut().and_then(|last| last.bytes.first_mut());
            *byte.ok_or_else(|| eyre!("the binary is empty"))? ^= 1;
            let last = witnesses.last().ok_or_else(|| eyre!("there are no chunks"))?;
            Ok(Attempt::check(prover.prove(last, [0; 32]), "a binary with one bit changed"))
        })
        .await?;
    let from = operator.identity.controller;
    let genuine = ours.entry();
    let tries = [
        (
            "an install with another operator's proof, on chain",
            "InstallProofRejected",
            InstallProof { leaf: other.leaf.to_u256(), ..genuine.clone() },
        ),
        (
            "an install that claims to go on, on chain",
            "InstallProofRejected",
            InstallProof { complete: false, ..genuine.clone() },
        ),
        (
            "an install from the middle of a binary, on chain",
            "InstallNotReached",
            InstallProof { position: 1, ..genuine },
        ),
    ];
    for (name, error, entry) in tries {
        ledger.cheat(name, Reverted(error), admit(yard, from, entry)).await?;
    }
    Ok(())
}

/// The same proof once more.
pub async fn again(
    ledger: &mut Ledger,
    yard: &Yard<'_>,
    operators: &[Operator],
    proven: &[Proven],
) -> Result<()> {
    let ([operator, ..], [ours, ..]) = (operators, proven) else {
        return Err(eyre!("there are no operators"));
    };
    let work = admit(yard, operator.identity.controller, ours.entry());
    ledger.cheat("an install proof used twice, on chain", Reverted("LeafUsed"), work).await
}

async fn admit(yard: &Yard<'_>, from: Address, entry: InstallProof) -> Result<Attempt> {
    let registry = CapsuleRegistry::new(yard.deployment.addresses.capsule_registry, &yard.chain.provider);
    let call = registry.admitInstalls(vec![entry]);
    let outcome = yard.chain.send_refused("install", from, call.into_transaction_request()).await?;
    Ok(match outcome {
        Ok(refused) => Attempt::Reverted { reason: refused.reason, tx: Some(refused.hash) },
        Err(sent) => Attempt::Accepted { what: format!("the registry admitted it in {}", sent.hash) },
    })
}
