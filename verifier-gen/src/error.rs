//! Why no verifier is generated.

use nonos_circuits::backend::shape::{Challenge, Evaluation, PointRole};
use thiserror::Error;

/// What the generator cannot or will not do. It refuses instead of emitting a contract that might be wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GenError {
    /// The name is not a Solidity identifier.
    #[error("`{0}` is not a Solidity contract name: use letters, digits and _, not beginning with a digit")]
    ContractName(String),
    /// A virtual selector is left in a constraint.
    #[error(
        "{constraint} still has a virtual selector: the constraint system must come out of a verifying key"
    )]
    VirtualSelector {
        /// Where it was found.
        constraint: String,
    },
    /// A constraint reads a cell whose evaluation is not in the proof.
    #[error("{constraint} reads {evaluation:?}, which the proof does not carry: was the key edited by hand?")]
    MissingEvaluation {
        /// Where it was found.
        constraint: String,
        /// The evaluation.
        evaluation: Evaluation,
    },
    /// A constraint reads an instance cell that the constraint system does not list as queried.
    #[error(
        "{constraint} reads instance column {column} at rotation {rotation}, which is not among the queries"
    )]
    MissingInstanceQuery {
        /// Where it was found.
        constraint: String,
        /// Instance column.
        column: usize,
        /// Rotation.
        rotation: i32,
    },
    /// A constraint uses a challenge that the transcript does not draw.
    #[error("{constraint} uses {challenge:?}, which the transcript does not draw")]
    MissingChallenge {
        /// Where it was found.
        constraint: String,
        /// The challenge.
        challenge: Challenge,
    },
    /// A point is not where the proof layout of SHPLONK has it.
    #[error("the proof layout has no {0:?}: only halo2's SHPLONK layout is supported")]
    MissingPoint(PointRole),
    /// Two different rotations are the same power of omega, so one polynomial would be opened twice at one point.
    #[error(
        "rotations {first} and {second} are the same point with 2^{k} rows: halo2 rejects such proofs too; use a larger k"
    )]
    RotationsCollide {
        /// One rotation.
        first: i32,
        /// The other rotation.
        second: i32,
        /// log2 of the rows.
        k: u32,
    },
    /// The memory of the contract would not fit the offsets that the generator emits.
    #[error("the verifier would need {0} bytes of EVM memory, more than the 1 MiB the generator lays out")]
    Memory(usize),
    /// The template could not be filled.
    #[error("the template of the contract could not be filled: {0}")]
    Template(String),
    /// A checked-in file is not what the generator makes now.
    #[error(
        "the checked-in verifier is stale: line {line} is `{found}`, expected `{expected}`; regenerate it (the circuit, \
         the SRS or the generator changed)"
    )]
    Stale {
        /// First differing line, from 1.
        line: usize,
        /// What the generator makes.
        expected: String,
        /// What is in the file.
        found: String,
    },
}
