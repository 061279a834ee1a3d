//! Compiles generated contracts with the pinned solc, through the wrapper `script/solc/solc.sh` around npm's solcjs.

use std::path::{Path, PathBuf};

use foundry_compilers::solc::Solc;
use serde_json::{Value, json};
use thiserror::Error;

/// The one compiler version in use.
pub const SOLC_VERSION: &str = "0.8.37";
/// Largest runtime code that can be deployed (EIP-170).
pub const MAX_RUNTIME: usize = 24_576;

/// Why there is no bytecode.
#[derive(Debug, Error)]
pub enum SolcError {
    /// The compiler did not start.
    #[error("solc does not run: {reason}; `{}` needs node and solcjs: run `npm ci` in contracts/, or set NONOS_NODE_MODULES", wrapper.display())]
    Missing {
        /// The wrapper script.
        wrapper: PathBuf,
        /// What went wrong.
        reason: String,
    },
    /// Another version answered.
    #[error("the compiler is version {0}, but the contracts are pinned to {SOLC_VERSION}")]
    Version(String),
    /// The compiler's answer could not be used.
    #[error("solc did not answer with standard JSON: {0}")]
    Answer(String),
    /// The source does not compile.
    #[error("solc: {0}")]
    Compile(String),
    /// The contract cannot be deployed.
    #[error(
        "{contract} has {size} bytes of runtime code, the limit is {MAX_RUNTIME} (EIP-170): use fewer columns or split the circuit"
    )]
    TooLarge {
        /// The contract.
        contract: String,
        /// Its size in bytes.
        size: usize,
    },
}

/// Bytecode of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompiledContract {
    /// Name of the contract.
    pub name: String,
    /// Creation code.
    pub creation: Vec<u8>,
    /// Code after deployment.
    pub runtime: Vec<u8>,
}

/// Compiles one source with one contract, as the repository does: optimizer for 200 runs, without the Yul optimizer, no
/// metadata.
pub fn compile(source: &str, wrapper: &Path) -> Result<CompiledContract, SolcError> {
    let contract = compile_unlimited(source, wrapper)?;
    if contract.runtime.len() > MAX_RUNTIME {
        return Err(SolcError::TooLarge { contract: contract.name, size: contract.runtime.len() });
    }
    Ok(contract)
}

/// [`compile`] without the size limit of EIP-170, to measure other generators' contracts.
pub fn compile_unlimited(source: &str, wrapper: &Path) -> Result<CompiledContract, SolcError> {
    let missing = |reason: String| SolcError::Missing { wrapper: wrapper.into(), reason };
    if !wrapper.exists() {
        return Err(missing("the wrapper script is not there".into()));
    }
    let solc = Solc::new(wrapper).map_err(|error| missing(error.to_string()))?;
    let version = solc.version_short().to_string();
    if version != SOLC_VERSION {
        return Err(SolcError::Version(version));
    }
    let output = solc.compile_output(&input(source)).map_err(|error| missing(error.to_string()))?;
    let output: Value =
        serde_json::from_slice(&output).map_err(|error| SolcError::Answer(error.to_string()))?;
    answer(&output)
}

fn input(source: &str) -> Value {
    json!({
        "language": "Solidity",
        "sources": { "Verifier.sol": { "content": source } },
        "settings": {
            "optimizer": { "enabled": true, "runs": 200, "details": { "yul": false } },
            "evmVersion": "cancun",
            "metadata": { "bytecodeHash": "none", "appendCBOR": false },
            "outputSelection": { "*": { "*": ["evm.bytecode.object", "evm.deployedBytecode.object"] } },
        },
    })
}

fn answer(output: &Value) -> Result<CompiledContract, SolcError> {
    let errors = output["errors"].as_array().into_iter().flatten();
    let fatal = errors.filter(|error| error["severity"] == "error");
    if let Some(message) = fatal.filter_map(|error| error["formattedMessage"].as_str()).next() {
        return Err(SolcError::Compile(message.trim().into()));
    }
    let contracts = output["contracts"]["Verifier.sol"].as_object();
    let Some((name, contract)) = contracts.and_then(|contracts| contracts.iter().next()) else {
        return Err(SolcError::Answer("no contract in the output".into()));
    };
    let code = |kind: &str| {
        let digits = contract["evm"][kind]["object"].as_str().unwrap_or_default();
        hex::decode(digits).map_err(|error| SolcError::Answer(error.to_string()))
    };
    Ok(CompiledContract {
        name: name.clone(),
        creation: code("bytecode")?,
        runtime: code("deployedBytecode")?,
    })
}
