//! The generated contract on the embedded chain: gas of a verification as a transaction of its own, size of the code.

use super::figure::Figure;
use super::witness::sample;
use crate::chain::Chain;
use crate::commands::circuit::Circuit;
use crate::random::seed;
use alloy::network::TransactionBuilder;
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy_primitives::Address;
use eyre::{Result, WrapErr, eyre};
use nonos_circuits::launch::LaunchProver;
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
    let contract = deploy(&chain, from).await?;
    let code = chain.provider.get_code_at(contract).await.wrap_err("reading the verifier's code")?;
    let precompiles = Circuit::Launch.generate(prover.verifier())?.precompile_gas;
    let (mut total, mut overhead) = (Vec::new(), Vec::new());
    for _ in 0..n {
        let (proof, instance) = prover.prove(&sample()?, seed()?)?;
        let input = calldata(&instance, &proof);
        let data_gas: u64 =
            input.iter().map(|byte| if *byte == 0 { ZERO_BYTE_GAS } else { OTHER_BYTE_GAS }).sum();
        let request = TransactionRequest::default().with_to(contract).with_input(input);
        let sent = chain.send("verifying a proof on chain", from, request).await?;
        total.push(sent.gas as f64);
        let execution = sent.gas.saturating_sub(TX_GAS + data_gas) as f64;
        overhead.push((execution / precompiles as f64 - 1.0) * 100.0);
    }
    let median = |values: &[f64]| crate::measure::median(values);
    Ok(vec![
        median(&total).and_then(|gas| Figure::new("launch_verify_gas", gas, n)),
        median(&overhead).and_then(|percent| Figure::new("launch_verify_overhead_pct", percent, n)),
        Figure::new("launch_verifier_code_bytes", code.len() as f64, 1),
    ])
}

async fn deploy(chain: &Chain, from: Address) -> Result<Address> {
    let code = Artifact::launch_halo2_verifier()?.creation_code;
    let request = TransactionRequest::default().with_deploy_code(code);
    let sent = chain.send("deploying the generated verifier", from, request).await?;
    sent.created.ok_or_else(|| eyre!("deploying the generated verifier created no contract"))
}
