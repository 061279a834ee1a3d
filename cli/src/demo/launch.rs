//! The launch itself: sandbox, proof, receipt, and everybody's verdict on it.

use super::cheats::Victim;
use super::ledger::{Done, Ledger};
use super::setup::limits;
use super::world::{Operator, RELAYER, World};
use crate::chain::Sent;
use crate::datadir::{DataDir, write_whole};
use crate::random::seed;
use crate::table::thousands;
use crate::verdict;
use alloy_primitives::{Address, B256};
use eyre::{Report, Result, ensure};
use nonos_contracts::ChainError;
use nonos_contracts::abi::ReceiptAnchor;
use nonos_contracts::anchor::{checkpoint_at, latest_checkpoint};
use nonos_core::receipt::Receipt;
use nonos_node::launch::{Deployment, LaunchRequest, Launched, Launcher, OnionChoice, Privacy};
use nonos_node::store::RedbStore;
use std::path::{Path, PathBuf};

/// What the capsule gets to read.
pub const INPUT: &[u8] = include_bytes!("input.txt");
/// What the demo shows of a launch: which capsule ran, but not who ran it.
const PRIVACY: Privacy = Privacy { disclose_capsule: true, disclose_operator: false };

/// What the launches left behind.
pub struct Receipts {
    /// The launch that the chain recorded.
    pub recorded: Launched,
    /// Where its receipt was written.
    pub path: PathBuf,
    /// The operator's store.
    pub store: RedbStore,
    /// Another genuine launch, kept from the chain, for the cheats to start from.
    pub victim: Victim,
}

/// Launches, verifies, records; then launches once more for the cheats.
pub async fn run(ledger: &mut Ledger, count: u16, world: &World, datadir: &DataDir) -> Result<Receipts> {
    let store = RedbStore::open(&datadir.store())?;
    let recorded = ledger
        .step("launch the capsule: sandbox, proof, receipt", async {
            let launched = launch(world, &store).await?;
            let output = String::from_utf8_lossy(&launched.execution.output);
            let detail = format!(
                "isolation {}, {} bytes of proof; output: {}",
                launched.execution.state.isolation,
                thousands(launched.receipt.launchProof.len() as u64),
                output.trim().replace('\n', ", ")
            );
            Ok(Done::new(launched, detail))
        })
        .await?;
    let path = ledger
        .step("write the receipt", async {
            let bytes = recorded.receipt.encode();
            let path = datadir.receipts()?.join(format!("{}.receipt", recorded.message_id));
            write_whole(&path, &bytes)?;
            Ok(Done::new(path, format!("{} bytes", thousands(bytes.len() as u64))))
        })
        .await?;
    verify(ledger, world, &path).await?;
    record(ledger, world, &recorded.receipt).await?;
    if count > 1 {
        ledger.step("launch and record the other receipts", more(world, &store, count - 1)).await?;
    }
    let victim = ledger
        .step("launch once more, for the cheats", async {
            let launched = launch(world, &store).await?;
            Ok(Done::new(Victim::new(world, launched)?, "a genuine receipt that the chain has not seen"))
        })
        .await?;
    Ok(Receipts { recorded, path, store, victim })
}

async fn launch(world: &World, store: &RedbStore) -> Result<Launched> {
    launch_by(world, world.ours(), store).await
}

/// Launches the capsule for one of the operators, whose nullifier index is in `store`.
pub async fn launch_by(world: &World, operator: &Operator, store: &RedbStore) -> Result<Launched> {
    let manifest = &world.package.manifest;
    let checkpoint = latest_checkpoint(&world.chain.provider).await?;
    let deployment =
        Deployment { chain_id: world.chain.id, anchor: world.deployment.addresses.receipt_anchor };
    let launcher = Launcher::new(&operator.keystore, &world.runtime, &world.prover, store, deployment)?;
    let membership = operator.identity.membership(&world.trees, manifest)?;
    let request = LaunchRequest {
        package: &world.package,
        hidden_salt: None,
        input: INPUT,
        limits: limits(&manifest.checked_policy()?),
        identity: operator.identity.operator(),
        membership: &membership,
        privacy: PRIVACY,
        onion: OnionChoice::None,
        // A development chain that made many blocks within a second is ahead of the clock.
        launched_at: verdict::clock()?.max(checkpoint.timestamp),
        not_before: (checkpoint.number, checkpoint.hash),
        request_id: B256::ZERO,
        // A hidden operator is paid at an address that nobody knows to be its own.
        payee: Address::from_slice(&seed()?[..20]),
        values: &[],
        open: &["capsule.name".to_owned()],
    };
    tokio::task::block_in_place(|| launcher.launch(&request).map_err(Report::from))
}

/// Both verdicts, from the file, as another node would reach them.
async fn verify(ledger: &mut Ledger, world: &World, path: &Path) -> Result<()> {
    let receipt = ledger
        .step("verify natively: proof valid", async {
            let receipt = Receipt::decode(&std::fs::read(path)?)?;
            world.judge.proof_valid(&receipt)?;
            Ok(Done::new(receipt, "receipt and verifying key alone"))
        })
        .await?;
    ledger
        .step("verify natively: enrolled", async {
            let roots = verdict::roots(&receipt.header, &world.chain, &world.deployment).await?;
            let now = verdict::now(Some(&world.chain)).await?;
            world.judge.admitted(&receipt, &roots, now)?;
            world.judge.fresh(&receipt, &roots, now)?;
            Ok(Done::new((), "operator, install and catalog root are the chain's; launched just now"))
        })
        .await
}

async fn verify_now(world: &World, receipt: &Receipt) -> Result<Sent> {
    let provider = &world.chain.provider;
    let checkpoint = checkpoint_at(provider, receipt.header.notBeforeBlock).await?;
    let anchor = ReceiptAnchor::new(world.deployment.addresses.receipt_anchor, provider);
    let header = (&receipt.header).into();
    let call = anchor.verifyNow(header, receipt.launchProof.clone(), world.publisher, checkpoint.header);
    world.chain.send("verifyNow", world.chain.account_at(RELAYER)?, call.into_transaction_request()).await
}

/// Further launches of the same capsule, each recorded.
async fn more(world: &World, store: &RedbStore, count: u16) -> Result<Done<()>> {
    let mut last = None;
    let mut gas = 0;
    for _ in 0..count {
        let launched = launch(world, store).await?;
        let sent = verify_now(world, &launched.receipt).await?;
        gas += sent.gas;
        last = Some(sent.hash);
    }
    let done = Done::new((), format!("{count} more"));
    Ok(match last {
        Some(hash) => done.on_chain(hash, gas),
        None => done,
    })
}

/// The chain's verdict, and what a dApp sees of it.
async fn record(ledger: &mut Ledger, world: &World, receipt: &Receipt) -> Result<()> {
    let provider = &world.chain.provider;
    let anchor = ReceiptAnchor::new(world.deployment.addresses.receipt_anchor, provider);
    ledger
        .step("verify on chain: verifyNow", async {
            let checkpoint = checkpoint_at(provider, receipt.header.notBeforeBlock).await?;
            let header = (&receipt.header).into();
            let call =
                anchor.verifyNow(header, receipt.launchProof.clone(), world.publisher, checkpoint.header);
            let from = world.chain.account_at(RELAYER)?;
            let sent = world.chain.send("verifyNow", from, call.into_transaction_request()).await?;
            Ok(Done::new((), "recorded by ReceiptAnchor").on_chain(sent.hash, sent.gas))
        })
        .await?;
    ledger
        .step("query it as a dApp", async {
            let failed = |error| ChainError::call("the dApp's query", error);
            let known = anchor.isRecorded((&receipt.header).into()).call().await.map_err(failed)?;
            let record = anchor
                .recordOf(receipt.header.verifierKey, receipt.header.nullifier)
                .call()
                .await
                .map_err(failed)?;
            ensure!(known, "isRecorded says no");
            ensure!(
                record.payee == receipt.header.payee && record.digest == B256::from(receipt.digest()),
                "the record names payee {} and digest {}, not those of the receipt",
                record.payee,
                record.digest
            );
            Ok(Done::new((), format!("recorded at {}, payee {}", record.recordedAt, record.payee)))
        })
        .await
}
