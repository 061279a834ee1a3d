//! The point F of the SHPLONK check, with as few precompile calls and as little memory traffic as possible.
//!
//! A sum of powers of one scalar is a Horner chain over points that lie in a row in memory:
//!
//! ```text
//! CHAIN:  acc.x acc.y scalar          ecMul(CHAIN, 0x60)  -> behind P_j
//! row:    P_0 P_1 .. P_j [scaled]     ecAdd(P_j, 0x80)    -> CHAIN, next j
//! ```
//!
//! so a step costs two calls and not one store. The quotient's commitment is such a chain over its pieces with scalar x^n.
//! Every other summand (a set with its coefficient, W, W', G) is a triple `x y scalar`; its multiple is written behind the
//! running sum.

use halo2curves::bn256::G1Affine;
use nonos_circuits::backend::{
    Verifier,
    shape::{PointRole, Polynomial},
};

use crate::{
    GenError, literal,
    memory::{CHAIN, Memory, PIECES, POINT, SUM, TRANSCRIPT, WORD},
    transcript::{Transcript, polynomial_name},
};

/// A call of a BN254 precompile (EIP-196).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// `to := point at from * scalar behind it`.
    Mul { from: usize, to: usize },
    /// `to := point at from + point behind it`.
    Add { from: usize, to: usize },
}

/// Calls that are made one after the other, after some points have been put in place.
#[derive(Debug, Clone)]
pub(crate) struct Stage {
    pub(crate) comment: String,
    pub(crate) loads: Vec<Load>,
    pub(crate) calls: Vec<Call>,
}

/// Puts points into memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Load {
    /// A run of points of the proof.
    Proof { memory: usize, calldata: usize, bytes: usize },
    /// A commitment of the verifying key.
    Constant { memory: usize, point: [String; 2] },
}

/// The whole combination.
#[derive(Debug)]
pub(crate) struct Combination {
    pub(crate) stages: Vec<Stage>,
    /// Where the scalars have to be: `c_1, c_2, ..`, then those of W, W' and G.
    pub(crate) set_scalars: Vec<usize>,
    pub(crate) w_scalar: usize,
    pub(crate) w_prime_scalar: usize,
    pub(crate) generator_scalar: usize,
}

impl Combination {
    /// `result` is where F goes.
    pub(crate) fn new(
        verifier: &Verifier,
        transcript: &Transcript,
        memory: &mut Memory,
        result: usize,
    ) -> Result<Self, GenError> {
        let rows = Memory::new(TRANSCRIPT);
        let mut builder = Builder { verifier, transcript, memory, rows, stages: vec![] };
        let mut triples = vec![];
        for (i, set) in verifier.shape().opening_sets().iter().enumerate() {
            let destination = if i == 0 { SUM } else { builder.memory.bytes(POINT + WORD) };
            if i > 0 {
                triples.push(destination);
            }
            builder.set(i, &set.polynomials, destination)?;
        }
        let set_scalars = triples.iter().map(|triple| triple + POINT).collect();
        let (w, w_prime, generator) = (
            builder.memory.bytes(POINT + WORD),
            builder.memory.bytes(POINT + WORD),
            builder.memory.bytes(POINT + WORD),
        );
        let loads = vec![
            builder.proof(PointRole::OpeningW, w)?,
            builder.proof(PointRole::OpeningWPrime, w_prime)?,
            constant(&verifier.g1(), generator),
        ];
        triples.extend([w, w_prime, generator]);
        let mut calls = vec![];
        for (i, &triple) in triples.iter().enumerate() {
            let to = if i + 1 == triples.len() { result } else { SUM };
            calls.push(Call::Mul { from: triple, to: SUM + POINT });
            calls.push(Call::Add { from: SUM, to });
        }
        let comment = "sets with their coefficients, then -Z_0 W, u W' and -e G".into();
        let mut stages = builder.stages;
        stages.push(Stage { comment, loads, calls });
        let mut stages = joined(stages);
        for stage in &mut stages {
            stage.loads = merged(std::mem::take(&mut stage.loads));
        }
        Ok(Self {
            stages,
            set_scalars,
            w_scalar: w + POINT,
            w_prime_scalar: w_prime + POINT,
            generator_scalar: generator + POINT,
        })
    }

    /// Number of multiplications and of additions.
    pub(crate) fn calls(&self) -> (usize, usize) {
        let calls = || self.stages.iter().flat_map(|stage| &stage.calls);
        let muls = calls().filter(|call| matches!(call, Call::Mul { .. })).count();
        (muls, calls().count() - muls)
    }
}

struct Builder<'a> {
    verifier: &'a Verifier,
    transcript: &'a Transcript,
    memory: &'a mut Memory,
    /// The transcript's memory, which is no longer needed when points are combined.
    rows: Memory,
    stages: Vec<Stage>,
}

impl Builder<'_> {
    /// Puts the combination of a set, powers of mu, at `destination`.
    fn set(&mut self, index: usize, polynomials: &[Polynomial], destination: usize) -> Result<(), GenError> {
        let Some((&top, lower)) = polynomials.split_last() else { return Ok(()) };
        let row = if lower.is_empty() { 0 } else { self.row(lower.len() + 1) };
        let mut loads = vec![];
        for (j, &polynomial) in lower.iter().enumerate() {
            loads.extend(self.point(polynomial, row + POINT * j)?);
        }
        loads.extend(self.point(top, if lower.is_empty() { destination } else { CHAIN })?);
        let names: Vec<String> = polynomials.iter().map(|&p| polynomial_name(p)).collect();
        self.stages.push(Stage {
            comment: format!("set {index}: {}", names.join(", ")),
            loads,
            calls: chain(CHAIN, row, lower.len(), destination),
        });
        Ok(())
    }

    /// A load of the commitment, or, for the quotient, a stage that computes it.
    fn point(&mut self, polynomial: Polynomial, to: usize) -> Result<Option<Load>, GenError> {
        let vk = self.verifier.vk();
        let missing = GenError::MissingPoint(PointRole::Commitment(polynomial));
        let key = match polynomial {
            Polynomial::Fixed(i) => vk.fixed_commitments().get(i),
            Polynomial::Sigma(i) => vk.permutation().commitments().get(i),
            Polynomial::Quotient => {
                self.quotient(to)?;
                return Ok(None);
            }
            _ => return self.proof(PointRole::Commitment(polynomial), to).map(Some),
        };
        key.map(|point| Some(constant(point, to))).ok_or(missing)
    }

    fn quotient(&mut self, destination: usize) -> Result<(), GenError> {
        let pieces = self.verifier.shape().degree() - 1;
        let row = self.row(pieces);
        let top = pieces - 1;
        let mut loads = vec![];
        for i in 0..top {
            loads.push(self.proof(PointRole::QuotientPiece(i), row + POINT * i)?);
        }
        loads.push(self.proof(PointRole::QuotientPiece(top), PIECES)?);
        self.stages.push(Stage {
            comment: "quotient: its pieces, powers of x^n".into(),
            loads,
            calls: chain(PIECES, row, top, destination),
        });
        Ok(())
    }

    /// Memory for a row of points.
    fn row(&mut self, points: usize) -> usize {
        let bytes = POINT * points;
        if self.rows.end() + bytes <= self.transcript.end {
            self.rows.bytes(bytes)
        } else {
            self.memory.bytes(bytes)
        }
    }

    fn proof(&self, role: PointRole, memory: usize) -> Result<Load, GenError> {
        let calldata = self.transcript.point(role)?;
        Ok(Load::Proof { memory, calldata, bytes: POINT })
    }
}

fn constant(point: &G1Affine, memory: usize) -> Load {
    Load::Constant { memory, point: literal::g1(point) }
}

/// Horner over `lower` points at `row`, the top point being in the accumulator.
fn chain(accumulator: usize, row: usize, lower: usize, destination: usize) -> Vec<Call> {
    (0..lower)
        .rev()
        .flat_map(|j| {
            let point = row + POINT * j;
            let to = if j == 0 { destination } else { accumulator };
            [Call::Mul { from: accumulator, to: point + POINT }, Call::Add { from: point, to }]
        })
        .collect()
}

/// Joins stages whose points can be put in place before the calls of the stage in front: fewer statements.
fn joined(stages: Vec<Stage>) -> Vec<Stage> {
    let mut out: Vec<Stage> = vec![];
    for stage in stages {
        match out.last_mut() {
            Some(before)
                if stage.loads.iter().all(|load| before.calls.iter().all(|call| apart(load, call))) =>
            {
                before.comment = format!("{}; {}", before.comment, stage.comment);
                before.loads.extend(stage.loads);
                before.calls.extend(stage.calls);
            }
            _ => out.push(stage),
        }
    }
    out
}

/// Whether the load writes nothing that the call reads or writes.
fn apart(load: &Load, call: &Call) -> bool {
    let (start, bytes) = match load {
        Load::Proof { memory, bytes, .. } => (*memory, *bytes),
        Load::Constant { memory, .. } => (*memory, POINT),
    };
    let (from, to, input) = match *call {
        Call::Mul { from, to } => (from, to, POINT + WORD),
        Call::Add { from, to } => (from, to, 2 * POINT),
    };
    let disjoint = |other: usize, len: usize| start + bytes <= other || other + len <= start;
    disjoint(from, input) && disjoint(to, POINT)
}

/// Joins copies of neighbouring points.
fn merged(loads: Vec<Load>) -> Vec<Load> {
    let mut out: Vec<Load> = vec![];
    for load in loads {
        if let (
            Some(Load::Proof { memory, calldata, bytes }),
            Load::Proof { memory: next, calldata: source, bytes: more },
        ) = (out.last_mut(), &load)
            && *memory + *bytes == *next
            && *calldata + *bytes == *source
        {
            *bytes += more;
            continue;
        }
        out.push(load);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_walks_down_its_row() {
        let calls = chain(0, 0x100, 2, 0x60);
        assert_eq!(
            calls,
            [
                Call::Mul { from: 0, to: 0x180 },
                Call::Add { from: 0x140, to: 0 },
                Call::Mul { from: 0, to: 0x140 },
                Call::Add { from: 0x100, to: 0x60 },
            ]
        );
    }

    #[test]
    fn stages_are_joined_unless_a_load_would_disturb_a_call() {
        let stage = |memory, from| Stage {
            comment: String::new(),
            loads: vec![Load::Proof { memory, calldata: 0, bytes: POINT }],
            calls: vec![Call::Mul { from, to: from }],
        };
        assert_eq!(joined(vec![stage(0x400, 0x400), stage(0x500, 0x500)]).len(), 1);
        assert_eq!(joined(vec![stage(0x400, 0x400), stage(0x440, 0x500)]).len(), 2);
        assert_eq!(joined(vec![stage(0x400, 0x400), stage(0x460, 0x500)]).len(), 1);
        assert_eq!(joined(vec![stage(0x400, 0x400), stage(0x3c1, 0x500)]).len(), 2);
    }

    #[test]
    fn neighbouring_points_are_one_copy() {
        let proof = |memory, calldata, bytes| Load::Proof { memory, calldata, bytes };
        let loads = vec![proof(0x100, 0x20, 64), proof(0x140, 0x60, 64), proof(0, 0xa0, 64)];
        assert_eq!(merged(loads), [proof(0x100, 0x20, 128), proof(0, 0xa0, 64)]);
    }
}
