//! Every intermediate state of one Poseidon permutation: the witness of a hash.

use halo2curves::bn256::Fr;
use nonos_core::poseidon::{ROUNDS, constants};

/// One permutation, round by round.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The state at the S-boxes of each round: round constants added.
    pub before: [[Fr; 3]; ROUNDS],
    /// The permuted state.
    pub output: [Fr; 3],
}

impl Trace {
    /// Permutes `input`, which is `[tag, left, right]` for a hash.
    pub fn new(input: [Fr; 3]) -> Self {
        let constants = constants();
        let mut state = input;
        let before = std::array::from_fn(|round| {
            let y: [Fr; 3] = std::array::from_fn(|j| state[j] + constants.round[round][j]);
            let z = if is_full(round) { y.map(pow5) } else { [pow5(y[0]), y[1], y[2]] };
            state = constants.mds.map(|m| m[0] * z[0] + m[1] * z[1] + m[2] * z[2]);
            y
        });
        Trace { before, output: state }
    }
}

/// Whether all three words go through the S-box in this round.
pub fn is_full(round: usize) -> bool {
    !(super::recurrence::FIRST..super::recurrence::LAST).contains(&round)
}

fn pow5(x: Fr) -> Fr {
    x.square().square() * x
}

#[cfg(test)]
mod tests {
    use super::*;
    use nonos_core::poseidon::permute;

    #[test]
    fn output_is_that_of_the_native_permutation() {
        let input = [Fr::from(0), Fr::from(1), Fr::from(2)];
        assert_eq!(Trace::new(input).output, permute(input));
    }
}
