//! Native verification of one proof or of many with one pairing.

mod batch;
mod codec;
mod digest;

use alloy_primitives::B256;
use halo2_proofs::{
    plonk::verify_proof,
    poly::{
        commitment::ParamsProver,
        kzg::{
            commitment::KZGCommitmentScheme,
            multiopen::VerifierSHPLONK,
            strategy::{AccumulatorStrategy, SingleStrategy},
        },
    },
};
use halo2curves::bn256::{Bn256, Fr, G1Affine, G2Affine};
use nonos_core::VerifierKey;
use thiserror::Error;

pub use codec::CodecError;

use super::{
    EvmTranscript, Params, ShapeError, Srs, VerifyingKey,
    encoding::{PointError, scalar_to_be},
    preparse::preparse,
    shape::{Evaluation, PointRole, ProofShape},
    srs,
};

/// Why a proof is not accepted. All but [`Rejected`](VerifyError::Rejected) are about its form and cost no pairing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum VerifyError {
    /// Wrong number of instances.
    #[error("{got} instances were given, the verifying key has {expected}")]
    InstanceCount {
        /// Instances of the key.
        expected: usize,
        /// Instances given.
        got: usize,
    },
    /// Wrong proof length: truncated, trailing bytes, or a proof for another circuit.
    #[error("the proof has {got} bytes, this verifying key's proofs have exactly {expected}")]
    ProofLength {
        /// Exact length.
        expected: usize,
        /// Length given.
        got: usize,
    },
    /// An evaluation is not below r.
    #[error("{evaluation:?} at byte {offset} is {value}, which is not below the scalar field modulus r")]
    Scalar {
        /// Which evaluation.
        evaluation: Evaluation,
        /// Where in the proof.
        offset: usize,
        /// The word found.
        value: B256,
    },
    /// A point is not a canonical point of G1 other than the identity.
    #[error("{role:?} at byte {offset}: {source}")]
    Point {
        /// Which point.
        role: PointRole,
        /// Where in the proof.
        offset: usize,
        /// What is wrong with it.
        source: PointError,
    },
    /// Well-formed, but it proves nothing for these instances under this key.
    #[error(
        "the proof is well-formed but false: wrong instances, another circuit's or SRS's proof, or forged"
    )]
    Rejected,
}

/// Everything needed to verify proofs of one circuit: its verifying key, the three SRS points that a verifier uses and
/// the number of instances. The full SRS is not kept.
#[derive(Debug, Clone)]
pub struct Verifier {
    vk: VerifyingKey,
    /// Parameters with a single G1 power: halo2's verifier reads `g[0]`, `g2`, `s_g2` and `n` only.
    params: Params,
    shape: ProofShape,
    srs_hash: B256,
    key: VerifierKey,
}

impl Verifier {
    /// A verifier for `vk`, whose instance columns hold `num_instances` values each. `srs` must be the one the key was
    /// made with (same size; another τ makes every proof fail).
    pub fn new(srs: &Srs, vk: &VerifyingKey, num_instances: &[usize]) -> Result<Self, VerifierError> {
        let key = vk.get_domain().k();
        if srs.k() != key {
            return Err(VerifierError::SrsSize { srs: srs.k(), key });
        }
        let points = srs::VerifierPoints::of(srs.params());
        Self::assemble(vk.clone(), points, srs.hash(), num_instances)
    }

    fn assemble(
        vk: VerifyingKey,
        points: srs::VerifierPoints,
        srs_hash: B256,
        num_instances: &[usize],
    ) -> Result<Self, VerifierError> {
        if vk.compress_selectors() {
            return Err(VerifierError::CompressedSelectors);
        }
        let k = vk.get_domain().k();
        let shape = ProofShape::new(vk.cs(), k, num_instances)?;
        let key = digest::KeyParts {
            k,
            num_instances,
            points: &points,
            fixed: vk.fixed_commitments(),
            permutation: vk.permutation().commitments(),
            transcript_repr: B256::from(scalar_to_be(&vk.transcript_repr())),
            srs_hash,
        }
        .digest();
        Ok(Self { vk, params: points.into_params(k), shape, srs_hash, key })
    }

    /// Verifies one proof. `instances` are all columns' values, one column after the other.
    pub fn verify(&self, proof: &[u8], instances: &[Fr]) -> Result<(), VerifyError> {
        preparse(&self.shape, proof, instances)?;
        self.check_single(proof, instances)
    }

    /// Verifies many proofs, sixteen to a pairing, by a random linear combination with factors from the operating
    /// system; a false proof survives with probability below 2^-240. If a combination fails, halves are tried until
    /// every bad proof is found, so each result is exactly what [`verify`](Self::verify) gives.
    pub fn verify_batch(&self, batch: &[(&[u8], &[Fr])]) -> Vec<Result<(), VerifyError>> {
        batch::verify(self, batch)
    }

    /// The digest that names this verifying key together with its SRS, transcript version and instance counts.
    pub fn key(&self) -> VerifierKey {
        self.key
    }

    /// Exact length of a proof in bytes.
    pub fn proof_len(&self) -> usize {
        self.shape.proof_len()
    }

    /// Layout of the proof.
    pub fn shape(&self) -> &ProofShape {
        &self.shape
    }

    /// Number of values in each instance column.
    pub fn num_instances(&self) -> &[usize] {
        self.shape.num_instances()
    }

    /// halo2's verifying key. Commitments to all-zero fixed columns are the identity.
    pub fn vk(&self) -> &VerifyingKey {
        &self.vk
    }

    /// Generator of G1.
    pub fn g1(&self) -> G1Affine {
        self.params.get_g()[0]
    }

    /// Generator of G2.
    pub fn g2(&self) -> G2Affine {
        self.params.g2()
    }

    /// [τ]₂, the secret of the SRS in G2.
    pub fn s_g2(&self) -> G2Affine {
        self.params.s_g2()
    }

    /// Hash of the SRS, see [`Srs::hash`].
    pub fn srs_hash(&self) -> B256 {
        self.srs_hash
    }

    /// Whether the SRS secret is the public one of [`Srs::developer`], so that anybody can forge proofs. Decided by
    /// [τ]₂ alone: no file can claim otherwise.
    pub fn is_developer(&self) -> bool {
        srs::is_developer_point(&self.s_g2())
    }

    /// halo2's check of a proof that has been pre-parsed, with its own pairing.
    fn check_single(&self, proof: &[u8], instances: &[Fr]) -> Result<(), VerifyError> {
        let columns = self.columns(instances);
        verify_proof::<KZGCommitmentScheme<Bn256>, VerifierSHPLONK<'_, Bn256>, _, _, _>(
            &self.params,
            &self.vk,
            SingleStrategy::new(&self.params),
            &[&columns],
            &mut EvmTranscript::new(proof),
        )
        .map_err(|_| VerifyError::Rejected)
    }

    /// Adds a pre-parsed proof to an accumulator, without a pairing.
    fn accumulate<'a>(
        &'a self,
        accumulator: AccumulatorStrategy<'a, Bn256>,
        proof: &[u8],
        instances: &[Fr],
    ) -> Result<AccumulatorStrategy<'a, Bn256>, VerifyError> {
        let columns = self.columns(instances);
        verify_proof::<KZGCommitmentScheme<Bn256>, VerifierSHPLONK<'_, Bn256>, _, _, _>(
            &self.params,
            &self.vk,
            accumulator,
            &[&columns],
            &mut EvmTranscript::new(proof),
        )
        .map_err(|_| VerifyError::Rejected)
    }

    /// Cuts flat instances into columns; their number was checked by the pre-parser.
    fn columns<'a>(&self, mut instances: &'a [Fr]) -> Vec<&'a [Fr]> {
        let mut columns = Vec::with_capacity(self.num_instances().len());
        for &count in self.num_instances() {
            let (column, rest) = instances.split_at(count);
            columns.push(column);
            instances = rest;
        }
        columns
    }
}

/// Why a verifier could not be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VerifierError {
    /// The SRS has another size than the key.
    #[error("the SRS has 2^{srs} powers, but the verifying key is for 2^{key}")]
    SrsSize {
        /// k of the SRS.
        srs: u32,
        /// k of the key.
        key: u32,
    },
    /// The key was made with selector compression.
    #[error("the verifying key has compressed selectors: make it with backend::keygen")]
    CompressedSelectors,
    /// Instances do not fit the circuit.
    #[error(transparent)]
    Shape(#[from] ShapeError),
}
