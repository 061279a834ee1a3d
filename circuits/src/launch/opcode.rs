//! The operations a row can carry, how fixed columns encode them and the polynomials that select them.
//!
//! A row has one [`Round`] (column q) and one [`Op`] (columns s and x). q takes the values 0, 1, 2, so each of its two
//! selectors has degree 2 and leaves degree 3 for the S-box. The pair (s, x) takes the ten points with s + x ≤ 3 of the
//! principal lattice of order 3: the Lagrange basis polynomial of every point is a product of exactly three linear
//! factors out of s, x and 3 − s − x, so nine operations cost two columns, no lookup and degree 3.

use halo2_proofs::plonk::Expression;
use halo2curves::bn256::Fr;

/// What the S-box rows of a Poseidon permutation do: column q.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Round {
    /// No constraint.
    #[default]
    None,
    /// The next three rows of a are the MDS mix of this and the next two rows.
    Full,
    /// The third row from here follows from this and the next two by the recurrence of the partial rounds.
    Partial,
}

impl Round {
    /// The value in column q.
    pub fn code(self) -> u64 {
        self as u64
    }

    /// A polynomial of degree 2 in q: nonzero at this round's code, zero at the other two.
    pub fn selector(self, q: &Expression<Fr>) -> Expression<Fr> {
        match self {
            Round::None => (constant(1) - q.clone()) * (constant(2) - q.clone()),
            Round::Full => q.clone() * (constant(2) - q.clone()),
            Round::Partial => q.clone() * (q.clone() - constant(1)),
        }
    }
}

/// What a row constrains besides a Poseidon round: columns s and x. Formulas stand in [`super::gates`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Op {
    /// No constraint: the point (0, 0), which is also what unused and blinding rows hold.
    #[default]
    None,
    /// b is the square of a.
    Square,
    /// b is one.
    One,
    /// Starts a permutation on a tag and two inputs.
    Hash,
    /// Starts a permutation on a node and its sibling, in the order the bit says.
    Merkle,
    /// The next b is this b or the next a.
    Mux,
    /// The next row holds this row's a and b exchanged.
    Exchange,
    /// Appends one bit to the running sums a and b; the bit of a implies that of b.
    Bits,
    /// A linear relation, and the only place where public instances enter.
    Linear,
    /// A product relation.
    Product,
}

impl Op {
    /// Every operation with a constraint.
    pub const ALL: [Op; 9] =
        [Op::Square, Op::One, Op::Hash, Op::Merkle, Op::Mux, Op::Exchange, Op::Bits, Op::Linear, Op::Product];

    /// The lattice point (s, x), s + x ≤ 3.
    pub fn point(self) -> (u64, u64) {
        match self {
            Op::None => (0, 0),
            Op::Square => (1, 0),
            Op::One => (2, 0),
            Op::Hash => (3, 0),
            Op::Merkle => (0, 1),
            Op::Mux => (1, 1),
            Op::Exchange => (2, 1),
            Op::Bits => (0, 2),
            Op::Linear => (1, 2),
            Op::Product => (0, 3),
        }
    }

    /// A polynomial of degree 3 in s and x: nonzero at this operation's point, zero at the other nine.
    ///
    /// With z = 3 − s − x and the point (i, j), k = 3 − i − j: ∏ (s − m), m < i; ∏ (x − m), m < j; ∏ (z − m), m < k.
    /// A lattice point where none of these factors vanishes has s ≥ i, x ≥ j, z ≥ k and s + x + z = i + j + k, so it is
    /// (i, j) itself.
    pub fn selector(self, s: &Expression<Fr>, x: &Expression<Fr>) -> Expression<Fr> {
        let (i, j) = self.point();
        let z = constant(3) - s.clone() - x.clone();
        let factors = falling(s, i).chain(falling(x, j)).chain(falling(&z, 3 - i - j));
        factors.reduce(|product, factor| product * factor).unwrap_or_else(|| constant(1))
    }
}

/// The factors of v (v − 1) … (v − n + 1).
fn falling(v: &Expression<Fr>, n: u64) -> impl Iterator<Item = Expression<Fr>> {
    let v = v.clone();
    (0..n).map(move |m| if m == 0 { v.clone() } else { v.clone() - constant(m) })
}

/// A small constant as an expression.
pub(super) fn constant(value: u64) -> Expression<Fr> {
    Expression::Constant(Fr::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use halo2curves::ff::Field;

    fn value(e: &Expression<Fr>) -> Fr {
        e.evaluate(
            &|c| c,
            &|_| unreachable!("no selector columns"),
            &|_| unreachable!("constants only"),
            &|_| unreachable!("constants only"),
            &|_| unreachable!("constants only"),
            &|_| unreachable!("no challenges"),
            &|a| -a,
            &|a, b| a + b,
            &|a, b| a * b,
            &|a, f| a * f,
        )
    }

    #[test]
    fn each_operation_is_selected_at_its_own_point_only() {
        let all: Vec<Op> = [Op::None].into_iter().chain(Op::ALL).collect();
        for op in &all {
            for other in &all {
                let (s, x) = other.point();
                let selected = value(&op.selector(&constant(s), &constant(x))) != Fr::ZERO;
                assert_eq!(selected, op == other, "{op:?} at the point of {other:?}");
            }
        }
    }

    #[test]
    fn each_round_is_selected_at_its_own_code_only() {
        let all = [Round::None, Round::Full, Round::Partial];
        for round in all {
            for other in all {
                let selected = value(&round.selector(&constant(other.code()))) != Fr::ZERO;
                assert_eq!(selected, round == other);
            }
        }
    }

    #[test]
    fn points_are_distinct_and_on_the_lattice() {
        let mut points: Vec<_> = Op::ALL.iter().map(|op| op.point()).collect();
        points.push(Op::None.point());
        points.sort_unstable();
        points.dedup();
        assert_eq!(points.len(), 10);
        assert!(points.iter().all(|(s, x)| s + x <= 3));
    }
}
