//! Enrolling as somebody else, elsewhere, or twice.

use crate::chain::Chain;
use crate::demo::attempt::{
    Attempt,
    Expected::{Rejected, Reverted},
};
use crate::demo::enrolment::{Enrolling, Office};
use crate::demo::ledger::Ledger;
use crate::demo::world::{DISHONEST, Operator};
use crate::enrolment::Statement;
use alloy_primitives::{Address, B256, Bytes, U256};
use eyre::{Result, eyre};
use nonos_contracts::Deployment;
use nonos_contracts::abi::OperatorRegistry;

/// With a genuine proof that was not used yet: everything but the lie is in order.
pub async fn before(ledger: &mut Ledger, office: &Office<'_>, enrolling: &[Enrolling]) -> Result<()> {
    let [ours, other, ..] = enrolling else { return Err(eyre!("the cheats need two operators")) };
    let statement = Statement::operator(&ours.identity, U256::ZERO);
    ledger
        .cheat(
            "an enrolment signed by another key, before proving",
            Rejected("the signature is not one by key"),
            async {
                let forged = other.keystore.sign_as_root(&statement.message())?;
                let witness = statement.witness(forged).map_err(|error| crate::output::one_line(&error));
                Ok(Attempt::check(witness, "another key's signature"))
            },
        )
        .await?;
    let attacker = office.chain.account_at(DISHONEST)?;
    let genuine = ours.identity.entry();
    let proof = &ours.proven.proof;
    let tries = [
        (
            "an enrolment with the proof of another key, on chain",
            "EnrolmentProofRejected",
            genuine.controller,
            OperatorRegistry::Enrolment { operator: B256::from(other.identity.root_key), ..genuine.clone() },
        ),
        (
            "an enrolment under another controller, on chain",
            "EnrolmentProofRejected",
            attacker,
            OperatorRegistry::Enrolment { controller: attacker, ..genuine.clone() },
        ),
        ("an enrolment copied from the mempool, on chain", "NotController", attacker, genuine.clone()),
        (
            "an enrolment for another chain, on chain",
            "WrongChain",
            genuine.controller,
            OperatorRegistry::Enrolment { chainId: U256::ONE, ..genuine.clone() },
        ),
    ];
    for (name, error, from, entry) in tries {
        let work = enrol(office.chain, office.deployment, from, entry, proof);
        ledger.cheat(name, Reverted(error), work).await?;
    }
    Ok(())
}

/// The same proof once more, while its leaf is in the tree.
pub async fn again(ledger: &mut Ledger, office: &Office<'_>, enrolling: &[Enrolling]) -> Result<()> {
    let ours = enrolling.first().ok_or_else(|| eyre!("there are no operators"))?;
    let entry = ours.identity.entry();
    let work = enrol(office.chain, office.deployment, entry.controller, entry, &ours.proven.proof);
    ledger.cheat("an enrolment proof used twice, on chain", Reverted("AlreadyEnrolled"), work).await
}

/// The same proof once more, after the operator left.
pub async fn after_exit(
    ledger: &mut Ledger,
    chain: &Chain,
    deployment: &Deployment,
    operator: &Operator,
) -> Result<()> {
    let entry = operator.identity.entry();
    let work = enrol(chain, deployment, entry.controller, entry, &operator.enrolment);
    ledger
        .cheat("an enrolment proof replayed after the exit, on chain", Reverted("StaleSequence"), work)
        .await
}

/// Sends an enrolment with the deposit, as a transaction.
async fn enrol(
    chain: &Chain,
    deployment: &Deployment,
    from: Address,
    entry: OperatorRegistry::Enrolment,
    proof: &Bytes,
) -> Result<Attempt> {
    let deposit = chain.enrolment_deposit(deployment).await?;
    let registry = OperatorRegistry::new(deployment.addresses.operator_registry, &chain.provider);
    let call = registry.enrol(entry, proof.clone()).value(deposit);
    let outcome = chain.send_refused("enrol", from, call.into_transaction_request()).await?;
    Ok(match outcome {
        Ok(refused) => Attempt::Reverted { reason: refused.reason, tx: Some(refused.hash) },
        Err(sent) => Attempt::Accepted { what: format!("the registry enrolled it in {}", sent.hash) },
    })
}
