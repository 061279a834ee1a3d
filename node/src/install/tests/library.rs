//! The library: whole files and pieces, and what is not taken in.

use super::fixture::{digest_proof, file, hidden_file, links, subject};
use crate::install::error::FileError;
use crate::install::{InstallRefusal, LibraryError, ProofLibrary, Receiving};
use alloy_primitives::{B256, keccak256};
use nonos_core::capsule::digest_proof_context;
use nonos_hash_stark::VerifyError;
use std::path::Path;

const ROOM: u64 = 64 << 20;

fn pieces(library: &ProofLibrary, context: &[u8; 32]) -> Vec<Vec<u8>> {
    (0..).map_while(|piece| library.piece(context, None, piece).unwrap()).collect()
}

fn names(root: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(root).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn files_go_out_in_pieces_and_come_in_the_same() {
    let root = tempfile::tempdir().unwrap();
    let (theirs, ours) = (root.path().join("theirs"), root.path().join("ours"));
    let theirs = ProofLibrary::open(&theirs, ROOM).unwrap();
    let ours = ProofLibrary::open(&ours, ROOM).unwrap();
    for bytes in [file(), digest_proof()] {
        let (imported, kept) = theirs.import(bytes, &links()).unwrap();
        let context = imported.context();
        assert_eq!(std::fs::read(&kept.path).unwrap(), bytes);
        assert_eq!((kept.hash, kept.bytes), (keccak256(bytes), bytes.len() as u64));
        let found = Some((kept.clone(), imported.clone(), 3));
        assert_eq!(theirs.find(&context, None).unwrap(), found);
        assert_eq!(theirs.find(&context, Some(kept.hash)).unwrap(), found);
        assert_eq!(theirs.find(&context, Some(B256::ZERO)).unwrap(), None);
        let pieces = pieces(&theirs, &context);
        assert_eq!((pieces.len(), &pieces[0][..32]), (4, &kept.hash[..]));

        let hash = Some(kept.hash);
        let mut receiving = Receiving::begin(&ours, &context, hash, &pieces[0], &links()).unwrap();
        assert_eq!(receiving.promised(), hash);
        for (piece, bytes) in pieces.iter().enumerate().skip(1) {
            assert_eq!(receiving.wanted(), Some(piece as u32));
            receiving.push(bytes).unwrap();
            assert_eq!(ours.find(&context, None).unwrap(), None, "it has no name before it is whole");
        }
        assert_eq!((receiving.wanted(), receiving.progress()), (None, (3, 3)));
        let (file, ours) = receiving.finish().unwrap();
        assert_eq!((file, ours.hash), (imported, kept.hash));
        assert_eq!(std::fs::read(&ours.path).unwrap(), bytes);
    }
    assert_eq!(ours.find(&[7; 32], None).unwrap(), None);
    assert_eq!(ours.piece(&[7; 32], None, 0).unwrap(), None);
}

#[test]
fn several_files_of_one_context_stand_beside_each_other() {
    let root = tempfile::tempdir().unwrap();
    let library = ProofLibrary::open(root.path(), ROOM).unwrap();
    let (shown, one) = library.import(file(), &links()).unwrap();
    let (hidden, two) = library.import(hidden_file(), &links()).unwrap();
    let context = shown.context();
    assert_eq!(hidden.context(), context, "of the same leaf");
    assert_eq!(library.import(file(), &links()).unwrap().1, one, "again");
    let mut all = vec![one.clone(), two.clone()];
    all.sort_by_key(|kept| kept.hash);
    assert_eq!(library.of(&context).unwrap(), all);
    for (kept, file) in [(one, shown), (two, hidden)] {
        assert_eq!(library.find(&context, Some(kept.hash)).unwrap(), Some((kept, file, 3)));
    }
    assert_eq!(names(root.path()).len(), 2);
}

#[test]
fn pieces_that_do_not_fit_are_refused_and_leave_nothing() {
    let root = tempfile::tempdir().unwrap();
    let library = ProofLibrary::open(&root.path().join("a"), ROOM).unwrap();
    let context = library.import(file(), &links()).unwrap().0.context();
    let pieces = pieces(&library, &context);
    let folder = root.path().join("b");
    let library = ProofLibrary::open(&folder, ROOM).unwrap();
    let refused = |outcome: Result<Receiving, LibraryError>| match outcome.unwrap_err() {
        LibraryError::Refused(refusal) => refusal,
        other => panic!("{other}"),
    };
    let begin = |context: [u8; 32], start: &[u8]| Receiving::begin(&library, &context, None, start, &links());
    let other = digest_proof_context(&subject(1, 11).commitment);
    assert!(matches!(refused(begin(other, &pieces[0])), InstallRefusal::Context { .. }));
    assert!(matches!(refused(begin(context, b"junk")), InstallRefusal::File(FileError::Truncated(_))));
    assert!(matches!(refused(begin(context, &[7; 60])), InstallRefusal::File(FileError::Foreign)));
    let other_hash = Receiving::begin(&library, &context, Some(B256::ZERO), &pieces[0], &links());
    assert!(matches!(refused(other_hash), InstallRefusal::Hash { .. }));
    let trailing = [&pieces[0][..], &[0]].concat();
    assert!(matches!(refused(begin(context, &trailing)), InstallRefusal::File(FileError::Trailing)));
    let mut unlinked = pieces[0].clone();
    *unlinked.last_mut().unwrap() ^= 1;
    assert!(matches!(refused(begin(context, &unlinked)), InstallRefusal::Link { .. }));

    let mut receiving = begin(context, &pieces[0]).unwrap();
    let push = |receiving: &mut Receiving, bytes: &[u8]| match receiving.push(bytes).unwrap_err() {
        LibraryError::Refused(refusal) => refusal,
        other => panic!("{other}"),
    };
    let refusal = push(&mut receiving, &pieces[2]);
    assert!(matches!(refusal, InstallRefusal::Stark(VerifyError::Order { .. })), "{refusal}");
    let mut flipped = pieces[1].clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    push(&mut receiving, &flipped);
    let refusal = push(&mut receiving, &[]);
    assert!(matches!(refusal, InstallRefusal::File(FileError::Chunk { position: 0, .. })), "{refusal}");
    // None of it did any harm.
    pieces[1..].iter().for_each(|piece| receiving.push(piece).unwrap());
    assert!(names(&folder).iter().all(|name| name.starts_with(".incoming-")));
    drop(receiving);
    assert!(names(&folder).is_empty());
    // Not before all of it is there.
    let mut short = begin(context, &pieces[0]).unwrap();
    short.push(&pieces[1]).unwrap();
    assert!(matches!(short.finish().unwrap_err(), LibraryError::Refused(InstallRefusal::Stark(_))));
    assert!(names(&folder).is_empty());
    // Not under another hash than it began with.
    let mut lying = pieces.clone();
    lying[0][..32].fill(7);
    let mut receiving = begin(context, &lying[0]).unwrap();
    lying[1..].iter().for_each(|piece| receiving.push(piece).unwrap());
    let error = receiving.finish().unwrap_err();
    assert!(matches!(error, LibraryError::Refused(InstallRefusal::Hash { .. })), "{error}");
    assert!(names(&folder).is_empty());
}

#[test]
fn a_full_library_says_so_and_keeps_what_it_has() {
    let root = tempfile::tempdir().unwrap();
    let library = ProofLibrary::open(root.path(), file().len() as u64 + 1000).unwrap();
    let (_, kept) = library.import(file(), &links()).unwrap();
    let error = library.import(digest_proof(), &links()).unwrap_err();
    assert!(matches!(error, LibraryError::Full { .. }), "{error}");
    assert!(error.to_string().contains("remove files that nobody needs"), "{error}");
    assert_eq!(std::fs::read(&kept.path).unwrap(), file());
    assert_eq!(names(root.path()).len(), 1);
    // A file that is none, or has another's name, is named, and does not bring the library down.
    let word = |byte| B256::repeat_byte(byte);
    for bytes in [b"junk", file()] {
        std::fs::write(root.path().join(format!("{}-{}.proof", word(7), word(8))), bytes).unwrap();
        let error = library.piece(&[7; 32], None, 0).unwrap_err().to_string();
        assert!(error.contains("0x0707") && error.contains("is no usable file, remove it"), "{error}");
    }
    assert!(library.find(&kept_context(), None).unwrap().is_some());
}

fn kept_context() -> [u8; 32] {
    subject(1, 11).leaf.to_be()
}
