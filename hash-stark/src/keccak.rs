//! Keccak-f[1600] as the AIR sees it: constants, one round, one permutation.
//!
//! A state is 25 lanes, lane `x + 5y` is `A[x, y]` of FIPS 202; bit z of a lane has the weight 2^z, and the bytes of a
//! message enter a lane little-endian. That is FIPS 202's order, so no bit is ever reversed.

/// Rounds of a permutation, and rows of a slot.
pub(crate) const ROUNDS: usize = 24;
/// Lanes of a state.
pub(crate) const LANES: usize = 25;

/// A state of the permutation.
pub(crate) type State = [u64; LANES];

/// Round constants of iota.
pub(crate) const ROUND_CONSTANTS: [u64; ROUNDS] = [
    0x0000_0000_0000_0001,
    0x0000_0000_0000_8082,
    0x8000_0000_0000_808a,
    0x8000_0000_8000_8000,
    0x0000_0000_0000_808b,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8009,
    0x0000_0000_0000_008a,
    0x0000_0000_0000_0088,
    0x0000_0000_8000_8009,
    0x0000_0000_8000_000a,
    0x0000_0000_8000_808b,
    0x8000_0000_0000_008b,
    0x8000_0000_0000_8089,
    0x8000_0000_0000_8003,
    0x8000_0000_0000_8002,
    0x8000_0000_0000_0080,
    0x0000_0000_0000_800a,
    0x8000_0000_8000_000a,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8080,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8008,
];

/// The bits of lane 0 that any round constant can flip: 2^j − 1 for j = 0 … 6.
pub(crate) const IOTA_BITS: [usize; 7] = [0, 1, 3, 7, 15, 31, 63];

/// Rotations of rho, by lane.
pub(crate) const ROTATIONS: [u32; LANES] =
    [0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14];

/// The lane that rho and pi move to lane `x + 5y`.
pub(crate) const fn pi_source(lane: usize) -> usize {
    let (x, y) = (lane % 5, lane / 5);
    (x + 3 * y) % 5 + 5 * x
}

/// What the columns of one row hold, beside flags.
pub(crate) struct Round {
    /// Column parities of the round's input.
    pub parity: [u64; 5],
    /// The state after theta.
    pub theta: State,
    /// Lane 0 before iota.
    pub chi_0: u64,
    /// The round's output.
    pub output: State,
}

/// One round.
pub(crate) fn round(input: &State, index: usize) -> Round {
    let parity: [u64; 5] = std::array::from_fn(|x| (0..5).fold(0, |acc, y| acc ^ input[x + 5 * y]));
    let theta: State = std::array::from_fn(|lane| {
        let x = lane % 5;
        input[lane] ^ parity[(x + 4) % 5] ^ parity[(x + 1) % 5].rotate_left(1)
    });
    let b: State = std::array::from_fn(|lane| theta[pi_source(lane)].rotate_left(ROTATIONS[pi_source(lane)]));
    let mut output: State = std::array::from_fn(|lane| {
        let (x, row) = (lane % 5, lane - lane % 5);
        b[lane] ^ (!b[row + (x + 1) % 5] & b[row + (x + 2) % 5])
    });
    let chi_0 = output[0];
    output[0] ^= ROUND_CONSTANTS[index];
    Round { parity, theta, chi_0, output }
}

/// The permutation.
pub(crate) fn permute(state: &State) -> State {
    (0..ROUNDS).fold(*state, |state, index| round(&state, index).output)
}

/// The eight bytes at `8·lane` as a lane.
pub(crate) fn lane(bytes: &[u8], lane: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|i| bytes[8 * lane + i]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permutation_of_zero_is_the_published_one() {
        let once = permute(&[0; 25]);
        assert_eq!(once[0], 0xf125_8f79_40e1_dde7);
        assert_eq!(once[24], 0xeaf1_ff7b_5cec_a249);
        let twice = permute(&once);
        assert_eq!(twice[0], 0x2d5c_954d_f96e_cb3c);
    }

    #[test]
    fn only_seven_bits_meet_a_round_constant() {
        let mask = IOTA_BITS.iter().fold(0u64, |acc, bit| acc | (1 << bit));
        assert!(ROUND_CONSTANTS.iter().all(|constant| constant & !mask == 0));
        assert_eq!(ROUND_CONSTANTS.iter().fold(0, |acc, constant| acc | constant), mask);
    }

    #[test]
    fn rotations_follow_their_recurrence() {
        // FIPS 202, 3.2.2: (x, y) = (1, 0); for t = 0 … 23 the offset is (t + 1)(t + 2)/2 and (x, y) = (y, 2x + 3y).
        let (mut x, mut y) = (1, 0);
        for t in 0..24u32 {
            assert_eq!(ROTATIONS[x + 5 * y], (t + 1) * (t + 2) / 2 % 64);
            (x, y) = (y, (2 * x + 3 * y) % 5);
        }
    }
}
