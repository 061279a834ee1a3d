//! Another program than the publisher's, and a state that the policy forbids.

use super::{Victim, native, on_chain};
use crate::demo::attempt::{
    Attempt,
    Expected::{Rejected, Reverted},
};
use crate::demo::forge::Forge;
use crate::demo::ledger::Ledger;
use crate::demo::world::World;
use eyre::Result;
use nonos_node::capsule_runtime::{Isolation, Limits, Runtime, caps::Capability};

/// Both by the honest node, which refuses before it proves, and by a prover that does not care.
pub async fn run(ledger: &mut Ledger, world: &World, forge: &Forge, victim: &Victim) -> Result<()> {
    let manifest = &world.package.manifest;
    let limits = Limits::default();
    let mut binary = world.package.payload.to_vec();
    // The last byte of a module belongs to its last section: still a module, another program.
    if let Some(byte) = binary.last_mut() {
        *byte ^= 1;
    }
    ledger
        .cheat("a binary that is not the manifest's", Rejected("manifest"), async {
            let run =
                tokio::task::block_in_place(|| world.runtime.run(manifest, &binary, None, b"", &limits));
            Ok(Attempt::check(run, "the other binary ran"))
        })
        .await?;

    let naked = Isolation { resource_limits: false, landlock: false, seccomp: false };
    ledger
        .cheat(
            "a state that breaks the policy: the sandbox left off",
            Rejected("refused by the capsule's policy"),
            async {
                let runtime = Runtime::new()?.isolation(naked);
                let payload = &world.package.payload;
                let run = tokio::task::block_in_place(|| runtime.run(manifest, payload, None, b"", &limits));
                Ok(Attempt::check(run, "the capsule ran without its sandbox"))
            },
        )
        .await?;

    let mut lawless = victim.witness.clone();
    lawless.state.caps |= Capability::RandomFill.mask() | Capability::ClockMs.mask();
    ledger
        .cheat("a state that breaks the policy, given to the prover", Rejected("policy"), async {
            Ok(Attempt::check(lawless.instance(), "the witness"))
        })
        .await?;
    let forged = ledger.prepare("forging a proof about a forbidden state", || {
        forge.receipt(world, lawless, &victim.receipt.header, &victim.signer, |_| {})
    })?;
    ledger
        .cheat("a state that breaks the policy, proof forged, natively", Rejected("false"), async {
            native(world, &forged)
        })
        .await?;
    ledger
        .cheat(
            "a state that breaks the policy, proof forged, on chain",
            Reverted("ProofInvalid"),
            on_chain(world, &forged),
        )
        .await
}
