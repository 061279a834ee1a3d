//! Lagrange basis and instance polynomials at x.
//!
//! With `c = (x^n - 1) / n`, row i has `l_i(x) = c w^i / (x - w^i)`. Sums over rows are brought to one denominator, so that
//! each needs a single inverse:
//!
//! * instances: `I(x) = c N / D`, where N / D grows row by row: `N := N (x - w^i) + value D`, `D := D (w x - w^(i+1))`. D
//!   carries the factor `w^i` of row i (relative to the first row) at no cost, because the next row's is one w more;
//! * the last usable row and the blinding rows after it: numerator and denominator are polynomials with constant
//!   coefficients.

use halo2curves::{bn256::Fr, ff::Field};
use nonos_circuits::backend::ProofShape;

use crate::{
    dag::{Dag, Id, Word},
    inverse::{Inverses, Inverter, Ticket},
};

/// What does not depend on the proof's values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Domain {
    pub(crate) omega: Fr,
    pub(crate) omega_inv: Fr,
    pub(crate) n_inv: Fr,
    pub(crate) last_rotation: i32,
}

impl Domain {
    pub(crate) fn new(shape: &ProofShape, omega: Fr) -> Self {
        let rows = Fr::from(1u64 << shape.k());
        Self {
            omega,
            // Neither is zero: a root of unity, and a power of two below r.
            omega_inv: omega.invert().unwrap_or(Fr::ZERO),
            n_inv: rows.invert().unwrap_or(Fr::ZERO),
            last_rotation: shape.last_rotation(),
        }
    }

    /// omega^i.
    pub(crate) fn point(&self, i: i32) -> Fr {
        let base = if i < 0 { self.omega_inv } else { self.omega };
        base.pow_vartime([u64::from(i.unsigned_abs())])
    }
}

/// An instance column read at a rotation: the values belong to rows `-rotation ..`.
#[derive(Debug, Clone)]
pub(crate) struct InstanceQuery<'a> {
    pub(crate) rotation: i32,
    pub(crate) values: &'a [Word],
}

/// Numerators and denominators, before the inversion.
#[derive(Debug)]
pub(crate) struct Fractions {
    vanishing_inverse: Ticket,
    /// `c`, which the denominators' inverses are to be multiplied with.
    pub(crate) scale: Id,
    /// Numerator and denominator of `l_0 / c`.
    first: Option<(Id, Ticket)>,
    /// Numerators of `l_last / c` and of `(l_last + l_blind) / c`, and their common denominator.
    edge: Option<(Id, Id, Ticket)>,
    instances: Vec<Option<InstanceFraction>>,
}

#[derive(Debug)]
struct InstanceFraction {
    numerator: Id,
    denominator: Ticket,
}

/// The values.
#[derive(Debug)]
pub(crate) struct Lagrange {
    /// `1 / (x^n - 1)`.
    pub(crate) vanishing_inverse: Id,
    /// `l_0`, `l_last` and `1 - l_last - l_blind`, if an argument needs them.
    pub(crate) rows: Option<Rows>,
    /// Value of every instance query, in order.
    pub(crate) instances: Vec<Id>,
}

/// The Lagrange values of the permutation and lookup arguments.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows {
    pub(crate) first: Id,
    pub(crate) last: Id,
    pub(crate) active: Id,
}

impl Fractions {
    pub(crate) fn new(
        dag: &mut Dag,
        domain: &Domain,
        (x, x_to_n): (Id, Id),
        queries: &[InstanceQuery<'_>],
        with_rows: bool,
        inverter: &mut Inverter,
    ) -> Self {
        let one = dag.constant(Fr::ONE);
        let vanishing = dag.sub(x_to_n, one);
        let n_inv = dag.constant(domain.n_inv);
        let scale = dag.mul(vanishing, n_inv);
        let mut first = None;
        let instances =
            queries.iter().map(|query| instance(dag, domain, x, query, &mut first, inverter)).collect();
        let first = with_rows.then(|| {
            first.unwrap_or_else(|| {
                let denominator = dag.sub(x, one);
                (one, inverter.add_scaled(denominator))
            })
        });
        let edge = with_rows.then(|| edge(dag, domain, x, inverter));
        let vanishing_inverse = inverter.add(vanishing);
        Self { vanishing_inverse, scale, first, edge, instances }
    }

    pub(crate) fn values(&self, dag: &mut Dag, inverses: &Inverses) -> Lagrange {
        let rows = self.first.zip(self.edge).map(|(first, edge)| Self::rows(dag, inverses, first, edge));
        let instances = self
            .instances
            .iter()
            .map(|fraction| match fraction {
                None => dag.constant(Fr::ZERO),
                Some(fraction) => dag.mul(inverses.get(fraction.denominator), fraction.numerator),
            })
            .collect();
        Lagrange { vanishing_inverse: inverses.get(self.vanishing_inverse), rows, instances }
    }

    fn rows(
        dag: &mut Dag,
        inverses: &Inverses,
        (first, first_denominator): (Id, Ticket),
        (last, ending, edge_denominator): (Id, Id, Ticket),
    ) -> Rows {
        let one = dag.constant(Fr::ONE);
        let edge_inverse = inverses.get(edge_denominator);
        let ending = dag.mul(edge_inverse, ending);
        Rows {
            first: dag.mul(inverses.get(first_denominator), first),
            last: dag.mul(edge_inverse, last),
            active: dag.sub(one, ending),
        }
    }
}

/// N and D. Row 0 comes last: without it D is the numerator of `l_0`.
fn instance(
    dag: &mut Dag,
    domain: &Domain,
    x: Id,
    query: &InstanceQuery<'_>,
    first: &mut Option<(Id, Ticket)>,
    inverter: &mut Inverter,
) -> Option<InstanceFraction> {
    let mut rows: Vec<(i32, Word)> =
        query.values.iter().enumerate().map(|(i, &word)| (i as i32 - query.rotation, word)).collect();
    rows.sort_by_key(|(row, _)| *row == 0);
    let (last_row, _) = *rows.last()?;
    let (mut numerator, mut denominator) = (dag.constant(Fr::ZERO), dag.constant(Fr::ONE));
    for (i, &(row, word)) in rows.iter().enumerate() {
        let value = dag.word(word);
        let distance = distance(dag, domain, x, row, row);
        let scaled = dag.mul(numerator, distance);
        let summand = dag.mul(value, denominator);
        numerator = dag.add(scaled, summand);
        if let Some(&(next, _)) = rows.get(i + 1) {
            let distance = self::distance(dag, domain, x, row, next);
            denominator = dag.mul(denominator, distance);
        }
    }
    let rest = denominator;
    // Towards row 0: N and D then carry the same factor.
    let distance = distance(dag, domain, x, last_row, 0);
    let ticket = inverter.add_scaled(dag.mul(rest, distance));
    if last_row == 0 {
        first.get_or_insert((rest, ticket));
    }
    Some(InstanceFraction { numerator, denominator: ticket })
}

/// `w^(next - row) (x - w^row)`.
fn distance(dag: &mut Dag, domain: &Domain, x: Id, row: i32, next: i32) -> Id {
    let step = dag.constant(domain.point(next - row));
    let root = dag.constant(domain.point(next));
    let scaled = dag.mul(x, step);
    dag.sub(scaled, root)
}

/// With B(X) the product of X - w^i over the blinding rows: `l_last = c w^last B / (B (x - w^last))`.
fn edge(dag: &mut Dag, domain: &Domain, x: Id, inverter: &mut Inverter) -> (Id, Id, Ticket) {
    let blinding: Vec<Fr> = (domain.last_rotation + 1..0).map(|i| domain.point(i)).collect();
    let last_root = domain.point(domain.last_rotation);
    let all: Vec<Fr> = std::iter::once(last_root).chain(blinding.iter().copied()).collect();
    let mut ending = vec![Fr::ZERO; all.len()];
    for (i, root) in all.iter().enumerate() {
        let others: Vec<Fr> = all.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, r)| *r).collect();
        for (sum, coefficient) in ending.iter_mut().zip(vanishing_polynomial(&others)) {
            *sum += coefficient * root;
        }
    }
    let blinding = evaluate(dag, x, &vanishing_polynomial(&blinding));
    let ending = evaluate(dag, x, &ending);
    let root = dag.constant(last_root);
    let distance = dag.sub(x, root);
    let denominator = dag.mul(blinding, distance);
    let last = dag.mul(blinding, root);
    (last, ending, inverter.add_scaled(denominator))
}

fn evaluate(dag: &mut Dag, x: Id, coefficients: &[Fr]) -> Id {
    let terms: Vec<Id> = coefficients.iter().map(|&c| dag.constant(c)).collect();
    dag.horner(x, &terms)
}

/// Coefficients of the product of X - root, lowest first.
fn vanishing_polynomial(roots: &[Fr]) -> Vec<Fr> {
    roots.iter().fold(vec![Fr::ONE], |polynomial, root| {
        let mut product = vec![Fr::ZERO; polynomial.len() + 1];
        for (i, coefficient) in polynomial.iter().enumerate() {
            product[i] -= coefficient * root;
            product[i + 1] += coefficient;
        }
        product
    })
}
