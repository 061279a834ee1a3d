//! The market around the receipt: nodes, gossip, batches, trade, trust, and what cheating meets there.
//!
//! Nodes, relayer and agents are processes of their own, started as a user would; the demo itself plays the requester and
//! the cheats.

mod cheats;
mod fleet;
mod flood;
mod process;
mod trade;
mod wait;

use super::launch::{Receipts, launch_by};
use super::ledger::{Done, Ledger};
use super::world::{RELAYER, World};
use crate::datadir::DataDir;
use alloy::providers::Provider;
use alloy_primitives::{B256, U256};
use eyre::{Result, WrapErr, ensure, eyre};
use fleet::Fleet;
use nonos_api::types::Inclusion;
use nonos_contracts::abi::ReceiptAnchor;
use nonos_contracts::batch::slice;
use nonos_contracts::trust::score_of;
use nonos_core::MessageId;
use nonos_core::receipt::Receipt;
use nonos_node::store::RedbStore;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;
use tokio::task::JoinHandle;
use trade::Asked;
use wait::until;

/// The operator whose agent serves requests, and whose node it stands beside.
pub const AGENT: usize = 1;
/// The operator that locks and does nothing.
pub const STALLER: usize = 2;
/// Slices that the relayer puts up: as many batches can be open at a time.
const SLICES: u64 = 16;

/// Runs it all in `folder`.
pub async fn run(ledger: &mut Ledger, world: &World, receipts: &Receipts, folder: &Path) -> Result<()> {
    let _heart = Heartbeat::start(world);
    let mut fleet = ledger.step("start three nodes", start(world, folder)).await?;
    ledger.step("fund the market", trade::fund(world)).await?;
    // Locked now, because its time has to run out before the end.
    let stalled = ledger
        .step("request a launch that an operator locks and forgets", async {
            let (asked, _) = trade::ask(world, &fleet, STALLER, 4, 5).await?;
            let sent = trade::lock(world, &asked, STALLER).await?;
            Ok(Done::new(asked, "locked").on_chain(sent.hash, sent.gas))
        })
        .await?;
    let launched = ledger.step("launch on every node", launch(world, &fleet, receipts)).await?;
    ledger.step("gossip: every node has every receipt", gossip(&mut fleet, &launched)).await?;
    let batched =
        ledger.step("anchor: relayer, batch, inclusion", anchor(world, &mut fleet, &launched)).await?;
    ledger
        .step("start an operator's agent and a challenger", async {
            fleet.start_agents(world).await?;
            let package = fleet.node(2)?.api.post_package(world.package.encode()).await?;
            Ok(Done::new((), format!("the capsule {} can be fetched from a node", package.capsule_leaf)))
        })
        .await?;
    let asked = ledger
        .step("request a launch", async {
            let (asked, sent) = trade::ask(world, &fleet, AGENT, 60, 120).await?;
            let detail = format!("request {}", asked.id);
            Ok(Done::new(asked, detail).on_chain(sent.hash, sent.gas))
        })
        .await?;
    let (served, inclusion) =
        ledger.step("the agent locks, launches, and is batched", serve(&mut fleet, &asked)).await?;
    cheats::replay(ledger, world, &fleet, &served, &inclusion).await?;
    cheats::bad_leaf(ledger, world, &mut fleet, receipts).await?;
    cheats::flooding(ledger, world, &fleet, &served).await?;
    ledger.step("the first batch is final", finality(world, &mut fleet, &batched)).await?;
    ledger.step("the request is paid", trade::settled(world, &mut fleet, &asked)).await?;
    ledger.step("trust: the score moved, and the nodes read it back", trust(world, &mut fleet)).await?;
    cheats::stall(ledger, world, &mut fleet, &stalled).await?;
    ledger
        .step("stop every service", async {
            let stopped = fleet.stop().await?;
            Ok(Done::new((), format!("{stopped} processes drained and exited with status 0")))
        })
        .await
}

/// A block a second while this lives. Development chains make blocks for transactions only, so their time stands still while
/// everybody waits for a window to end; a chain that makes blocks by itself needs none of ours and may refuse.
struct Heartbeat(JoinHandle<()>);

impl Heartbeat {
    fn start(world: &World) -> Self {
        let provider = world.chain.provider.clone();
        Self(tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_secs(1)).await;
                let _ = provider.raw_request::<_, Value>("evm_mine".into(), ()).await;
            }
        }))
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn start(world: &World, folder: &Path) -> Result<Done<Fleet>> {
    let mut fleet = Fleet::start(world, folder).await?;
    let others = world.operators.len() - 1;
    until("the nodes to know each other", &mut fleet, async |fleet| {
        for node in &fleet.nodes {
            let known = node.api.operators().await?;
            if node.api.peers().await?.is_empty() || known.len() < others {
                return Ok(None);
            }
        }
        Ok(Some(()))
    })
    .await?;
    let detail =
        format!("{} processes; each knows the others' operators by signed beacons", fleet.nodes.len());
    Ok(Done::new(fleet, detail))
}

/// One launch per operator, handed to that operator's node. Each counts its nullifiers in one store: ours in the demo's,
/// the others' in the one beside their node, where the agent goes on counting.
async fn launch(world: &World, fleet: &Fleet, receipts: &Receipts) -> Result<Done<Vec<Receipt>>> {
    let mut launched = Vec::new();
    for (number, operator) in world.operators.iter().enumerate() {
        let node = fleet.node(number)?;
        let receipt = if number == 0 {
            launch_by(world, operator, &receipts.store).await?.receipt
        } else {
            let store = RedbStore::open(&DataDir::create(&node.folder)?.store())?;
            launch_by(world, operator, &store).await?.receipt
        };
        node.api.post_receipt(&receipt).await?;
        launched.push(receipt);
    }
    let detail = format!("{} receipts, each posted to its operator's node", launched.len());
    Ok(Done::new(launched, detail))
}

async fn gossip(fleet: &mut Fleet, launched: &[Receipt]) -> Result<Done<()>> {
    let ids: Vec<B256> = launched.iter().map(|receipt| receipt.message_id().into()).collect();
    until("every node to have every receipt", fleet, async |fleet| {
        for node in &fleet.nodes {
            for id in &ids {
                if node.api.receipt(*id).await?.is_none() {
                    return Ok(None);
                }
            }
        }
        Ok(Some(()))
    })
    .await?;
    Ok(Done::new((), format!("{} receipts on {} nodes, verified by each", ids.len(), fleet.nodes.len())))
}

/// Puts up the relayer's bond, starts it, and waits until another node can prove every inclusion.
async fn anchor(
    world: &World,
    fleet: &mut Fleet,
    launched: &[Receipt],
) -> Result<Done<(Receipt, Inclusion)>> {
    let anchor = ReceiptAnchor::new(world.deployment.addresses.receipt_anchor, &world.chain.provider);
    let bond = slice(&world.chain.provider, &world.deployment).await? * U256::from(SLICES);
    let from = world.chain.account_at(RELAYER)?;
    let call = anchor.depositBond().value(bond).into_transaction_request();
    let sent = world.chain.send("depositing the relayer's bond", from, call).await?;
    fleet.start_relayer(world).await?;
    let mut found = None;
    for receipt in launched {
        let id = receipt.message_id();
        let inclusion = included(fleet, id).await?;
        found = Some((receipt.clone(), inclusion));
    }
    let (receipt, inclusion) = found.ok_or_else(|| eyre!("nothing was launched"))?;
    let detail = format!("batch {} of {} leaves", inclusion.batch_id, inclusion.batch.size);
    Ok(Done::new((receipt, inclusion), detail).on_chain(sent.hash, sent.gas))
}

/// Waits until our node can prove the receipt to be in a batch that the chain holds.
async fn included(fleet: &mut Fleet, id: MessageId) -> Result<Inclusion> {
    until("the receipt to be anchored", fleet, async |fleet| {
        let found = fleet.node(0)?.api.inclusion(id.into()).await?;
        Ok(found.filter(|inclusion| inclusion.anchored_at.is_some()))
    })
    .await
}

/// Waits for the agent's receipt of this request, and for its batch.
async fn serve(fleet: &mut Fleet, asked: &Asked) -> Result<Done<(Receipt, Inclusion)>> {
    let id = asked.id;
    let entry = until("the agent to launch for the request", fleet, async |fleet| {
        Ok(fleet.node(0)?.api.receipts_by_request(id).await?.into_iter().next())
    })
    .await?;
    let receipt = fleet.node(0)?.api.receipt_raw(entry.message_id).await?;
    let receipt = receipt.ok_or_else(|| eyre!("the node lists a receipt that it does not have"))?;
    let inclusion = included(fleet, receipt.message_id()).await?;
    let detail = format!("receipt {} in batch {}", entry.message_id, inclusion.batch_id);
    Ok(Done::new((receipt, inclusion), detail))
}

/// What a dApp asks: is this receipt anchored and final?
async fn finality(world: &World, fleet: &mut Fleet, batched: &(Receipt, Inclusion)) -> Result<Done<()>> {
    let anchor = ReceiptAnchor::new(world.deployment.addresses.receipt_anchor, &world.chain.provider);
    let (receipt, inclusion) = batched;
    until("the first batch to be final", fleet, async |_| {
        let batch = (&inclusion.batch).into();
        let leaf = receipt.leaf().into();
        let call = anchor.isAnchored(batch, inclusion.index, leaf, inclusion.path.clone());
        Ok(call.call().await.wrap_err("asking whether the receipt is anchored")?.then_some(()))
    })
    .await?;
    Ok(Done::new((), "isAnchored says yes"))
}

/// The score on chain, and the same score at every node.
async fn trust(world: &World, fleet: &mut Fleet) -> Result<Done<()>> {
    let operator = world.operators.get(AGENT).ok_or_else(|| eyre!("there is no such operator"))?;
    let operator: B256 = operator.identity.root_key.into();
    let scores = world.deployment.addresses.trust_scores;
    let score = score_of(&world.chain.provider, scores, operator).await?;
    ensure!(score > 0, "the operator was paid, and its score is still 0");
    until("the nodes to read the score", fleet, async |fleet| {
        for node in &fleet.nodes {
            if node.api.trust(operator).await?.is_none_or(|trust| trust.score != score) {
                return Ok(None);
            }
        }
        // The peer that the operator's beacon names has it too: that is what ranks it.
        let peers = fleet.node(0)?.api.peers().await?;
        Ok(peers
            .iter()
            .any(|peer| peer.operator == Some(operator) && peer.trust == Some(score))
            .then_some(()))
    })
    .await?;
    Ok(Done::new((), format!("score 0 -> {score}; every node ranks the operator's peer by it")))
}
