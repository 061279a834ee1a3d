//! The partial rounds of Poseidon as a linear recurrence in their S-box inputs alone.
//!
//! Write x_i for the first word before the S-box of partial round i (round constant added), v_i for the other two,
//! w_i = x_i^5, M = [[m, r], [u, N]] for the MDS matrix (m a scalar, r a row, u a column, N 2×2) and (e_i, c_i) for the
//! round constants. One partial round is
//!
//! ```text
//! x_{i+1} = m·w_i + r·v_i + e_{i+1}          v_{i+1} = u·w_i + N·v_i + c_{i+1}
//! ```
//!
//! Cayley–Hamilton, N² = tN − d with t = tr N and d = det N, eliminates v:
//!
//! ```text
//! x_{i+3} = m·w_{i+2} + g1·w_{i+1} + g0·w_i + t·x_{i+2} − d·x_{i+1} + κ_i
//! g1 = r·u − t·m        g0 = rN·u − t·(r·u) + d·m
//! κ_i = e_{i+3} + r·c_{i+2} + rN·c_{i+1} − t·(e_{i+2} + r·c_{i+1}) + d·e_{i+1}
//! ```
//!
//! So one row with x and one with x² per partial round is enough, in place of three words. The last two full states
//! (v at rounds 59 and 60) are recovered because (r; rN) is invertible: the two linear equations x_60 and x_61 have one
//! solution v_59. A test checks that for circomlib's matrix.

use halo2curves::bn256::Fr;
use nonos_core::poseidon::{Constants, constants};
use std::sync::OnceLock;

/// Index of the first partial round.
pub const FIRST: usize = 4;
/// Index of the first full round after the partial ones.
pub const LAST: usize = 61;
/// Rows of the chain x_4 … x_61.
pub const CHAIN: usize = LAST - FIRST + 1;
/// Recurrence steps: x_7 … x_61.
pub const STEPS: usize = CHAIN - 3;

/// Coefficients of the recurrence.
#[derive(Clone, Debug)]
pub struct Recurrence {
    /// Of w_{i+2}.
    pub m: Fr,
    /// Of w_{i+1}.
    pub g1: Fr,
    /// Of w_i.
    pub g0: Fr,
    /// Of x_{i+2}.
    pub t: Fr,
    /// Of −x_{i+1}.
    pub d: Fr,
    /// Constants, one per step.
    pub kappa: [Fr; STEPS],
}

/// The recurrence of circomlib's t = 3 parameters, derived at the first call.
pub fn recurrence() -> &'static Recurrence {
    static CELL: OnceLock<Recurrence> = OnceLock::new();
    CELL.get_or_init(|| derive(constants()))
}

fn dot(a: [Fr; 2], b: [Fr; 2]) -> Fr {
    a[0] * b[0] + a[1] * b[1]
}

/// The rows r and rN: what the first word sees of v after one and after two rounds.
fn observers(mds: &[[Fr; 3]; 3]) -> [[Fr; 2]; 2] {
    let r = [mds[0][1], mds[0][2]];
    [r, [dot(r, [mds[1][1], mds[2][1]]), dot(r, [mds[1][2], mds[2][2]])]]
}

fn derive(constants: &Constants) -> Recurrence {
    let mds = &constants.mds;
    let [r, rn] = observers(mds);
    let u = [mds[1][0], mds[2][0]];
    let (m, ru, rnu) = (mds[0][0], dot(r, u), dot(rn, u));
    let t = mds[1][1] + mds[2][2];
    let d = mds[1][1] * mds[2][2] - mds[1][2] * mds[2][1];
    let e = |i: usize| constants.round[FIRST + i][0];
    let c = |i: usize| [constants.round[FIRST + i][1], constants.round[FIRST + i][2]];
    let kappa = std::array::from_fn(|i| {
        e(i + 3) + dot(r, c(i + 2)) + dot(rn, c(i + 1)) - t * (e(i + 2) + dot(r, c(i + 1))) + d * e(i + 1)
    });
    Recurrence { m, g1: ru - t * m, g0: rnu - t * ru + d * m, t, d, kappa }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::launch::trace::Trace;
    use halo2curves::ff::Field;

    #[test]
    fn recurrence_reproduces_the_partial_rounds() {
        let rec = recurrence();
        let trace = Trace::new([Fr::from(3), Fr::from(5), Fr::from(7)]);
        let x = |i: usize| trace.before[FIRST + i][0];
        let w = |i: usize| x(i).pow_vartime([5]);
        for i in 0..STEPS {
            let next =
                rec.m * w(i + 2) + rec.g1 * w(i + 1) + rec.g0 * w(i) + rec.t * x(i + 2) - rec.d * x(i + 1);
            assert_eq!(next + rec.kappa[i], x(i + 3), "step {i}");
        }
    }

    #[test]
    fn the_hidden_words_are_observable_so_the_state_before_the_last_rounds_is_unique() {
        let [r, rn] = observers(&constants().mds);
        assert_ne!(r[0] * rn[1] - r[1] * rn[0], Fr::ZERO);
    }
}
