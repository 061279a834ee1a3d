//! What verifiers refuse, each by the check that is there for it.

mod common;

use common::{binary, prove};
use nonos_core::BlindedCommitment;
use nonos_core::capsule::{blinded_commitment, digest_commitment};
use nonos_hash_stark::{
    ChunkProof, DecodeError, FileStatement, Security, StateCommitment, VerifyError, digest_reader,
    max_proof_bytes, verify_all, verify_chunk,
};
use std::sync::LazyLock;

const SECURITY: Security = Security::Conjectured;

/// 500 bytes in chunks of 1, 2, 2 and 2 blocks.
static HONEST: LazyLock<(FileStatement, Vec<ChunkProof>)> = LazyLock::new(|| prove(&binary(500, 7), 2, 7));
/// The same for another binary in the same context.
static OTHER: LazyLock<(FileStatement, Vec<ChunkProof>)> = LazyLock::new(|| prove(&binary(500, 8), 2, 7));

fn all(proofs: &[ChunkProof]) -> Result<(), VerifyError> {
    verify_all(proofs, &HONEST.0, SECURITY)
}

/// Whether the inner proof is what refuses.
fn stark(result: Result<(), VerifyError>) -> bool {
    matches!(result, Err(VerifyError::Stark { .. }))
}

#[test]
fn honest_proofs_pass() {
    assert_eq!(all(&HONEST.1), Ok(()));
    for proof in &HONEST.1 {
        assert_eq!(verify_chunk(proof, &HONEST.0, SECURITY), Ok(()));
    }
}

#[test]
fn order_and_number() {
    let (_, proofs) = &*HONEST;
    let swapped = [&proofs[0], &proofs[2], &proofs[1], &proofs[3]].map(Clone::clone);
    assert_eq!(all(&swapped), Err(VerifyError::Order { expected: 1, actual: 2 }));
    assert_eq!(all(&proofs[..3]), Err(VerifyError::Count { expected: 4, actual: 3 }));
    assert_eq!(all(&[]), Err(VerifyError::Count { expected: 4, actual: 0 }));
    assert_eq!(all(&proofs[1..]), Err(VerifyError::Order { expected: 0, actual: 1 }));
    let doubled = [&proofs[..], &proofs[3..]].concat();
    assert_eq!(all(&doubled), Err(VerifyError::Count { expected: 4, actual: 5 }));
    let twice = [&proofs[..1], &proofs[..1]].concat();
    assert_eq!(all(&twice), Err(VerifyError::Order { expected: 1, actual: 0 }));
}

#[test]
fn swapped_chunks_under_false_positions() {
    let mut proofs = HONEST.1.clone();
    proofs.swap(1, 2);
    proofs[1].position = 1;
    proofs[2].position = 2;
    assert_eq!(all(&proofs), Err(VerifyError::Continuity { position: 1 }));
    // Even with commitments that seem to continue.
    proofs[1].incoming = proofs[0].outgoing;
    assert!(stark(all(&proofs)));
}

#[test]
fn a_chunk_of_another_capsule() {
    let mut proofs = HONEST.1.clone();
    proofs[2] = OTHER.1[2].clone();
    assert_eq!(all(&proofs), Err(VerifyError::Continuity { position: 2 }));
    proofs[2].incoming = proofs[1].outgoing;
    assert!(stark(all(&proofs)));
    // The whole file of another capsule under this B.
    assert_eq!(all(&OTHER.1), Err(VerifyError::Commitment));
    let mut last = OTHER.1[3].clone();
    last.outgoing = StateCommitment(HONEST.0.blinded.0);
    assert!(stark(verify_chunk(&last, &HONEST.0, SECURITY)));
}

#[test]
fn a_reused_state_commitment() {
    for reused in [HONEST.1[0].incoming, HONEST.1[1].incoming, HONEST.1[2].outgoing, OTHER.1[2].incoming] {
        let mut proof = HONEST.1[2].clone();
        proof.incoming = reused;
        assert!(stark(verify_chunk(&proof, &HONEST.0, SECURITY)));
        let mut proof = HONEST.1[1].clone();
        proof.outgoing = reused;
        assert_eq!(stark(verify_chunk(&proof, &HONEST.0, SECURITY)), reused != HONEST.1[1].outgoing);
    }
}

#[test]
fn another_context_b_length_or_chunk_size() {
    let (file, proofs) = &*HONEST;
    for proof in proofs {
        for at in [0, 7, 31] {
            let mut other = *file;
            other.context[at] ^= 1;
            assert!(stark(verify_chunk(proof, &other, SECURITY)), "byte {at} in chunk {}", proof.position);
        }
        for length in [499, 501, 498, 429] {
            let file = FileStatement { length, ..*file };
            if file.schedule().unwrap().chunks() == 4 {
                let result = verify_chunk(proof, &file, SECURITY);
                assert!(stark(result), "{length} bytes in chunk {}", proof.position);
            }
        }
        let chunks = FileStatement { chunk_blocks: 3, ..*file };
        assert!(verify_chunk(proof, &chunks, SECURITY).is_err(), "chunk {}", proof.position);
    }
    let mut flipped = *file;
    flipped.blinded.0[0] ^= 1;
    // C of the same binary, B of the same C under another blinding.
    let (_, digest) = digest_reader(&binary(500, 7)[..]).unwrap();
    let c = digest_commitment(&digest, &[7; 32]);
    let open = FileStatement { blinded: BlindedCommitment(c.0), ..*file };
    let reblinded = FileStatement { blinded: blinded_commitment(&c, &[0; 32]), ..*file };
    for other in [flipped, open, reblinded] {
        assert_eq!(verify_all(proofs, &other, SECURITY), Err(VerifyError::Commitment));
        let mut last = proofs[3].clone();
        last.outgoing.0 = other.blinded.0;
        assert!(stark(verify_chunk(&last, &other, SECURITY)));
    }
}

#[test]
fn another_position() {
    let (file, proofs) = &*HONEST;
    for proof in proofs {
        for position in (0..3).filter(|position| *position != proof.position) {
            let moved = ChunkProof { position, ..proof.clone() };
            assert!(stark(verify_chunk(&moved, file, SECURITY)), "{} as {position}", proof.position);
        }
        let beyond = ChunkProof { position: 4, ..proof.clone() };
        let refused = VerifyError::Position { position: 4, chunks: 4 };
        assert_eq!(verify_chunk(&beyond, file, SECURITY), Err(refused));
    }
    let early = ChunkProof { position: 3, ..proofs[2].clone() };
    assert_eq!(verify_chunk(&early, file, SECURITY), Err(VerifyError::Commitment));
}

#[test]
fn a_trace_of_another_height() {
    let (file, proof) = (&HONEST.0, &HONEST.1[3]);
    // 24 blocks need 1,024 rows.
    let taller = FileStatement { length: 23 * 72, chunk_blocks: 24, ..*file };
    let alone = ChunkProof { position: 0, ..proof.clone() };
    let refused = VerifyError::Rows { position: 0, expected: 10, actual: 9 };
    assert_eq!(verify_chunk(&alone, &taller, SECURITY), Err(refused));
}

#[test]
fn mutated_proofs() {
    let (file, proof) = (&HONEST.0, &HONEST.1[1]);
    let count = proof.stark.len();
    // The first bytes one by one (commitments, shape), then a sample, then the last ones.
    let places = (0..160).chain((160..count).step_by(count / 800)).chain(count - 40..count);
    for place in places {
        let mut forged = proof.clone();
        forged.stark[place] ^= 1 << (place % 8);
        let result = verify_chunk(&forged, file, SECURITY);
        assert!(
            matches!(
                result,
                Err(VerifyError::Stark { .. } | VerifyError::Decode { .. } | VerifyError::Rows { .. })
            ),
            "byte {place}: {result:?}"
        );
    }
    for cut in [0, 1, 100, count / 2, count - 1] {
        let forged = ChunkProof { stark: proof.stark[..cut].to_vec(), ..proof.clone() };
        assert!(matches!(verify_chunk(&forged, file, SECURITY), Err(VerifyError::Decode { .. })));
    }
    let longer = ChunkProof { stark: [&proof.stark[..], &[0]].concat(), ..proof.clone() };
    assert!(matches!(verify_chunk(&longer, file, SECURITY), Err(VerifyError::Decode { .. })));
}

#[test]
fn encodings() {
    let proof = &HONEST.1[1];
    let bytes = proof.encode();
    assert_eq!(ChunkProof::decode(&bytes).as_ref(), Ok(proof));
    let spoiled = |place: usize, value: u8| {
        let mut bytes = bytes.clone();
        bytes[place] = value;
        ChunkProof::decode(&bytes)
    };
    assert!(matches!(spoiled(63, 9), Err(DecodeError::Version { actual: 9, .. })));
    assert_eq!(spoiled(95, 9), Err(DecodeError::Security { actual: 9 }));
    assert!(spoiled(31, 64).is_err(), "another offset");
    assert!(spoiled(96, 1).is_err(), "dirty padding");
    assert!(matches!(ChunkProof::decode(&bytes[..bytes.len() - 32]), Err(DecodeError::Abi { .. })));
    let longer = [&bytes[..], &[0; 32]].concat();
    assert!(matches!(ChunkProof::decode(&longer), Err(DecodeError::NotCanonical { .. })));
    let huge = vec![0; max_proof_bytes() + 1];
    assert!(matches!(ChunkProof::decode(&huge), Err(DecodeError::TooLarge { .. })));
    // A length that promises more than there is, and one over the limit of these parameters.
    assert!(spoiled(32 * 7 + 24, 0xff).is_err());
    let fat = ChunkProof { stark: vec![0; 900_000], ..proof.clone() };
    assert!(matches!(ChunkProof::decode(&fat.encode()), Err(DecodeError::TooLarge { .. })));
}
