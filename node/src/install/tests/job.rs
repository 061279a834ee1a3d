//! The job: what survives a kill, what is trusted, who may look.

use super::fixture::{CHUNK_BLOCKS, backend, links, subject, terms};
use crate::install::{InstallJob, JobError, JobEvent, StarkBackend, verify_stark};
use nonos_hash_stark::Security;
use std::os::unix::fs::PermissionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

fn kept(position: u32) -> JobEvent {
    JobEvent::Kept { position }
}

fn new(position: u32) -> [JobEvent; 2] {
    [JobEvent::Proving { position }, JobEvent::Proven { position }]
}

/// Runs a job to its end.
fn run(root: &Path, seed: u8) -> (PathBuf, Vec<JobEvent>) {
    let mut backend = backend(&subject(seed, 11));
    let job = InstallJob::open(root, &backend).unwrap();
    let mut events = vec![];
    let path = job.run(&mut backend, &mut |event| events.push(event)).unwrap();
    (path, events)
}

/// Runs a job until `last`, and then no further: as a kill would end it.
fn run_until(root: &Path, seed: u8, last: JobEvent) {
    let mut backend = backend(&subject(seed, 11));
    let job = InstallJob::open(root, &backend).unwrap();
    let run = AssertUnwindSafe(|| job.run(&mut backend, &mut |event| assert_ne!(event, last)));
    assert!(catch_unwind(run).is_err());
}

fn folder(root: &Path, seed: u8) -> PathBuf {
    root.join(subject(seed, 11).leaf.to_string()).join("stark")
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn assert_verifies(path: &Path) {
    let file = std::fs::File::open(path).unwrap();
    verify_stark(std::io::BufReader::new(file), &terms(&links()), |_, _| {}).unwrap();
}

#[test]
fn a_job_goes_on_where_it_was_killed_and_a_finished_one_returns_at_once() {
    let root = tempfile::tempdir().unwrap();
    run_until(root.path(), 3, JobEvent::Proven { position: 1 });
    let folder = folder(root.path(), 3);
    assert_eq!(names(&folder), ["chunk-00000", "chunk-00001", "lock", "plan"]);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(folder.parent().unwrap()), 0o700);
    for name in ["chunk-00000", "chunk-00001", "plan"] {
        assert_eq!(mode(&folder.join(name)), 0o600, "{name}");
    }
    // What a kill in the middle of a write leaves.
    std::fs::write(folder.join("chunk-00002.tmp"), b"half").unwrap();

    let (path, events) = run(root.path(), 3);
    let expected: Vec<JobEvent> =
        [kept(0), kept(1)].into_iter().chain(new(2)).chain([JobEvent::Finishing]).collect();
    assert_eq!(events, expected);
    assert_verifies(&path);
    assert_eq!(mode(&path), 0o600);
    assert_eq!(names(&folder), ["install", "lock", "plan"], "the secret states are gone");

    assert_eq!(run(root.path(), 3), (path, vec![]));
}

#[test]
fn a_damaged_chunk_is_proven_again_with_all_behind_it() {
    let root = tempfile::tempdir().unwrap();
    run_until(root.path(), 4, JobEvent::Finishing);
    let chunk = folder(root.path(), 4).join("chunk-00001");
    let good = std::fs::read(&chunk).unwrap();
    let mut bad = good.clone();
    bad[good.len() / 2] ^= 1;
    std::fs::write(&chunk, &bad).unwrap();
    let (path, events) = run(root.path(), 4);
    let [first, JobEvent::Refused { position: 1, reason }, ..] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!((first, reason.as_str()), (&kept(0), "its checksum is wrong"));
    assert!(
        matches!(&events[4], JobEvent::Refused { position: 2, reason } if reason.contains("another state"))
    );
    assert_verifies(&path);
}

#[test]
fn chunks_of_other_places_and_other_jobs_are_not_trusted() {
    let root = tempfile::tempdir().unwrap();
    run_until(root.path(), 5, JobEvent::Finishing);
    run_until(root.path(), 6, JobEvent::Proven { position: 0 });
    let (five, six) = (folder(root.path(), 5), folder(root.path(), 6));
    std::fs::copy(six.join("chunk-00000"), five.join("chunk-00000")).unwrap();
    std::fs::copy(five.join("chunk-00002"), five.join("chunk-00001")).unwrap();
    std::fs::write(five.join("chunk-00002"), vec![0; 4 << 20]).unwrap();
    let (path, events) = run(root.path(), 5);
    let refused: Vec<&str> = events
        .iter()
        .filter_map(|event| match event {
            JobEvent::Refused { reason, .. } => Some(reason.as_str()),
            _ => None,
        })
        .collect();
    let [foreign, place, large] = refused.as_slice() else { panic!("{refused:?}") };
    assert!(foreign.contains("is invalid for this context"), "{foreign}");
    assert_eq!((*place, *large), ("it is of another place", "it is cut off"));
    assert_verifies(&path);
}

#[test]
fn one_process_works_in_a_folder_and_under_one_plan() {
    let root = tempfile::tempdir().unwrap();
    let subject = subject(7, 11);
    let first = backend(&subject);
    let job = InstallJob::open(root.path(), &first).unwrap();
    assert_eq!((job.kept(&first), job.finished()), (0, None));
    assert!(matches!(InstallJob::open(root.path(), &first), Err(JobError::Busy(_))));
    drop(job);
    let other = StarkBackend::new(links(), &subject, false, Security::Conjectured, CHUNK_BLOCKS + 1).unwrap();
    let error = InstallJob::open(root.path(), &other).unwrap_err();
    assert!(error.to_string().contains("chunks of 2 blocks"), "{error}");
    // Other security is another job beside it.
    let proven = StarkBackend::new(links(), &subject, false, Security::Proven, CHUNK_BLOCKS).unwrap();
    InstallJob::open(root.path(), &proven).unwrap();
    let plan = folder(root.path(), 7).join("plan");
    std::fs::write(&plan, b"{").unwrap();
    assert!(matches!(InstallJob::open(root.path(), &first), Err(JobError::Plan { .. })));
}
