//! Runs contracts in revm under a chosen hard fork.

use revm::{
    Context, ExecuteEvm, InspectEvm, Inspector, MainBuilder, MainContext,
    bytecode::Bytecode,
    context::{
        TxEnv,
        result::{ExecutionResult, Output},
    },
    database::{CacheDB, EmptyDB},
    interpreter::{CallInputs, CallOutcome, Interpreter, InterpreterTypes, interpreter_types::Jumps},
    primitives::{Address, Bytes, TxKind, U256, hardfork::SpecId},
    state::AccountInfo,
};
use std::collections::BTreeMap;

const CALLER: Address = Address::repeat_byte(0x11);
const CONTRACT: Address = Address::repeat_byte(0x22);
/// Far above any verification: a point off the curve burns what it is given.
const GAS_LIMIT: u64 = 8_000_000;

/// What a call did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Returned data and gas of the whole transaction.
    Returned { data: Vec<u8>, gas: u64 },
    /// Revert data.
    Reverted(Vec<u8>),
    /// Out of gas and the like.
    Halted(String),
}

impl Outcome {
    /// Whether the contract says that the proof is valid.
    pub fn accepts(&self) -> bool {
        matches!(self, Outcome::Returned { data, .. } if *data == word_one())
    }

    pub fn gas(&self) -> u64 {
        match self {
            Outcome::Returned { gas, .. } => *gas,
            other => panic!("{other:?}"),
        }
    }
}

fn word_one() -> [u8; 32] {
    let mut word = [0; 32];
    word[31] = 1;
    word
}

fn database(runtime: &[u8]) -> CacheDB<EmptyDB> {
    let mut db = CacheDB::<EmptyDB>::default();
    db.insert_account_info(CALLER, AccountInfo { balance: U256::MAX >> 1, ..Default::default() });
    let code = Bytecode::new_raw(Bytes::copy_from_slice(runtime));
    db.insert_account_info(CONTRACT, AccountInfo { code: Some(code), ..Default::default() });
    db
}

fn transaction(calldata: &[u8]) -> TxEnv {
    TxEnv::builder()
        .caller(CALLER)
        .kind(TxKind::Call(CONTRACT))
        .data(Bytes::copy_from_slice(calldata))
        .gas_limit(GAS_LIMIT)
        .build()
        .unwrap()
}

fn outcome(result: ExecutionResult) -> Outcome {
    match result {
        ExecutionResult::Success { output: Output::Call(data), gas, .. } => {
            Outcome::Returned { data: data.to_vec(), gas: gas.tx_gas_used() }
        }
        ExecutionResult::Revert { output, .. } => Outcome::Reverted(output.to_vec()),
        other => Outcome::Halted(format!("{other:?}")),
    }
}

/// Calls a contract with this runtime code.
pub fn call(runtime: &[u8], calldata: &[u8], fork: SpecId) -> Outcome {
    let mut evm = Context::mainnet()
        .modify_cfg_chained(|cfg| cfg.set_spec_and_mainnet_gas_params(fork))
        .with_db(database(runtime))
        .build_mainnet();
    outcome(evm.transact(transaction(calldata)).unwrap().result)
}

/// Gas by opcode and of precompiles.
#[derive(Debug, Default)]
pub struct Profile {
    /// Count and gas, calls without what the callee used.
    pub opcodes: BTreeMap<u8, (u64, u64)>,
    /// Gas used by precompiles.
    pub precompiles: u64,
    opcode: u8,
    before: u64,
}

impl<CTX, I: InterpreterTypes> Inspector<CTX, I> for Profile
where
    I::Bytecode: Jumps,
{
    fn step(&mut self, interpreter: &mut Interpreter<I>, _: &mut CTX) {
        self.opcode = interpreter.bytecode.opcode();
        self.before = interpreter.gas.remaining();
    }

    fn step_end(&mut self, interpreter: &mut Interpreter<I>, _: &mut CTX) {
        const STATICCALL: u8 = 0xfa;
        let used = self.before.saturating_sub(interpreter.gas.remaining());
        let entry = self.opcodes.entry(self.opcode).or_default();
        entry.0 += 1;
        // The gas that a call passes on comes back through call_end.
        entry.1 += if self.opcode == STATICCALL { 100 } else { used };
    }

    fn call_end(&mut self, _: &mut CTX, inputs: &CallInputs, outcome: &mut CallOutcome) {
        if inputs.target_address != CONTRACT {
            self.precompiles += outcome.result.gas.total_gas_spent();
        }
    }
}

/// Calls and profiles.
pub fn profile(runtime: &[u8], calldata: &[u8], fork: SpecId) -> (Outcome, Profile) {
    let mut evm = Context::mainnet()
        .modify_cfg_chained(|cfg| cfg.set_spec_and_mainnet_gas_params(fork))
        .with_db(database(runtime))
        .build_mainnet_with_inspector(Profile::default());
    let result = evm.inspect_tx(transaction(calldata)).unwrap();
    (outcome(result.result), evm.inspector)
}

/// 21,000 and calldata: what the transaction costs before the first opcode (EIP-2028).
pub fn intrinsic_gas(calldata: &[u8]) -> u64 {
    calldata.iter().map(|byte| if *byte == 0 { 4 } else { 16 }).sum::<u64>() + 21_000
}
