//! zkevm-hashes: keccak by lookups over halo2, as many permutations as asked for.

use halo2_base::halo2_proofs::circuit::{Layouter, SimpleFloorPlanner};
use halo2_base::halo2_proofs::halo2curves::bn256::{Bn256, Fr, G1Affine};
use halo2_base::halo2_proofs::plonk::{
    Circuit, ConstraintSystem, Error as PlonkError, create_proof, keygen_pk, keygen_vk, verify_proof,
};
use halo2_base::halo2_proofs::poly::commitment::ParamsProver;
use halo2_base::halo2_proofs::poly::kzg::commitment::{KZGCommitmentScheme, ParamsKZG};
use halo2_base::halo2_proofs::poly::kzg::multiopen::{ProverSHPLONK, VerifierSHPLONK};
use halo2_base::halo2_proofs::poly::kzg::strategy::SingleStrategy;
use halo2_base::halo2_proofs::transcript::{
    Blake2bRead, Blake2bWrite, Challenge255, TranscriptReadBuffer, TranscriptWriterBuffer,
};
use rand_core::OsRng;
use std::error::Error;
use std::time::Instant;
use zkevm_hashes::keccak::vanilla::param::{NUM_BYTES_TO_ABSORB, NUM_ROUNDS, NUM_WORDS_TO_ABSORB};
use zkevm_hashes::keccak::vanilla::witness::multi_keccak;
use zkevm_hashes::keccak::vanilla::{KeccakCircuitConfig, KeccakConfigParams};

/// More than any of these circuits hides at the end of its columns.
const BLINDING_ROWS: usize = 109;
/// At least this many, or all that the next power of two has room for. For 37 permutations 4 and 17 cost about as much as 8, one
/// run each on a busy machine, and 69 far more.
const ROWS_PER_ROUND: usize = 8;

/// One message of `permutations` blocks.
#[derive(Clone)]
struct Chain {
    params: KeccakConfigParams,
    permutations: usize,
}

impl Circuit<Fr> for Chain {
    type Config = KeccakCircuitConfig<Fr>;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = KeccakConfigParams;

    fn params(&self) -> Self::Params {
        self.params
    }

    fn without_witnesses(&self) -> Self {
        self.clone()
    }

    fn configure_with_params(meta: &mut ConstraintSystem<Fr>, params: Self::Params) -> Self::Config {
        KeccakCircuitConfig::new(meta, params)
    }

    fn configure(_: &mut ConstraintSystem<Fr>) -> Self::Config {
        unreachable!("the circuit has parameters")
    }

    fn synthesize(&self, config: Self::Config, mut layouter: impl Layouter<Fr>) -> Result<(), PlonkError> {
        config.load_aux_tables(&mut layouter, self.params.k)?;
        // The last byte is the padding's.
        let message = vec![7; self.permutations * NUM_BYTES_TO_ABSORB - 1];
        layouter.assign_region(
            || "keccak",
            |mut region| {
                let (rows, _) = multi_keccak(&[message.clone()], Some(self.permutations), self.params);
                config.assign(&mut region, &rows);
                Ok(())
            },
        )
    }
}

/// Proves, verifies, and prints what the proof cost. Keys are made before the clock starts.
pub fn run(permutations: usize) -> Result<(), Box<dyn Error>> {
    // Before the rounds there is one that is empty, and behind them the gates look ahead by the words of a block.
    let rounds = 1 + permutations * (NUM_ROUNDS + 1) + NUM_WORDS_TO_ABSORB;
    let k = (rounds * ROWS_PER_ROUND + BLINDING_ROWS).next_power_of_two().ilog2();
    let rows_per_round = ((1usize << k) - BLINDING_ROWS) / rounds;
    let circuit = Chain { params: KeccakConfigParams { k, rows_per_round }, permutations };
    let srs = ParamsKZG::<Bn256>::setup(k, OsRng);
    let vk = keygen_vk(&srs, &circuit)?;
    let pk = keygen_pk(&srs, vk, &circuit)?;

    let (cpu, wall) = (cpu_seconds(), Instant::now());
    let mut transcript = Blake2bWrite::<_, G1Affine, Challenge255<_>>::init(Vec::new());
    create_proof::<KZGCommitmentScheme<Bn256>, ProverSHPLONK<Bn256>, _, _, _, _>(
        &srs,
        &pk,
        &[circuit],
        &[&[]],
        OsRng,
        &mut transcript,
    )?;
    let proof = transcript.finalize();
    let (cpu, wall) = (cpu_seconds() - cpu, wall.elapsed().as_secs_f64());

    let mut transcript = Blake2bRead::<_, G1Affine, Challenge255<_>>::init(&proof[..]);
    verify_proof::<KZGCommitmentScheme<Bn256>, VerifierSHPLONK<Bn256>, _, _, _>(
        srs.verifier_params(),
        pk.get_vk(),
        SingleStrategy::new(&srs),
        &[&[]],
        &mut transcript,
    )?;
    println!("{cpu:.3} {wall:.3} {}", proof.len());
    Ok(())
}

/// User and system time of this process, all threads.
fn cpu_seconds() -> f64 {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: `usage` is a valid rusage to write to; all-zero is a valid value should the call fail.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        usage.assume_init()
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}
