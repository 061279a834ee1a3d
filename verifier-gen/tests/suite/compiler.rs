//! Compiles once per source: results are kept on disk between test runs, by the hash of source and compiler version.

use std::{fs, path::PathBuf};

use nonos_verifier_gen::solc::{self, CompiledContract, SOLC_VERSION};

/// The repository's wrapper around solcjs.
pub fn wrapper() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../script/solc/solc.sh")
}

/// Bytecode of a source. Fails, with instructions, if there is no compiler.
pub fn compiled(source: &str) -> CompiledContract {
    let key = revm::primitives::keccak256(format!("{SOLC_VERSION} {source}"));
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("solc-{key}.json"));
    if let Some(contract) = fs::read(&file).ok().and_then(|bytes| read(&bytes)) {
        return contract;
    }
    let contract = solc::compile_unlimited(source, &wrapper()).unwrap_or_else(|error| panic!("{error}"));
    let record = serde_json::json!({
        "name": contract.name,
        "creation": contract.creation,
        "runtime": contract.runtime,
    });
    // A partly written file is never seen under the final name.
    let partial = file.with_extension(format!("{}", std::process::id()));
    fs::write(&partial, record.to_string()).unwrap();
    fs::rename(partial, file).unwrap();
    contract
}

fn read(bytes: &[u8]) -> Option<CompiledContract> {
    let record: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let code = |name: &str| serde_json::from_value(record[name].clone()).ok();
    Some(CompiledContract {
        name: record["name"].as_str()?.to_string(),
        creation: code("creation")?,
        runtime: code("runtime")?,
    })
}
