//! How many bits a file's proofs are worth, and what buys them.

/// log2 of the inverse rate of the committed codewords.
pub(crate) const LOG_BLOWUP: usize = 2;
/// Largest folding, log2.
pub(crate) const LOG_ARITY: usize = 2;
/// Grinding before the queries are drawn, in bits.
pub(crate) const QUERY_GRINDING: usize = 16;
/// Most chunks of a file: each doubling costs one bit, as a forger needs to break only one chunk.
pub const MAX_CHUNKS: u32 = 1 << 10;

/// The parameter sets. Both keep at least 100 bits over a whole file of up to [`MAX_CHUNKS`] chunks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Security {
    /// At least 100 bits over the file under the random-words conjecture on Reed-Solomon proximity (eprint 2025/2010).
    #[default]
    Conjectured,
    /// At least 100 bits over the file by proof, in the unique-decoding regime (eprint 2024/1553).
    Proven,
}

impl Security {
    /// FRI queries.
    pub fn queries(self) -> usize {
        match self {
            Self::Conjectured => 56,
            Self::Proven => 140,
        }
    }

    /// Conjectured bits of one chunk of the largest size.
    pub fn conjectured_chunk_bits(self) -> u32 {
        match self {
            Self::Conjectured => 123,
            Self::Proven => 123,
        }
    }

    /// Proven bits of one chunk of the largest size (unique decoding).
    pub fn proven_chunk_bits(self) -> u32 {
        match self {
            Self::Conjectured => 53,
            Self::Proven => 110,
        }
    }

    /// Bits over a file of `chunks` chunks: conjectured, proven.
    pub fn file_bits(self, chunks: u32) -> (u32, u32) {
        let lost = chunks.max(1).next_power_of_two().ilog2();
        (self.conjectured_chunk_bits().saturating_sub(lost), self.proven_chunk_bits().saturating_sub(lost))
    }

    /// The number in an encoded proof.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Conjectured => 1,
            Self::Proven => 2,
        }
    }

    /// From the number in an encoded proof.
    pub(crate) fn from_number(number: u8) -> Option<Self> {
        [Self::Conjectured, Self::Proven].into_iter().find(|security| security.number() == number)
    }

    /// Largest inner proof in bytes.
    pub(crate) fn max_stark_bytes(self) -> usize {
        // A query opens a row of 2,015 columns, eight quotient chunks and paths: up to 11,900 bytes were measured.
        64 * 1024 + self.queries() * 14_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::air::ChunkAir;
    use crate::config::{CODEWORDS, Challenge, Val, fri};
    use p3_air::symbolic::AirLayout;
    use p3_field::PrimeCharacteristicRing;
    use p3_field::coset::TwoAdicMultiplicativeCoset;
    use p3_uni_stark::{ConjecturedSecurity, OpeningShape, ProvenSecurity, StarkSecurityParams};

    /// log2 of the order of KoalaBear^5, rounded down.
    const CHALLENGE_BITS: usize = 154;

    #[test]
    fn stated_bits_are_those_of_the_analysis() {
        for security in [Security::Conjectured, Security::Proven] {
            let fri = fri(security, ());
            let params = StarkSecurityParams::from_air::<Val, Challenge, _>(
                fri.security_regime(),
                &ChunkAir,
                AirLayout::from_air::<Val>(&ChunkAir),
                TwoAdicMultiplicativeCoset::new(<Val as PrimeCharacteristicRing>::ONE, 15).unwrap(),
                CHALLENGE_BITS,
                128,
                2,
                OpeningShape::hiding(CODEWORDS),
                fri.grinding_sites(),
            );
            let conjectured = ConjecturedSecurity::compute_from_params(&params, 16).security_bits;
            let proven = ProvenSecurity::compute_from_proof(16, &params);
            println!("{security:?}: {conjectured} conjectured, {proven:?}");
            assert_eq!(conjectured as u32, security.conjectured_chunk_bits());
            assert_eq!(proven.unique_decoding_bits as u32, security.proven_chunk_bits());
        }
        assert!(Security::Conjectured.file_bits(MAX_CHUNKS).0 >= 100);
        assert!(Security::Proven.file_bits(MAX_CHUNKS).1 >= 100);
    }
}
