//! The contract's own verdict without a chain: the generated verifier's bytecode, run in revm.
//!
//! This is the code that judges a challenged leaf. A bug in a native verifier that accepts more than the contract does
//! would cost the bond; running the contract itself cannot.

use alloy_primitives::{Address, Bytes, U256, address};
use nonos_contracts::{Artifact, ArtifactError};
use nonos_core::field::fr_to_be;
use nonos_core::receipt::{HeaderError, Receipt};
use revm::{
    Context, ExecuteEvm, MainBuilder,
    bytecode::Bytecode,
    context::{TxEnv, result::ExecutionResult},
    database::{CacheDB, EmptyDB},
    handler::MainnetContext,
    primitives::{TxKind, hardfork::SpecId},
    state::AccountInfo,
};

/// Gas for one verification: what the wrapper forwards, and the transaction's own cost and calldata on top.
const GAS: u64 = 600_000 + 200_000;
/// Where the code lies in the empty state. Any address without a precompile does.
const VERIFIER: Address = address!("0x00000000000000000000000000000000004e6f6e");

/// Why the bytecode did not accept a proof.
#[derive(Debug, thiserror::Error)]
pub enum EvmFault {
    /// The header gives no instances.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The contract said no.
    #[error("the verifier contract rejects the proof: {0}")]
    Rejected(String),
    /// The machine itself failed: says nothing about the receipt.
    #[error("the EVM failed: {0}")]
    Machine(String),
}

/// Runs the generated verifier. Cheap to clone; one run builds its own machine.
#[derive(Clone, Debug)]
pub struct EvmVerifier {
    account: AccountInfo,
}

impl EvmVerifier {
    /// Takes the code from the checked-in artifact.
    pub fn new() -> Result<Self, ArtifactError> {
        let code = Bytecode::new_raw(Artifact::launch_halo2_verifier()?.runtime_code);
        Ok(Self { account: AccountInfo::from_bytecode(code) })
    }

    /// Executes the verifier on the instances of the receipt's own header and its proof.
    pub fn verify(&self, receipt: &Receipt) -> Result<(), EvmFault> {
        let instances = receipt.instance()?;
        let mut calldata = Vec::with_capacity(32 * instances.len() + receipt.launchProof.len());
        instances.iter().for_each(|instance| calldata.extend_from_slice(&fr_to_be(instance)));
        calldata.extend_from_slice(&receipt.launchProof);
        let result = self.execute(calldata.into())?;
        match result {
            ExecutionResult::Success { output, .. } => {
                let word = output.into_data();
                if word.len() == 32 && U256::from_be_slice(&word) == U256::ONE {
                    Ok(())
                } else {
                    Err(EvmFault::Rejected(format!("it answers {word}, not 1")))
                }
            }
            ExecutionResult::Revert { output, .. } => {
                Err(EvmFault::Rejected(nonos_contracts::describe_revert(&output)))
            }
            ExecutionResult::Halt { reason, .. } => {
                Err(EvmFault::Rejected(format!("it stops with {reason:?}")))
            }
        }
    }

    fn execute(&self, data: Bytes) -> Result<ExecutionResult, EvmFault> {
        let mut database = CacheDB::new(EmptyDB::default());
        database.insert_account_info(VERIFIER, self.account.clone());
        let context: MainnetContext<CacheDB<EmptyDB>> = Context::new(database, SpecId::OSAKA);
        let transaction = TxEnv {
            kind: TxKind::Call(VERIFIER),
            gas_limit: GAS,
            gas_price: 0,
            chain_id: None,
            data,
            ..TxEnv::default()
        };
        let executed = context.build_mainnet().transact(transaction);
        executed.map(|done| done.result).map_err(|error| EvmFault::Machine(error.to_string()))
    }
}
