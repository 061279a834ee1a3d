//! Real receipts: small real trees, real proofs under the developer setup, made once per test run.

use std::sync::{Mutex, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use alloy_primitives::{Address, B256};
use ed25519_dalek::{Signer, SigningKey};
use nonos_circuits::backend::Srs;
use nonos_circuits::launch::{K, LaunchProver, LaunchWitness};
use nonos_core::receipt::{Receipt, ReceiptHeader, SCHEMA};

/// The launch that the circuit's own tests prove.
#[path = "../../../../circuits/tests/launch_support/mod.rs"]
mod launch_support;

pub const CHAIN: u64 = 31_337;
pub const ANCHOR: Address = Address::repeat_byte(0xa5);
pub const REGISTRY: Address = Address::repeat_byte(0x5a);

pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

pub fn prover() -> &'static LaunchProver {
    static PROVER: OnceLock<LaunchProver> = OnceLock::new();
    PROVER.get_or_init(|| LaunchProver::new(Srs::developer(K).unwrap()).unwrap())
}

/// The n-th receipt. Valid now, under roots of its own.
pub fn receipt(n: usize) -> Receipt {
    static MADE: Mutex<Vec<Receipt>> = Mutex::new(Vec::new());
    let mut made = MADE.lock().unwrap();
    while made.len() <= n {
        let next = prove(made.len() as u64, now());
        made.push(next);
    }
    made[n].clone()
}

fn witness(n: u64, launched_at: u64) -> LaunchWitness {
    LaunchWitness { epoch: launched_at / 3_600, ..launch_support::launch(n) }
}

/// A receipt with everything right but the proof, which is zeros of the right length. Costs next to nothing.
pub fn unproven(n: u64, launched_at: u64) -> Receipt {
    let (receipt, _) = draft(n, launched_at);
    seal(receipt, n, vec![0; prover().verifier().proof_len()])
}

fn draft(n: u64, launched_at: u64) -> (ReceiptHeader, LaunchWitness) {
    let witness = witness(n, launched_at);
    let values = witness.instance().unwrap();
    let word = |i: usize| B256::from(nonos_core::field::fr_to_be(&values[i])).into();
    let header = ReceiptHeader {
        schema: SCHEMA,
        verifierKey: prover().verifier().key().0,
        flags: 0,
        catalogRoot: word(1),
        capsuleTag: word(2),
        operatorRoot: word(3),
        operatorTag: word(4),
        installRoot: word(5),
        stateTag: word(6),
        nullifier: word(8),
        executionKey: key(n).verifying_key().to_bytes().into(),
        onionNetwork: 0,
        onionKey: B256::ZERO,
        launchedAt: launched_at,
        notBeforeBlock: 0,
        notBeforeHash: B256::ZERO,
        requestId: B256::ZERO,
        payee: Address::repeat_byte(1),
        inputHash: B256::repeat_byte(2),
        outputHash: B256::repeat_byte(3),
        disclosures: B256::ZERO,
    };
    (header, witness)
}

fn key(n: u64) -> SigningKey {
    let mut seed = [0x11; 32];
    seed[..8].copy_from_slice(&n.to_be_bytes());
    SigningKey::from_bytes(&seed)
}

/// Signs a header and adds a proof, right or wrong.
pub fn seal(header: ReceiptHeader, n: u64, proof: Vec<u8>) -> Receipt {
    let digest = header.digest(CHAIN, ANCHOR);
    Receipt {
        chainId: CHAIN,
        anchor: ANCHOR,
        executionSignature: key(n).sign(digest.bytes()).to_bytes().to_vec().into(),
        onionSignature: vec![].into(),
        header,
        launchProof: proof.into(),
        openings: vec![],
    }
}

fn prove(n: u64, launched_at: u64) -> Receipt {
    let (header, mut witness) = draft(n, launched_at);
    witness.binding = header.digest(CHAIN, ANCHOR).binding();
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).unwrap();
    let (proof, _) = prover().prove(&witness, seed).unwrap();
    seal(header, n, proof)
}

/// The n-th receipt's proof under a header it was not made for, signed properly: only the pairing finds out.
pub fn forged(n: usize, salt: u64) -> Receipt {
    let honest = receipt(n);
    let mut header = honest.header.clone();
    header.outputHash = B256::from(alloy_primitives::U256::from(salt + 1));
    seal(header, n as u64, honest.launchProof.to_vec())
}

/// The n-th receipt launched two days ago, by its header: stale whatever its proof.
pub fn stale(n: usize, salt: u64) -> Receipt {
    let honest = receipt(n);
    let mut header = honest.header.clone();
    header.launchedAt -= 2 * 86_400;
    header.outputHash = B256::from(alloy_primitives::U256::from(salt + 1));
    seal(header, n as u64, honest.launchProof.to_vec())
}
