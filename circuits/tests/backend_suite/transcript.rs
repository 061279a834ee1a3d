//! The transcript is byte-identical to snark-verifier's `EvmTranscript`, for any sequence of operations.

use alloy_primitives::keccak256;
use halo2_proofs::transcript::{EncodedChallenge, Transcript, TranscriptRead, TranscriptWrite};
use halo2curves::{
    bn256::{Fr, G1Affine},
    ff::{Field, PrimeField},
    group::{Curve, prime::PrimeCurveAffine},
};
use nonos_circuits::backend::EvmTranscript;
use proptest::prelude::*;
use snark_verifier::{loader::native::NativeLoader, system::halo2::transcript::evm::EvmTranscript as Oracle};

#[derive(Debug, Clone, Copy)]
enum Step {
    CommonScalar(u64),
    CommonPoint(u64),
    Scalar(u64),
    Point(u64),
    Squeeze,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        any::<u64>().prop_map(Step::CommonScalar),
        (1..u64::MAX).prop_map(Step::CommonPoint),
        any::<u64>().prop_map(Step::Scalar),
        (1..u64::MAX).prop_map(Step::Point),
        // Often twice in a row, where the extra byte matters.
        Just(Step::Squeeze),
        Just(Step::Squeeze),
    ]
}

/// A field element that fills all 32 bytes.
fn scalar(seed: u64) -> Fr {
    (Fr::from(seed) + Fr::DELTA).square()
}

fn point(seed: u64) -> G1Affine {
    (G1Affine::generator() * scalar(seed)).to_affine()
}

/// Runs the steps as a prover; returns the challenges.
fn write<E: EncodedChallenge<G1Affine>>(
    transcript: &mut impl TranscriptWrite<G1Affine, E>,
    steps: &[Step],
) -> Vec<Fr> {
    let mut challenges = vec![];
    for step in steps {
        match *step {
            Step::CommonScalar(seed) => transcript.common_scalar(scalar(seed)).unwrap(),
            Step::CommonPoint(seed) => transcript.common_point(point(seed)).unwrap(),
            Step::Scalar(seed) => transcript.write_scalar(scalar(seed)).unwrap(),
            Step::Point(seed) => transcript.write_point(point(seed)).unwrap(),
            Step::Squeeze => challenges.push(transcript.squeeze_challenge().get_scalar()),
        }
    }
    challenges
}

/// Runs the steps as a verifier; returns the challenges.
fn read<E: EncodedChallenge<G1Affine>>(
    transcript: &mut impl TranscriptRead<G1Affine, E>,
    steps: &[Step],
) -> Vec<Fr> {
    let mut challenges = vec![];
    for step in steps {
        match *step {
            Step::CommonScalar(seed) => transcript.common_scalar(scalar(seed)).unwrap(),
            Step::CommonPoint(seed) => transcript.common_point(point(seed)).unwrap(),
            Step::Scalar(seed) => assert_eq!(transcript.read_scalar().unwrap(), scalar(seed)),
            Step::Point(seed) => assert_eq!(transcript.read_point().unwrap(), point(seed)),
            Step::Squeeze => challenges.push(transcript.squeeze_challenge().get_scalar()),
        }
    }
    challenges
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn agrees_with_snark_verifier(mut steps in prop::collection::vec(step(), 1..24)) {
        // A squeeze of nothing at all is not part of any protocol: the verifying key always comes first.
        steps.insert(0, Step::CommonScalar(0));
        let mut ours = EvmTranscript::new(Vec::new());
        let mut oracle = Oracle::<G1Affine, NativeLoader, _, _>::new(Vec::new());
        let challenges = write(&mut ours, &steps);
        prop_assert_eq!(&challenges, &write(&mut oracle, &steps));
        let proof = ours.into_stream();
        prop_assert_eq!(&proof, &oracle.finalize());

        let mut ours = EvmTranscript::new(proof.as_slice());
        let mut oracle = Oracle::<G1Affine, NativeLoader, _, _>::new(proof.as_slice());
        prop_assert_eq!(&challenges, &read(&mut ours, &steps));
        prop_assert_eq!(&challenges, &read(&mut oracle, &steps));
        prop_assert!(ours.into_stream().is_empty());
    }
}

#[test]
fn challenges_are_digests_mod_r() {
    let mut transcript = EvmTranscript::new(Vec::<u8>::new());
    transcript.common_scalar(Fr::from(5)).unwrap();
    let mut preimage = [0; 33];
    preimage[31] = 5;
    preimage[32] = 1;
    let digest = keccak256(preimage);
    let mut expected = Fr::ZERO;
    for byte in digest {
        expected = expected * Fr::from(256) + Fr::from(u64::from(byte));
    }
    let challenge: Fr = transcript.squeeze_challenge().get_scalar();
    assert_eq!(challenge.to_repr(), expected.to_repr());
}

#[test]
fn infinity_is_refused() {
    let mut transcript = EvmTranscript::new(Vec::new());
    let error = transcript.write_point(G1Affine::identity()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the transcript refuses the point at infinity (a committed polynomial is zero)"
    );
    let zeros = [0; 64];
    let error = EvmTranscript::new(zeros.as_slice()).read_point().unwrap_err();
    assert_eq!(error.to_string(), "the point at infinity is not allowed here");
}
