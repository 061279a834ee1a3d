//! Powers of a known secret: barretenberg's prover fetches those of its ceremony from the network, and costs the same on any.

use halo2_base::halo2_proofs::halo2curves::bn256::{Fq, Fr, G1, G1Affine, G2, G2Affine};
use halo2_base::halo2_proofs::halo2curves::ff::{Field, PrimeField};
use halo2_base::halo2_proofs::halo2curves::group::{Curve, Group};
use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

/// The secret. Anybody knows it, so a proof over these points convinces nobody.
const SECRET: u64 = 0x6e6f_6e6f_7321;
/// Points made affine at a time.
const BATCH: usize = 1 << 12;

/// Writes `bn254_g1.dat` and `bn254_g2.dat`: affine coordinates, big-endian.
pub fn write(points: usize, dir: &Path) -> Result<(), Box<dyn Error>> {
    let secret = Fr::from(SECRET);
    let table = windows();
    fs::create_dir_all(dir)?;
    let mut g1 = BufWriter::new(File::create(dir.join("bn254_g1.dat"))?);
    let mut power = Fr::ONE;
    let mut left = points;
    while left > 0 {
        let batch: Vec<G1> = (0..BATCH.min(left))
            .map(|_| {
                let point = times_generator(&table, &power);
                power *= secret;
                point
            })
            .collect();
        let mut affine = vec![G1Affine::default(); batch.len()];
        G1::batch_normalize(&batch, &mut affine);
        for point in &affine {
            g1.write_all(&big_endian(&point.x))?;
            g1.write_all(&big_endian(&point.y))?;
        }
        left -= batch.len();
    }
    g1.flush()?;
    let point: G2Affine = (G2::generator() * secret).to_affine();
    let coordinates = [point.x.c0, point.x.c1, point.y.c0, point.y.c1];
    fs::write(dir.join("bn254_g2.dat"), coordinates.map(|value| big_endian(&value)).concat())?;
    Ok(())
}

/// For every byte of a scalar, the multiples of the generator that it may stand for.
fn windows() -> Vec<Vec<G1Affine>> {
    let mut base = G1::generator();
    (0..32)
        .map(|_| {
            let multiples: Vec<G1> =
                std::iter::successors(Some(G1::identity()), |point| Some(point + base)).take(256).collect();
            base = multiples[255] + base;
            let mut affine = vec![G1Affine::default(); 256];
            G1::batch_normalize(&multiples, &mut affine);
            affine
        })
        .collect()
}

fn times_generator(table: &[Vec<G1Affine>], scalar: &Fr) -> G1 {
    let bytes = scalar.to_repr();
    let digits = table.iter().zip(bytes.as_ref()).filter(|(_, digit)| **digit != 0);
    digits.fold(G1::identity(), |sum, (multiples, digit)| sum + multiples[usize::from(*digit)])
}

fn big_endian(value: &Fq) -> [u8; 32] {
    let mut bytes: [u8; 32] = value.to_repr().into();
    bytes.reverse();
    bytes
}
