//! The constraints. `docs/circuits/install-stark.md` goes through them line by line.

mod chain;
mod flags;
mod round;

use crate::columns::{Row, WIDTH};
use crate::statement::at;
use p3_air::{Air, AirBuilder, BaseAir, WindowAccess};
use p3_field::PrimeCharacteristicRing;

/// Highest degree of a constraint: four quotient chunks once the trace is hidden, which a blow-up of 4 pays for anyway.
pub(crate) const DEGREE: usize = 4;

/// The statement of a chunk as an algebraic intermediate representation. It has no parameters: every difference between
/// chunks is a public value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChunkAir;

impl<F> BaseAir<F> for ChunkAir {
    fn width(&self) -> usize {
        WIDTH
    }

    fn num_public_values(&self) -> usize {
        at::COUNT
    }

    fn max_constraint_degree(&self) -> Option<usize> {
        Some(DEGREE)
    }
}

impl<AB: AirBuilder> Air<AB> for ChunkAir {
    fn eval(&self, builder: &mut AB) {
        constrain(builder, &mut |builder: &mut AB, _, value| builder.assert_zero(value));
    }
}

/// What a constraint reads, computed once per pair of rows.
struct Frame<'a, AB: AirBuilder> {
    /// This row.
    row: Row<'a, AB::Var>,
    /// The row below; the first row when this is the last.
    next: Row<'a, AB::Var>,
    /// Public values as expressions.
    public: Vec<AB::Expr>,
    first: AB::Expr,
    last: AB::Expr,
    transition: AB::Expr,
}

/// States every constraint as `emit(builder, gate, value)`: value is zero on all rows. The name of a gate serves tests.
pub(crate) fn constrain<AB: AirBuilder>(
    builder: &mut AB,
    emit: &mut impl FnMut(&mut AB, &'static str, AB::Expr),
) {
    let main = builder.main();
    let frame = Frame::<AB> {
        row: Row(main.current_slice()),
        next: Row(main.next_slice()),
        public: builder.public_values().iter().map(|value| (*value).into()).collect(),
        first: builder.is_first_row(),
        last: builder.is_last_row(),
        transition: builder.is_transition(),
    };
    let mut emit = |gate, value| emit(builder, gate, value);
    flags::constrain(&frame, &mut emit);
    let output = round::constrain(&frame, &mut emit);
    let input = round::next_input(&frame);
    chain::constrain(&frame, &output, &input, &mut emit);
}

/// Σ 2^i·bit_i, the first bit being the lowest.
fn pack<E: PrimeCharacteristicRing>(bits: &[E]) -> E {
    let mut sum = E::ZERO;
    for bit in bits.iter().rev() {
        sum = sum.double() + bit.dup();
    }
    sum
}
