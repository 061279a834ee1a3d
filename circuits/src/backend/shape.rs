//! The exact layout of a SHPLONK proof for a given constraint system: which point or evaluation comes where.
//!
//! One description, three users: the canonical pre-parser, the native verifier's length checks and the Solidity
//! generator. It restates the order in which halo2-axiom's `create_proof` writes (`plonk/prover.rs`,
//! `poly/kzg/multiopen/shplonk`); the tests check it against proofs and against snark-verifier's protocol.

use halo2_proofs::plonk::{ConstraintSystem, Expression};
use halo2curves::{bn256::Fr, ff::PrimeField};
use thiserror::Error;

use super::encoding::{G1_BYTES, WORD};

/// A polynomial that is opened in the proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Polynomial {
    /// Advice column by column index.
    Advice(usize),
    /// Fixed column by column index (selectors included); its commitment is in the verifying key.
    Fixed(usize),
    /// Permutation polynomial of the i-th column of the permutation argument; in the verifying key.
    Sigma(usize),
    /// Grand product of the i-th chunk of the permutation argument.
    PermutationProduct(usize),
    /// Permuted input A' of the i-th lookup.
    LookupInput(usize),
    /// Permuted table S' of the i-th lookup.
    LookupTable(usize),
    /// Grand product of the i-th lookup.
    LookupProduct(usize),
    /// Quotient h(X), whose commitment is the sum of piece_i · x^(i·n); its evaluation is computed, not sent.
    Quotient,
    /// Random polynomial that blinds the quotient's opening.
    Random,
}

/// What a point of the proof is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PointRole {
    /// Commitment to a polynomial.
    Commitment(Polynomial),
    /// Commitment to the i-th piece of the quotient.
    QuotientPiece(usize),
    /// First opening point W of SHPLONK (BDFG21, section 4).
    OpeningW,
    /// Second opening point W' of SHPLONK.
    OpeningWPrime,
}

/// A polynomial at the point x·ω^rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Evaluation {
    /// The polynomial.
    pub polynomial: Polynomial,
    /// The power of ω.
    pub rotation: i32,
}

/// A verifier challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Challenge {
    /// The circuit's own challenge by index, drawn after its phase.
    Circuit(usize),
    /// Folds the columns of a lookup.
    Theta,
    /// Permutation and lookup products, with sigma.
    Beta,
    /// Permutation and lookup products, additive.
    Gamma,
    /// Folds the constraints; constraint i of m gets y^(m-1-i).
    Y,
    /// The evaluation point.
    X,
    /// Folds the polynomials of one opening set, ascending (halo2's `y` in SHPLONK).
    Mu,
    /// Folds the opening sets, ascending (halo2's `v`).
    Nu,
    /// The point of the final opening.
    U,
}

/// One message of the prover and the challenges drawn after it, in transcript order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// Points, in proof order.
    pub points: Vec<PointRole>,
    /// Evaluations, in proof order; only one round has any, and that one has no points.
    pub evaluations: Vec<Evaluation>,
    /// Challenges, in the order they are squeezed.
    pub challenges: Vec<Challenge>,
}

/// Polynomials opened at the same set of points, in SHPLONK's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpeningSet {
    /// Rotations, ascending, without repetition.
    pub rotations: Vec<i32>,
    /// Polynomials, in order of first query: the i-th is multiplied by mu^i.
    pub polynomials: Vec<Polynomial>,
}

/// What a 32-byte-aligned item of the proof is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Item {
    /// 64 bytes.
    Point(PointRole),
    /// 32 bytes.
    Scalar(Evaluation),
}

/// Why a constraint system has no usable proof layout.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ShapeError {
    /// The list of instance counts does not match the number of instance columns.
    #[error("{got} instance counts were given, but the circuit has {expected} instance columns")]
    InstanceColumns {
        /// Columns of the circuit.
        expected: usize,
        /// Counts given.
        got: usize,
    },
    /// An instance column does not fit into the usable rows.
    #[error("instance column {column} has {count} values, but only {usable} rows are usable at k = {k}")]
    TooManyInstances {
        /// The column.
        column: usize,
        /// Values asked for.
        count: usize,
        /// Rows before the blinding rows.
        usable: usize,
        /// log2 of the rows.
        k: u32,
    },
    /// A constraint has a higher degree than the key was made for.
    #[error(
        "a constraint has degree {needed}, but the key is for degree {degree}: halo2-axiom caps it at the environment \
         variable MAX_DEGREE (5 if unset); call ConstraintSystem::set_minimum_degree({needed})"
    )]
    DegreeCapped {
        /// Degree of the highest constraint.
        needed: usize,
        /// Degree halo2-axiom uses.
        degree: usize,
    },
    /// k is outside what the field and the constraint system allow.
    #[error("k = {k} is unusable: this circuit needs at least 2^k = {minimum_rows} rows and k at most {max}")]
    BadK {
        /// log2 of the rows.
        k: u32,
        /// Least number of rows.
        minimum_rows: usize,
        /// Largest k whose quotient domain still exists.
        max: u32,
    },
    /// Virtual selectors are still in the constraint system.
    #[error("the constraint system still has {0} virtual selectors: take it from a verifying key")]
    VirtualSelectors(usize),
}

/// The layout of a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofShape {
    k: u32,
    degree: usize,
    num_instances: Vec<usize>,
    last_rotation: i32,
    permutation_sets: usize,
    rounds: Vec<Round>,
    opening_sets: Vec<OpeningSet>,
    points: usize,
    scalars: usize,
}

impl ProofShape {
    /// Works out the layout for the constraint system of a verifying key (`vk.cs()`), 2^k rows and the given number of
    /// values in each instance column.
    pub fn new(cs: &ConstraintSystem<Fr>, k: u32, num_instances: &[usize]) -> Result<Self, ShapeError> {
        let degree = cs.degree();
        check_system(cs, k, degree, num_instances)?;
        let columns = cs.permutation().get_columns();
        // The permutation argument multiplies at most degree - 2 columns per grand product.
        let permutation_sets = columns.len().div_ceil(degree - 2);
        let last_rotation = -(cs.blinding_factors() as i32 + 1);
        let rounds = rounds(cs, degree, permutation_sets, last_rotation);
        let points = rounds.iter().map(|round| round.points.len()).sum();
        let scalars = rounds.iter().map(|round| round.evaluations.len()).sum();
        Ok(Self {
            k,
            degree,
            num_instances: num_instances.to_vec(),
            last_rotation,
            permutation_sets,
            opening_sets: opening_sets(&queries(cs, permutation_sets, last_rotation)),
            rounds,
            points,
            scalars,
        })
    }

    /// log2 of the number of rows.
    pub fn k(&self) -> u32 {
        self.k
    }

    /// Degree of the constraint system; the quotient has `degree - 1` pieces.
    pub fn degree(&self) -> usize {
        self.degree
    }

    /// Number of values in each instance column.
    pub fn num_instances(&self) -> &[usize] {
        &self.num_instances
    }

    /// Number of instance values, all columns together.
    pub fn instance_count(&self) -> usize {
        self.num_instances.iter().sum()
    }

    /// Rotation of the last usable row, `-(blinding factors + 1)`; rows after it are blinding.
    pub fn last_rotation(&self) -> i32 {
        self.last_rotation
    }

    /// Number of grand products of the permutation argument.
    pub fn permutation_sets(&self) -> usize {
        self.permutation_sets
    }

    /// The transcript: what is sent and what is drawn, in order. Before the first round the verifier absorbs
    /// `vk.transcript_repr()` and every instance value, column by column.
    pub fn rounds(&self) -> &[Round] {
        &self.rounds
    }

    /// SHPLONK's opening sets: the i-th is multiplied by nu^i.
    pub fn opening_sets(&self) -> &[OpeningSet] {
        &self.opening_sets
    }

    /// Evaluations in proof order.
    pub fn evaluations(&self) -> impl Iterator<Item = Evaluation> + '_ {
        self.rounds.iter().flat_map(|round| round.evaluations.iter().copied())
    }

    /// Everything in the proof, in byte order.
    pub fn items(&self) -> impl Iterator<Item = Item> + '_ {
        self.rounds.iter().flat_map(|round| {
            let points = round.points.iter().copied().map(Item::Point);
            points.chain(round.evaluations.iter().copied().map(Item::Scalar))
        })
    }

    /// Number of points in the proof.
    pub fn point_count(&self) -> usize {
        self.points
    }

    /// Number of evaluations in the proof.
    pub fn scalar_count(&self) -> usize {
        self.scalars
    }

    /// Exact length of a proof in bytes.
    pub fn proof_len(&self) -> usize {
        G1_BYTES * self.points + WORD * self.scalars
    }
}

fn check_system(
    cs: &ConstraintSystem<Fr>,
    k: u32,
    degree: usize,
    num_instances: &[usize],
) -> Result<(), ShapeError> {
    if cs.num_selectors() != 0 {
        return Err(ShapeError::VirtualSelectors(cs.num_selectors()));
    }
    let needed = needed_degree(cs);
    if needed > degree {
        return Err(ShapeError::DegreeCapped { needed, degree });
    }
    // The quotient is computed over 2^k · (degree - 1) points, rounded up to a power of two.
    let max = Fr::S - (degree - 1).next_power_of_two().ilog2();
    let minimum_rows = cs.minimum_rows();
    if k > max || (1usize << k) < minimum_rows {
        return Err(ShapeError::BadK { k, minimum_rows, max });
    }
    if num_instances.len() != cs.num_instance_columns() {
        return Err(ShapeError::InstanceColumns {
            expected: cs.num_instance_columns(),
            got: num_instances.len(),
        });
    }
    let usable = (1usize << k) - (cs.blinding_factors() + 1);
    for (column, &count) in num_instances.iter().enumerate() {
        if count > usable {
            return Err(ShapeError::TooManyInstances { column, count, usable, k });
        }
    }
    Ok(())
}

/// Degree that the constraints have, whatever halo2-axiom's cap says.
fn needed_degree(cs: &ConstraintSystem<Fr>) -> usize {
    let gates = cs.gates().iter().flat_map(|gate| gate.polynomials()).map(|poly| poly.degree());
    let lookups = cs.lookups().iter().map(|lookup| {
        let widest =
            |expressions: &[Expression<Fr>]| expressions.iter().map(|e| e.degree()).max().unwrap_or(1).max(1);
        // (1 - l_last - l_blind) · z · (input + beta) · (table + gamma)
        (2 + widest(lookup.input_expressions()) + widest(lookup.table_expressions())).max(4)
    });
    // The permutation argument needs 3: l_active · z · (column + beta sigma + gamma).
    gates.chain(lookups).max().unwrap_or(0).max(3)
}

fn rounds(
    cs: &ConstraintSystem<Fr>,
    degree: usize,
    permutation_sets: usize,
    last_rotation: i32,
) -> Vec<Round> {
    use Polynomial::*;
    let commitments = |polynomials: Vec<Polynomial>| -> Vec<PointRole> {
        polynomials.into_iter().map(PointRole::Commitment).collect()
    };
    let sent = |points: Vec<PointRole>, challenges: Vec<Challenge>| Round {
        points,
        evaluations: vec![],
        challenges,
    };
    let lookups = cs.lookups().len();
    let mut rounds = advice_rounds(cs);
    rounds.push(sent(
        commitments((0..lookups).flat_map(|i| [LookupInput(i), LookupTable(i)]).collect()),
        vec![Challenge::Beta, Challenge::Gamma],
    ));
    let products = (0..permutation_sets).map(PermutationProduct);
    let products = products.chain((0..lookups).map(LookupProduct)).chain([Random]);
    rounds.push(sent(commitments(products.collect()), vec![Challenge::Y]));
    rounds.push(sent((0..degree - 1).map(PointRole::QuotientPiece).collect(), vec![Challenge::X]));
    rounds.push(Round {
        points: vec![],
        evaluations: evaluations(cs, permutation_sets, last_rotation),
        challenges: vec![Challenge::Mu, Challenge::Nu],
    });
    rounds.push(sent(vec![PointRole::OpeningW], vec![Challenge::U]));
    rounds.push(sent(vec![PointRole::OpeningWPrime], vec![]));
    rounds
}

/// One round per phase; theta is drawn right after the last phase's own challenges.
fn advice_rounds(cs: &ConstraintSystem<Fr>) -> Vec<Round> {
    let column_phases = cs.advice_column_phase();
    let challenge_phases = cs.challenge_phase();
    let last = column_phases.iter().copied().max().unwrap_or(0);
    (0..=last)
        .map(|phase| {
            let in_phase =
                |phases: &[u8]| -> Vec<usize> { (0..phases.len()).filter(|&i| phases[i] == phase).collect() };
            let columns = in_phase(&column_phases).into_iter();
            let challenges = in_phase(&challenge_phases).into_iter().map(Challenge::Circuit);
            Round {
                points: columns.map(Polynomial::Advice).map(PointRole::Commitment).collect(),
                evaluations: vec![],
                challenges: challenges.chain((phase == last).then_some(Challenge::Theta)).collect(),
            }
        })
        .collect()
}

/// The order in which evaluations are sent.
fn evaluations(cs: &ConstraintSystem<Fr>, permutation_sets: usize, last_rotation: i32) -> Vec<Evaluation> {
    use Polynomial::*;
    let mut out = Vec::new();
    let mut push = |polynomial, rotation| out.push(Evaluation { polynomial, rotation });
    for (column, rotation) in cs.advice_queries() {
        push(Advice(column.index()), rotation.0);
    }
    for (column, rotation) in cs.fixed_queries() {
        push(Fixed(column.index()), rotation.0);
    }
    push(Random, 0);
    for i in 0..cs.permutation().get_columns().len() {
        push(Sigma(i), 0);
    }
    for i in 0..permutation_sets {
        push(PermutationProduct(i), 0);
        push(PermutationProduct(i), 1);
        // Every product but the last hands its final value to the next one.
        if i + 1 < permutation_sets {
            push(PermutationProduct(i), last_rotation);
        }
    }
    for i in 0..cs.lookups().len() {
        push(LookupProduct(i), 0);
        push(LookupProduct(i), 1);
        push(LookupInput(i), 0);
        push(LookupInput(i), -1);
        push(LookupTable(i), 0);
    }
    out
}

/// The order in which SHPLONK is asked to open, which fixes the order of sets and of polynomials in a set.
fn queries(cs: &ConstraintSystem<Fr>, permutation_sets: usize, last_rotation: i32) -> Vec<Evaluation> {
    use Polynomial::*;
    let mut out = Vec::new();
    let mut push = |polynomial, rotation| out.push(Evaluation { polynomial, rotation });
    for (column, rotation) in cs.advice_queries() {
        push(Advice(column.index()), rotation.0);
    }
    for i in 0..permutation_sets {
        push(PermutationProduct(i), 0);
        push(PermutationProduct(i), 1);
    }
    for i in (0..permutation_sets).rev().skip(1) {
        push(PermutationProduct(i), last_rotation);
    }
    for i in 0..cs.lookups().len() {
        push(LookupProduct(i), 0);
        push(LookupInput(i), 0);
        push(LookupTable(i), 0);
        push(LookupInput(i), -1);
        push(LookupProduct(i), 1);
    }
    for (column, rotation) in cs.fixed_queries() {
        push(Fixed(column.index()), rotation.0);
    }
    for i in 0..cs.permutation().get_columns().len() {
        push(Sigma(i), 0);
    }
    push(Quotient, 0);
    push(Random, 0);
    out
}

/// Groups polynomials by the set of points they are opened at, keeping the order of first appearance.
fn opening_sets(queries: &[Evaluation]) -> Vec<OpeningSet> {
    let mut by_polynomial: Vec<(Polynomial, Vec<i32>)> = Vec::new();
    for query in queries {
        match by_polynomial.iter_mut().find(|(p, _)| *p == query.polynomial) {
            Some((_, rotations)) => rotations.push(query.rotation),
            None => by_polynomial.push((query.polynomial, vec![query.rotation])),
        }
    }
    let mut sets: Vec<OpeningSet> = Vec::new();
    for (polynomial, mut rotations) in by_polynomial {
        rotations.sort_unstable();
        rotations.dedup();
        match sets.iter_mut().find(|set| set.rotations == rotations) {
            Some(set) => set.polynomials.push(polynomial),
            None => sets.push(OpeningSet { rotations, polynomials: vec![polynomial] }),
        }
    }
    sets
}
