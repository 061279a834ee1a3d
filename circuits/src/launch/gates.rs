//! The chip: columns and polynomials. Degree 5, two advice columns, four fixed ones, copies in column a only.
//!
//! Cells of the row and of the rows after it are written a0, a1, … and b0, b1, …; c0, c1, c2 are column rc there; M is
//! the MDS matrix, R the first row of round constants, w = b²·a (the fifth power of a where b = a²). Each polynomial is
//! multiplied by the selector of its operation.
//!
//! | gate | constraints |
//! |---|---|
//! | full round | a3 = M₀·(w0, w1, w2) + c0, a4 = M₁·(…) + c1, a5 = M₂·(…) + c2 |
//! | partial round | a3 = m·w2 + g1·w1 + g0·w0 + t·a2 − d·a1 + c0 ([`super::recurrence`]) |
//! | square | b0 = a0² |
//! | one | b0 = 1 |
//! | hash | a2 = c0 (tag + R₀), a3 = a0 + R₁, a4 = a1 + R₂ |
//! | merkle | b2 ∈ {0, 1}, a3 = R₀, a4 = a0 + b2·(b1 − a0) + R₁, a5 = b1 + b2·(a0 − b1) + R₂ |
//! | mux | (b1 − b0)·(b1 − a1) = 0 |
//! | exchange | a1 = b0, b1 = a0 |
//! | bits | σ = a1 − 2a0 ∈ {0, 1}, β = b1 − 2b0 ∈ {0, 1}, σ·(1 − β) = 0 |
//! | linear | a0 + c0·a1 + c1·a2 + c2 = instance |
//! | product | a0·a1 + c0·a2 + c1·a3 + c2 = 0 |
//!
//! The instance column holds ten values at rows 0 to 9 and zero below, so `linear` is a plain relation elsewhere.

use super::opcode::{Op, Round, constant};
use super::recurrence::{Recurrence, recurrence};
use halo2_proofs::plonk::{
    Advice, Column, ConstraintSystem, Constraints, Expression, Fixed, Instance, VirtualCells,
};
use halo2_proofs::poly::Rotation;
use halo2curves::bn256::Fr;
use nonos_core::poseidon::{Constants, constants};

/// Columns of the launch circuit.
#[derive(Clone, Copy, Debug)]
pub struct LaunchConfig {
    /// Values; the only column with copy constraints.
    pub a: Column<Advice>,
    /// Squares, siblings, bits and running sums.
    pub b: Column<Advice>,
    /// Round constants and coefficients.
    pub rc: Column<Fixed>,
    /// Code of the [`Round`].
    pub q: Column<Fixed>,
    /// First coordinate of the [`Op`].
    pub s: Column<Fixed>,
    /// Second coordinate of the [`Op`].
    pub x: Column<Fixed>,
}

/// The queried cells: a0…a5, b0…b2, c0…c2.
struct Cells {
    a: [Expression<Fr>; 6],
    b: [Expression<Fr>; 3],
    c: [Expression<Fr>; 3],
}

impl Cells {
    /// w = b²·a at rotation i.
    fn sbox(&self, i: usize) -> Expression<Fr> {
        self.b[i].clone() * self.b[i].clone() * self.a[i].clone()
    }
}

type Named = (&'static str, Expression<Fr>);

impl LaunchConfig {
    /// Declares columns and gates.
    pub fn new(meta: &mut ConstraintSystem<Fr>) -> Self {
        let [a, b] = [meta.advice_column(), meta.advice_column()];
        let [rc, q, s, x] = std::array::from_fn(|_| meta.fixed_column());
        let instance = meta.instance_column();
        meta.enable_equality(a);
        let config = LaunchConfig { a, b, rc, q, s, x };
        config.round_gate(meta, "full round", Round::Full, |cells| full_round(cells, constants()));
        config.round_gate(meta, "partial round", Round::Partial, |cells| partial_round(cells, recurrence()));
        config.op_gate(meta, "square", Op::Square, square);
        config.op_gate(meta, "one", Op::One, one);
        config.op_gate(meta, "hash", Op::Hash, |cells| hash(cells, constants()));
        config.op_gate(meta, "merkle", Op::Merkle, |cells| merkle(cells, constants()));
        config.op_gate(meta, "mux", Op::Mux, mux);
        config.op_gate(meta, "exchange", Op::Exchange, exchange);
        config.op_gate(meta, "bits", Op::Bits, bits);
        config.linear_gate(meta, instance);
        config.op_gate(meta, "product", Op::Product, product);
        config
    }

    fn cells(&self, meta: &mut VirtualCells<'_, Fr>) -> Cells {
        Cells {
            a: std::array::from_fn(|i| meta.query_advice(self.a, Rotation(i as i32))),
            b: std::array::from_fn(|i| meta.query_advice(self.b, Rotation(i as i32))),
            c: std::array::from_fn(|i| meta.query_fixed(self.rc, Rotation(i as i32))),
        }
    }

    fn op_selector(&self, meta: &mut VirtualCells<'_, Fr>, op: Op) -> Expression<Fr> {
        let [s, x] = [self.s, self.x].map(|column| meta.query_fixed(column, Rotation::cur()));
        op.selector(&s, &x)
    }

    fn round_gate(
        &self,
        meta: &mut ConstraintSystem<Fr>,
        name: &str,
        round: Round,
        body: impl FnOnce(&Cells) -> Vec<Named>,
    ) {
        meta.create_gate(name, |meta| {
            let selector = round.selector(&meta.query_fixed(self.q, Rotation::cur()));
            Constraints::with_selector(selector, body(&self.cells(meta)))
        });
    }

    fn op_gate(
        &self,
        meta: &mut ConstraintSystem<Fr>,
        name: &str,
        op: Op,
        body: impl FnOnce(&Cells) -> Vec<Named>,
    ) {
        meta.create_gate(name, |meta| {
            let selector = self.op_selector(meta, op);
            Constraints::with_selector(selector, body(&self.cells(meta)))
        });
    }

    fn linear_gate(&self, meta: &mut ConstraintSystem<Fr>, instance: Column<Instance>) {
        meta.create_gate("linear", |meta| {
            let selector = self.op_selector(meta, Op::Linear);
            let public = meta.query_instance(instance, Rotation::cur());
            let Cells { a: [a0, a1, a2, ..], c: [c0, c1, c2], .. } = self.cells(meta);
            // a0 + c0·a1 + c1·a2 + c2 − instance
            Constraints::with_selector(
                selector,
                [("sum is the instance", a0 + c0 * a1 + c1 * a2 + c2 - public)],
            )
        });
    }
}

/// a_{3+j} − Σ_k M_jk·w_k − c_j, j = 0, 1, 2
fn full_round(cells: &Cells, constants: &Constants) -> Vec<Named> {
    let w: [_; 3] = std::array::from_fn(|k| cells.sbox(k));
    let mixed = |j: usize| {
        let m = constants.mds[j];
        let mix = w[0].clone() * m[0] + w[1].clone() * m[1] + w[2].clone() * m[2];
        cells.a[3 + j].clone() - mix - cells.c[j].clone()
    };
    vec![("word 0 is mixed", mixed(0)), ("word 1 is mixed", mixed(1)), ("word 2 is mixed", mixed(2))]
}

/// a3 − m·w2 − g1·w1 − g0·w0 − t·a2 + d·a1 − c0
fn partial_round(cells: &Cells, rec: &Recurrence) -> Vec<Named> {
    let [_, a1, a2, a3, ..] = cells.a.clone();
    let boxed = cells.sbox(2) * rec.m + cells.sbox(1) * rec.g1 + cells.sbox(0) * rec.g0;
    vec![("recurrence holds", a3 - boxed - a2 * rec.t + a1 * rec.d - cells.c[0].clone())]
}

/// b0 − a0²
fn square(cells: &Cells) -> Vec<Named> {
    let [a0, b0] = [cells.a[0].clone(), cells.b[0].clone()];
    vec![("b is the square of a", b0 - a0.clone() * a0)]
}

/// b0 − 1
fn one(cells: &Cells) -> Vec<Named> {
    vec![("b is one", cells.b[0].clone() - constant(1))]
}

/// a2 − c0, a3 − a0 − R₁, a4 − a1 − R₂
fn hash(cells: &Cells, constants: &Constants) -> Vec<Named> {
    let [a0, a1, a2, a3, a4, _] = cells.a.clone();
    let [_, r1, r2] = constants.round[0].map(Expression::Constant);
    vec![
        ("first word is the tag", a2 - cells.c[0].clone()),
        ("second word is the left input", a3 - a0 - r1),
        ("third word is the right input", a4 - a1 - r2),
    ]
}

/// b2·(b2 − 1), a3 − R₀, a4 − a0 − b2·(b1 − a0) − R₁, a5 − b1 − b2·(a0 − b1) − R₂
fn merkle(cells: &Cells, constants: &Constants) -> Vec<Named> {
    let [node, _, _, a3, a4, a5] = cells.a.clone();
    let [_, sibling, bit] = cells.b.clone();
    let [r0, r1, r2] = constants.round[0].map(Expression::Constant);
    let swap = bit.clone() * (sibling.clone() - node.clone());
    vec![
        ("bit is boolean", bit.clone() * (bit - constant(1))),
        ("first word is the node tag zero", a3 - r0),
        ("second word is the left child", a4 - node - swap.clone() - r1),
        ("third word is the right child", a5 - sibling + swap - r2),
    ]
}

/// (b1 − b0)·(b1 − a1)
fn mux(cells: &Cells) -> Vec<Named> {
    let [b0, b1, _] = cells.b.clone();
    vec![("next is this or the candidate", (b1.clone() - b0) * (b1 - cells.a[1].clone()))]
}

/// a1 − b0, b1 − a0
fn exchange(cells: &Cells) -> Vec<Named> {
    let [a0, a1, ..] = cells.a.clone();
    let [b0, b1, _] = cells.b.clone();
    vec![("b moves to a", a1 - b0), ("a moves to b", b1 - a0)]
}

/// σ = a1 − 2a0, β = b1 − 2b0: σ·(1 − σ), β·(1 − β), σ·(1 − β)
fn bits(cells: &Cells) -> Vec<Named> {
    let sigma = cells.a[1].clone() - cells.a[0].clone() * Fr::from(2);
    let beta = cells.b[1].clone() - cells.b[0].clone() * Fr::from(2);
    vec![
        ("bit of a is boolean", sigma.clone() * (constant(1) - sigma.clone())),
        ("bit of b is boolean", beta.clone() * (constant(1) - beta.clone())),
        ("bit of a implies bit of b", sigma * (constant(1) - beta)),
    ]
}

/// a0·a1 + c0·a2 + c1·a3 + c2
fn product(cells: &Cells) -> Vec<Named> {
    let [a0, a1, a2, a3, ..] = cells.a.clone();
    let [c0, c1, c2] = cells.c.clone();
    vec![("product and linear terms cancel", a0 * a1 + c0 * a2 + c1 * a3 + c2)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shape_is_the_one_the_gas_model_was_fitted_for() {
        let mut cs = ConstraintSystem::default();
        LaunchConfig::new(&mut cs);
        assert_eq!(cs.degree(), 5);
        assert_eq!((cs.num_advice_columns(), cs.num_fixed_columns(), cs.num_instance_columns()), (2, 4, 1));
        assert_eq!((cs.advice_queries().len(), cs.fixed_queries().len()), (9, 6));
        assert_eq!(cs.permutation().get_columns().len(), 1);
        assert_eq!((cs.lookups().len(), cs.num_selectors(), cs.num_challenges()), (0, 0, 0));
        assert_eq!((1 << super::super::K) - cs.blinding_factors() - 1, super::super::sheet::USABLE_ROWS);
    }

    #[test]
    fn every_polynomial_has_a_gate_name_and_a_name_of_its_own() {
        let mut cs = ConstraintSystem::default();
        LaunchConfig::new(&mut cs);
        let mut names = Vec::new();
        for gate in cs.gates() {
            for i in 0..gate.polynomials().len() {
                assert!(!gate.constraint_name(i).is_empty());
                names.push((gate.name().to_owned(), gate.constraint_name(i).to_owned()));
            }
        }
        assert_eq!(names.len(), 21);
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 21);
    }
}
