//! The relayer: receipts through its durable queue, with and without the contract's verdict, and gas of a full batch.

use super::figure::Figure;
use super::witness::sample;
use crate::chain::Chain;
use crate::commands::chain::mesh_floor;
use crate::measure::median;
use crate::random::seed;
use alloy::network::TransactionBuilder;
use alloy::rpc::types::TransactionRequest;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use async_trait::async_trait;
use eyre::{Result, ensure};
use nonos_circuits::launch::LaunchProver;
use nonos_contracts::batch::anchor_batch_calldata;
use nonos_contracts::{DeployConfig, deploy};
use nonos_core::ReceiptLeaf;
use nonos_core::batch::BatchRecord;
use nonos_core::field::fr_to_u256;
use nonos_core::receipt::{Receipt, ReceiptHeader};
use nonos_devnet::Devnet;
use nonos_relayer::queue::{Arrival, Identity, Queue};
use nonos_relayer::verify::{Admission, EvmVerifier, NotAdmitted, ProofCheck, Refusal, Verifier};
use nonos_relayer::{Progress, Stage, Telemetry, bond};
use std::sync::Arc;
use std::time::Duration;

/// Leaves of a full batch.
const FULL: usize = 1_024;
/// Receipts through the queue without checks: eight full batches.
const QUEUED: usize = 8 * FULL;
/// Receipts with the check: each costs milliseconds.
const VERIFIED: usize = 256;
/// Receipts per page, as the relayer asks for.
const PAGE: usize = 256;

const IDENTITY: Identity = Identity { chain_id: 31337, anchor: Address::ZERO, relayer: Address::ZERO };

/// Arrival, judgement and batching of receipts of real size, every step an fsynced commit as in the service: first with a judge
/// that accepts at once, then with one that decodes a real receipt and runs the verifier contract in revm.
pub async fn measure_throughput(prover: &LaunchProver, n: usize) -> Result<Vec<Option<Figure>>> {
    let receipt = unsigned(prover)?;
    let bytes: Bytes = receipt.encode().into();
    let free: Arc<dyn ProofCheck> = Arc::new(Free(receipt));
    let contract: Arc<dyn ProofCheck> = Arc::new(Contract { bytes: bytes.clone(), evm: EvmVerifier::new()? });
    let (mut plain, mut checked) = (Vec::new(), Vec::new());
    for _ in 0..n {
        plain.push(run(QUEUED, &bytes, &free).await?);
        checked.push(run(VERIFIED, &bytes, &contract).await?);
    }
    Ok(vec![
        median(&plain).and_then(|rate| Figure::new("relayer_receipts_per_s", rate, n)),
        median(&checked).and_then(|rate| Figure::new("relayer_verified_receipts_per_s", rate, n)),
    ])
}

/// Receipts per second of wall time.
async fn run(count: usize, bytes: &Bytes, judge: &Arc<dyn ProofCheck>) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let queue = Arc::new(Queue::open(&folder.path().join("queue.redb"), IDENTITY)?);
    let telemetry = Arc::new(Telemetry::default());
    let mut stage = Verifier::new(
        Arc::clone(&queue),
        telemetry,
        Arc::clone(judge),
        Arc::new(Everything),
        Duration::from_secs(1),
    );
    let started = std::time::Instant::now();
    for first in (0..count).step_by(PAGE) {
        let page: Vec<Arrival> =
            (first..first + PAGE).map(|i| Arrival { leaf: leaf(i), receipt: bytes.clone() }).collect();
        queue.arrive(&page, (first + PAGE) as u64)?;
        while stage.step().await? == Progress::More {}
    }
    while queue.form_batch(FULL)?.is_some() {}
    let seconds = started.elapsed().as_secs_f64();
    let batched: u64 = queue.counts()?.batches.values().sum();
    ensure!(batched == count.div_ceil(FULL) as u64, "{batched} batches of {count} receipts");
    Ok(count as f64 / seconds)
}

/// Anchors `n + 1` full batches on the embedded chain; the first, which writes to a fresh slot of the account, does not count.
pub async fn measure_gas(n: usize) -> Result<Vec<Option<Figure>>> {
    let chain = Chain::embedded(&Devnet::default());
    let relayer = chain.account()?;
    let deployment = deploy(&chain.provider, &DeployConfig::new(relayer, mesh_floor())).await?;
    let anchor = deployment.addresses.receipt_anchor;
    let slice = bond::bond(&chain.provider, anchor, relayer).await?.slice;
    bond::deposit(&chain.provider, anchor, relayer, slice * U256::from(n + 2)).await?;
    let mut gas = Vec::new();
    for batch in 0..=n {
        let leaves = (0..FULL).map(|i| leaf(batch * FULL + i));
        let record = BatchRecord::new(chain.id, anchor, relayer, leaves)?;
        let request =
            TransactionRequest::default().with_to(anchor).with_input(anchor_batch_calldata(&record.batch));
        let sent = chain.send("anchoring a full batch", relayer, request).await?;
        if batch > 0 {
            gas.push(sent.gas as f64 / FULL as f64);
        }
    }
    Ok(vec![median(&gas).and_then(|gas| Figure::new("anchor_gas_per_receipt_1024", gas, n))])
}

fn leaf(number: usize) -> ReceiptLeaf {
    keccak256(number.to_be_bytes()).into()
}

/// A receipt with a real proof for its own header. It is not signed: the signature is no part of what is measured here.
fn unsigned(prover: &LaunchProver) -> Result<Receipt> {
    let mut witness = sample()?;
    let [_, catalog, capsule_tag, operators, operator_tag, installs, state, epoch, nullifier, flags] =
        witness.instance()?.map(|value| fr_to_u256(&value));
    let header = ReceiptHeader {
        schema: 1,
        verifierKey: prover.verifier().key().into(),
        flags: flags.to::<u8>(),
        capsuleTag: capsule_tag,
        catalogRoot: catalog,
        operatorTag: operator_tag,
        operatorRoot: operators,
        installRoot: installs,
        stateTag: state,
        nullifier,
        executionKey: B256::repeat_byte(1),
        onionNetwork: 0,
        onionKey: B256::ZERO,
        launchedAt: epoch.to::<u64>() * 3_600,
        notBeforeBlock: 0,
        notBeforeHash: B256::ZERO,
        requestId: B256::ZERO,
        payee: Address::ZERO,
        inputHash: B256::ZERO,
        outputHash: B256::ZERO,
        disclosures: B256::ZERO,
    };
    witness.binding = header.digest(IDENTITY.chain_id, IDENTITY.anchor).binding();
    let (proof, _) = prover.prove(&witness, seed()?)?;
    Ok(Receipt {
        chainId: IDENTITY.chain_id,
        anchor: IDENTITY.anchor,
        header,
        executionSignature: vec![0; 64].into(),
        onionSignature: Bytes::new(),
        launchProof: proof.into(),
        openings: Vec::new(),
    })
}

struct Free(Receipt);

impl ProofCheck for Free {
    fn check(&self, _: &[u8]) -> Result<Receipt, Refusal> {
        Ok(self.0.clone())
    }
}

struct Contract {
    bytes: Bytes,
    evm: EvmVerifier,
}

impl ProofCheck for Contract {
    fn check(&self, _: &[u8]) -> Result<Receipt, Refusal> {
        let receipt = Receipt::decode(&self.bytes)?;
        self.evm.verify(&receipt).map_err(Refusal::Proof)?;
        Ok(receipt)
    }
}

struct Everything;

#[async_trait]
impl Admission for Everything {
    async fn admit(&self, _: &Receipt) -> Result<(), NotAdmitted> {
        Ok(())
    }
}
