//! Honest proofs: the vectors of FIPS 202, every length around a block, several chunks, interruption.

mod common;

use common::{binary, blinded, install, prove};
use nonos_hash_stark::{
    ChunkProof, HashProver, Install, Progress, ProveError, ResumeState, ScheduleError, Security, VerifyError,
    digest_reader, verify_all, verify_chunk,
};
use std::io::Cursor;

fn digest(hexadecimal: &str) -> [u8; 64] {
    hex::decode(hexadecimal).unwrap().try_into().unwrap()
}

/// Messages and digests that NIST published with FIPS 202: 0, 24 and 1,600 bits.
fn vectors() -> [(Vec<u8>, [u8; 64]); 3] {
    [
        (
            vec![],
            digest(
                "a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a6\
                 15b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e301758586281dcd26",
            ),
        ),
        (
            b"abc".to_vec(),
            digest(
                "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e\
                 10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
            ),
        ),
        (
            vec![0xa3; 200],
            digest(
                "e76dfad22084a8b1467fcf2ffa58361bec7628edf5f3fdc0e4805dc48caeeca8\
                 1b7c13c30adf52a3659584739a2df46be589c51ca1a4a8416df6545a1ce8ba00",
            ),
        ),
    ]
}

#[test]
fn vectors_of_fips_202_are_proven() {
    for (message, digest) in vectors() {
        assert_eq!(digest_reader(&message[..]).unwrap(), (message.len() as u64, digest));
        let (file, proofs) = prove(&message, 2, 9);
        assert_eq!(file.blinded.0, blinded(&message, 9));
        assert_eq!(verify_all(&proofs, &file, Security::Conjectured), Ok(()));
    }
}

#[test]
fn every_length_around_a_block_is_proven() {
    for length in [0, 1, 71, 72, 73, 143, 144, 145, 215, 216, 217, 791] {
        let binary = binary(length, length as u64);
        let (file, proofs) = prove(&binary, 3, 4);
        assert_eq!(proofs.len(), (length / 72 + 1).div_ceil(3), "{length} bytes");
        assert_eq!(file.blinded.0, blinded(&binary, 4));
        assert_eq!(verify_all(&proofs, &file, Security::Conjectured), Ok(()), "{length} bytes");
    }
}

#[test]
fn proven_parameters_are_proven_and_told_apart() {
    let binary = binary(100, 1);
    let install = install(&binary, 2, 1);
    let file = install.statement();
    let mut chunks =
        HashProver::new(Security::Proven).prove_chunks(Cursor::new(&binary), install, None, |_| {}).unwrap();
    let proof = chunks.next().unwrap().unwrap();
    assert_eq!(verify_chunk(&proof, &file, Security::Proven), Ok(()));
    let (asked, made) = (Security::Conjectured, Security::Proven);
    let refused = VerifyError::Security { position: 0, expected: asked, actual: made };
    assert_eq!(verify_chunk(&proof, &file, asked), Err(refused));
    let relabelled = ChunkProof { security: asked, ..proof };
    assert!(verify_chunk(&relabelled, &file, asked).is_err());
}

#[test]
fn two_proofs_of_one_binary_share_nothing() {
    let binary = binary(200, 2);
    let ((file, one), (_, two)) = (prove(&binary, 2, 1), prove(&binary, 2, 1));
    assert_eq!(file.schedule().unwrap().chunks(), 2);
    for (one, two) in one.iter().zip(&two) {
        assert_ne!(one.incoming, two.incoming);
        assert_ne!(one.stark, two.stark);
    }
    assert_ne!(one[0].outgoing, two[0].outgoing);
    let mixed = [one[0].clone(), two[1].clone()];
    assert_eq!(
        verify_all(&mixed, &file, Security::Conjectured),
        Err(VerifyError::Continuity { position: 1 })
    );
}

#[test]
fn a_proof_goes_on_where_it_stopped() {
    let binary = binary(500, 3);
    let prover = HashProver::new(Security::Conjectured);
    let of = || install(&binary, 2, 5);
    let mut seen = Vec::new();
    let mut chunks = prover
        .prove_chunks(Cursor::new(&binary), of(), None, |progress: Progress| seen.push(progress.proven))
        .unwrap();
    let mut proofs = vec![chunks.next().unwrap().unwrap(), chunks.next().unwrap().unwrap()];
    let saved = chunks.resume_state().encode();
    drop(chunks);
    assert_eq!(seen, [0, 1, 2]);

    let state = || ResumeState::decode(&saved).unwrap();
    assert_eq!(state().position(), 2);
    let mut rest = prover.prove_chunks(Cursor::new(&binary), of(), Some(state()), |_| {}).unwrap();
    proofs.extend(rest.by_ref().map(Result::unwrap));
    let done = ResumeState::decode(&rest.resume_state().encode()).unwrap();
    for (what, secret) in [("salt", of().salt), ("blinding of B", of().blinding)] {
        assert!(!done.encode().windows(32).any(|bytes| bytes == secret), "the {what} is kept");
    }
    assert_eq!(prover.prove_chunks(Cursor::new(&binary), of(), Some(done), |_| {}).unwrap().count(), 0);
    assert_eq!(proofs.len(), 4);
    assert_eq!(verify_all(&proofs, &of().statement(), Security::Conjectured), Ok(()));

    let refused = |install: Install, security| {
        HashProver::new(security).prove_chunks(Cursor::new(&binary), install, Some(state()), |_| {}).map(drop)
    };
    let foreign = Err(ProveError::ForeignState).map_err(|error: ProveError| error.to_string());
    let other = |result: Result<(), ProveError>| result.map_err(|error| error.to_string());
    assert_eq!(other(refused(install(&binary, 2, 6), Security::Conjectured)), foreign);
    assert_eq!(other(refused(install(&binary, 3, 5), Security::Conjectured)), foreign);
    for change in [
        Install { context: [9; 32], ..of() },
        Install { salt: [9; 32], ..of() },
        Install { blinding: [9; 32], ..of() },
    ] {
        assert_eq!(other(refused(change, Security::Conjectured)), foreign);
    }
    assert_eq!(other(refused(of(), Security::Proven)), foreign);
    let mut forged = saved.clone();
    forged[96] ^= 1;
    let forged = ResumeState::decode(&forged).unwrap();
    let result = prover.prove_chunks(Cursor::new(&binary), of(), Some(forged), |_| {}).map(drop);
    assert!(matches!(result, Err(ProveError::State { position: 2 })));
}

#[test]
fn another_binary_is_refused_before_any_proof() {
    let binary = binary(150, 4);
    let start = |binary: &[u8], install| {
        HashProver::default().prove_chunks(Cursor::new(binary.to_vec()), install, None, |_| {}).map(drop)
    };
    let mut other = binary.clone();
    other[149] ^= 1;
    assert!(matches!(start(&other, install(&binary, 2, 1)), Err(ProveError::Digest { .. })));
    assert!(matches!(
        start(&binary[..149], install(&binary, 2, 1)),
        Err(ProveError::Length { expected: 150, actual: 149 })
    ));
    let tiny = Install { chunk_blocks: 1, ..install(&binary, 2, 1) };
    assert!(matches!(
        start(&binary, tiny),
        Err(ProveError::Schedule(ScheduleError::ChunkSize { chunk_blocks: 1 }))
    ));
    let endless = Install { length: 1 << 30, ..install(&binary, 2, 1) };
    assert!(matches!(start(&binary, endless), Err(ProveError::Schedule(ScheduleError::Security { .. }))));
}
