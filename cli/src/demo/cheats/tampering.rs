//! Changing a genuine receipt after the fact.

use super::{Victim, native, on_chain};
use crate::demo::attempt::Expected::{Rejected, Reverted};
use crate::demo::ledger::Ledger;
use crate::demo::world::World;
use alloy_primitives::address;
use eyre::Result;
use nonos_core::receipt::Receipt;

/// One bit, then the payee: as a thief without keys, and as one who holds the execution key.
pub async fn run(ledger: &mut Ledger, world: &World, victim: &Victim) -> Result<()> {
    let mut flipped = victim.receipt.clone();
    flipped.header.outputHash.0[31] ^= 1;
    ledger
        .cheat("one bit of the receipt changed, natively", Rejected("signature does not verify"), async {
            native(world, &flipped)
        })
        .await?;
    ledger
        .cheat(
            "one bit of the receipt changed, on chain",
            Reverted("ProofInvalid"),
            on_chain(world, &flipped),
        )
        .await?;

    let mut stolen = victim.receipt.clone();
    stolen.header.payee = address!("00000000000000000000000000000000deadbeef");
    ledger
        .cheat("payee changed, natively", Rejected("signature does not verify"), async {
            native(world, &stolen)
        })
        .await?;
    let resigned = Receipt {
        executionSignature: victim.signer.sign_receipt(&stolen.digest()).to_vec().into(),
        ..stolen.clone()
    };
    ledger
        .cheat("payee changed and signed again, natively", Rejected("false"), async {
            native(world, &resigned)
        })
        .await?;
    ledger.cheat("payee changed, on chain", Reverted("ProofInvalid"), on_chain(world, &resigned)).await
}
