//! Taking `.ptau` files apart and putting them together again, for the tests only.

use halo2curves::{
    bn256::{Fq, Fr, G1Affine, G2Affine},
    ff::{Field, PrimeField},
    group::Curve,
    serde::SerdeObject,
};

/// Real files, see `tests/data/README.md`: 2^4 powers with two contributions, 2^6 powers prepared for phase 2, and 2^4
/// powers that nobody has contributed to.
pub const CONTRIBUTED: &[u8] = include_bytes!("../data/pot4.ptau");
pub const PHASE2: &[u8] = include_bytes!("../data/pot6_phase2.ptau");
pub const UNTOUCHED: &[u8] = include_bytes!("../data/pot4_no_contribution.ptau");

/// The sections of a file.
#[derive(Clone)]
pub struct Ptau {
    pub sections: Vec<(u32, Vec<u8>)>,
}

impl Ptau {
    pub fn parse(mut bytes: &[u8]) -> Self {
        let mut take = |n: usize| {
            let (head, tail) = bytes.split_at(n);
            bytes = tail;
            head.to_vec()
        };
        assert_eq!(take(8), b"ptau\x01\x00\x00\x00");
        let count = u32::from_le_bytes(take(4).try_into().unwrap());
        let sections = (0..count).map(|_| {
            let id = u32::from_le_bytes(take(4).try_into().unwrap());
            let len = u64::from_le_bytes(take(8).try_into().unwrap());
            (id, take(len as usize))
        });
        Self { sections: sections.collect() }
    }

    /// A file with the header and the powers of `tau` only.
    pub fn with_tau(power: u32, tau: Fr) -> Self {
        let mut header = 32u32.to_le_bytes().to_vec();
        header.extend((-Fq::ONE).to_repr());
        header[4] += 1;
        header.extend([power.to_le_bytes(), power.to_le_bytes()].concat());
        let n = 1usize << power;
        let powers: Vec<Fr> =
            std::iter::successors(Some(Fr::ONE), |p| Some(*p * tau)).take(2 * n - 1).collect();
        let g1 = powers.iter().flat_map(|p| raw((G1Affine::generator() * p).to_affine()));
        let g2 = powers[..n].iter().flat_map(|p| raw((G2Affine::generator() * p).to_affine()));
        Self { sections: vec![(1, header), (2, g1.collect()), (3, g2.collect())] }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut out = b"ptau\x01\x00\x00\x00".to_vec();
        out.extend((self.sections.len() as u32).to_le_bytes());
        for (id, data) in &self.sections {
            out.extend(id.to_le_bytes());
            out.extend((data.len() as u64).to_le_bytes());
            out.extend(data);
        }
        out
    }

    /// Without what `prepare phase2` added.
    pub fn unprepared(mut self) -> Self {
        self.sections.retain(|(id, _)| *id <= 7);
        self
    }

    pub fn section(&mut self, id: u32) -> &mut Vec<u8> {
        &mut self.sections.iter_mut().find(|(i, _)| *i == id).unwrap().1
    }

    /// The 64 bytes of [τ^i]₁.
    pub fn g1(&mut self, i: usize) -> &mut [u8] {
        &mut self.section(2)[64 * i..][..64]
    }

    /// The 128 bytes of [τ^i]₂.
    pub fn g2(&mut self, i: usize) -> &mut [u8] {
        &mut self.section(3)[128 * i..][..128]
    }
}

/// Montgomery form, as snarkjs and halo2 write it.
pub fn raw(point: impl SerdeObject) -> Vec<u8> {
    point.to_raw_bytes()
}
