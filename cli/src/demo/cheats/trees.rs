//! Lying about membership, and counting one launch twice.

use super::{Victim, native, on_chain};
use crate::demo::attempt::{
    Attempt,
    Expected::{Rejected, Reverted},
};
use crate::demo::forge::Forge;
use crate::demo::launch::Receipts;
use crate::demo::ledger::Ledger;
use crate::demo::world::{RELAYER, World};
use crate::verdict;
use eyre::{Result, bail};
use nonos_core::field::{Fr, fr_to_u256};
use nonos_core::lean_imt::{LeanImt, LeanPath};
use nonos_core::poseidon::hash2;
use nonos_core::receipt::ReceiptHeader;
use nonos_node::store::{Put, Store};

/// A tree of one's own, a node of the real tree, a nullifier twice.
pub async fn run(ledger: &mut Ledger, world: &World, forge: &Forge, receipts: &Receipts) -> Result<()> {
    own_tree(ledger, world, forge, &receipts.victim).await?;
    inner_node(ledger, world, forge, &receipts.victim).await?;
    same_nullifier(ledger, world, forge, receipts).await
}

/// Somebody who never enrolled builds trees with himself in them. The proof is valid; the roots are nobody's.
async fn own_tree(ledger: &mut Ledger, world: &World, forge: &Forge, victim: &Victim) -> Result<()> {
    let mut stranger = victim.witness.clone();
    stranger.k = Fr::from(0x0bad);
    let leaves = stranger.leaves();
    let path = |leaf: Fr| -> Result<LeanPath> { Ok(LeanImt::from_leaves([leaf])?.prove(0)?) };
    stranger.operator_path = path(leaves.identity.fr())?;
    stranger.install_path = path(leaves.install.fr())?;
    let receipt = ledger.prepare("proving membership in a self-made tree", || {
        forge.receipt(world, stranger, &victim.receipt.header, &victim.signer, |_| {})
    })?;
    if let Attempt::Rejected { reason } = native(world, &receipt)? {
        bail!("the proof under the self-made tree should be valid, but: {reason}");
    }
    ledger
        .cheat("a self-made operator tree (valid proof), natively", Rejected("operator root"), async {
            let roots = verdict::roots(&receipt.header, &world.chain, &world.deployment).await?;
            let now = verdict::now(Some(&world.chain)).await?;
            Ok(Attempt::check(world.judge.admitted(&receipt, &roots, now), "the stranger counts as enrolled"))
        })
        .await?;
    ledger
        .cheat(
            "a self-made operator tree (valid proof), on chain",
            Reverted("RootUnknown(tree: \"operators\""),
            on_chain(world, &receipt),
        )
        .await
}

/// The parent of two real identities, shown as if it were an identity: the path above it is genuine.
async fn inner_node(ledger: &mut Ledger, world: &World, forge: &Forge, victim: &Victim) -> Result<()> {
    let tree = &world.trees.operators;
    let [Some(left), Some(right)] = [tree.leaf(0), tree.leaf(1)] else {
        bail!("the operator tree has no inner node yet");
    };
    let node = hash2(Fr::from(0), left, right);
    let full = tree.prove(0)?;
    let above = LeanPath { siblings: full.siblings[1..].to_vec(), index_bits: full.index_bits[1..].to_vec() };
    if !above.verify(node, tree.root()) {
        bail!("the node is not on the path to the root");
    }
    let mut witness = victim.witness.clone();
    witness.operator_path = above;
    witness.operator_salt = Fr::from(0);
    let lie = |header: &mut ReceiptHeader| {
        header.operatorTag = fr_to_u256(&node);
        header.operatorRoot = fr_to_u256(&tree.root());
    };
    let receipt = ledger.prepare("forging a proof about an inner node", || {
        forge.receipt(world, witness, &victim.receipt.header, &victim.signer, lie)
    })?;
    ledger
        .cheat("an inner tree node as an identity, natively", Rejected("false"), async {
            native(world, &receipt)
        })
        .await?;
    ledger
        .cheat(
            "an inner tree node as an identity, on chain",
            Reverted("ProofInvalid"),
            on_chain(world, &receipt),
        )
        .await
}

/// The recorded launch once more, under its own nullifier, paid to another account: a true statement, told twice.
async fn same_nullifier(
    ledger: &mut Ledger,
    world: &World,
    forge: &Forge,
    receipts: &Receipts,
) -> Result<()> {
    let (victim, recorded) = (&receipts.victim, &receipts.recorded.receipt);
    let mut twice = victim.witness.clone();
    (twice.epoch, twice.index) = (recorded.epoch(), receipts.recorded.reserved.index);
    let payee = world.chain.account_at(RELAYER)?;
    let change = |header: &mut ReceiptHeader| {
        header.payee = payee;
        header.launchedAt = recorded.header.launchedAt;
    };
    let receipt = ledger.prepare("proving a launch a second time", || {
        forge.receipt(world, twice, &victim.receipt.header, &victim.signer, change)
    })?;
    if receipt.header.nullifier != recorded.header.nullifier {
        bail!("the forged receipt should have the recorded one's nullifier");
    }
    ledger
        .cheat("a second receipt with the same nullifier, in the store", Rejected("nullifier"), async {
            Ok(match receipts.store.put(&receipt)? {
                Put::Repeated { first } => Attempt::Rejected {
                    reason: format!("the nullifier was spent by receipt {first}; nothing was stored"),
                },
                other => Attempt::Accepted { what: format!("the store took it: {other:?}") },
            })
        })
        .await?;
    ledger
        .cheat(
            "a second receipt with the same nullifier, on chain",
            Reverted("NullifierUsed"),
            on_chain(world, &receipt),
        )
        .await
}
