//! Reading points in Montgomery form, which both snarkjs and halo2 write, from a stream that is hashed on the way.

use std::io::{BufReader, ErrorKind, Read};

use alloy_primitives::B256;
use blake2b_simd::State;
use halo2curves::{
    CurveAffine,
    bn256::{Fq, Fq2, G1Affine, G2Affine},
    group::prime::PrimeCurveAffine,
    serde::SerdeObject,
};

use super::SrsError;
use crate::backend::encoding::{G1_BYTES, G2_BYTES, PointError, WORD};

/// A reader that hashes what passes and turns its errors into ours.
pub(super) struct HashedReader<R> {
    inner: BufReader<R>,
    hasher: State,
}

impl<R: Read> HashedReader<R> {
    pub fn new(inner: R) -> Self {
        // Points are read one by one, from files of gigabytes.
        let inner = BufReader::with_capacity(1 << 20, inner);
        Self { inner, hasher: State::new() }
    }

    pub fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], SrsError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes, what)?;
        Ok(bytes)
    }

    pub fn u32(&mut self, what: &'static str) -> Result<u32, SrsError> {
        self.array(what).map(u32::from_le_bytes)
    }

    pub fn u64(&mut self, what: &'static str) -> Result<u64, SrsError> {
        self.array(what).map(u64::from_le_bytes)
    }

    pub fn skip(&mut self, mut bytes: u64, what: &'static str) -> Result<(), SrsError> {
        let mut buffer = [0; 1 << 14];
        while bytes > 0 {
            let step = bytes.min(buffer.len() as u64);
            self.fill(&mut buffer[..step as usize], what)?;
            bytes -= step;
        }
        Ok(())
    }

    /// `count` points of G1, each on the curve and not the identity.
    pub fn g1_points(&mut self, count: usize, what: &'static str) -> Result<Vec<G1Affine>, SrsError> {
        // The count comes from the file: memory grows with what is really there.
        let mut points = Vec::new();
        for index in 0..count {
            let bytes = self.array::<G1_BYTES>(what)?;
            let point = g1(&bytes).map_err(|source| SrsError::Point { what, index, source })?;
            points.push(point);
        }
        Ok(points)
    }

    /// Two points of G2, each on the twist and not the identity; the subgroup is checked with the powers.
    pub fn g2_pair(&mut self, what: &'static str) -> Result<[G2Affine; 2], SrsError> {
        let mut pair = [G2Affine::identity(); 2];
        for (index, slot) in pair.iter_mut().enumerate() {
            let bytes = self.array::<G2_BYTES>(what)?;
            *slot = g2(&bytes).map_err(|source| SrsError::Point { what, index, source })?;
        }
        Ok(pair)
    }

    /// The hash of the whole file, if it ends here.
    pub fn finish(mut self) -> Result<[u8; 64], SrsError> {
        match self.inner.read_exact(&mut [0]) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(*self.hasher.finalize().as_array()),
            Err(source) => Err(SrsError::Io { what: "the end of the file", source }),
            Ok(()) => Err(SrsError::Trailing),
        }
    }

    pub fn fill(&mut self, bytes: &mut [u8], what: &'static str) -> Result<(), SrsError> {
        self.inner.read_exact(bytes).map_err(|source| match source.kind() {
            ErrorKind::UnexpectedEof => SrsError::Truncated(what),
            _ => SrsError::Io { what, source },
        })?;
        self.hasher.update(bytes);
        Ok(())
    }
}

/// halo2curves' own `read_raw` of a point does not look at the curve equation, so it is not used.
fn g1(bytes: &[u8; G1_BYTES]) -> Result<G1Affine, PointError> {
    let x = coordinate(bytes, 0)?;
    let y = coordinate(bytes, 1)?;
    not_identity(Option::from(G1Affine::from_xy(x, y)))
}

fn g2(bytes: &[u8; G2_BYTES]) -> Result<G2Affine, PointError> {
    let [x0, x1, y0, y1] = [0, 1, 2, 3].map(|i| coordinate(bytes, i));
    not_identity(Option::from(G2Affine::from_xy(Fq2::new(x0?, x1?), Fq2::new(y0?, y1?))))
}

fn not_identity<P: PrimeCurveAffine>(point: Option<P>) -> Result<P, PointError> {
    let point = point.ok_or(PointError::NotOnCurve)?;
    if bool::from(point.is_identity()) { Err(PointError::Identity) } else { Ok(point) }
}

/// A coordinate x, stored as the little-endian limbs of x·2^256 mod p.
fn coordinate(bytes: &[u8], index: usize) -> Result<Fq, PointError> {
    let word = &bytes[index * WORD..][..WORD];
    Fq::from_raw_bytes(word).ok_or_else(|| {
        let mut value = B256::from_slice(word);
        value.reverse();
        PointError::NonCanonical { coordinate: index, value }
    })
}
