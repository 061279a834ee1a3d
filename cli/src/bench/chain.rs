//! The generated contract on the embedded chain: gas of a verification as a transaction of its own, size of the code.

use super::figure::Figure;
use super::witness::sample;
use crate::chain::Chain;
use crate::commands::circuit::Circuit;
use crate::measure::{median, timed};
use crate::random::seed;
use alloy::network::TransactionBuilder;
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy_primitives::Address;
use eyre::{Result, WrapErr, eyre};
use nonos_circuits::launch::LaunchProver;
use nonos_circuits::statement::{Prover, Statement};
use nonos_contracts::Artifact;
use nonos_devnet::Devnet;
use nonos_verifier_gen::calldata;

/// Gas of a transaction before its first instruction (EIP-2028).
const TX_GAS: u64 = 21_000;
const ZERO_BYTE_GAS: u64 = 4;
const OTHER_BYTE_GAS: u64 = 16;

/// Verifies `n` proofs by transactions and reports the median gas.
///
/// The overhead is what the execution costs above its precompile calls, as a share of those: execution = transaction gas
/// without the base cost and without calldata.
pub async fn measure(prover: &LaunchProver, n: usize) -> Result<Vec<Option<Figure>>> {
    let chain = Chain::embedded(&Devnet::default());
    let from = chain.account()?;
    let (contract, code_bytes) = deploy(&chain, from, Artifact::launch_halo2_verifier()?).await?;
    let precompiles = Circuit::Launch.generate(prover.verifier())?.precompile_gas;
    let (mut total, mut overhead) = (Vec::new(), Vec::new());
    for _ in 0..n {
        let (proof, instance) = prover.prove(&sample()?, seed()?)?;
        let input = calldata(&instance, &proof);
        let data_gas: u64 =
            input.iter().map(|byte| if *byte == 0 { ZERO_BYTE_GAS } else { OTHER_BYTE_GAS }).sum();
        let gas = verify(&chain, from, contract, input).await?;
        total.push(gas as f64);
        let execution = gas.saturating_sub(TX_GAS + data_gas) as f64;
        overhead.push((execution / precompiles as f64 - 1.0) * 100.0);
    }
    Ok(vec![
        median(&total).and_then(|gas| Figure::new("launch_verify_gas", gas, n)),
        median(&overhead).and_then(|percent| Figure::new("launch_verify_overhead_pct", percent, n)),
        Figure::new("launch_verifier_code_bytes", code_bytes as f64, 1),
    ])
}

/// Verification is cheap beside a proof: the same one is checked this often.
pub const CHECKS: usize = 30;

/// What it costs to check proofs.
pub struct Checked {
    /// Median CPU milliseconds of [`CHECKS`] native verifications.
    pub native_ms: Option<f64>,
    /// Median gas of a verification as a transaction.
    pub gas: Option<f64>,
    /// Length of the contract's code.
    pub code_bytes: usize,
}

/// Checks proofs here and by the generated contract on the embedded chain.
pub async fn check<S: Statement>(
    prover: &Prover<S>,
    proofs: &[(Vec<u8>, S::Instance)],
    contract: Artifact,
) -> Result<Checked> {
    let mut native = Vec::new();
    for (proof, instance) in proofs.iter().cycle().take(CHECKS) {
        let (verdict, _, cpu_s) = timed(|| prover.verifier().verify(proof, instance.as_ref()));
        verdict?;
        native.push(cpu_s * 1e3);
    }
    let chain = Chain::embedded(&Devnet::default());
    let from = chain.account()?;
    let (contract, code_bytes) = deploy(&chain, from, contract).await?;
    let mut gas = Vec::new();
    for (proof, instance) in proofs {
        gas.push(verify(&chain, from, contract, calldata(instance.as_ref(), proof)).await? as f64);
    }
    Ok(Checked { native_ms: median(&native), gas: median(&gas), code_bytes })
}

/// Deploys a generated verifier; says where it is, and how long its code.
pub async fn deploy(chain: &Chain, from: Address, verifier: Artifact) -> Result<(Address, usize)> {
    let request = TransactionRequest::default().with_deploy_code(verifier.creation_code);
    let sent = chain.send("deploying the generated verifier", from, request).await?;
    let contract =
        sent.created.ok_or_else(|| eyre!("deploying the generated verifier created no contract"))?;
    let code = chain.provider.get_code_at(contract).await.wrap_err("reading the verifier's code")?;
    Ok((contract, code.len()))
}

/// Gas of a transaction that verifies a proof.
pub async fn verify(chain: &Chain, from: Address, contract: Address, input: Vec<u8>) -> Result<u64> {
    let request = TransactionRequest::default().with_to(contract).with_input(input);
    Ok(chain.send("verifying a proof on chain", from, request).await?.gas)
}
