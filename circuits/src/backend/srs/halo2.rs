//! Import of halo2's `ParamsKZG` file.

use std::io::Read;

use super::{
    Origin, Srs, SrsError,
    checks::{check_powers, check_tau_outside_domain},
    lagrange, params_from_parts,
    raw::HashedReader,
};

pub(super) fn import(reader: impl Read) -> Result<Srs, SrsError> {
    let mut reader = HashedReader::new(reader);
    let k = reader.u32("k")?;
    super::check_k(k)?;
    let n = 1usize << k;
    let g = reader.g1_points(n, "the tau powers in G1")?;
    let g_lagrange = reader.g1_points(n, "the Lagrange basis in G1")?;
    let [g2, s_g2] = reader.g2_pair("the tau powers in G2")?;
    let blake2b = reader.finish()?;
    check_powers(&g, g2, s_g2)?;
    check_tau_outside_domain(&g_lagrange)?;
    lagrange::check(k, &g, &g_lagrange)?;
    let params = params_from_parts(k, g, g_lagrange, g2, s_g2);
    Ok(Srs::new(params, Origin::Halo2 { power: k, blake2b }))
}
