//! Strict byte form of a [`Verifier`]: one encoding per verifier, checked against the circuit when it is read.

use alloy_primitives::B256;
use halo2_proofs::{
    plonk::{Circuit, ConstraintSystem, permutation},
    poly::EvaluationDomain,
};
use halo2curves::{
    bn256::{Fr, G1Affine},
    ff::PrimeField,
};
use thiserror::Error;

use nonos_core::VerifierKey;

use super::{Verifier, VerifierError, digest::KeyParts};
use crate::backend::{
    ProofShape, TRANSCRIPT_VERSION, VerifyingKey,
    encoding::{
        G1_BYTES, G2_BYTES, PointError, WORD, g1_from_be, g1_from_be_or_identity, g1_to_be, g2_from_be,
        g2_to_be, scalar_to_be,
    },
    srs::{self, GeneratorError, VerifierPoints},
};

const MAGIC: &[u8; 8] = b"NONOSvk\x01";
/// Largest number of columns or commitments read; far above any circuit, far below what would exhaust memory.
const MAX_ITEMS: u32 = 1 << 16;

/// Why bytes are not a verifier for the circuit.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CodecError {
    /// The bytes do not begin like a verifier of this format version.
    #[error("not a verifier file, or of another format version: it begins with 0x{}", hex(.0))]
    Magic([u8; 8]),
    /// The bytes end early.
    #[error("the bytes end inside {0} (truncated file)")]
    Truncated(&'static str),
    /// Bytes are left over.
    #[error("{0} bytes follow the end of the verifier")]
    Trailing(usize),
    /// Another transcript version.
    #[error("transcript version {got}, but this program speaks version {TRANSCRIPT_VERSION}")]
    TranscriptVersion {
        /// The version found.
        got: u8,
    },
    /// The developer flag is neither 0 nor 1, or not what [τ]₂ says.
    #[error("the developer flag is {got}, but [tau]_2 makes it {expected}")]
    DeveloperFlag {
        /// What it has to be.
        expected: u8,
        /// The byte found.
        got: u8,
    },
    /// A count is absurd.
    #[error("{what}: count {got} is more than {MAX_ITEMS}")]
    Count {
        /// What is counted.
        what: &'static str,
        /// The count found.
        got: u32,
    },
    /// k is larger than any evaluation domain.
    #[error("k = {0} is larger than the field allows ({max})", max = Fr::S)]
    K(u32),
    /// The number of commitments is not the circuit's.
    #[error("{what}: {got}, but the circuit has {expected} (another circuit or another version of it)")]
    Commitments {
        /// Which commitments.
        what: &'static str,
        /// How many the circuit has.
        expected: usize,
        /// How many were found.
        got: usize,
    },
    /// A point is malformed.
    #[error("{what}: {source}")]
    Point {
        /// Which point.
        what: &'static str,
        /// What is wrong with it.
        source: PointError,
    },
    /// The generators or [τ]₂ are not usable.
    #[error(transparent)]
    Generators(#[from] GeneratorError),
    /// A verifier, but not the pinned one.
    #[error("this is verifier {got}, but {pinned} is pinned (another circuit version or another SRS)")]
    WrongKey {
        /// The key asked for.
        pinned: VerifierKey,
        /// The key of these bytes.
        got: VerifierKey,
    },
    /// The constraint system of the circuit is not the one the verifier was written for.
    #[error(
        "the key is for another circuit: its transcript representative is {stored}, this circuit gives {computed}"
    )]
    Circuit {
        /// As stored.
        stored: B256,
        /// As this circuit gives it.
        computed: B256,
    },
    /// The parts do not make a verifier.
    #[error(transparent)]
    Verifier(#[from] VerifierError),
}

impl Verifier {
    /// The one byte form: magic and version, transcript version, developer flag, k, instance counts, G1, G2, [τ]₂, SRS
    /// hash, fixed commitments, permutation commitments, transcript representative. Integers and field elements are
    /// big-endian, points uncompressed.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.push(TRANSCRIPT_VERSION);
        out.push(self.is_developer().into());
        out.extend(self.shape.k().to_be_bytes());
        let counts = self.num_instances();
        out.extend((counts.len() as u32).to_be_bytes());
        out.extend(counts.iter().flat_map(|&count| (count as u32).to_be_bytes()));
        out.extend(g1_to_be(&self.g1()));
        out.extend(g2_to_be(&self.g2()));
        out.extend(g2_to_be(&self.s_g2()));
        out.extend(self.srs_hash);
        for commitments in [self.vk.fixed_commitments(), self.vk.permutation().commitments()] {
            out.extend((commitments.len() as u32).to_be_bytes());
            out.extend(commitments.iter().flat_map(g1_to_be));
        }
        out.extend(scalar_to_be(&self.vk.transcript_repr()));
        out
    }

    /// Reads [`to_bytes`](Self::to_bytes) for circuit `C` with its default parameters, if it is the verifier named by
    /// `pinned`. Accepts exactly what `to_bytes` writes. The key is compared before any work that depends on k is done.
    pub fn from_pinned_bytes<C: Circuit<Fr>>(bytes: &[u8], pinned: VerifierKey) -> Result<Self, CodecError> {
        let parts = Parts::read(bytes)?;
        let got = parts.key();
        if got != pinned {
            return Err(CodecError::WrongKey { pinned, got });
        }
        parts.assemble::<C>(C::Params::default())
    }

    /// Reads [`to_bytes`](Self::to_bytes) like [`from_pinned_bytes`](Self::from_pinned_bytes), but whatever key it is:
    /// for files of one's own. halo2's evaluation domain takes memory in proportion to 2^k.
    pub fn from_bytes<C: Circuit<Fr>>(bytes: &[u8]) -> Result<Self, CodecError> {
        Self::from_bytes_with_params::<C>(bytes, C::Params::default())
    }

    /// [`from_bytes`](Self::from_bytes) for a circuit that is configured by `params`.
    pub fn from_bytes_with_params<C: Circuit<Fr>>(
        bytes: &[u8],
        params: C::Params,
    ) -> Result<Self, CodecError> {
        Parts::read(bytes)?.assemble::<C>(params)
    }
}

/// What the bytes say, before they are compared with a circuit.
struct Parts {
    k: u32,
    num_instances: Vec<usize>,
    points: VerifierPoints,
    srs_hash: B256,
    fixed: Vec<G1Affine>,
    permutation: Vec<G1Affine>,
    transcript_repr: B256,
}

impl Parts {
    fn read(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut reader = Reader { bytes };
        let magic = *reader.take::<8>("the magic")?;
        if &magic != MAGIC {
            return Err(CodecError::Magic(magic));
        }
        let [got] = *reader.take("the transcript version")?;
        if got != TRANSCRIPT_VERSION {
            return Err(CodecError::TranscriptVersion { got });
        }
        let [developer] = *reader.take("the developer flag")?;
        let k = reader.u32("k")?;
        if k > Fr::S {
            return Err(CodecError::K(k));
        }
        let columns = reader.count("instance columns")?;
        let num_instances = (0..columns)
            .map(|_| reader.u32("the instance counts").map(|count| count as usize))
            .collect::<Result<Vec<_>, _>>()?;
        let points = reader.verifier_points()?;
        let parts = Self {
            k,
            num_instances,
            points,
            srs_hash: B256::from(*reader.take::<WORD>("the SRS hash")?),
            fixed: reader.commitments("fixed commitments")?,
            permutation: reader.commitments("permutation commitments")?,
            transcript_repr: B256::from(*reader.take::<WORD>("the transcript representative")?),
        };
        if !reader.bytes.is_empty() {
            return Err(CodecError::Trailing(reader.bytes.len()));
        }
        let expected = srs::is_developer_point(&points.s_g2).into();
        if developer != expected {
            return Err(CodecError::DeveloperFlag { expected, got: developer });
        }
        Ok(parts)
    }

    fn key(&self) -> VerifierKey {
        let Self { k, num_instances, points, srs_hash, fixed, permutation, transcript_repr } = self;
        let (transcript_repr, srs_hash) = (*transcript_repr, *srs_hash);
        KeyParts { k: *k, num_instances, points, fixed, permutation, transcript_repr, srs_hash }.digest()
    }

    fn assemble<C: Circuit<Fr>>(self, params: C::Params) -> Result<Verifier, CodecError> {
        let vk = rebuild::<C>(params, self.k, self.fixed, self.permutation)?;
        let computed = B256::from(scalar_to_be(&vk.transcript_repr()));
        if self.transcript_repr != computed {
            return Err(CodecError::Circuit { stored: self.transcript_repr, computed });
        }
        Ok(Verifier::assemble(vk, self.points, self.srs_hash, &self.num_instances)?)
    }
}

/// Puts a verifying key together from the circuit's own constraint system and stored commitments.
fn rebuild<C: Circuit<Fr>>(
    params: C::Params,
    k: u32,
    fixed: Vec<G1Affine>,
    permutation: Vec<G1Affine>,
) -> Result<VerifyingKey, CodecError> {
    let mut cs = ConstraintSystem::default();
    C::configure_with_params(&mut cs, params);
    let degree = cs.degree();
    // `keygen` turns each selector into a fixed column of its own; values do not matter for the constraint system.
    let selectors = vec![vec![false]; cs.num_selectors()];
    let (cs, _) = cs.directly_convert_selectors_to_fixed(selectors);
    let sigmas = cs.permutation().get_columns().len();
    for (what, expected, got) in [
        ("fixed commitments", cs.num_fixed_columns(), fixed.len()),
        ("permutation commitments", sigmas, permutation.len()),
    ] {
        if expected != got {
            return Err(CodecError::Commitments { what, expected, got });
        }
    }
    // Checks k against the circuit before the domain is built; instance counts are checked once the key exists.
    let no_instances = vec![0; cs.num_instance_columns()];
    ProofShape::new(&cs, k, &no_instances).map_err(VerifierError::from)?;
    let domain = EvaluationDomain::new(degree as u32, k);
    let permutation = permutation::VerifyingKey::from_commitments(permutation);
    Ok(VerifyingKey::from_parts(domain, fixed, permutation, cs, vec![], false))
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self, what: &'static str) -> Result<&'a [u8; N], CodecError> {
        let (head, tail) = self.bytes.split_first_chunk().ok_or(CodecError::Truncated(what))?;
        self.bytes = tail;
        Ok(head)
    }

    fn u32(&mut self, what: &'static str) -> Result<u32, CodecError> {
        self.take(what).map(|bytes| u32::from_be_bytes(*bytes))
    }

    fn count(&mut self, what: &'static str) -> Result<u32, CodecError> {
        match self.u32(what)? {
            got if got > MAX_ITEMS => Err(CodecError::Count { what, got }),
            got => Ok(got),
        }
    }

    fn verifier_points(&mut self) -> Result<VerifierPoints, CodecError> {
        let g1 = self.take::<G1_BYTES>("G1")?;
        let g1 = g1_from_be(g1).map_err(|source| CodecError::Point { what: "G1", source })?;
        let g2 = g2_from_be(self.take::<G2_BYTES>("G2")?)
            .map_err(|source| CodecError::Point { what: "G2", source })?;
        let s_g2 = g2_from_be(self.take::<G2_BYTES>("[tau]_2")?)
            .map_err(|source| CodecError::Point { what: "[tau]_2", source })?;
        let points = VerifierPoints { g1, g2, s_g2 };
        points.check()?;
        Ok(points)
    }

    fn commitments(&mut self, what: &'static str) -> Result<Vec<G1Affine>, CodecError> {
        let count = self.count(what)?;
        (0..count)
            .map(|_| {
                g1_from_be_or_identity(self.take::<G1_BYTES>(what)?)
                    .map_err(|source| CodecError::Point { what, source })
            })
            .collect()
    }
}

fn hex(bytes: &[u8]) -> String {
    alloy_primitives::hex::encode(bytes)
}
