//! Byte forms of field elements and points: one form each, the EVM's.

use alloy_primitives::B256;
use halo2curves::{
    CurveAffine,
    bn256::{Fq2, Fr, G1Affine, G2Affine},
    ff::Field,
    group::{Curve, cofactor::CofactorGroup, prime::PrimeCurveAffine},
};
use nonos_circuits::backend::encoding::*;
use proptest::prelude::*;

/// Generator of G2 as in EIP-197, imaginary parts first.
const G2_GENERATOR: &str = "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2\
     1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed\
     090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b\
     12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa";
const R: &str = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
const P: &str = "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47";

fn word(text: &str) -> [u8; 32] {
    hex::decode(text).unwrap().try_into().unwrap()
}

/// A point of the twist outside the subgroup of order r; nearly all are.
pub fn outside_subgroup() -> G2Affine {
    let candidates = (1u64..).map(|i| Fq2::new(i.into(), 1.into()));
    let mut points = candidates.filter_map(|x| {
        let y = Option::<Fq2>::from((x.square() * x + G2Affine::b()).sqrt())?;
        Option::<G2Affine>::from(G2Affine::from_xy(x, y))
    });
    points.find(|p| !bool::from(p.to_curve().is_torsion_free())).unwrap()
}

#[test]
fn generators() {
    let mut one_two = [0; 64];
    (one_two[31], one_two[63]) = (1, 2);
    assert_eq!(g1_to_be(&G1Affine::generator()), one_two);
    assert_eq!(hex::encode(g2_to_be(&G2Affine::generator())), G2_GENERATOR);
}

#[test]
fn scalars_stop_at_r() {
    let mut below = word(R);
    assert_eq!(scalar_from_be(&below), None);
    below[31] -= 1;
    assert_eq!(scalar_from_be(&below), Some(-Fr::ONE));
    assert_eq!(scalar_from_be(&word(P)), None);
    assert_eq!(scalar_from_be(&[0xff; 32]), None);
}

#[test]
fn coordinates_stop_at_p() {
    let mut bytes = g2_to_be(&G2Affine::generator());
    for coordinate in 0..4 {
        let mut changed = bytes;
        changed[32 * coordinate..][..32].copy_from_slice(&word(P));
        let value = B256::from(word(P));
        assert_eq!(g2_from_be(&changed), Err(PointError::NonCanonical { coordinate, value }));
    }
    bytes[127] ^= 1;
    assert_eq!(g2_from_be(&bytes), Err(PointError::NotOnCurve));
}

#[test]
fn identity_only_where_it_is_allowed() {
    assert_eq!(g1_from_be(&[0; 64]), Err(PointError::Identity));
    assert_eq!(g2_from_be(&[0; 128]), Err(PointError::Identity));
    assert_eq!(g1_from_be_or_identity(&[0; 64]), Ok(G1Affine::identity()));
    assert_eq!(g1_to_be(&G1Affine::identity()), [0; 64]);
    assert_eq!(check_g2(&G2Affine::identity()), Err(PointError::Identity));
    assert_eq!(g1_from_be_or_identity(&[1; 64]), Err(PointError::NotOnCurve));
}

#[test]
fn subgroup_of_g2() {
    let outside = outside_subgroup();
    assert_eq!(g2_from_be(&g2_to_be(&outside)), Err(PointError::NotInSubgroup));
    assert_eq!(check_g2(&outside), Err(PointError::NotInSubgroup));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn roundtrips(wide in any::<[u64; 4]>()) {
        let scalar = Fr::from_raw(wide);
        prop_assert_eq!(scalar_from_be(&scalar_to_be(&scalar)), Some(scalar));
        prop_assume!(scalar != Fr::ZERO);
        let g1 = (G1Affine::generator() * scalar).to_affine();
        prop_assert_eq!(g1_from_be(&g1_to_be(&g1)), Ok(g1));
        let g2 = (G2Affine::generator() * scalar).to_affine();
        prop_assert_eq!(g2_from_be(&g2_to_be(&g2)), Ok(g2));
    }

    #[test]
    fn accepted_scalars_have_one_form(bytes in any::<[u8; 32]>()) {
        if let Some(scalar) = scalar_from_be(&bytes) {
            prop_assert_eq!(scalar_to_be(&scalar), bytes);
        }
    }
}
