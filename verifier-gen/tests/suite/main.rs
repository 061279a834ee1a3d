//! Generated contracts against native verification and against snark-verifier's contract.
//!
//! The tests need solc: `npm ci` in contracts/, or NONOS_NODE_MODULES. Without it they fail and say so.

mod budgets;
mod compiler;
mod enrolment;
mod evm;
mod launch;
mod oracle;
mod refusals;
mod sample;
mod shapes;
mod verdicts;
