//! STARK installs: what is accepted, and each thing that is refused, by its name.

use super::fixture::{
    CHUNK_BLOCKS, digest_proof, file, hidden_file, links, manifest, payload, subject, terms,
};
use crate::install::error::FileError;
use crate::install::{
    Claim, InstallReader, InstallRefusal, InstallSubject, Shown, StarkFile, StarkTerms, Verified,
    verify_stark,
};
use alloy_primitives::keccak256;
use nonos_circuits::backend::VerifyError as ProofError;
use nonos_core::capsule::{blinded_commitment, digest_proof_context};
use nonos_core::{Fr, InstallLeaf};
use nonos_hash_stark::{
    ChunkProof, HashProver, Install, ProveError, Security, VerifyError, max_proof_bytes, verify_all,
};
use std::io::Cursor;

/// First byte of the header, and of the link proof's frame.
const HEADER: usize = 16;
const LINK: usize = HEADER + 5 * 32;

fn verify(bytes: &[u8]) -> Result<StarkFile, InstallRefusal> {
    verify_stark(bytes, &terms(&links()), |_, _| {}).map(|verified| verified.file)
}

/// A file in its parts.
fn parts(bytes: &[u8]) -> (StarkFile, Vec<ChunkProof>) {
    let mut reader = InstallReader::stark(bytes).unwrap();
    let mut chunks = vec![];
    while let Some(chunk) = reader.next_chunk().unwrap() {
        chunks.push(chunk);
    }
    (reader.file().clone(), chunks)
}

fn assemble(file: &StarkFile, chunks: &[ChunkProof]) -> Vec<u8> {
    let mut bytes = vec![];
    file.write_start(&mut bytes).unwrap();
    chunks.iter().for_each(|chunk| StarkFile::write_chunk(&mut bytes, chunk).unwrap());
    bytes
}

fn link_proof(subject: &InstallSubject) -> Vec<u8> {
    links().prove(subject, false).unwrap()
}

/// What an install claims about J and what it shows of C.
fn claim(leaf: InstallLeaf, shown: Shown, link: Vec<u8>) -> StarkFile {
    let claim = Claim::Install { leaf, shown, link };
    StarkFile { claim, length: 300, chunk_blocks: CHUNK_BLOCKS, security: Security::Conjectured }
}

/// The link proof of an install.
fn link_of(file: &StarkFile) -> Vec<u8> {
    let Claim::Install { link, .. } = &file.claim else { panic!("no install") };
    link.clone()
}

/// Chunk proofs of `subject`'s binary, but for any context: the STARK takes it as it is.
fn chunks_for(subject: &InstallSubject, context: [u8; 32], blinding: [u8; 32]) -> (Install, Vec<ChunkProof>) {
    let install = Install {
        context,
        digest: subject.digest,
        salt: *subject.salt,
        blinding,
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
    let links = links();
    let terms =
        StarkTerms { context: Some(subject.leaf.to_be()), manifest: Some(&manifest), ..terms(&links) };
    let mut seen = vec![];
    let Verified { file: verified, hash } =
        verify_stark(file(), &terms, |done, all| seen.push((done, all))).unwrap();
    assert_eq!(hash, keccak256(file()));
    assert_eq!(seen, [(1, 3), (2, 3), (3, 3)]);
    assert_eq!(verified.leaf(), Some(subject.leaf));
    assert_eq!(verified.shown(), Shown::Commitment(subject.commitment));
    assert_eq!((verified.length, verified.security), (300, Security::Conjectured));
    for bytes in [file(), hidden_file(), digest_proof()] {
        let (file, chunks) = parts(bytes);
        assert_eq!(assemble(&file, &chunks), bytes);
    }
}

#[test]
fn a_hidden_install_shows_neither_commitment_nor_capsule() {
    let subject = subject(1, 11);
    let verified = verify(hidden_file()).unwrap();
    let blinded = blinded_commitment(&subject.commitment, &subject.blinding());
    assert_eq!((verified.leaf(), verified.shown()), (Some(subject.leaf), Shown::Blinded(blinded)));
    let secrets: [&[u8]; 4] =
        [&subject.commitment.0, &subject.digest, subject.salt.as_ref(), &*subject.blinding()];
    for secret in secrets {
        assert!(!hidden_file().windows(secret.len()).any(|window| window == secret));
    }
    // Nor can it be compared with a capsule: whoever wants that has to be shown C.
    let manifest = manifest(&payload(1), [1; 32], false);
    let links = links();
    let terms = StarkTerms { manifest: Some(&manifest), ..terms(&links) };
    let refusal = verify_stark(hidden_file(), &terms, |_, _| {}).unwrap_err();
    assert!(matches!(refusal, InstallRefusal::CommitmentHidden), "{refusal}");
}

/// The attack that the link proof is there for, where C is hidden.
#[test]
fn a_hidden_link_ties_the_leaf_to_the_very_commitment_that_the_chunks_end_in() {
    let (a, b) = (subject(1, 11), subject(2, 11));
    let (honest, chunks) = parts(hidden_file());
    let rejected = |file: &StarkFile, chunks: &[ChunkProof]| {
        let refusal = verify(&assemble(file, chunks)).unwrap_err();
        assert!(matches!(refusal, InstallRefusal::Link { source: ProofError::Rejected, .. }), "{refusal}");
    };
    // Chunks of B for the J of A verify alone; no link proof of A's or B's fits J and what they end in.
    let (install, of_b) = chunks_for(&b, a.leaf.to_be(), *a.blinding());
    verify_all(&of_b, &install.statement(), Security::Conjectured).unwrap();
    let shown = Shown::Blinded(install.statement().blinded);
    for link in [links().prove(&a, true).unwrap(), links().prove(&b, true).unwrap()] {
        rejected(&claim(a.leaf, shown, link), &of_b);
    }
    // With what the link is about, the chunks do not fit.
    let refusal = verify(&assemble(&claim(a.leaf, honest.shown(), link_of(&honest)), &of_b)).unwrap_err();
    assert!(matches!(refusal, InstallRefusal::Stark(VerifyError::Commitment)), "{refusal}");
    // Another operator's leaf.
    rejected(&claim(subject(1, 12).leaf, honest.shown(), link_of(&honest)), &chunks);
    // A link proof of the other circuit.
    let foreign = verify(&assemble(&claim(a.leaf, honest.shown(), link_proof(&a)), &chunks)).unwrap_err();
    assert!(
        matches!(foreign, InstallRefusal::Link { source: ProofError::ProofLength { .. }, .. }),
        "{foreign}"
    );
}

#[test]
fn a_digest_proof_is_no_install_and_of_one_commitment() {
    let subject = subject(1, 11);
    let mut hidden = manifest(&payload(1), [1; 32], true);
    let links = links();
    // Another file than the manifest names does not count, true or not.
    let named = StarkTerms { manifest: Some(&hidden), ..terms(&links) };
    let refusal = verify_stark(digest_proof(), &named, |_, _| {}).unwrap_err();
    assert!(matches!(refusal, InstallRefusal::Hash { .. }), "{refusal}");
    hidden.digestProof = keccak256(digest_proof());
    let terms = StarkTerms { manifest: Some(&hidden), ..terms(&links) };
    let verified = verify_stark(digest_proof(), &terms, |_, _| {}).unwrap().file;
    assert_eq!(verified.claim, Claim::Digest { commitment: subject.commitment });
    assert_eq!(verified.context(), digest_proof_context(&subject.commitment));
    for secret in [subject.digest.as_slice(), subject.salt.as_ref()] {
        assert!(!digest_proof().windows(secret.len()).any(|window| window == secret));
    }
    let other = manifest(&payload(2), [2; 32], true);
    let terms = StarkTerms { manifest: Some(&other), ..terms };
    let refusal = verify_stark(digest_proof(), &terms, |_, _| {}).unwrap_err();
    assert!(matches!(refusal, InstallRefusal::Commitment { .. }), "{refusal}");

    // Its chunks given out as an install, and those of an install as a digest proof.
    let (_, chunks) = parts(digest_proof());
    let shown = Shown::Commitment(subject.commitment);
    let as_install = claim(subject.leaf, shown, link_proof(&subject));
    let (install, of_install) = parts(file());
    let as_digest = StarkFile { claim: Claim::Digest { commitment: subject.commitment }, ..install };
    for (file, chunks) in [(as_install, chunks), (as_digest, of_install)] {
        let refusal = verify(&assemble(&file, &chunks)).unwrap_err();
        let refused = matches!(refusal, InstallRefusal::Stark(VerifyError::Stark { position: 0, .. }));
        assert!(refused, "{refusal}");
    }
    // For the C of another capsule.
    let (file, chunks) = parts(digest_proof());
    let claim = Claim::Digest { commitment: super::fixture::subject(2, 11).commitment };
    assert!(verify(&assemble(&StarkFile { claim, ..file }, &chunks)).is_err());
}

/// The attack that the link proof is there for.
#[test]
fn proofs_of_another_binary_for_this_leaf_verify_alone_and_are_refused_here() {
    let (a, b) = (subject(1, 11), subject(2, 11));
    let (install, chunks) = chunks_for(&b, a.leaf.to_be(), [0; 32]);
    // Whoever holds B and knows J of A: the STARK alone has nothing against it.
    verify_all(&chunks, &install.statement(), Security::Conjectured).unwrap();

    // With the honest C of B, no link proof fits: neither A's nor B's own.
    let honest_c = Shown::Commitment(b.commitment);
    assert_eq!(honest_c.blinded(), install.statement().blinded);
    for link in [link_proof(&a), link_proof(&b)] {
        let refusal = verify(&assemble(&claim(a.leaf, honest_c, link), &chunks)).unwrap_err();
        let InstallRefusal::Link { leaf, shown, source } = refusal else { panic!("{refusal}") };
        assert_eq!((leaf, shown, source), (a.leaf, honest_c, ProofError::Rejected));
    }
    // With the C of A the link holds, and the chunks do not.
    let forged = claim(a.leaf, Shown::Commitment(a.commitment), link_proof(&a));
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
        let refusal =
            verify(&assemble(&claim(subject(1, 11).leaf, honest.shown(), link), &chunks)).unwrap_err();
        let refused = matches!(refusal, InstallRefusal::Link { source: ProofError::Rejected, .. });
        assert!(refused, "{what}: {refusal}");
    }
    // The whole of it given out as another operator's.
    for link in [link_of(&honest), link_proof(&another_operator)] {
        let claimed = claim(another_operator.leaf, honest.shown(), link);
        assert!(verify(&assemble(&claimed, &chunks)).is_err());
    }
    let short = claim(subject(1, 11).leaf, honest.shown(), link_of(&honest)[1..].to_vec());
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
    let (_, again) = chunks_for(&subject(1, 11), install.context(), [0; 32]);
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
    assert!(matches!(form(change(15, 5)), FileError::Kind(5)));
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
    let links = links();
    let wanted = |terms: StarkTerms<'_>| verify_stark(file(), &terms, |_, _| {}).unwrap_err();
    let proven = wanted(StarkTerms { security: Security::Proven, ..terms(&links) });
    assert!(matches!(proven, InstallRefusal::Security { .. }), "{proven}");
    let other = subject(2, 11);
    let leaf = wanted(StarkTerms { context: Some(other.leaf.to_be()), ..terms(&links) });
    let named = matches!(leaf, InstallRefusal::Context { expected, .. } if expected == other.leaf.to_be());
    assert!(named, "{leaf}");
    let manifest_b = manifest(&payload(2), [2; 32], false);
    let capsule = wanted(StarkTerms { manifest: Some(&manifest_b), ..terms(&links) });
    assert!(matches!(capsule, InstallRefusal::Commitment { .. }), "{capsule}");
    let mut longer = manifest(&payload(1), [1; 32], false);
    longer.payloadSize += 1;
    let length = wanted(StarkTerms { manifest: Some(&longer), ..terms(&links) });
    assert!(matches!(length, InstallRefusal::Length { expected: 301, actual: 300 }), "{length}");

    // A file that calls its proofs stronger than they are.
    let (install, chunks) = parts(file());
    let boasting = assemble(&StarkFile { security: Security::Proven, ..install }, &chunks);
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
