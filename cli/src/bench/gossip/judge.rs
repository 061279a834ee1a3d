//! Judges for measurements: one that takes everything, and the real one for copies of the same receipts.

use alloy_primitives::U256;
use nonos_core::field::Fr;
use nonos_core::receipt::{DecodeError, Receipt, ReceiptHeader};
use nonos_node::mesh::{Judge, ReceiptJudge};
use nonos_node::verify::{ProofFault, Refusal, Screened, Verdicts};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Length of time of publishing (microseconds) and number, in front of a receipt.
const STAMP: usize = 16;

/// A receipt under a message id of its own.
pub fn stamped(micros: u64, number: u64, receipt: &[u8]) -> Vec<u8> {
    [&micros.to_be_bytes()[..], &number.to_be_bytes(), receipt].concat()
}

/// Time of publishing and number, from a verified copy.
pub fn stamp_of(receipt: &Receipt) -> (u64, u64) {
    let [number, micros, ..] = receipt.header.nullifier.into_limbs();
    (micros, number)
}

fn refused() -> Refusal {
    ProofFault::Form(DecodeError::NoProof).into()
}

/// Takes any bytes for a receipt, whose nullifier is made of their first words.
pub struct Everything(Receipt);

impl Everything {
    /// Needs no key.
    pub fn new() -> Self {
        let header = ReceiptHeader {
            schema: 1,
            verifierKey: Default::default(),
            flags: 0,
            capsuleTag: U256::ZERO,
            catalogRoot: U256::ZERO,
            operatorTag: U256::ZERO,
            operatorRoot: U256::ZERO,
            installRoot: U256::ZERO,
            stateTag: U256::ZERO,
            nullifier: U256::ZERO,
            executionKey: Default::default(),
            onionNetwork: 0,
            onionKey: Default::default(),
            launchedAt: 0,
            notBeforeBlock: 0,
            notBeforeHash: Default::default(),
            requestId: Default::default(),
            payee: Default::default(),
            inputHash: Default::default(),
            outputHash: Default::default(),
            disclosures: Default::default(),
        };
        Self(Receipt {
            chainId: 0,
            anchor: Default::default(),
            header,
            executionSignature: Default::default(),
            onionSignature: Default::default(),
            launchProof: Default::default(),
            openings: Vec::new(),
        })
    }
}

impl Judge for Everything {
    fn decode(&self, bytes: &[u8]) -> Result<Receipt, Refusal> {
        let first = bytes.first_chunk::<16>().ok_or_else(refused)?;
        let mut receipt = self.0.clone();
        receipt.header.nullifier = U256::from(u128::from_be_bytes(*first));
        Ok(receipt)
    }

    fn screen(&self, receipt: Receipt) -> Result<Screened, Refusal> {
        Ok(Screened { receipt, instance: [Fr::from(0); 10] })
    }

    fn confirm(&self, screened: Vec<Screened>) -> Vec<Result<Receipt, Refusal>> {
        screened.into_iter().map(|one| Ok(one.receipt)).collect()
    }

    fn answer(&self, _: &[u8]) -> Verdicts {
        Verdicts {
            receipt: None,
            proof: Err(ProofFault::Form(DecodeError::NoProof)),
            admission: None,
            freshness: None,
        }
    }
}

/// The real judge for stamped copies: decoded, screened and paired in full, and given the stamp for a nullifier once the
/// screening is over. Notes when copies arrive.
pub struct Repeats {
    real: ReceiptJudge,
    epoch: Instant,
    arrivals: Mutex<Vec<f64>>,
}

impl Repeats {
    /// Stamps count from `epoch`.
    pub fn new(real: ReceiptJudge, epoch: Instant) -> Self {
        Self { real, epoch, arrivals: Mutex::default() }
    }

    /// Milliseconds from publishing to arrival here, that is, until a verification thread took the copy up.
    pub fn arrivals(&self) -> Vec<f64> {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Judge for Repeats {
    fn decode(&self, bytes: &[u8]) -> Result<Receipt, Refusal> {
        let (stamp, rest) = bytes.split_first_chunk::<STAMP>().ok_or_else(refused)?;
        let micros = self.epoch.elapsed().as_micros() as u64;
        let sent = (u128::from_be_bytes(*stamp) >> 64) as u64;
        let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        arrivals.push(micros.saturating_sub(sent) as f64 / 1e3);
        drop(arrivals);
        let mut receipt = self.real.decode(rest)?;
        // It travels at the end of the signature until the screening, which must not see it.
        receipt.executionSignature = [&receipt.executionSignature[..], stamp].concat().into();
        Ok(receipt)
    }

    fn screen(&self, mut receipt: Receipt) -> Result<Screened, Refusal> {
        let (signature, stamp) =
            receipt.executionSignature.split_last_chunk::<STAMP>().ok_or_else(refused)?;
        let nullifier = U256::from(u128::from_be_bytes(*stamp));
        receipt.executionSignature = signature.to_vec().into();
        let mut screened = self.real.screen(receipt)?;
        // The instance holds the real one: the pairing is over what was proven.
        screened.receipt.header.nullifier = nullifier;
        Ok(screened)
    }

    fn confirm(&self, screened: Vec<Screened>) -> Vec<Result<Receipt, Refusal>> {
        self.real.confirm(screened)
    }

    fn answer(&self, bytes: &[u8]) -> Verdicts {
        self.real.answer(bytes)
    }
}
