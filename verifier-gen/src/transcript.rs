//! Where everything of the proof is, in calldata and in memory, and how the transcript is replayed.
//!
//! The transcript is one run of memory: digest of the key, instances, points, then after every squeeze the hash (which
//! begins the next buffer), more points, evaluations. Each message is one `calldatacopy`, each challenge one `keccak256`.

use std::collections::HashMap;

use nonos_circuits::backend::shape::{Challenge, Evaluation, PointRole, Polynomial, ProofShape};

use crate::{
    GenError,
    dag::{UNREDUCED, Word},
    memory::{POINT, TRANSCRIPT, WORD},
};

/// One step of the replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Copies a message out of calldata.
    Absorb { memory: usize, calldata: usize, bytes: usize, what: String },
    /// Hashes `bytes` from `start` and writes the hash to `to`. If nothing was absorbed since the last hash, a byte 1 has
    /// to be put at `to` first; it is part of `bytes`.
    Squeeze { challenge: Challenge, start: usize, bytes: usize, to: usize, marker: bool, reduce: bool },
}

/// Addresses and replay of the transcript.
#[derive(Debug)]
pub(crate) struct Transcript {
    pub(crate) steps: Vec<Step>,
    /// Memory of the instance values, column by column.
    pub(crate) instances: Vec<Vec<Word>>,
    /// Calldata offsets of the points, in proof order.
    pub(crate) points: Vec<(PointRole, usize)>,
    /// Memory of the evaluations, in proof order.
    pub(crate) evaluations: Vec<(Evaluation, Word)>,
    /// Memory of the hashes that are the challenges, in order: not reduced mod r, but for the last one, which is not
    /// hashed again.
    pub(crate) challenges: Vec<(Challenge, Word)>,
    /// Words of memory that are free once everything is hashed: the digest and the points.
    pub(crate) free: Vec<usize>,
    pub(crate) calldata: usize,
    pub(crate) end: usize,
}

impl Transcript {
    pub(crate) fn new(shape: &ProofShape) -> Self {
        let mut memory = TRANSCRIPT + WORD;
        let instances: Vec<Vec<Word>> = shape
            .num_instances()
            .iter()
            .map(|&count| {
                let column = (0..count).map(|i| Word { ptr: memory + WORD * i, bound: 1 }).collect();
                memory += WORD * count;
                column
            })
            .collect();
        let calldata = memory - TRANSCRIPT - WORD;
        let mut replay = Replay {
            start: TRANSCRIPT,
            memory,
            calldata,
            pending: calldata,
            what: if calldata > 0 { vec!["instances".into()] } else { vec![] },
            steps: vec![],
            challenges: vec![],
        };
        let (mut points, mut evaluations, mut free) = (vec![], vec![], vec![TRANSCRIPT]);
        for round in shape.rounds() {
            for &role in &round.points {
                points.push((role, replay.calldata));
                // W' is not hashed, so it is not in memory.
                if role != PointRole::OpeningWPrime {
                    free.extend([replay.memory, replay.memory + WORD]);
                }
                replay.take(POINT, point_name(role));
            }
            for &evaluation in &round.evaluations {
                evaluations.push((evaluation, Word { ptr: replay.memory, bound: 1 }));
                replay.take(WORD, evaluation_name(evaluation));
            }
            for &challenge in &round.challenges {
                replay.squeeze(challenge);
            }
        }
        if let Some(Step::Squeeze { reduce, .. }) = replay.steps.last_mut() {
            *reduce = true;
        }
        if let Some((_, word)) = replay.challenges.last_mut() {
            word.bound = 1;
        }
        // What follows the last challenge (the point W') is never hashed, so it is not copied.
        let end = replay.memory - replay.pending;
        Self {
            steps: replay.steps,
            instances,
            points,
            evaluations,
            challenges: replay.challenges,
            free,
            calldata: replay.calldata,
            end,
        }
    }

    /// Calldata offset of a point.
    pub(crate) fn point(&self, role: PointRole) -> Result<usize, GenError> {
        let found = self.points.iter().find(|(candidate, _)| *candidate == role);
        found.map(|(_, offset)| *offset).ok_or(GenError::MissingPoint(role))
    }

    /// Names of memory words, for readable code.
    pub(crate) fn names(&self) -> HashMap<usize, String> {
        let mut names = HashMap::new();
        for (challenge, word) in &self.challenges {
            names.insert(word.ptr, challenge_name(*challenge));
        }
        for (evaluation, word) in &self.evaluations {
            names.insert(word.ptr, evaluation_name(*evaluation));
        }
        for (column, words) in self.instances.iter().enumerate() {
            for (row, word) in words.iter().enumerate() {
                names.insert(word.ptr, format!("instance{column}_{row}"));
            }
        }
        names
    }
}

struct Replay {
    start: usize,
    memory: usize,
    calldata: usize,
    /// Bytes that were taken but not yet copied.
    pending: usize,
    what: Vec<String>,
    steps: Vec<Step>,
    challenges: Vec<(Challenge, Word)>,
}

impl Replay {
    fn take(&mut self, bytes: usize, name: String) {
        self.memory += bytes;
        self.calldata += bytes;
        self.pending += bytes;
        self.what.push(name);
    }

    fn squeeze(&mut self, challenge: Challenge) {
        if self.pending > 0 {
            self.steps.push(Step::Absorb {
                memory: self.memory - self.pending,
                calldata: self.calldata - self.pending,
                bytes: self.pending,
                what: summary(&std::mem::take(&mut self.what)),
            });
            self.pending = 0;
        }
        let bytes = self.memory - self.start;
        let marker = bytes == WORD;
        self.steps.push(Step::Squeeze {
            challenge,
            start: self.start,
            bytes: bytes + usize::from(marker),
            to: self.memory,
            marker,
            reduce: false,
        });
        self.challenges.push((challenge, Word { ptr: self.memory, bound: UNREDUCED }));
        self.start = self.memory;
        self.memory += WORD;
    }
}

/// First and last of a list of names.
fn summary(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one}, {two}"),
        [first, .., last] => format!("{first} .. {last}"),
    }
}

pub(crate) fn challenge_name(challenge: Challenge) -> String {
    match challenge {
        Challenge::Circuit(index) => format!("challenge{index}"),
        Challenge::Theta => "theta".into(),
        Challenge::Beta => "beta".into(),
        Challenge::Gamma => "gamma".into(),
        Challenge::Y => "y".into(),
        Challenge::X => "x".into(),
        Challenge::Mu => "mu".into(),
        Challenge::Nu => "nu".into(),
        Challenge::U => "u".into(),
    }
}

pub(crate) fn polynomial_name(polynomial: Polynomial) -> String {
    match polynomial {
        Polynomial::Advice(i) => format!("advice{i}"),
        Polynomial::Fixed(i) => format!("fixed{i}"),
        Polynomial::Sigma(i) => format!("sigma{i}"),
        Polynomial::PermutationProduct(i) => format!("product{i}"),
        Polynomial::LookupInput(i) => format!("lookupInput{i}"),
        Polynomial::LookupTable(i) => format!("lookupTable{i}"),
        Polynomial::LookupProduct(i) => format!("lookupProduct{i}"),
        Polynomial::Quotient => "quotient".into(),
        Polynomial::Random => "random".into(),
    }
}

pub(crate) fn point_name(role: PointRole) -> String {
    match role {
        PointRole::Commitment(polynomial) => polynomial_name(polynomial),
        PointRole::QuotientPiece(i) => format!("quotient piece {i}"),
        PointRole::OpeningW => "W".into(),
        PointRole::OpeningWPrime => "W'".into(),
    }
}

/// `advice0_2` is advice column 0 at rotation 2, `advice0_m1` at rotation -1.
pub(crate) fn evaluation_name(evaluation: Evaluation) -> String {
    let sign = if evaluation.rotation < 0 { "m" } else { "" };
    let rotation = evaluation.rotation.unsigned_abs();
    format!("{}_{sign}{rotation}", polynomial_name(evaluation.polynomial))
}
