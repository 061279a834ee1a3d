//! snark-verifier, an independent implementation, sees the same protocol: layout, order and acceptance.

use halo2_proofs::plonk::Circuit;
use halo2curves::bn256::{Bn256, Fr, G1Affine};
use nonos_circuits::backend::{
    ProofShape, Verifier,
    shape::{Challenge, PointRole, Polynomial},
};
use snark_verifier::{
    loader::native::NativeLoader,
    pcs::kzg::{Bdfg21, KzgAs, KzgDecidingKey},
    system::halo2::{Config, compile, transcript::evm::EvmTranscript},
    verifier::{
        SnarkVerifier,
        plonk::{PlonkProtocol, PlonkVerifier},
    },
};

use crate::circuits::{self, MULTIPLY_K, POWER_K, RICH_K, Setup};

type Oracle = PlonkVerifier<KzgAs<Bn256, Bdfg21>>;

fn protocol<C>(setup: &Setup<C>) -> PlonkProtocol<G1Affine> {
    let config = Config::kzg().with_num_instance(setup.verifier.num_instances().to_vec());
    compile(setup.srs.params(), setup.verifier.vk(), config)
}

fn oracle_accepts(
    protocol: &PlonkProtocol<G1Affine>,
    verifier: &Verifier,
    proof: &[u8],
    instances: &[Fr],
) -> bool {
    let mut rest = instances;
    let mut columns = vec![];
    for &count in verifier.num_instances() {
        let (column, tail) = rest.split_at(count);
        columns.push(column.to_vec());
        rest = tail;
    }
    let key = KzgDecidingKey::<Bn256>::from((verifier.g1(), verifier.g2(), verifier.s_g2()));
    let mut transcript = EvmTranscript::<G1Affine, NativeLoader, _, _>::new(proof);
    Oracle::read_proof(&key, protocol, &columns, &mut transcript)
        .and_then(|proof| Oracle::verify(&key, protocol, &columns, &proof))
        .is_ok()
}

fn agrees<C: Circuit<Fr>>(setup: &Setup<C>) {
    let protocol = protocol(setup);
    let (proof, mut instances) = setup.prove(4);
    assert!(oracle_accepts(&protocol, &setup.verifier, &proof, &instances));
    if let Some(first) = instances.first_mut() {
        *first += Fr::one();
        assert!(!oracle_accepts(&protocol, &setup.verifier, &proof, &instances));
    }
}

#[test]
fn accepts_our_proofs() {
    agrees(&Setup::new(MULTIPLY_K, circuits::multiply));
    agrees(&Setup::new(RICH_K, circuits::rich));
    agrees(&Setup::new(POWER_K, circuits::boolean));
}

/// snark-verifier numbers polynomials: fixed, sigma, instance, advice by phase, lookup pairs, products, random, quotient.
fn number(shape: &ProofShape, verifier: &Verifier, polynomial: Polynomial) -> usize {
    let cs = verifier.vk().cs();
    let sigmas = cs.num_fixed_columns();
    let advice = sigmas + cs.permutation().get_columns().len() + cs.num_instance_columns();
    let lookups = advice + cs.num_advice_columns();
    let products = lookups + 2 * cs.lookups().len();
    let lookup_products = products + shape.permutation_sets();
    let random = lookup_products + cs.lookups().len();
    match polynomial {
        Polynomial::Fixed(i) => i,
        Polynomial::Sigma(i) => sigmas + i,
        Polynomial::Advice(i) => {
            let phases = cs.advice_column_phase();
            let before = (0..phases.len()).filter(|&j| (phases[j], j) < (phases[i], i));
            advice + before.count()
        }
        Polynomial::LookupInput(i) => lookups + 2 * i,
        Polynomial::LookupTable(i) => lookups + 2 * i + 1,
        Polynomial::PermutationProduct(i) => products + i,
        Polynomial::LookupProduct(i) => lookup_products + i,
        Polynomial::Random => random,
        Polynomial::Quotient => random + 1,
    }
}

fn same_layout<C: Circuit<Fr>>(setup: &Setup<C>) {
    let (shape, protocol) = (setup.verifier.shape(), protocol(setup));
    let number = |polynomial| number(shape, &setup.verifier, polynomial);

    let ours: Vec<_> = shape.evaluations().map(|e| (number(e.polynomial), e.rotation)).collect();
    let theirs: Vec<_> = protocol.evaluations.iter().map(|q| (q.poly, q.rotation.0)).collect();
    assert_eq!(ours, theirs, "evaluations");

    // Commitment messages: as many points and challenges per round, and in the numbered order.
    let committed = |round: &nonos_circuits::backend::shape::Round| -> Vec<usize> {
        let commitments = round.points.iter().filter_map(|role| match role {
            PointRole::Commitment(polynomial) => Some(number(*polynomial)),
            _ => None,
        });
        commitments.collect()
    };
    let rounds: Vec<_> = shape.rounds().iter().take(protocol.num_witness.len()).collect();
    let points: Vec<usize> = rounds.iter().map(|round| round.points.len()).collect();
    let challenges: Vec<usize> = rounds.iter().map(|round| round.challenges.len()).collect();
    assert_eq!(points, protocol.num_witness, "points per round");
    assert_eq!(challenges, protocol.num_challenge, "challenges per round");
    let order: Vec<usize> = rounds.iter().flat_map(|round| committed(round)).collect();
    let first = setup.verifier.vk().cs().num_fixed_columns()
        + setup.verifier.vk().cs().permutation().get_columns().len()
        + setup.verifier.num_instances().len();
    assert_eq!(order, (first..first + order.len()).collect::<Vec<_>>(), "order of commitments");
    assert_eq!(protocol.quotient.num_chunk(), shape.degree() - 1, "quotient pieces");

    // Opening sets: same polynomials in the same order with the same points.
    let mut theirs: Vec<(Vec<i32>, Vec<usize>)> = vec![];
    let mut order = vec![];
    for query in &protocol.queries {
        if !order.contains(&query.poly) {
            order.push(query.poly);
        }
    }
    for poly in order {
        let queries = protocol.queries.iter().filter(|query| query.poly == poly);
        let mut rotations: Vec<i32> = queries.map(|query| query.rotation.0).collect();
        rotations.sort();
        match theirs.iter_mut().find(|(set, _)| *set == rotations) {
            Some((_, polys)) => polys.push(poly),
            None => theirs.push((rotations, vec![poly])),
        }
    }
    let sets = shape.opening_sets().iter();
    let ours: Vec<_> = sets
        .map(|set| {
            let polynomials = set.polynomials.iter().map(|p| number(*p)).collect::<Vec<_>>();
            (set.rotations.clone(), polynomials)
        })
        .collect();
    assert_eq!(ours, theirs, "opening sets");
}

#[test]
fn has_the_same_layout() {
    same_layout(&Setup::new(MULTIPLY_K, circuits::multiply));
    same_layout(&Setup::new(RICH_K, circuits::rich));
    same_layout(&Setup::new(POWER_K, circuits::boolean));
}

#[test]
fn rich_circuit_really_is_rich() {
    let setup = Setup::new(RICH_K, circuits::rich);
    let shape = setup.verifier.shape();
    assert_eq!(shape.degree(), 5);
    assert_eq!(shape.num_instances(), [2, 2]);
    assert_eq!(shape.permutation_sets(), 3);
    assert_eq!(shape.rounds()[0].challenges, [Challenge::Circuit(0)]);
    assert_eq!(shape.rounds()[1].challenges, [Challenge::Theta]);
    assert_eq!(setup.verifier.vk().cs().lookups().len(), 2);
    let rotations: Vec<i32> = shape.evaluations().map(|e| e.rotation).collect();
    for rotation in [-1, 0, 1, 3, shape.last_rotation()] {
        assert!(rotations.contains(&rotation), "rotation {rotation}");
    }
    let zero = halo2curves::group::prime::PrimeCurveAffine::identity();
    assert!(setup.verifier.vk().fixed_commitments().contains(&zero), "an all-zero fixed column");
}
