//! STARK installs: what is accepted, and each thing that is refused, by its name.

use super::fixture::{CHUNK_BLOCKS, file, link, manifest, payload, subject, terms};
use crate::install::error::FileError;
use crate::install::{
    InstallReader, InstallRefusal, InstallSubject, StarkInstall, StarkTerms, verify_stark_install,
};
use nonos_circuits::backend::VerifyError as ProofError;
use nonos_circuits::link::LinkWitness;
use nonos_core::Fr;
use nonos_hash_stark::{
    ChunkProof, HashProver, Install, ProveError, Security, VerifyError, max_proof_bytes, verify_all,
};
use std::io::Cursor;

/// First byte of the header, and of the link proof's frame.
const HEADER: usize = 16;
const LINK: usize = HEADER + 5 * 32;

fn verify(bytes: &[u8]) -> Result<StarkInstall, InstallRefusal> {
    verify_stark_install(bytes, &terms(&link()), |_, _| {})
}

/// A file in its parts.
fn parts(bytes: &[u8]) -> (StarkInstall, Vec<ChunkProof>) {
    let mut reader = InstallReader::stark(bytes).unwrap();
    let mut chunks = vec![];
    while let Some(chunk) = reader.next_chunk().unwrap() {
        chunks.push(chunk);
    }
    (reader.install().clone(), chunks)
}

fn assemble(install: &StarkInstall, chunks: &[ChunkProof]) -> Vec<u8> {
    let mut bytes = vec![];
    install.write_start(&mut bytes).unwrap();
    chunks.iter().for_each(|chunk| StarkInstall::write_chunk(&mut bytes, chunk).unwrap());
    bytes
}

fn link_proof(subject: &InstallSubject) -> Vec<u8> {
    let InstallSubject { k, terms, commitment, .. } = *subject;
    link().prove(&LinkWitness { k, terms, commitment }, [3; 32]).unwrap().0
}

/// Chunk proofs of `subject`'s binary, but for the install leaf of another capsule: the STARK takes any J.
fn chunks_for(subject: &InstallSubject, leaf: nonos_core::InstallLeaf) -> (Install, Vec<ChunkProof>) {
    let install = Install {
        leaf,
        digest: subject.digest,
        salt: *subject.salt,
        length: subject.payload.len() as u64,
        chunk_blocks: CHUNK_BLOCKS,
    };
    let prover = HashProver::new(Security::Conjectured);
    let chunks = prover.prove_chunks(Cursor::new(subject.payload.to_vec()), install.clone(), None, |_| {});
    let chunks: Result<Vec<ChunkProof>, ProveError> = chunks.unwrap().collect();
    (install, chunks.unwrap())
}

#[test]
fn an_install_verifies_chunk_by_chunk_and_has_one_encoding() {
    let subject = subject(1, 11);
    let payload = payload(1);
    let manifest = manifest(&payload, [1; 32], false);
    let link = link();
    let terms = StarkTerms { leaf: Some(subject.leaf), manifest: Some(&manifest), ..terms(&link) };
    let mut seen = vec![];
    let install = verify_stark_install(file(), &terms, |done, all| seen.push((done, all))).unwrap();
    assert_eq!(seen, [(1, 3), (2, 3), (3, 3)]);
    assert_eq!((install.file.leaf, install.file.commitment), (subject.leaf, subject.commitment));
    assert_eq!((install.file.length, install.security), (300, Security::Conjectured));
    let (install, chunks) = parts(file());
    assert_eq!(assemble(&install, &chunks), file());
}

/// The attack that the link proof is there for.
#[test]
fn proofs_of_another_binary_for_this_leaf_verify_alone_and_are_refused_here() {
    let (a, b) = (subject(1, 11), subject(2, 11));
    let (install, chunks) = chunks_for(&b, a.leaf);
    // Whoever holds B and knows J of A: the STARK alone has nothing against it.
    verify_all(&chunks, &install.statement(), Security::Conjectured).unwrap();

    // With the honest C of B, no link proof fits: neither A's nor B's own.
    for link in [link_proof(&a), link_proof(&b)] {
        let forged = StarkInstall { file: install.statement(), security: Security::Conjectured, link };
        let refusal = verify(&assemble(&forged, &chunks)).unwrap_err();
        let InstallRefusal::Link { leaf, commitment, source } = refusal else { panic!("{refusal}") };
        assert_eq!((leaf, commitment, source), (a.leaf, b.commitment, ProofError::Rejected));
    }
    // With the C of A the link holds, and the chunks do not.
    let mut file = install.statement();
    file.commitment = a.commitment;
    let forged = StarkInstall { file, security: Security::Conjectured, link: link_proof(&a) };
    let refusal = verify(&assemble(&forged, &chunks)).unwrap_err();
    assert!(matches!(refusal, InstallRefusal::Stark(VerifyError::Commitment)), "{refusal}");
}

#[test]
fn the_link_of_another_leaf_or_another_commitment_is_refused() {
    let (honest, chunks) = parts(file());
    let another_operator = subject(1, 12);
    for (what, link) in [
        ("another operator's", link_proof(&another_operator)),
        ("another capsule's", link_proof(&subject(2, 11))),
    ] {
        let refusal = verify(&assemble(&StarkInstall { link, ..honest.clone() }, &chunks)).unwrap_err();
        let refused = matches!(refusal, InstallRefusal::Link { source: ProofError::Rejected, .. });
        assert!(refused, "{what}: {refusal}");
    }
    // The whole of it given out as another operator's.
    let mut file = honest.file;
    file.leaf = another_operator.leaf;
    for link in [honest.link.clone(), link_proof(&another_operator)] {
        let claimed = StarkInstall { file, link, ..honest.clone() };
        assert!(verify(&assemble(&claimed, &chunks)).is_err());
    }
    let short = StarkInstall { link: honest.link[1..].to_vec(), ..honest };
    let refusal = verify(&assemble(&short, &chunks)).unwrap_err();
    let refused = matches!(refusal, InstallRefusal::Link { source: ProofError::ProofLength { .. }, .. });
    assert!(refused, "{refusal}");
}

#[test]
fn chunks_are_there_once_in_order_and_of_this_file() {
    let (install, chunks) = parts(file());
    let [first, second, third] = chunks.as_slice() else { panic!("three chunks") };
    let refusal = |chunks: &[&ChunkProof]| {
        let chunks: Vec<ChunkProof> = chunks.iter().map(|chunk| (*chunk).clone()).collect();
        verify(&assemble(&install, &chunks)).unwrap_err()
    };
    let missing = refusal(&[first, second]);
    let truncated = matches!(&missing, InstallRefusal::File(FileError::Truncated(what)) if what == "chunk 2");
    assert!(truncated, "{missing}");
    for (chunks, expected, actual) in [
        ([first, third, third], 1, 2),
        ([first, first, third], 1, 0),
        ([first, third, second], 1, 2),
        ([second, first, third], 0, 1),
    ] {
        let refusal = refusal(&chunks);
        let InstallRefusal::Stark(VerifyError::Order { expected: due, actual: found }) = refusal else {
            panic!("{refusal}")
        };
        assert_eq!((due, found), (expected, actual));
    }
    let surplus = refusal(&[first, second, third, third]);
    assert!(matches!(surplus, InstallRefusal::File(FileError::Trailing)), "{surplus}");

    // The same chunk, proven in another run: it starts from a state of another blinding.
    let (_, again) = chunks_for(&subject(1, 11), install.file.leaf);
    let mixed = refusal(&[first, &again[1], third]);
    let broken = matches!(mixed, InstallRefusal::Stark(VerifyError::Continuity { position: 1 }));
    assert!(broken, "{mixed}");
    let foreign = ChunkProof { incoming: second.incoming, ..again[1].clone() };
    let foreign = refusal(&[first, &foreign, third]);
    let refused = matches!(foreign, InstallRefusal::Stark(VerifyError::Stark { position: 1, .. }));
    assert!(refused, "{foreign}");
}

#[test]
fn a_file_that_ends_early_or_late_says_where() {
    let bytes = file();
    for end in [0, 1, HEADER - 1] {
        assert!(matches!(verify(&bytes[..end]), Err(InstallRefusal::File(FileError::Foreign))));
    }
    let ends = [HEADER, LINK - 1, LINK, LINK + 3, LINK + 5, bytes.len() / 2, bytes.len() - 1];
    for end in ends {
        let refusal = verify(&bytes[..end]).unwrap_err();
        assert!(matches!(refusal, InstallRefusal::File(FileError::Truncated(_))), "{end}: {refusal}");
    }
    let longer = [bytes, &[0]].concat();
    assert!(matches!(verify(&longer), Err(InstallRefusal::File(FileError::Trailing))));
}

#[test]
fn every_byte_of_start_header_and_link_counts() {
    let link_end = LINK + 4 + 1248;
    for at in 0..link_end {
        let mut bytes = file().to_vec();
        bytes[at] ^= 1;
        assert!(verify(&bytes).is_err(), "byte {at} can be changed");
    }
}

#[test]
fn what_is_wrong_with_the_form_is_named() {
    let change = |at: usize, value: u8| {
        let mut bytes = file().to_vec();
        bytes[at] = value;
        verify(&bytes).unwrap_err()
    };
    let form = |refusal| match refusal {
        InstallRefusal::File(error) => error,
        other => panic!("{other}"),
    };
    assert!(matches!(form(change(0, b'N')), FileError::Foreign));
    assert!(matches!(form(change(14, 2)), FileError::Version(2)));
    assert!(matches!(form(change(15, 3)), FileError::Kind(3)));
    assert!(matches!(
        form(change(15, 1)),
        FileError::Header(_) | FileError::Chunks(_) | FileError::Field { .. }
    ));
    assert!(matches!(form(change(HEADER, 0xff)), FileError::Field { .. }));
    assert!(matches!(form(change(HEADER + 2 * 32, 1)), FileError::Header(_)));
    assert!(matches!(form(change(HEADER + 3 * 32 + 31, 1)), FileError::Schedule(_)));
    assert!(matches!(form(change(HEADER + 5 * 32 - 1, 3)), FileError::Security(3)));
    // Announced lengths are refused before anything of that size is allocated.
    assert!(matches!(form(change(LINK, 0xff)), FileError::TooLarge { .. }));
    let chunk = LINK + 4 + 1248;
    let FileError::TooLarge { max, .. } = form(change(chunk, 0xff)) else { panic!("too large") };
    assert_eq!(max, max_proof_bytes());
    assert!(matches!(form(change(chunk + 4 + 31, 9)), FileError::Chunk { position: 0, .. }));
}

#[test]
fn the_verifier_says_which_security_capsule_and_leaf_it_wants() {
    let link = link();
    let wanted = |terms: StarkTerms<'_>| verify_stark_install(file(), &terms, |_, _| {}).unwrap_err();
    let proven = wanted(StarkTerms { security: Security::Proven, ..terms(&link) });
    assert!(matches!(proven, InstallRefusal::Security { .. }), "{proven}");
    let other = subject(2, 11);
    let leaf = wanted(StarkTerms { leaf: Some(other.leaf), ..terms(&link) });
    assert!(matches!(leaf, InstallRefusal::Leaf { expected, .. } if expected == other.leaf), "{leaf}");
    let manifest_b = manifest(&payload(2), [2; 32], false);
    let capsule = wanted(StarkTerms { manifest: Some(&manifest_b), ..terms(&link) });
    assert!(matches!(capsule, InstallRefusal::Commitment { .. }), "{capsule}");
    let mut longer = manifest(&payload(1), [1; 32], false);
    longer.payloadSize += 1;
    let length = wanted(StarkTerms { manifest: Some(&longer), ..terms(&link) });
    assert!(matches!(length, InstallRefusal::Length { expected: 301, actual: 300 }), "{length}");

    // A file that calls its proofs stronger than they are.
    let (install, chunks) = parts(file());
    let boasting = assemble(&StarkInstall { security: Security::Proven, ..install }, &chunks);
    let refusal = verify(&boasting).unwrap_err();
    assert!(matches!(refusal, InstallRefusal::Stark(VerifyError::Security { position: 0, .. })), "{refusal}");
}

#[test]
fn another_binary_than_the_manifests_is_refused_before_anything_is_proven() {
    let (honest, other) = (payload(1), payload(2));
    let public = manifest(&honest, [1; 32], false);
    let hidden = manifest(&honest, [1; 32], true);
    let k = Fr::from(11);
    let refused = |manifest, payload: &[u8], salt: Option<&[u8; 32]>| {
        let subject = InstallSubject::new(manifest, payload.to_vec(), salt, k);
        subject.err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert!(refused(&public, &other, None).contains("the payload's sha3_512 is"));
    assert!(refused(&public, &honest[1..], None).contains("the payload's size is 299"));
    assert!(refused(&hidden, &honest, None).contains("the publisher's salt is needed"));
    assert!(refused(&hidden, &honest, Some(&[2; 32])).contains("the payload's commitment is"));
    assert!(refused(&hidden, &other, Some(&[1; 32])).contains("the payload's commitment is"));
    let subject = InstallSubject::new(&hidden, honest, Some(&[1; 32]), k).unwrap();
    assert!(subject.hidden);
    assert_eq!(subject.commitment, public.digest_commitment());
}
