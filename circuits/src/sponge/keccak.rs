//! keccak-f[1600] on bits: 35 columns, one slot of 64 rows per round, no lookups, no copies.
//!
//! # Slots
//!
//! Bit z of slot t is row z·m + t, m = 2^k/64 being the number of slots. Rotations of the proof system are cyclic over all
//! 2^k rows, so bit z + r of the same slot, counted modulo 64, is rotation r·m: rotating a lane costs nothing and needs no
//! selector. The next round is the next row. The last slots end in the blinding rows and stay unused.
//!
//! # A round
//!
//! With A the state at the start, cells of a round's slot are: B (25 lanes), the state after θ, ρ and π; C (5), the parities
//! of A's columns; P (5), the parities after θ. What θ adds is D = C ⊕ P, and A'[x][y](z) = B[y][2x+3y](z + ρ[x][y]) is the
//! state after θ.
//!
//! ```text
//! C, P boolean
//! Σ_y A'[x][y] − P[x] ∈ {0, 2, 4}
//! C[x] ⊕ P[x] = C[x−1] ⊕ C[x+1](z − 1)                          (= D[x])
//! next slot:  A'[x][y] ⊕ D[x] = χ(B)[x][y] ⊕ RC                  a round follows
//!             A'[x][y] = χ(B)[x][y] ⊕ RC                          a state follows
//! ```
//!
//! χ(B) ⊕ RC and D being boolean, so is A' = χ(B) ⊕ RC ⊕ D: B needs no check of its own, from a first state on that is of
//! bits. Those that do not come from rounds are checked where they come from: states in and the block of the commitment by
//! five shift slots, blocks and carry by absorb slots. The second line says that P has
//! the parities of A'. D being constant down a column of five lanes, A' ⊕ D has the parities P ⊕ D = C: so C has the
//! parities of the state A that came in, and the third line is the definition of θ.

/// ρ[x][y]: by how much lane (x, y) is rotated.
pub const RHO: [[u32; 5]; 5] =
    [[0, 36, 3, 41, 18], [1, 44, 10, 45, 2], [62, 6, 43, 15, 61], [28, 55, 25, 21, 56], [27, 20, 39, 8, 14]];

/// Rounds of a permutation.
pub const ROUNDS: usize = 24;

/// Index of a lane.
pub const fn lane(x: usize, y: usize) -> usize {
    x + 5 * y
}

/// RC of FIPS 202, 3.2.5, from its shift register.
pub fn round_constants() -> [u64; ROUNDS] {
    let mut register = 1u8;
    std::array::from_fn(|_| {
        (0..7).fold(0, |word, j| {
            let bit = u64::from(register & 1);
            let high = register >> 7;
            register = (register << 1) ^ (high * 0x71);
            word | (bit << ((1 << j) - 1))
        })
    })
}

/// The words of a round's slot, and the state that leaves it.
#[derive(Clone, Debug)]
pub struct Round {
    /// After θ, ρ, π.
    pub b: [u64; 25],
    /// Parities before θ.
    pub c: [u64; 5],
    /// Parities after θ.
    pub p: [u64; 5],
    /// After χ and ι.
    pub out: [u64; 25],
}

/// One round.
pub fn round(a: &[u64; 25], constant: u64) -> Round {
    let c: [u64; 5] = std::array::from_fn(|x| (0..5).fold(0, |sum, y| sum ^ a[lane(x, y)]));
    let d: [u64; 5] = std::array::from_fn(|x| c[(x + 4) % 5] ^ c[(x + 1) % 5].rotate_left(1));
    let p = std::array::from_fn(|x| c[x] ^ d[x]);
    let mut b = [0; 25];
    for x in 0..5 {
        for y in 0..5 {
            b[lane(y, (2 * x + 3 * y) % 5)] = (a[lane(x, y)] ^ d[x]).rotate_left(RHO[x][y]);
        }
    }
    let mut out: [u64; 25] = std::array::from_fn(|l| {
        let (x, y) = (l % 5, l / 5);
        b[l] ^ (!b[lane((x + 1) % 5, y)] & b[lane((x + 2) % 5, y)])
    });
    out[0] ^= constant;
    Round { b, c, p, out }
}

/// A state in the places where a slot's A' is read.
pub fn placed(state: &[u64; 25]) -> [u64; 25] {
    let mut b = [0; 25];
    for x in 0..5 {
        for y in 0..5 {
            b[lane(y, (2 * x + 3 * y) % 5)] = state[lane(x, y)].rotate_left(RHO[x][y]);
        }
    }
    b
}
