//! The proof system: Plonky3's FRI over KoalaBear, hiding, with Keccak trees and a Keccak transcript.

use crate::security::{LOG_ARITY, LOG_BLOWUP, QUERY_GRINDING, Security};
use p3_challenger::{HashChallenger, SerializingChallenger32};
use p3_commit::ExtensionMmcs;
use p3_dft::Radix2DitParallel;
use p3_field::extension::QuinticTrinomialExtensionField;
use p3_fri::{FriParameters, HidingFriPcs};
use p3_keccak::{Keccak256Hash, KeccakF, VECTOR_LEN};
use p3_koala_bear::KoalaBear;
use p3_merkle_tree::MerkleTreeHidingMmcs;
use p3_symmetric::{CompressionFunctionFromHasher, PaddingFreeSponge, SerializingHasher};
use p3_uni_stark::StarkConfig;
use rand::rngs::StdRng;

/// Field of the trace: 2^31 − 2^24 + 1.
pub(crate) type Val = KoalaBear;
/// Field of the challenges, about 2^154.9: large enough that no round but the queries needs grinding.
pub(crate) type Challenge = QuinticTrinomialExtensionField<Val>;
/// Random codewords that hide the batched opening: as many as the challenges' field has coordinates.
pub(crate) const CODEWORDS: usize = 5;

type Sponge = PaddingFreeSponge<KeccakF, 25, 17, 4>;
type LeafHash = SerializingHasher<Sponge>;
type Compress = CompressionFunctionFromHasher<Sponge, 2, 4>;
type Tree = MerkleTreeHidingMmcs<[Val; VECTOR_LEN], [u64; VECTOR_LEN], LeafHash, Compress, StdRng, 2, 4, 4>;
type FoldTree = ExtensionMmcs<Val, Challenge, Tree>;
type Pcs = HidingFriPcs<Val, Radix2DitParallel<Val>, Tree, FoldTree, StdRng>;
type Challenger = SerializingChallenger32<Val, HashChallenger<u8, Keccak256Hash, 32>>;

/// Everything prover and verifier agree on.
pub(crate) type Config = StarkConfig<Pcs, Challenge, Challenger>;
/// A proof of one chunk.
pub(crate) type Stark = p3_uni_stark::Proof<Config>;

/// FRI's parameters.
pub(crate) fn fri<M>(security: Security, mmcs: M) -> FriParameters<M> {
    FriParameters {
        log_blowup: LOG_BLOWUP,
        log_final_poly_len: 0,
        max_log_arity: LOG_ARITY,
        num_queries: security.queries(),
        batch_proof_of_work_bits: 0,
        commit_proof_of_work_bits: 0,
        query_proof_of_work_bits: QUERY_GRINDING,
        mmcs,
    }
}

/// A configuration whose masks and salts are drawn from `salts` and `masks`. A prover takes fresh seeds from the operating
/// system for every proof; a verifier draws nothing.
pub(crate) fn config(security: Security, salts: StdRng, masks: StdRng) -> Config {
    let sponge = Sponge::new(KeccakF {});
    let tree = Tree::new(LeafHash::new(sponge), Compress::new(sponge), 0, salts);
    let fri = fri(security, FoldTree::new(tree.clone()));
    let pcs = Pcs::new(Radix2DitParallel::default(), tree, fri, CODEWORDS, masks);
    let mut domain = b"nonos1.hash-stark/2/".to_vec();
    domain.push(security.number());
    Config::new(pcs, Challenger::from_hasher(domain, Keccak256Hash {}))
}
