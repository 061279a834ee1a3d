//! From a verifier to Solidity, and the check that a checked-in file is what would be generated now.

use alloy_primitives::B256;
use nonos_circuits::backend::Verifier;

use crate::{GenError, plan::Plan, render::render};

/// Gas of ecAdd and ecMul (EIP-1108).
const EC_ADD: u64 = 150;
const EC_MUL: u64 = 6_000;
/// Gas of a pairing check of two pairs (EIP-1108).
const PAIRING: u64 = 45_000 + 2 * 34_000;
/// Gas of a 256-bit modular inverse by exponentiation (EIP-7883, Osaka): 16 for the length, 253 iterations.
const MODEXP: u64 = 16 * 253;

/// How the contract is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Name of the contract, a Solidity identifier.
    pub contract_name: String,
}

/// A generated contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// Solidity source. It declares the contract and, at file level, the constants `VERIFIER_KEY`, `DEVELOPER_SRS`,
    /// `INSTANCE_COUNT` and `PROOF_LENGTH`.
    pub source: String,
    /// Name of the contract.
    pub contract_name: String,
    /// Digest of verifying key, SRS, instance counts and transcript version.
    pub verifier_key: B256,
    /// Exact length of the calldata: 32 bytes per instance, then the proof.
    pub calldata_len: usize,
    /// Gas of the precompile calls alone, with the prices of the Osaka hard fork and without the 100 gas of each call:
    /// what no verifier of this proof can avoid.
    pub precompile_gas: u64,
    /// Number of precompile calls.
    pub precompile_calls: usize,
    /// Bytes of EVM memory used.
    pub memory_len: usize,
}

/// Generates the Solidity verifier that accepts exactly what `verifier` accepts.
///
/// The output is a pure function of the arguments and of the generator's version.
pub fn generate(verifier: &Verifier, options: &Options) -> Result<Generated, GenError> {
    check_name(&options.contract_name)?;
    let plan = Plan::new(verifier)?;
    let (muls, adds) = plan.combination.calls();
    Ok(Generated {
        source: render(verifier, &plan, options)?,
        contract_name: options.contract_name.clone(),
        verifier_key: verifier.key().0,
        calldata_len: plan.transcript.calldata,
        precompile_gas: muls as u64 * EC_MUL + adds as u64 * EC_ADD + PAIRING + MODEXP,
        precompile_calls: muls + adds + 2,
        memory_len: plan.memory_end,
    })
}

/// Regenerates and compares with a checked-in source.
///
/// # Errors
/// [`GenError::Stale`] with the first differing line, or what [`generate`] returns.
pub fn check(verifier: &Verifier, options: &Options, checked_in: &str) -> Result<(), GenError> {
    let expected = generate(verifier, options)?.source;
    if expected == checked_in {
        return Ok(());
    }
    let (mut new, mut old) = (expected.lines(), checked_in.lines());
    let mut line = 1;
    loop {
        match (new.next(), old.next()) {
            (Some(a), Some(b)) if a == b => line += 1,
            (a, b) => {
                let show = |text: Option<&str>| text.unwrap_or("(end of file)").trim().to_string();
                return Err(GenError::Stale { line, expected: show(a), found: show(b) });
            }
        }
    }
}

fn check_name(name: &str) -> Result<(), GenError> {
    let mut letters = name.chars();
    let first = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if first && letters.all(|c| c.is_ascii_alphanumeric() || c == '_') {
        Ok(())
    } else {
        Err(GenError::ContractName(name.into()))
    }
}

/// Calldata of a generated contract: the instances, 32 bytes each, then the proof.
pub fn calldata(instances: &[halo2curves::bn256::Fr], proof: &[u8]) -> Vec<u8> {
    let words = instances.iter().flat_map(nonos_circuits::backend::encoding::scalar_to_be);
    words.chain(proof.iter().copied()).collect()
}
