//! The canonical pre-parser: a proof has one byte form, and everything else is refused before any pairing.
//!
//! The same rules hold in the generated contracts, where the precompiles and explicit comparisons enforce them, so no
//! bytes are accepted on one side only.

use alloy_primitives::B256;
use halo2curves::bn256::Fr;

use super::{
    encoding::{G1_BYTES, WORD, g1_from_be, scalar_from_be},
    shape::{Item, ProofShape},
    verifier::VerifyError,
};

/// Checks that `proof` and `instances` have the exact form that `shape` describes: number of instances, length, scalars
/// below r, coordinates below p, points on the curve and not the identity. Instances are canonical by type.
pub fn preparse(shape: &ProofShape, proof: &[u8], instances: &[Fr]) -> Result<(), VerifyError> {
    if instances.len() != shape.instance_count() {
        return Err(VerifyError::InstanceCount { expected: shape.instance_count(), got: instances.len() });
    }
    if proof.len() != shape.proof_len() {
        return Err(VerifyError::ProofLength { expected: shape.proof_len(), got: proof.len() });
    }
    let mut rest = proof;
    for item in shape.items() {
        let offset = proof.len() - rest.len();
        match item {
            Item::Point(role) => {
                g1_from_be(take::<G1_BYTES>(&mut rest)).map_err(|source| VerifyError::Point {
                    role,
                    offset,
                    source,
                })?;
            }
            Item::Scalar(evaluation) => {
                let word = take::<WORD>(&mut rest);
                scalar_from_be(word).ok_or(VerifyError::Scalar {
                    evaluation,
                    offset,
                    value: B256::from(word),
                })?;
            }
        }
    }
    Ok(())
}

/// Splits off `N` bytes; the caller has checked the total length against the same item list.
fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> &'a [u8; N] {
    let (head, tail) = rest.split_first_chunk().expect("the length was checked against the shape");
    *rest = tail;
    head
}
