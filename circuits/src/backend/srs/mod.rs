//! Structured reference string: the powers [τ^i]₁ and [τ]₂ of a secret τ that nobody may know.
//!
//! Production imports a ceremony (`.ptau` of snarkjs, or a `ParamsKZG` file of halo2); development uses a τ that is public
//! on purpose and is recognised wherever it comes from.

mod checks;
mod developer;
mod error;
mod halo2;
mod lagrange;
mod ptau;
mod raw;

use std::io::{self, Read, Write};

use alloy_primitives::{B256, Keccak256};
use halo2_proofs::poly::commitment::{Params as _, ParamsProver};
use halo2curves::bn256::{G1Affine, G2Affine};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

pub(super) use checks::{GeneratorError, VerifierPoints};
pub(super) use developer::is_developer_point;
pub use error::SrsError;

use super::{
    Params,
    encoding::{g1_to_be, g2_to_be},
};

/// Largest supported k: the two-adicity of the scalar field, and the size of the largest public ceremony.
pub const MAX_K: u32 = 28;

const HASH_TAG: &[u8] = b"nonos1.srs";

/// Where an SRS came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// [`Srs::developer`]: τ is public.
    Developer,
    /// A snarkjs powers-of-tau file.
    Ptau {
        /// log2 of the number of powers in the file.
        power: u32,
        /// BLAKE2b-512 of the file, which is what ceremonies publish (`b2sum`).
        blake2b: [u8; 64],
    },
    /// A `ParamsKZG` file of halo2.
    Halo2 {
        /// log2 of the number of powers in the file.
        power: u32,
        /// BLAKE2b-512 of the file.
        blake2b: [u8; 64],
    },
}

/// A checked SRS with 2^k powers in monomial and Lagrange form.
#[derive(Debug, Clone)]
pub struct Srs {
    params: Params,
    hash: B256,
    origin: Origin,
}

impl Srs {
    /// The developer SRS: τ is derived from a public string, so anybody can forge proofs under it. The same on every
    /// machine. Contracts and nodes refuse it outside development chains.
    pub fn developer(k: u32) -> Result<Self, SrsError> {
        check_k(k)?;
        Ok(Self::new(developer::params(k), Origin::Developer))
    }

    /// Imports the first 2^k powers of a snarkjs `.ptau` file (BN254; prepared for phase 2 or not).
    ///
    /// Checks the format strictly, that every point used is on the curve and in the right subgroup, that the points are
    /// the powers of one τ (pairing check of a random linear combination) and that τ is not one of the values that are
    /// known to everybody. It cannot check that somebody in the ceremony was honest: compare the hash in
    /// [`origin`](Self::origin) with the published one. Reads the whole file as a stream; memory is 128 bytes a power.
    /// Fast if the file is prepared for phase 2, as published ones are; otherwise the Lagrange basis is computed, which
    /// takes seconds at k = 13: keep the result with [`write_halo2`](Self::write_halo2).
    pub fn from_ptau(reader: impl Read, k: u32) -> Result<Self, SrsError> {
        check_k(k)?;
        ptau::import(reader, k)
    }

    /// Imports a `ParamsKZG<Bn256>` file as halo2's `Params::write` writes it (k, then both bases and the two G2 points,
    /// coordinates in Montgomery form), with the checks of [`from_ptau`](Self::from_ptau) and a check that the Lagrange
    /// basis belongs to the powers.
    pub fn from_halo2(reader: impl Read) -> Result<Self, SrsError> {
        halo2::import(reader)
    }

    /// Writes the file that [`from_halo2`](Self::from_halo2) reads (and halo2's own `ParamsKZG::read`): the way to keep
    /// an imported ceremony, since computing a Lagrange basis takes seconds. 128·2^k + 260 bytes.
    pub fn write_halo2(&self, mut writer: impl Write) -> io::Result<()> {
        self.params.write(&mut writer)
    }

    /// The first 2^k powers of this SRS, with a new Lagrange basis, which takes seconds at k = 13.
    pub fn downsize(&self, k: u32) -> Result<Self, SrsError> {
        check_k(k)?;
        if k > self.k() {
            return Err(SrsError::PowerTooSmall { power: self.k(), k });
        }
        let mut params = self.params.clone();
        params.downsize(k);
        Ok(Self::new(params, self.origin))
    }

    fn new(params: Params, origin: Origin) -> Self {
        let hash = hash(&params);
        Self { params, hash, origin }
    }

    /// log2 of the number of powers.
    pub fn k(&self) -> u32 {
        self.params.k()
    }

    /// halo2's form of the parameters.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// keccak-256 over `"nonos1.srs"`, k (4 bytes), the 2^k powers in G1 (64 bytes each), G2 and [τ]₂ (128 each), all
    /// big-endian: the same for every file format that carries these powers.
    pub fn hash(&self) -> B256 {
        self.hash
    }

    /// Where it came from.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Whether τ is the public one of [`Srs::developer`]; decided by [τ]₂, whatever the origin.
    pub fn is_developer(&self) -> bool {
        is_developer_point(&self.params.s_g2())
    }
}

fn check_k(k: u32) -> Result<(), SrsError> {
    if (1..=MAX_K).contains(&k) { Ok(()) } else { Err(SrsError::BadK { k }) }
}

fn hash(params: &Params) -> B256 {
    let mut hasher = Keccak256::new();
    hasher.update(HASH_TAG);
    hasher.update(params.k().to_be_bytes());
    for power in params.get_g() {
        hasher.update(g1_to_be(power));
    }
    hasher.update(g2_to_be(&params.g2()));
    hasher.update(g2_to_be(&params.s_g2()));
    hasher.finalize()
}

/// halo2-axiom builds parameters from parts only through a method of existing parameters.
fn params_from_parts(
    k: u32,
    g: Vec<G1Affine>,
    g_lagrange: Vec<G1Affine>,
    g2: G2Affine,
    s_g2: G2Affine,
) -> Params {
    // Nothing of this two-row instance is kept; its secret does not matter.
    let factory = Params::setup(1, ChaCha20Rng::from_seed([0; 32]));
    factory.from_parts(k, g, Some(g_lagrange), g2, s_g2)
}
