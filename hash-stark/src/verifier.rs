//! Judging chunk proofs: each alone, and all of a file together.

use crate::air::ChunkAir;
use crate::config::{Val, config};
use crate::error::{ScheduleError, VerifyError};
use crate::proof::{ChunkProof, decode_stark};
use crate::schedule::Schedule;
use crate::security::{MAX_CHUNKS, Security};
use crate::statement::{ChunkStatement, FileStatement, StateCommitment};
use rand::SeedableRng;
use rand::rngs::StdRng;

/// The cut of a file; refuses one of so many chunks that the parameters lose their name.
pub(crate) fn schedule(file: &FileStatement, security: Security) -> Result<Schedule, ScheduleError> {
    let schedule = file.schedule()?;
    let chunks = schedule.chunks();
    if chunks > MAX_CHUNKS {
        return Err(ScheduleError::Security { chunks, max: MAX_CHUNKS, security });
    }
    Ok(schedule)
}

/// Whether `proof` proves its chunk of `file`. It says nothing about the other chunks: see [`verify_all`].
pub fn verify_chunk(proof: &ChunkProof, file: &FileStatement, security: Security) -> Result<(), VerifyError> {
    let schedule = schedule(file, security)?;
    let position = proof.position;
    if position >= schedule.chunks() {
        return Err(VerifyError::Position { position, chunks: schedule.chunks() });
    }
    if proof.security != security {
        return Err(VerifyError::Security { position, expected: security, actual: proof.security });
    }
    if schedule.is_last(position) && proof.outgoing.0 != file.blinded.0 {
        return Err(VerifyError::Commitment);
    }
    let statement = ChunkStatement {
        context: file.context,
        schedule,
        position,
        incoming: proof.incoming,
        outgoing: proof.outgoing.0,
    };
    verify_stark(&proof.stark, &statement, security)
}

/// Whether `bytes` prove `statement`.
pub(crate) fn verify_stark(
    bytes: &[u8],
    statement: &ChunkStatement,
    security: Security,
) -> Result<(), VerifyError> {
    let position = statement.position;
    let stark = decode_stark(bytes, security).map_err(|error| VerifyError::Decode { position, error })?;
    // Hiding doubles the height that a proof states.
    let expected = statement.schedule.log_rows(position);
    let actual = stark.degree_bits.wrapping_sub(1);
    if actual != expected {
        return Err(VerifyError::Rows { position, expected, actual });
    }
    let unused = || StdRng::from_seed([0; 32]);
    let config = config(security, unused(), unused());
    let public = statement.public_values::<Val>();
    p3_uni_stark::verify(&config, &ChunkAir, &stark, &public)
        .map_err(|error| VerifyError::Stark { position, error: error.to_string() })
}

/// Takes the chunk proofs of a file one by one, so that a large file need not be in memory.
#[derive(Debug)]
pub struct FileVerifier {
    file: FileStatement,
    schedule: Schedule,
    security: Security,
    next: u32,
    state: Option<StateCommitment>,
}

impl FileVerifier {
    /// A verifier that has seen nothing yet.
    pub fn new(file: FileStatement, security: Security) -> Result<Self, VerifyError> {
        let schedule = schedule(&file, security)?;
        Ok(Self { file, schedule, security, next: 0, state: None })
    }

    /// The proof of the next chunk. A refused one leaves everything as it was: another can be tried in its place.
    pub fn push(&mut self, proof: &ChunkProof) -> Result<(), VerifyError> {
        let chunks = self.schedule.chunks();
        if self.next >= chunks {
            return Err(VerifyError::Count { expected: chunks, actual: self.next.saturating_add(1) });
        }
        if proof.position != self.next {
            return Err(VerifyError::Order { expected: self.next, actual: proof.position });
        }
        if self.state.is_some_and(|state| state != proof.incoming) {
            return Err(VerifyError::Continuity { position: proof.position });
        }
        verify_chunk(proof, &self.file, self.security)?;
        self.next += 1;
        self.state = Some(proof.outgoing);
        Ok(())
    }

    /// Whether every chunk has been seen.
    pub fn finish(self) -> Result<(), VerifyError> {
        let expected = self.schedule.chunks();
        if self.next == expected {
            return Ok(());
        }
        Err(VerifyError::Count { expected, actual: self.next })
    }
}

/// Whether `proofs` are the chunk proofs of `file`, all of them and in order: then, up to the soundness error of
/// [`Security::file_bits`], whoever made them knows a binary of `file.length` bytes whose SHA3-512 is committed to in the C
/// behind B.
pub fn verify_all<'a>(
    proofs: impl IntoIterator<Item = &'a ChunkProof>,
    file: &FileStatement,
    security: Security,
) -> Result<(), VerifyError> {
    let mut verifier = FileVerifier::new(*file, security)?;
    proofs.into_iter().try_for_each(|proof| verifier.push(proof))?;
    verifier.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Stark;
    use crate::proof::encode_stark;
    use crate::prover::{HashProver, Install};
    use p3_field::PrimeCharacteristicRing;
    use p3_symmetric::MerkleCap;
    use std::io::Cursor;

    fn forget<T>(_: T) {}

    /// Proofs of another shape: lists that are shorter, longer, empty or missing.
    #[test]
    fn proofs_of_another_shape_are_refused_without_panic() {
        let (length, digest) = crate::digest_reader(&b"shape"[..]).unwrap();
        let (context, salt, blinding) = ([1; 32], [1; 32], [2; 32]);
        let install = Install { context, digest, salt, blinding, length, chunk_blocks: 2 };
        let file = install.statement();
        let security = Security::Conjectured;
        let mut chunks =
            HashProver::new(security).prove_chunks(Cursor::new(b"shape"), install, None, |_| {}).unwrap();
        let honest = chunks.next().unwrap().unwrap();
        assert_eq!(verify_chunk(&honest, &file, security), Ok(()));
        let changes: Vec<fn(&mut Stark)> = vec![
            |stark| stark.commitments.random = None,
            |stark| stark.commitments.trace = stark.commitments.quotient_chunks.clone(),
            |stark| stark.opened_values.random = None,
            |stark| stark.opened_values.trace_next = None,
            |stark| forget(stark.opened_values.trace_local.pop()),
            |stark| stark.opened_values.trace_local.clear(),
            |stark| forget(stark.opened_values.trace_next.as_mut().map(Vec::pop)),
            |stark| forget(stark.opened_values.quotient_chunks.pop()),
            |stark| forget(stark.opened_values.quotient_chunks[0].pop()),
            |stark| stark.opened_values.quotient_chunks.push(vec![]),
            |stark| forget(stark.opened_values.random.as_mut().map(Vec::pop)),
            |stark| stark.opened_values.trace_local.push(PrimeCharacteristicRing::ONE),
            |stark| stark.ood_pow_witness = PrimeCharacteristicRing::ONE,
            |stark| forget(stark.opening_proof.0.pop()),
            |stark| stark.opening_proof.0.clear(),
            |stark| forget(stark.opening_proof.0[0].pop()),
            |stark| forget(stark.opening_proof.0[1][0].pop()),
            |stark| forget(stark.opening_proof.0[1][0][0].pop()),
            |stark| forget(stark.opening_proof.1.commit_phase_commits.pop()),
            |stark| stark.opening_proof.1.commit_phase_commits.clear(),
            |stark| forget(stark.opening_proof.1.commit_pow_witnesses.pop()),
            |stark| stark.opening_proof.1.commit_pow_witnesses.push(PrimeCharacteristicRing::ONE),
            |stark| forget(stark.opening_proof.1.final_poly.pop()),
            |stark| stark.opening_proof.1.final_poly.push(PrimeCharacteristicRing::ONE),
            |stark| stark.opening_proof.1.batch_pow_witness = PrimeCharacteristicRing::ONE,
            |stark| stark.opening_proof.1.query_pow_witness += <Val as PrimeCharacteristicRing>::ONE,
            |stark| forget(stark.opening_proof.1.input_openings.pop()),
            |stark| forget(stark.opening_proof.1.input_openings[0].opened_values.pop()),
            |stark| forget(stark.opening_proof.1.input_openings[1].opened_values[0].pop()),
            |stark| forget(stark.opening_proof.1.input_openings[1].opened_values[0][0].pop()),
            |stark| stark.opening_proof.1.input_openings[1].opening_proof.0.clear(),
            |stark| forget(stark.opening_proof.1.input_openings[1].opening_proof.0[0].pop()),
            |stark| forget(stark.opening_proof.1.input_openings[1].opening_proof.0[0][0].pop()),
            |stark| forget(stark.opening_proof.1.commit_phase_openings.pop()),
            |stark| forget(stark.opening_proof.1.commit_phase_openings[0].sibling_values.pop()),
            |stark| forget(stark.opening_proof.1.commit_phase_openings[0].sibling_values[0].pop()),
            |stark| stark.opening_proof.1.commit_phase_openings[0].opening_proof.0.clear(),
            |stark| forget(stark.opening_proof.1.input_openings[1].opening_proof.1.sibling_hashes.pop()),
            |stark| stark.opening_proof.1.input_openings[1].opening_proof.1.sibling_hashes.push([0; 4]),
            |stark| stark.opening_proof.1.input_openings[2].opening_proof.1.sibling_hashes.clear(),
            |stark| stark.opening_proof.1.commit_phase_openings[1].opening_proof.1.sibling_hashes.clear(),
            |stark| stark.commitments.trace = MerkleCap::new(vec![[0; 4]; 2]),
            |stark| stark.commitments.quotient_chunks = MerkleCap::new(vec![[0; 4]; 1 << 12]),
            |stark| stark.opening_proof.1.commit_phase_commits[0] = MerkleCap::new(vec![[0; 4]; 2]),
        ];
        for (index, change) in changes.into_iter().enumerate() {
            let mut stark = decode_stark(&honest.stark, security).unwrap();
            change(&mut stark);
            let forged = ChunkProof { stark: encode_stark(&stark).unwrap(), ..honest.clone() };
            let result = verify_chunk(&forged, &file, security);
            assert!(matches!(result, Err(VerifyError::Stark { .. })), "change {index}: {result:?}");
        }
        let mut stark = decode_stark(&honest.stark, security).unwrap();
        for bits in [0, 1, 9, 11, 24, 25, 63, 64, usize::MAX] {
            stark.degree_bits = bits;
            let forged = ChunkProof { stark: encode_stark(&stark).unwrap(), ..honest.clone() };
            let result = verify_chunk(&forged, &file, security);
            assert!(matches!(result, Err(VerifyError::Rows { .. })), "{bits} bits: {result:?}");
        }
    }
}
