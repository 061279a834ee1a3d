//! The same proof in other bytes: whoever accepts these lets one receipt have two names.

use super::{Victim, native, on_chain};
use crate::demo::attempt::Expected::{self, Rejected, Reverted};
use crate::demo::ledger::Ledger;
use crate::demo::world::World;
use alloy_primitives::U256;
use eyre::{Result, eyre};
use nonos_circuits::backend::{ProofShape, shape::Item};
use nonos_core::field::MODULUS;
use nonos_core::receipt::Receipt;

const WORD: usize = 32;
const POINT: usize = 64;

/// x + r for an evaluation, a byte too many, the identity for a commitment.
pub async fn run(ledger: &mut Ledger, world: &World, victim: &Victim) -> Result<()> {
    let proof = &victim.receipt.launchProof;
    let shape = world.prover.verifier().shape();
    let cases: [(&str, Vec<u8>, Expected); 3] = [
        (
            "x + r for a scalar of the proof",
            plus_modulus(shape, proof)?,
            Rejected("not below the scalar field"),
        ),
        ("a trailing byte after the proof", [proof.as_ref(), &[0]].concat(), Rejected("exactly")),
        ("the identity point for a commitment", identity(shape, proof)?, Rejected("point at infinity")),
    ];
    for (name, bytes, expected) in cases {
        let receipt = Receipt { launchProof: bytes.into(), ..victim.receipt.clone() };
        ledger.cheat(&format!("{name}, natively"), expected, async { native(world, &receipt) }).await?;
        ledger
            .cheat(&format!("{name}, on chain"), Reverted("ProofInvalid"), on_chain(world, &receipt))
            .await?;
    }
    Ok(())
}

fn offset(shape: &ProofShape, wanted: impl Fn(&Item) -> bool) -> Result<usize> {
    let mut at = 0;
    for item in shape.items() {
        if wanted(&item) {
            return Ok(at);
        }
        at += if matches!(item, Item::Point(_)) { POINT } else { WORD };
    }
    Err(eyre!("the proof has no such part"))
}

/// Below 2^256 for every canonical x, so it still fits the word.
fn plus_modulus(shape: &ProofShape, proof: &[u8]) -> Result<Vec<u8>> {
    let at = offset(shape, |item| matches!(item, Item::Scalar(_)))?;
    let mut bytes = proof.to_vec();
    let word = bytes.get_mut(at..at + WORD).ok_or_else(|| eyre!("the proof is too short"))?;
    let sum = U256::from_be_slice(word) + MODULUS;
    word.copy_from_slice(&sum.to_be_bytes::<WORD>());
    Ok(bytes)
}

fn identity(shape: &ProofShape, proof: &[u8]) -> Result<Vec<u8>> {
    let at = offset(shape, |item| matches!(item, Item::Point(_)))?;
    let mut bytes = proof.to_vec();
    bytes.get_mut(at..at + POINT).ok_or_else(|| eyre!("the proof is too short"))?.fill(0);
    Ok(bytes)
}
