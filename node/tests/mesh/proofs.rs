//! Proofs of the STARK, fetched piece by piece from honest and lying nodes.

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use alloy_primitives::B256;
use nonos_circuits::backend::Srs;
use nonos_hash_stark::Security;
use nonos_node::install::{
    DigestSubject, InstallJob, LibraryError, Links, ProofLibrary, StarkBackend, StarkFile,
};
use nonos_node::mesh::exchange::ResponseFault;
use nonos_node::mesh::{FetchProofError, MeshError, WantedProof};
use tempfile::TempDir;

use super::support::chain::MemoryChain;
use super::support::node::{Node, config};
use super::support::{judge, run, until};

const ROOM: u64 = 64 << 20;

fn links() -> Arc<Links> {
    static LINKS: OnceLock<Arc<Links>> = OnceLock::new();
    let make = || Arc::new(Links::new(Srs::developer(Links::K).unwrap()).unwrap());
    LINKS.get_or_init(make).clone()
}

/// A digest proof of three chunks, in pieces.
fn make() -> (B256, Vec<Vec<u8>>) {
    let root = tempfile::tempdir().unwrap();
    let subject = DigestSubject::new((0..300u32).map(|i| ((i * 7) >> 3) as u8).collect(), [5; 32]);
    let mut backend = StarkBackend::digest_proof(links(), &subject, Security::Conjectured, 2).unwrap();
    let job = InstallJob::open(&root.path().join("jobs"), &backend).unwrap();
    let file = std::fs::File::open(job.run(&mut backend, &mut |_| {}).unwrap()).unwrap();
    let library = ProofLibrary::open(&root.path().join("proofs"), ROOM).unwrap();
    let context = library.import(file, &links()).unwrap().0.context();
    let pieces = (0..).map_while(|piece| library.piece(&context, None, piece).unwrap()).collect();
    (context.into(), pieces)
}

fn proof() -> &'static (B256, Vec<Vec<u8>>) {
    static PROOF: OnceLock<(B256, Vec<Vec<u8>>)> = OnceLock::new();
    PROOF.get_or_init(make)
}

fn library() -> (TempDir, Arc<ProofLibrary>) {
    let root = tempfile::tempdir().unwrap();
    let library = Arc::new(ProofLibrary::open(root.path(), ROOM).unwrap());
    (root, library)
}

fn node() -> Node {
    let chain = MemoryChain::new();
    Node::start(config(), judge::real(&chain), &chain)
}

async fn fetch(
    node: &Node,
    context: B256,
    library: &Arc<ProofLibrary>,
) -> Result<StarkFile, FetchProofError> {
    let wanted = WantedProof { context, hash: None };
    node.client.fetch_proof(wanted, library, &links(), |_, _| {}).await.map(|(file, _)| file)
}

#[test]
fn a_proof_is_fetched_judged_piece_by_piece_and_kept() {
    let (context, pieces) = proof();
    run(async {
        let (asker, owner) = (node(), node());
        let (_root, library) = library();
        let alone = fetch(&asker, *context, &library).await;
        assert!(matches!(alone, Err(FetchProofError::Mesh(MeshError::NoPeers))));
        asker.connect(&owner).await;
        let nobody = fetch(&asker, *context, &library).await;
        assert!(matches!(nobody, Err(FetchProofError::Mesh(MeshError::NotFound { asked: 1 }))));
        owner.library.put_proof(*context, pieces);
        let seen = std::sync::Mutex::new(vec![]);
        let progress = |done, all| seen.lock().unwrap().push((done, all));
        let wanted = WantedProof { context: *context, hash: None };
        let (file, kept) = asker.client.fetch_proof(wanted, &library, &links(), progress).await.unwrap();
        assert_eq!(kept.hash, B256::from_slice(&pieces[0][..32]));
        assert_eq!((B256::from(file.context()), file.length), (*context, 300));
        assert_eq!(*seen.lock().unwrap(), [(0, 3), (1, 3), (2, 3), (3, 3)]);
        let ours: Vec<_> =
            (0..4).map(|piece| library.piece(context, None, piece).unwrap().unwrap()).collect();
        assert_eq!(&ours, pieces);
    });
}

#[test]
fn a_liar_is_blamed_and_the_rest_comes_from_somebody_else() {
    let (context, pieces) = proof();
    run(async {
        let (asker, liar, second, honest) = (node(), node(), node(), node());
        let (_root, library) = library();
        asker.connect(&liar).await;
        // Another thing altogether.
        liar.library.lies.store(true, Ordering::Relaxed);
        let fault = fetch(&asker, *context, &library).await.unwrap_err();
        let FetchProofError::Mesh(MeshError::WrongAnswer { peer, fault: ResponseFault::Proof(reason) }) =
            fault
        else {
            panic!("{fault}")
        };
        assert!(peer == liar.id() && reason.contains("ends within its hash"), "{reason}");
        // A chunk that was tampered with.
        asker.connect(&second).await;
        let mut bent = pieces.clone();
        let middle = bent[2].len() / 2;
        bent[2][middle] ^= 1;
        second.library.put_proof(*context, &bent);
        let fault = fetch(&asker, *context, &library).await.unwrap_err();
        assert!(matches!(fault, FetchProofError::Mesh(MeshError::WrongAnswer { .. })), "{fault}");
        until("both are blamed", async || asker.metrics().mesh_exchange_wrong_total.get() == 2).await;
        assert_eq!(library.find(context, None).unwrap(), None);

        asker.connect(&honest).await;
        honest.library.put_proof(*context, pieces);
        fetch(&asker, *context, &library).await.unwrap();
        assert_eq!(library.piece(context, None, 3).unwrap().as_ref(), pieces.last());
        assert!(asker.score_of(honest.id()).await.unwrap() >= 0.0);
    });
}

/// Whoever knows the binary can make a true proof for the publisher's context. It must not stand for the publisher's.
#[test]
fn of_two_proofs_of_one_context_the_one_that_is_asked_for_is_taken() {
    let (context, pieces) = proof();
    let (same, others) = make();
    assert_eq!(same, *context);
    assert_ne!(others, *pieces);
    run(async {
        let (asker, mixing, other, honest) = (node(), node(), node(), node());
        let (_root, library) = library();
        asker.connect(&mixing).await;
        // It goes on in another file than it began.
        let mixed = [&others[..2], &pieces[2..]].concat();
        mixing.library.put_proof(*context, &mixed);
        let fault = fetch(&asker, *context, &library).await.unwrap_err();
        assert!(matches!(fault, FetchProofError::Mesh(MeshError::WrongAnswer { .. })), "{fault}");
        // Another file than was asked for.
        asker.connect(&other).await;
        other.library.put_proof(*context, &others);
        let hash = Some(B256::from_slice(&pieces[0][..32]));
        let wanted = WantedProof { context: *context, hash };
        let refused = asker.client.fetch_proof(wanted, &library, &links(), |_, _| {}).await.unwrap_err();
        assert!(refused.to_string().contains("another proof"), "{refused}");
        asker.connect(&honest).await;
        honest.library.put_proof(*context, pieces);
        let (_, kept) = asker.client.fetch_proof(wanted, &library, &links(), |_, _| {}).await.unwrap();
        assert_eq!(Some(kept.hash), hash);
    });
}

#[test]
fn a_full_folder_is_nobodys_fault() {
    let (context, pieces) = proof();
    run(async {
        let (asker, owner) = (node(), node());
        let root = tempfile::tempdir().unwrap();
        let library = Arc::new(ProofLibrary::open(root.path(), 1000).unwrap());
        asker.connect(&owner).await;
        owner.library.put_proof(*context, pieces);
        let error = fetch(&asker, *context, &library).await.unwrap_err();
        assert!(matches!(error, FetchProofError::Library(LibraryError::Full { .. })), "{error}");
        assert_eq!(asker.metrics().mesh_exchange_wrong_total.get(), 0);
        assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
    });
}
