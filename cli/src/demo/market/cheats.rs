//! What cheating meets once money is involved: a replayed proof, a stalled lock, a false leaf, a flood.

use super::STALLER;
use super::fleet::Fleet;
use super::flood::flood;
use super::trade::{Asked, ask, lock, market};
use super::wait::until;
use crate::demo::attempt::Attempt;
use crate::demo::attempt::Expected::{Punished, Rejected, Reverted};
use crate::demo::launch::Receipts;
use crate::demo::ledger::Ledger;
use crate::demo::world::{CHALLENGER, DISHONEST, OPERATOR, World};
use crate::verdict;
use alloy_primitives::Bytes;
use eyre::{Result, WrapErr, ensure, eyre};
use nonos_api::NodeClient;
use nonos_api::types::Inclusion;
use nonos_contracts::abi::{ProofMarket, ReceiptAnchor};
use nonos_contracts::anchor::checkpoint_at;
use nonos_contracts::batch::{DemandState, LeafStatus, batch_of, bond_of, leaf_facts, slice};
use nonos_contracts::challenge::demand_of;
use nonos_contracts::market::RequestState;
use nonos_core::batch::{BatchRecord, BatchRef};
use nonos_core::receipt::Receipt;
use nonos_node::mesh::Multiaddr;

/// An operator locks a request and hands in the receipt that served another one.
pub async fn replay(
    ledger: &mut Ledger,
    world: &World,
    fleet: &Fleet,
    receipt: &Receipt,
    inclusion: &Inclusion,
) -> Result<()> {
    ledger
        .cheat("a receipt replayed for another request", Reverted("ReceiptMismatch"), async {
            let (other, _) = ask(world, fleet, STALLER, 600, 1_200).await?;
            lock(world, &other, STALLER).await?;
            claim(world, &other, receipt, inclusion).await
        })
        .await
}

async fn claim(world: &World, asked: &Asked, receipt: &Receipt, inclusion: &Inclusion) -> Result<Attempt> {
    let checkpoint = checkpoint_at(&world.chain.provider, receipt.header.notBeforeBlock).await?;
    let BatchRef { relayer, root, size, dataCommitment } = inclusion.batch;
    let evidence = ProofMarket::Evidence {
        batch: ProofMarket::BatchRef { relayer, root, size, dataCommitment },
        index: inclusion.index,
        path: inclusion.path.clone(),
        header: (&receipt.header).into(),
        proof: receipt.launchProof.clone(),
        notBeforeHeader: checkpoint.header,
    };
    let market = market(world);
    let call = market.contract().claim((&asked.request).into(), evidence);
    let from = world.chain.account_at(OPERATOR + STALLER)?;
    let outcome = world.chain.send_refused("claim", from, call.into_transaction_request()).await?;
    Ok(match outcome {
        Ok(refused) => Attempt::Reverted { reason: refused.reason, tx: Some(refused.hash) },
        Err(sent) => Attempt::Accepted { what: format!("the market took the claim in {}", sent.hash) },
    })
}

/// An operator locked and did nothing: once the time is over, anybody takes its collateral apart.
pub async fn stall(ledger: &mut Ledger, world: &World, fleet: &mut Fleet, stalled: &Asked) -> Result<()> {
    ledger.cheat("a lock that is never served", Punished("slashed"), slash(world, fleet, stalled)).await
}

async fn slash(world: &World, fleet: &mut Fleet, stalled: &Asked) -> Result<Attempt> {
    let market = market(world);
    let due = market.slashable_at(stalled.id).await?.ok_or_else(|| eyre!("the stalled lock is not there"))?;
    until("the stalled lock to be overdue", fleet, async |_| {
        Ok((verdict::now(Some(&world.chain)).await? >= due).then_some(()))
    })
    .await?;
    let call = market.contract().slash((&stalled.request).into());
    let from = world.chain.account_at(CHALLENGER)?;
    let sent = world.chain.send("slash", from, call.into_transaction_request()).await?;
    let state = market.state_of(stalled.id).await?;
    if state != RequestState::Slashed {
        return Ok(Attempt::Accepted { what: format!("the stalled request is {state:?}") });
    }
    let lock = market.lock_of(stalled.id).await?;
    let reason =
        format!("slashed: {} wei of collateral, half of it burned, and a fault recorded", lock.collateral);
    Ok(Attempt::Punished { reason, tx: Some(sent.hash) })
}

/// A relayer anchors a leaf whose proof is false; the challenger finds it, has it shown, and proves it.
pub async fn bad_leaf(
    ledger: &mut Ledger,
    world: &World,
    fleet: &mut Fleet,
    receipts: &Receipts,
) -> Result<()> {
    let mut receipt = receipts.victim.receipt.clone();
    receipt.header.payee = world.chain.account_at(DISHONEST)?;
    ledger
        .cheat(
            "a relayer anchors a receipt that was never proven",
            Punished("slashed"),
            anchor_false(world, fleet, &receipt),
        )
        .await
}

async fn anchor_false(world: &World, fleet: &mut Fleet, receipt: &Receipt) -> Result<Attempt> {
    let (provider, deployment) = (&world.chain.provider, &world.deployment);
    let (chain, relayer) = (&world.chain, world.chain.account_at(DISHONEST)?);
    let anchor = ReceiptAnchor::new(deployment.addresses.receipt_anchor, provider);
    let bond = anchor.depositBond().value(slice(provider, deployment).await?);
    chain.send("depositing a bond", relayer, bond.into_transaction_request()).await?;
    let leaves = vec![receipt.leaf()];
    let record = BatchRecord::new(chain.id, deployment.addresses.receipt_anchor, relayer, leaves)?;
    let batch = record.batch;
    let BatchRef { root, size, dataCommitment, .. } = batch;
    let before = bond_of(provider, deployment, chain.account_at(CHALLENGER)?).await?.free;
    let call = anchor.anchorBatch(root, size, dataCommitment);
    chain.send("anchorBatch", relayer, call.into_transaction_request()).await?;
    let node = fleet.node(1)?.api.clone();
    until("the node to take the false batch", fleet, async |_| posted(&node, &record).await).await?;

    let mut shown = false;
    let found = until("the challenger to prove the false leaf", fleet, async |_| {
        let standing = batch_of(provider, deployment, batch.id()).await?;
        let standing = standing.ok_or_else(|| eyre!("the false batch is not there"))?;
        if standing.slice.is_zero() {
            return Ok(Some(()));
        }
        // Not answering would cost the whole batch; the dishonest relayer hopes that nobody checks the proof.
        let demand = demand_of(provider, deployment, batch.id(), 0).await?;
        if !shown && demand.is_some_and(|demand| demand.state == DemandState::Open) {
            let call = anchor.revealLeaf(
                (&batch).into(),
                0,
                Vec::new(),
                (&receipt.header).into(),
                receipt.launchProof.clone(),
            );
            chain.send("revealLeaf", relayer, call.into_transaction_request()).await?;
            shown = true;
        }
        Ok(None)
    })
    .await;
    if let Err(error) = found {
        return Ok(Attempt::Accepted { what: format!("the false leaf: {error:#}") });
    }
    let facts = leaf_facts(provider, deployment, &batch, 0, receipt.leaf(), Vec::new()).await?;
    let after = bond_of(provider, deployment, chain.account_at(CHALLENGER)?).await?.free;
    ensure!(facts.status == LeafStatus::Void, "the slice is gone, but the leaf is {:?}", facts.status);
    let reward = after.saturating_sub(before);
    let reason =
        format!("leaf void, slice slashed, {reward} wei to the challenger, half of the slice burned");
    Ok(Attempt::Punished { reason, tx: None })
}

/// `None` while the node has not seen the batch on chain.
async fn posted(node: &NodeClient, record: &BatchRecord) -> Result<Option<()>> {
    Ok(node.post_batch(record).await.ok().map(drop))
}

/// A peer sends one valid receipt again and again, as fast as it can.
pub async fn flooding(ledger: &mut Ledger, world: &World, fleet: &Fleet, receipt: &Receipt) -> Result<()> {
    let bytes: Bytes = receipt.encode().into();
    ledger
        .cheat("a peer that floods a node with copies", Rejected("hung up"), async {
            let node = fleet.node(1)?;
            let target: Multiaddr = node.mesh.parse().wrap_err("the address of the node")?;
            let before = counter(&node.api, "nonos_mesh_throttled_total").await?;
            let flood = flood(world, &target, &bytes).await?;
            let throttled = counter(&node.api, "nonos_mesh_throttled_total").await? - before;
            if !flood.dropped || flood.back || throttled == 0 {
                return Ok(Attempt::Accepted {
                    what: format!(
                        "{} messages; {throttled} of them throttled, dropped: {}, let in again: {}",
                        flood.sent, flood.dropped, flood.back
                    ),
                });
            }
            let peers = node.api.peers().await?.len();
            let reason = format!(
                "{throttled} messages throttled, then the node hung up and lets it in no more; its {peers} peers stayed"
            );
            Ok(Attempt::Rejected { reason })
        })
        .await
}

/// A counter of a node by its name.
async fn counter(node: &NodeClient, name: &str) -> Result<u64> {
    let text = node.metrics().await?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let line = line.ok_or_else(|| eyre!("the node counts no {name}"))?;
    Ok(line.trim().parse::<f64>().wrap_err_with(|| format!("{name} is `{line}`"))? as u64)
}
