//! The market before the launch: chain, contracts, publisher, operators.

use super::enrolment::Office;
use super::install::Yard;
use super::ledger::{Done, Ledger};
use super::world::{DEPLOYER, World};
use crate::chain::{Chain, Trees};
use crate::commands::capsule::{self, CapsuleSpec};
use crate::commands::chain::{config, mesh_floor};
use crate::settings::Settings;
use crate::table::thousands;
use crate::verdict;
use alloy::providers::Provider;
use alloy_primitives::{Address, B256, Bytes};
use eyre::{Result, WrapErr, ensure, eyre};
use nonos_circuits::backend::Srs;
use nonos_circuits::enrolment::EnrolmentProver;
use nonos_circuits::launch::{K, LaunchProver, pinned_developer_key};
use nonos_contracts::{DeployConfig, Deployment, MarketConfig, Times};
use nonos_core::package::Package;
use nonos_core::policy::{Policy, State};
use nonos_devnet::Devnet;
use nonos_node::capsule_runtime::{Limits, Runtime};
use nonos_node::keys::Keystore;
use nonos_node::verify::ReceiptVerifier;
use std::net::SocketAddr;
use tokio_util::sync::CancellationToken;

const PROGRAM: &str = include_str!("../../../node/capsules/wordstats.wat");
const SPEC: &str = include_str!("../../../node/capsules/wordstats.toml");
/// Operators that run nodes.
pub const NODES: usize = 3;

/// Sets everything up, step by step.
pub async fn run(ledger: &mut Ledger, operators: u16, settings: &Settings) -> Result<World> {
    let (chain, rpc) = ledger
        .step("start", async {
            ensure!(
                settings.account.is_none(),
                "the demo plays many roles and takes the development accounts for them: run it without an account of yours"
            );
            let (chain, rpc) = match &settings.rpc_url {
                Some(url) => (Chain::connect(settings).await?, url.to_string()),
                None => embedded().await?,
            };
            chain.require_development("the demo, which takes the developer setup,")?;
            let kind = if settings.rpc_url.is_some() { "chain at --rpc-url" } else { "embedded chain" };
            let detail = format!("{kind}, id {}", chain.id);
            Ok(Done::new((chain, rpc), detail))
        })
        .await?;
    let (publisher_keys, keystores) = ledger
        .step("make the keys of publisher and operators", async {
            let keystores = (0..NODES).map(|_| Keystore::generate()).collect::<Result<Vec<_>, _>>()?;
            let detail = format!("our operator's root key 0x{}", hex::encode(keystores[0].root_public()));
            Ok(Done::new((Keystore::generate()?, keystores), detail))
        })
        .await?;
    let prover = ledger
        .step("generate the launch circuit's keys", async {
            let prover = tokio::task::block_in_place(|| LaunchProver::new(Srs::developer(K)?))?;
            let detail = format!("developer setup, verifier key {}", prover.verifier().key());
            Ok(Done::new(prover, detail))
        })
        .await?;
    let enrolment = ledger
        .step("generate the enrolment circuit's keys", async {
            let srs = Srs::developer(nonos_circuits::enrolment::K)?;
            let prover = tokio::task::block_in_place(|| EnrolmentProver::new(srs))?;
            let detail = format!("developer setup, verifier key {}", prover.verifier().key());
            Ok(Done::new(prover, detail))
        })
        .await?;
    let runtime =
        Runtime::new().wrap_err("cannot find this executable, which the sandbox is started from")?;
    let package =
        ledger.step("pack and sign the capsule", async { sign_capsule(&publisher_keys, &runtime) }).await?;
    let deployment = ledger.step("deploy the contracts", deploy(&chain, &package)).await?;
    let office = Office { chain: &chain, deployment: &deployment, prover: &enrolment };
    let publisher = ledger
        .step(
            "register the publisher with a proof, publish the capsule",
            office.publish(&publisher_keys, &package.manifest),
        )
        .await?;
    let operators = super::enrolment::run(ledger, &office, keystores, operators).await?;
    let yard = Yard { chain: &chain, deployment: &deployment, publisher, package: &package };
    super::install::run(ledger, &yard, &operators).await?;
    let trees = ledger
        .step("rebuild the trees from the chain's events", async {
            let trees = Trees::read(&chain, &deployment, publisher).await?;
            let detail = format!("{} operators, {} installs", trees.operators.len(), trees.installs.len());
            Ok(Done::new(trees, detail))
        })
        .await?;
    let window = verdict::window(&chain, &deployment).await?;
    let verifier = prover.verifier();
    let anchor = deployment.addresses.receipt_anchor;
    let judge = ReceiptVerifier::new(verifier.clone(), pinned_developer_key(), chain.id, anchor, window)?;
    Ok(World {
        chain,
        rpc,
        deployment,
        prover,
        enrolment,
        operators,
        publisher,
        package,
        trees,
        runtime,
        judge,
    })
}

/// A chain in this process; its services reach it by HTTP, on a free port of this machine.
async fn embedded() -> Result<(Chain, String)> {
    let devnet = Devnet::default();
    let (address, _) = devnet.serve(SocketAddr::from(([127, 0, 0, 1], 0)), CancellationToken::new()).await?;
    Ok((Chain::embedded(&devnet), format!("http://{address}")))
}

/// Windows of seconds instead of days, so that a demo sees their end.
fn short(config: DeployConfig) -> DeployConfig {
    let times = Times { late_slash: 8, ..Times::default().with_challenge_window(24) };
    DeployConfig { times, market: MarketConfig { grace: 3, ..config.market }, ..config }
}

/// Assembles the program and lets the publisher sign it under the strictest policy that this machine's sandbox reaches.
fn sign_capsule(publisher: &Keystore, runtime: &Runtime) -> Result<Done<Package>> {
    let payload = wat::parse_str(PROGRAM).wrap_err("assembling the capsule")?;
    let spec = CapsuleSpec::parse(SPEC)?;
    let mut manifest = capsule::manifest(&spec, &payload, capsule::publisher_salt(&payload))?;
    let wanted = manifest.checked_policy()?;
    let (reached, _) = runtime.measure(&payload, wanted.allowed_caps, &limits(&wanted))?;
    let policy = within_reach(&wanted, &reached);
    manifest.policy = (&policy).into();
    let mut package = Package { manifest, signature: Bytes::new(), payload: payload.into() };
    capsule::sign_package(&mut package, publisher)?;
    package.verify(None)?;
    let detail = format!(
        "{} {}, {} bytes, isolation at least {}",
        package.manifest.name,
        package.manifest.version,
        thousands(package.manifest.payloadSize),
        policy.min_isolation
    );
    Ok(Done::new(package, detail))
}

/// Lowers a policy to what the kernel at hand can enforce (no landlock before Linux 5.13, no seccomp in some containers).
fn within_reach(wanted: &Policy, reached: &State) -> Policy {
    Policy {
        min_isolation: wanted.min_isolation.min(reached.isolation),
        allowed_syscalls: std::array::from_fn(|i| wanted.allowed_syscalls[i] | reached.syscalls[i]),
        max_network: wanted.max_network.max(reached.network),
        ..wanted.clone()
    }
}

/// Limits of a run under a policy.
pub fn limits(policy: &Policy) -> Limits {
    let limits = Limits::default();
    Limits { memory_pages: limits.memory_pages.min(policy.max_memory_pages), ..limits }
}

/// The mesh floor is the default one, or the capsule's policy where the machine could not reach that.
async fn deploy(chain: &Chain, package: &Package) -> Result<Done<Deployment>> {
    let deployer = chain.account_at(DEPLOYER)?;
    let (floor, policy) = (mesh_floor(), package.manifest.checked_policy()?);
    let floor = if policy.is_at_least_as_strict_as(&floor) { floor } else { policy };
    let deployment = nonos_contracts::deploy(&chain.provider, &short(config(deployer, floor))).await?;
    let (hash, gas) = spent(chain, deployer, deployment.first_block).await?;
    let detail = format!("ReceiptAnchor {}", deployment.addresses.receipt_anchor);
    Ok(Done::new(deployment, detail).on_chain(hash, gas))
}

/// Last transaction of `account` after block `since`, and the gas of all of them.
async fn spent(chain: &Chain, account: Address, since: u64) -> Result<(B256, u64)> {
    let head = chain.provider.get_block_number().await.wrap_err("reading the block number")?;
    let (mut last, mut gas) = (None, 0);
    for number in since + 1..=head {
        let receipts = chain.provider.get_block_receipts(number.into()).await;
        let receipts = receipts.wrap_err("reading the receipts of a block")?.unwrap_or_default();
        for receipt in receipts.into_iter().filter(|receipt| receipt.from == account) {
            last = Some(receipt.transaction_hash);
            gas += receipt.gas_used;
        }
    }
    Ok((last.ok_or_else(|| eyre!("the chain does not show the transactions of {account}"))?, gas))
}
