//! Scalars of the SHPLONK check (BDFG21, section 4; halo2's `shplonk/verifier.rs`).
//!
//! Set i is opened at the points x w^p, p in R_i; with `d_p = u - x w^p` and `Z_i` their product over R_i, the check is
//!
//! ```text
//! F = sum_i c_i (sum_j mu^j C_ij) - e G - Z_0 W + u W',   c_i = nu^i Z_0 / Z_i,   e(F, G2) = e(W', [tau]_2)
//! e = sum_i nu^i sum_p E_ip k_ip (Z_0 / d_p) / x^(|R_i|-1),  E_ip = sum_j mu^j C_ij(x w^p),  k_ip = 1 / prod (w^p - w^q)
//! ```
//!
//! `Z_0 / d_p` is a product of other distances where p is in R_0, so only rotations outside R_0 need an inverse.
//! Everything is divided by the coefficient of the first commitment, so one commitment needs no multiplication.

use std::collections::HashMap;

use halo2curves::{bn256::Fr, ff::Field};
use nonos_circuits::backend::{
    ProofShape,
    shape::{Challenge, OpeningSet, Polynomial},
};

use crate::{
    GenError,
    dag::{Dag, Id},
    expression::Inputs,
    inverse::{Inverses, Inverter, Ticket},
    lagrange::Domain,
};

/// The distances `d_p = u - x w^p`, and what has to be inverted for the opening.
#[derive(Debug)]
pub(crate) struct Distances {
    distances: HashMap<i32, Id>,
    /// R_0, ascending.
    first: Vec<i32>,
    /// Rotations outside R_0.
    inverses: HashMap<i32, Ticket>,
    x_inverse: Option<Ticket>,
}

impl Distances {
    pub(crate) fn new(
        dag: &mut Dag,
        domain: &Domain,
        shape: &ProofShape,
        (x, u): (Id, Id),
        inverter: &mut Inverter,
    ) -> Result<Self, GenError> {
        let sets = shape.opening_sets();
        let mut rotations: Vec<i32> = sets.iter().flat_map(|set| set.rotations.iter().copied()).collect();
        rotations.sort_unstable();
        rotations.dedup();
        distinct(&rotations, shape.k())?;
        let first = sets.first().map_or(vec![], |set| set.rotations.clone());
        let (mut distances, mut inverses) = (HashMap::new(), HashMap::new());
        for rotation in rotations {
            let root = dag.constant(domain.point(rotation));
            let point = dag.mul(x, root);
            let distance = dag.sub(u, point);
            distances.insert(rotation, distance);
            if !first.contains(&rotation) {
                inverses.insert(rotation, inverter.add(distance));
            }
        }
        let several = sets.iter().any(|set| set.rotations.len() > 1);
        let x_inverse = several.then(|| inverter.add(x));
        Ok(Self { distances, first, inverses, x_inverse })
    }

    /// Product over some of R_0. Multiplied from the highest rotation down, so that products over `p ..` are shared.
    fn product(&self, dag: &mut Dag, filter: impl Fn(i32) -> bool) -> Id {
        let factors = self.first.iter().rev().filter(|&&rotation| filter(rotation));
        let factors: Vec<Id> = factors.filter_map(|rotation| self.distances.get(rotation)).copied().collect();
        dag.product(factors)
    }

    /// `Z_0 / d_p`: without an inverse if p is in R_0.
    fn others(&self, dag: &mut Dag, inverses: &Inverses, rotation: i32) -> Id {
        match self.inverses.get(&rotation) {
            Some(&ticket) => {
                let all = self.product(dag, |_| true);
                dag.mul(all, inverses.get(ticket))
            }
            None => {
                let below = self.first.iter().filter(|&&other| other < rotation);
                let below: Vec<Id> = below.filter_map(|other| self.distances.get(other)).copied().collect();
                let below = dag.product(below);
                let above = self.product(dag, |other| other > rotation);
                dag.mul(below, above)
            }
        }
    }

    /// `Z_0 / Z_i`, common factors cancelled.
    fn ratio(&self, dag: &mut Dag, inverses: &Inverses, rotations: &[i32]) -> Id {
        let above = self.product(dag, |rotation| !rotations.contains(&rotation));
        let below = rotations.iter().filter_map(|rotation| self.inverses.get(rotation));
        let below: Vec<Id> = below.map(|&ticket| inverses.get(ticket)).collect();
        let below = dag.product(below);
        dag.mul(above, below)
    }
}

/// Rotations must be different points.
fn distinct(rotations: &[i32], k: u32) -> Result<(), GenError> {
    let rows = 1i64 << k;
    for (i, &first) in rotations.iter().enumerate() {
        for &second in &rotations[i + 1..] {
            if (i64::from(second) - i64::from(first)) % rows == 0 {
                return Err(GenError::RotationsCollide { first, second, k });
            }
        }
    }
    Ok(())
}

/// The scalars.
#[derive(Debug)]
pub(crate) struct Scalars {
    /// Scalar of every chain, `mu`.
    pub(crate) mu: Id,
    /// `c_i` for i >= 1.
    pub(crate) sets: Vec<Id>,
    /// `-e`, scalar of G.
    pub(crate) generator: Id,
    /// `-Z_0`, scalar of W.
    pub(crate) w: Id,
    /// `u`, scalar of W'.
    pub(crate) w_prime: Id,
}

impl Scalars {
    pub(crate) fn new(
        dag: &mut Dag,
        domain: &Domain,
        shape: &ProofShape,
        inputs: &Inputs,
        distances: &Distances,
        inverses: &Inverses,
    ) -> Result<Self, GenError> {
        let context = "the opening";
        let mu = inputs.challenge(Challenge::Mu, context)?;
        let nu = inputs.challenge(Challenge::Nu, context)?;
        let w_prime = inputs.challenge(Challenge::U, context)?;
        let sets = shape.opening_sets();
        let z_0 = distances.product(dag, |_| true);
        let mut coefficients = vec![];
        let mut values = vec![];
        for (i, set) in sets.iter().enumerate() {
            values.push(set_value(dag, domain, set, mu, inputs, distances, inverses)?);
            if i > 0 {
                let ratio = distances.ratio(dag, inverses, &set.rotations);
                let power = dag.power(nu, i);
                coefficients.push(dag.mul(power, ratio));
            }
        }
        let value = dag.horner(nu, &values);
        Ok(Self { mu, sets: coefficients, generator: dag.neg(value), w: dag.neg(z_0), w_prime })
    }
}

/// `sum_p E_ip k_ip (Z_0 / d_p) / x^(|R_i|-1)`.
fn set_value(
    dag: &mut Dag,
    domain: &Domain,
    set: &OpeningSet,
    mu: Id,
    inputs: &Inputs,
    distances: &Distances,
    inverses: &Inverses,
) -> Result<Id, GenError> {
    let mut terms = vec![];
    for &rotation in &set.rotations {
        let evaluations = set
            .polynomials
            .iter()
            .map(|&polynomial| inputs.evaluation(polynomial, rotation, "the opening"))
            .collect::<Result<Vec<_>, _>>()?;
        let combined = dag.horner(mu, &evaluations);
        let others = distances.others(dag, inverses, rotation);
        let weight = dag.constant(weight(domain, &set.rotations, rotation));
        terms.push((combined, others, weight));
    }
    let sum = match terms.as_slice() {
        // k_q = -k_p: one multiplication by a constant instead of two.
        &[(first, first_others, weight), (second, second_others, _)] => {
            let (first, second) = (dag.mul(first, first_others), dag.mul(second, second_others));
            let difference = dag.sub(first, second);
            dag.mul(difference, weight)
        }
        terms => {
            let weighted: Vec<Id> = terms
                .iter()
                .map(|&(combined, others, weight)| {
                    let factor = dag.mul(others, weight);
                    dag.mul(combined, factor)
                })
                .collect();
            dag.sum(weighted)
        }
    };
    match distances.x_inverse {
        Some(ticket) if set.rotations.len() > 1 => {
            let power = dag.power(inverses.get(ticket), set.rotations.len() - 1);
            Ok(dag.mul(sum, power))
        }
        _ => Ok(sum),
    }
}

/// `k_p`.
fn weight(domain: &Domain, rotations: &[i32], rotation: i32) -> Fr {
    let others = rotations.iter().filter(|&&other| other != rotation);
    let differences = others.map(|&other| domain.point(rotation) - domain.point(other));
    // Rotations are distinct points, so the product is not zero.
    differences.product::<Fr>().invert().unwrap_or(Fr::ZERO)
}

/// Name of the quotient's evaluation, which is computed and not read.
pub(crate) const QUOTIENT: nonos_circuits::backend::shape::Evaluation =
    nonos_circuits::backend::shape::Evaluation { polynomial: Polynomial::Quotient, rotation: 0 };
