//! halo2 installs: two real chunks, resumed, and what is refused.

use super::fixture::manifest;
use crate::install::error::FileError;
use crate::install::{
    Halo2Backend, Halo2Chunk, Halo2Install, InstallJob, InstallReader, InstallRefusal, InstallSubject,
    JobEvent, verify_halo2_install,
};
use nonos_circuits::backend::{Srs, VerifyError as ProofError};
use nonos_circuits::install::{CHUNK_BYTES, InstallProver, K};
use nonos_core::Fr;
use std::sync::Arc;

fn parts(bytes: &[u8]) -> (Halo2Install, Vec<Halo2Chunk>) {
    let mut reader = InstallReader::halo2(bytes).unwrap();
    let mut chunks = vec![];
    while let Some(chunk) = reader.next_chunk().unwrap() {
        chunks.push(chunk);
    }
    (*reader.install(), chunks)
}

fn assemble(install: &Halo2Install, chunks: &[Halo2Chunk]) -> Vec<u8> {
    let mut bytes = vec![];
    install.write_start(&mut bytes).unwrap();
    chunks.iter().for_each(|chunk| Halo2Install::write_chunk(&mut bytes, chunk).unwrap());
    bytes
}

/// One long test: keys and two proofs cost about a minute of CPU.
#[test]
fn two_chunks_are_proven_kept_and_verified_and_lies_about_them_are_refused() {
    let prover = Arc::new(InstallProver::new(Srs::developer(K).unwrap()).unwrap());
    let payload: Vec<u8> = (0..CHUNK_BYTES + 100).map(|i| ((i * 7) >> 3) as u8).collect();
    let k = Fr::from(77);
    let subject =
        InstallSubject::new(&manifest(&payload, [9; 32], true), payload, Some(&[9; 32]), k).unwrap();
    let backend = || Halo2Backend::new(prover.clone(), &subject).unwrap();
    let root = tempfile::tempdir().unwrap();

    let mut first = backend();
    let job = InstallJob::open(root.path(), &first).unwrap();
    let proven = JobEvent::Proven { position: 0 };
    let stopped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        job.run(&mut first, &mut |event| assert_ne!(event, proven))
    }));
    assert!(stopped.is_err());
    drop(job);
    let mut second = backend();
    let job = InstallJob::open(root.path(), &second).unwrap();
    assert_eq!(job.kept(&second), 1);
    let mut events = vec![];
    let path = job.run(&mut second, &mut |event| events.push(event)).unwrap();
    let expected = [
        JobEvent::Kept { position: 0 },
        JobEvent::Proving { position: 1 },
        JobEvent::Proven { position: 1 },
        JobEvent::Finishing,
    ];
    assert_eq!(events, expected);

    let bytes = std::fs::read(path).unwrap();
    let verify = |bytes: &[u8]| verify_halo2_install(bytes, prover.verifier(), None, |_, _| {});
    let install = verify(&bytes).unwrap();
    assert_eq!((install.leaf, install.chunks), (subject.leaf, 2));
    let (install, chunks) = parts(&bytes);
    assert_eq!(assemble(&install, &chunks), bytes);

    let other = Halo2Install { leaf: Fr::from(5).into(), ..install };
    let one = Halo2Install { chunks: 1, ..install };
    let [a, b] = chunks.as_slice() else { panic!("two chunks") };
    for (what, file) in [
        ("another leaf", assemble(&other, &chunks)),
        ("the first chunk as the last", assemble(&one, &chunks[..1])),
        ("another first state", assemble(&Halo2Install { state_in: Fr::from(5), ..install }, &chunks)),
        ("exchanged", assemble(&install, &[b.clone(), a.clone()])),
        ("twice the first", assemble(&install, &[a.clone(), a.clone()])),
        ("another state between", {
            let changed = Halo2Chunk { state_out: Fr::from(5), ..a.clone() };
            assemble(&install, &[changed, b.clone()])
        }),
    ] {
        let refusal = verify(&file).unwrap_err();
        let refused = matches!(refusal, InstallRefusal::Halo2 { source: ProofError::Rejected, .. });
        assert!(refused, "{what}: {refusal}");
    }
    let refusal = verify(&assemble(&install, &chunks[..1])).unwrap_err();
    assert!(matches!(refusal, InstallRefusal::File(FileError::Truncated(_))), "{refusal}");
    let refusal = verify(&[&bytes[..], &[0]].concat()).unwrap_err();
    assert!(matches!(refusal, InstallRefusal::File(FileError::Trailing)), "{refusal}");
    let wanted = Some(Fr::from(5).into());
    let refusal = verify_halo2_install(&bytes[..], prover.verifier(), wanted, |_, _| {}).unwrap_err();
    assert!(matches!(refusal, InstallRefusal::Context { .. }), "{refusal}");
}

#[test]
fn numbers_of_chunks_that_no_binary_has_are_refused() {
    for chunks in [0, 1 << 20] {
        let install = Halo2Install { leaf: Fr::from(1).into(), chunks, state_in: Fr::from(2) };
        let result = InstallReader::halo2(&assemble(&install, &[])[..]).map(drop);
        assert!(matches!(result, Err(FileError::Chunks(found)) if found == chunks));
    }
}
