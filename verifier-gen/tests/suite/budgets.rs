//! Size and gas: every shape fits EIP-170, and the EVM costs little beyond the precompiles.

use nonos_verifier_gen::solc::MAX_RUNTIME;
use revm::{bytecode::opcode::OpCode, primitives::hardfork::SpecId};

use crate::{evm, shapes::shapes};

/// Prints the gas profile of every shape (`--nocapture`).
#[test]
fn every_shape_fits_and_spends_its_gas_on_precompiles() {
    for shape in shapes() {
        let size = shape.compiled.runtime.len();
        assert!(size <= MAX_RUNTIME, "{}: {size} bytes of runtime code", shape.spec.name);
        let report = report(&shape.compiled.runtime, &shape.calldata());
        println!("{}: {size} bytes, {report}", shape.spec.name);
        assert_eq!(report.precompiles, shape.generated.precompile_gas, "{}", shape.spec.name);
    }
}

/// Where the gas of a valid proof goes.
pub struct Report {
    pub total: u64,
    pub execution: u64,
    pub precompiles: u64,
    pub opcodes: Vec<(u8, u64, u64)>,
}

impl Report {
    /// Gas of the execution that is not a precompile's, in percent of what is.
    pub fn overhead(&self) -> f64 {
        100.0 * (self.execution - self.precompiles) as f64 / self.precompiles as f64
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { total, execution, precompiles, .. } = self;
        let overhead = execution - precompiles;
        let percent = self.overhead();
        write!(f, "{total} gas: precompiles {precompiles}, EVM {overhead} ({percent:.2}%);")?;
        for (opcode, count, gas) in self.opcodes.iter().take(14) {
            let name = OpCode::new(*opcode).map_or("?", |opcode| opcode.as_str());
            write!(f, " {name} {count}x={gas}")?;
        }
        Ok(())
    }
}

/// Profiles a call that must be accepted.
pub fn report(runtime: &[u8], calldata: &[u8]) -> Report {
    let (outcome, profile) = evm::profile(runtime, calldata, SpecId::OSAKA);
    assert!(outcome.accepts(), "{outcome:?}");
    let mut opcodes: Vec<_> =
        profile.opcodes.iter().map(|(opcode, (count, gas))| (*opcode, *count, *gas)).collect();
    opcodes.sort_by_key(|(_, _, gas)| std::cmp::Reverse(*gas));
    Report {
        total: outcome.gas(),
        execution: outcome.gas() - evm::intrinsic_gas(calldata),
        precompiles: profile.precompiles,
        opcodes,
    }
}
