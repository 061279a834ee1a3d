//! The chip: columns, lookups and polynomials. Degree 5, seven advice columns, seventeen fixed ones, two lookups.
//!
//! Cells of the row and of rows after it are written u0, u0[1], …; fixed cells are those of the row.
//!
//! | constraint | formula |
//! |---|---|
//! | lookup i = 0, 1 | (key_i, z_i − shift_i·z_i[1], valued·x_i) is a row of (tk, ti, tv + t) |
//! | linear, mode 1 | u0[1] = keep·u0 + g0·x0 + g1·x1 + gm·x0·x1 + c + instance; u1[1] = keep·u1 + h·x1 |
//! | product, sig ≠ 0 | u0[4] = keep·u0 + sig·lo(a, b) + g0·(a0 + 2^64·a1); u1[4] = keep·u1 + sig·hi(a, b) + g0·(a2 + 2^64·a3) |
//! | reduce, mode 2 | u0 + 19q = g0·(o0 + 2^64·o1) + 2^128·e; u1 + e = g0·(o2 + 2^64·o3) + 2^127·q |
//! | multiples | dyn = 1: t = u1; dyn = 2: t = 0 |
//!
//! with the limbs a0, a1 = x0, x1; a2, a3 = x0[1], x1[1]; b0, b1 = x0[2], x1[2]; b2, b3 = x0[3], x1[3]; and, as 2^256 is
//! 38 modulo p,
//!
//! ```text
//! lo = a0b0 + 38(a1b3 + a2b2 + a3b1) + 2^64(a0b1 + a1b0 + 38(a2b3 + a3b2))
//! hi = a0b2 + a1b1 + a2b0 + 38·a3b3 + 2^64(a0b3 + a1b2 + a2b1 + a3b0)
//! ```
//!
//! so lo + 2^128·hi = ab modulo p. In a reduction q = x0 − 2^77, e = x1 − 2^77; o0, o1 = x0[1], x1[1]; o2, o3 = x0[2],
//! x1[2]. [`super::field`] has the bounds under which these are equations between integers.
//!
//! The instance column holds six values at rows 0 to 5 and zero below, so `linear` is a plain relation elsewhere.

use halo2_proofs::plonk::{
    Advice, Column, ConstraintSystem, Constraints, Expression, Fixed, Instance, VirtualCells,
};
use halo2_proofs::poly::Rotation;
use halo2curves::bn256::Fr;
use nonos_core::field::fr_from_u128;

/// Columns of the enrolment circuit.
#[derive(Clone, Copy, Debug)]
pub struct EnrolmentConfig {
    /// z0, z1, x0, x1, u0, u1 in the order of [`super::sheet::Column`]; all have copy constraints.
    pub advice: [Column<Advice>; 6],
    /// Values of the table that are witnesses.
    pub t: Column<Advice>,
    /// Key, argument and value of the table.
    pub table: [Column<Fixed>; 3],
    /// 1 on rows whose table value is a witness, 2 on the other usable rows.
    pub dynamic: Column<Fixed>,
    /// Keys of the lookups.
    pub key: [Column<Fixed>; 2],
    /// Shifts of the lookups' arguments.
    pub shift: [Column<Fixed>; 2],
    /// Whether x holds the lookups' values.
    pub valued: Column<Fixed>,
    /// Gate.
    pub mode: Column<Fixed>,
    /// Sign of a product.
    pub sig: Column<Fixed>,
    /// keep, g0, g1, gm, h, c.
    pub coefficients: [Column<Fixed>; 6],
}

type Named = (&'static str, Expression<Fr>);

/// The queried cells.
struct Cells {
    x: [[Expression<Fr>; 4]; 2],
    u: [[Expression<Fr>; 3]; 2],
    keep: Expression<Fr>,
    g0: Expression<Fr>,
    g1: Expression<Fr>,
    gm: Expression<Fr>,
    h: Expression<Fr>,
    c: Expression<Fr>,
}

impl EnrolmentConfig {
    /// Declares columns, lookups and gates.
    pub fn new(meta: &mut ConstraintSystem<Fr>) -> Self {
        let advice: [_; 6] = std::array::from_fn(|_| meta.advice_column());
        let t = meta.advice_column();
        let table = std::array::from_fn(|_| meta.fixed_column());
        let dynamic = meta.fixed_column();
        let key = std::array::from_fn(|_| meta.fixed_column());
        let shift = std::array::from_fn(|_| meta.fixed_column());
        let [valued, mode, sig] = std::array::from_fn(|_| meta.fixed_column());
        let coefficients = std::array::from_fn(|_| meta.fixed_column());
        let instance = meta.instance_column();
        for column in advice {
            meta.enable_equality(column);
        }
        let config =
            EnrolmentConfig { advice, t, table, dynamic, key, shift, valued, mode, sig, coefficients };
        for lane in 0..2 {
            config.lookup(meta, lane);
        }
        config.linear_gate(meta, instance);
        config.product_gate(meta);
        config.reduce_gate(meta);
        config.multiples_gate(meta);
        config
    }

    fn lookup(&self, meta: &mut ConstraintSystem<Fr>, lane: usize) {
        meta.lookup_any(["first lookup", "second lookup"][lane], |meta| {
            let z = meta.query_advice(self.advice[lane], Rotation::cur());
            let next = meta.query_advice(self.advice[lane], Rotation::next());
            let x = meta.query_advice(self.advice[2 + lane], Rotation::cur());
            let t = meta.query_advice(self.t, Rotation::cur());
            let [key, shift, valued] = [self.key[lane], self.shift[lane], self.valued]
                .map(|column| meta.query_fixed(column, Rotation::cur()));
            let [tk, ti, tv] = self.table.map(|column| meta.query_fixed(column, Rotation::cur()));
            vec![(key, tk), (z - shift * next, ti), (valued * x, tv + t)]
        });
    }

    fn cells(&self, meta: &mut VirtualCells<'_, Fr>) -> Cells {
        let [_, _, x0, x1, u0, u1] = self.advice;
        let [keep, g0, g1, gm, h, c] =
            self.coefficients.map(|column| meta.query_fixed(column, Rotation::cur()));
        Cells {
            x: [x0, x1].map(|x| std::array::from_fn(|i| meta.query_advice(x, Rotation(i as i32)))),
            u: [u0, u1].map(|u| [0, 1, 4].map(|i| meta.query_advice(u, Rotation(i)))),
            keep,
            g0,
            g1,
            gm,
            h,
            c,
        }
    }

    fn linear_gate(&self, meta: &mut ConstraintSystem<Fr>, instance: Column<Instance>) {
        meta.create_gate("linear", |meta| {
            let mode = meta.query_fixed(self.mode, Rotation::cur());
            let public = meta.query_instance(instance, Rotation::cur());
            let Cells {
                x: [[x0, ..], [x1, ..]],
                u: [[u0, u0_next, _], [u1, u1_next, _]],
                keep,
                g0,
                g1,
                gm,
                h,
                c,
            } = self.cells(meta);
            let first =
                keep.clone() * u0 + g0 * x0.clone() + g1 * x1.clone() + gm * x0 * x1.clone() + c + public;
            let second = keep * u1 + h * x1;
            Constraints::with_selector(
                mode.clone() * (constant(2) - mode),
                [("first accumulator", u0_next - first), ("second accumulator", u1_next - second)],
            )
        });
    }

    fn product_gate(&self, meta: &mut ConstraintSystem<Fr>) {
        meta.create_gate("product", |meta| {
            let sig = meta.query_fixed(self.sig, Rotation::cur());
            let cells = self.cells(meta);
            Constraints::with_selector(sig.clone(), product(&cells, &sig))
        });
    }

    fn reduce_gate(&self, meta: &mut ConstraintSystem<Fr>) {
        meta.create_gate("reduce", |meta| {
            let mode = meta.query_fixed(self.mode, Rotation::cur());
            let cells = self.cells(meta);
            Constraints::with_selector(mode.clone() * (mode - constant(1)), reduce(&cells))
        });
    }

    fn multiples_gate(&self, meta: &mut ConstraintSystem<Fr>) {
        meta.create_gate("multiples", |meta| {
            let dynamic = meta.query_fixed(self.dynamic, Rotation::cur());
            let t = meta.query_advice(self.t, Rotation::cur());
            let u1 = meta.query_advice(self.advice[5], Rotation::cur());
            let value = t - (constant(2) - dynamic.clone()) * u1;
            Constraints::with_selector(dynamic, [("table value is the limb, or zero", value)])
        });
    }
}

fn constant(value: u64) -> Expression<Fr> {
    Expression::Constant(Fr::from(value))
}

fn power(exponent: u32) -> Expression<Fr> {
    Expression::Constant(super::power_of_two(exponent))
}

/// The limbs at two consecutive rows.
fn limbs(x: &[[Expression<Fr>; 4]; 2], row: usize) -> [Expression<Fr>; 4] {
    std::array::from_fn(|i| x[i % 2][row + i / 2].clone())
}

fn product(cells: &Cells, sig: &Expression<Fr>) -> Vec<Named> {
    let (a, b) = (limbs(&cells.x, 0), limbs(&cells.x, 2));
    let times = |i: usize, j: usize| a[i].clone() * b[j].clone();
    let fold = |e: Expression<Fr>| e * fr_from_u128(38);
    let lo = times(0, 0)
        + fold(times(1, 3) + times(2, 2) + times(3, 1))
        + power(64) * (times(0, 1) + times(1, 0) + fold(times(2, 3) + times(3, 2)));
    let hi = times(0, 2)
        + times(1, 1)
        + times(2, 0)
        + fold(times(3, 3))
        + power(64) * (times(0, 3) + times(1, 2) + times(2, 1) + times(3, 0));
    let step = |u: &[Expression<Fr>; 3], product: Expression<Fr>, low: usize| {
        let linear = a[low].clone() + power(64) * a[low + 1].clone();
        u[2].clone() - cells.keep.clone() * u[0].clone() - sig.clone() * product - cells.g0.clone() * linear
    };
    vec![("low half", step(&cells.u[0], lo, 0)), ("high half", step(&cells.u[1], hi, 2))]
}

fn reduce(cells: &Cells) -> Vec<Named> {
    let [[x0, ..], [x1, ..]] = &cells.x;
    let quotient = x0.clone() - power(super::field::OFFSET_BITS);
    let carry = x1.clone() - power(super::field::OFFSET_BITS);
    let out: [_; 4] = std::array::from_fn(|i| cells.x[i % 2][1 + i / 2].clone());
    let half = |low: usize| cells.g0.clone() * (out[low].clone() + power(64) * out[low + 1].clone());
    vec![
        (
            "low half",
            cells.u[0][0].clone() + constant(19) * quotient.clone() - half(0) - power(128) * carry.clone(),
        ),
        ("high half", cells.u[1][0].clone() + carry - half(2) - power(127) * quotient),
    ]
}
