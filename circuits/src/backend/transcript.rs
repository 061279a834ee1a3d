//! Fiat-Shamir transcript that the EVM can replay: keccak-256 over big-endian words.
//!
//! Byte-identical to snark-verifier's `EvmTranscript`. State is a byte buffer. Absorbing appends 32 bytes per scalar and
//! 64 bytes (x ‖ y) per point. Squeezing hashes the buffer, takes the digest mod r as the challenge and makes the digest
//! the new buffer; when nothing was absorbed since the last squeeze, one byte 1 is appended before hashing, so that
//! consecutive challenges differ. halo2 absorbs `vk.transcript_repr()` first, then the instances.

use std::io::{self, Read, Write};

use alloy_primitives::keccak256;
use halo2_proofs::transcript::{EncodedChallenge, Transcript, TranscriptRead, TranscriptWrite};
use halo2curves::{
    bn256::{Fr, G1Affine},
    ff::FromUniformBytes,
    group::prime::PrimeCurveAffine,
};

use super::encoding::{G1_BYTES, WORD, g1_from_be, g1_to_be, scalar_from_be, scalar_to_be};

/// Version of the transcript and proof format; part of every [`VerifierKey`](nonos_core::ids::VerifierKey).
pub const TRANSCRIPT_VERSION: u8 = 1;

/// A challenge: a keccak-256 digest, as a big-endian integer, mod r.
#[derive(Debug, Clone, Copy)]
pub struct EvmChallenge(Fr);

impl EncodedChallenge<G1Affine> for EvmChallenge {
    type Input = [u8; WORD];

    fn new(digest: &[u8; WORD]) -> Self {
        // Little-endian with 32 zero bytes on top: the 512-bit reduction of the digest as it is.
        let mut wide = [0; 2 * WORD];
        for (to, from) in wide.iter_mut().zip(digest.iter().rev()) {
            *to = *from;
        }
        Self(Fr::from_uniform_bytes(&wide))
    }

    fn get_scalar(&self) -> Fr {
        self.0
    }
}

/// The transcript over a reader (verifier) or a writer (prover) of proof bytes.
#[derive(Debug, Clone)]
pub struct EvmTranscript<S> {
    stream: S,
    buffer: Vec<u8>,
}

impl<S> EvmTranscript<S> {
    /// Starts an empty transcript on `stream`.
    pub fn new(stream: S) -> Self {
        Self { stream, buffer: Vec::new() }
    }

    /// Ends the transcript and returns the stream: the proof for a writer, what was not read for a reader.
    pub fn into_stream(self) -> S {
        self.stream
    }
}

impl<S> Transcript<G1Affine, EvmChallenge> for EvmTranscript<S> {
    fn squeeze_challenge(&mut self) -> EvmChallenge {
        if self.buffer.len() == WORD {
            self.buffer.push(1);
        }
        let digest = keccak256(&self.buffer);
        self.buffer.clear();
        self.buffer.extend_from_slice(digest.as_slice());
        EvmChallenge::new(&digest.0)
    }

    fn common_point(&mut self, point: G1Affine) -> io::Result<()> {
        if bool::from(point.is_identity()) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the transcript refuses the point at infinity (a committed polynomial is zero)",
            ));
        }
        self.buffer.extend_from_slice(&g1_to_be(&point));
        Ok(())
    }

    fn common_scalar(&mut self, scalar: Fr) -> io::Result<()> {
        self.buffer.extend_from_slice(&scalar_to_be(&scalar));
        Ok(())
    }
}

impl<R: Read> TranscriptRead<G1Affine, EvmChallenge> for EvmTranscript<R> {
    fn read_point(&mut self) -> io::Result<G1Affine> {
        let mut bytes = [0; G1_BYTES];
        self.stream.read_exact(&mut bytes)?;
        let point = g1_from_be(&bytes).map_err(invalid_data)?;
        self.buffer.extend_from_slice(&bytes);
        Ok(point)
    }

    fn read_scalar(&mut self) -> io::Result<Fr> {
        let mut bytes = [0; WORD];
        self.stream.read_exact(&mut bytes)?;
        let scalar =
            scalar_from_be(&bytes).ok_or_else(|| invalid_data("scalar is not below the modulus r"))?;
        self.buffer.extend_from_slice(&bytes);
        Ok(scalar)
    }
}

impl<W: Write> TranscriptWrite<G1Affine, EvmChallenge> for EvmTranscript<W> {
    fn write_point(&mut self, point: G1Affine) -> io::Result<()> {
        self.common_point(point)?;
        self.stream.write_all(&g1_to_be(&point))
    }

    fn write_scalar(&mut self, scalar: Fr) -> io::Result<()> {
        self.common_scalar(scalar)?;
        self.stream.write_all(&scalar_to_be(&scalar))
    }
}

fn invalid_data(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
