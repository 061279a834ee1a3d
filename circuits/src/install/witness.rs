//! The typed witness of a chunk, its public instances, and in words what is wrong with it.

use super::layout::{Inputs, commit};
use super::{BLOCKS, INSTANCES, LANES, RATE, WORDS};
use halo2curves::bn256::Fr;
use nonos_core::capsule::{capsule_leaf_of, digest_commitment, digest_element, install_leaf};
use nonos_core::{DigestCommitment, InstallLeaf};

/// Chunks of a binary of `length` bytes.
pub const fn chunk_count(length: u64) -> u64 {
    blocks(length).div_ceil(BLOCKS as u64)
}

/// Blocks of a binary, the padding included.
const fn blocks(length: u64) -> u64 {
    length / RATE as u64 + 1
}

/// What an operator knows of one chunk. Not `Debug`: it holds the binary and the operator's secret.
#[derive(Clone)]
pub struct InstallWitness {
    /// The operator's secret.
    pub k: Fr,
    /// P(MAN; policyHash, manifest): [`nonos_core::capsule::capsule_terms`].
    pub terms: Fr,
    /// C, of the whole binary.
    pub commitment: DigestCommitment,
    /// The salt of C.
    pub salt: [u8; 32],
    /// Number of the chunk.
    pub position: u64,
    /// Whether more chunks follow.
    pub more: bool,
    /// The sponge before the chunk; zeros for the first.
    pub state: [u64; LANES],
    /// The chunk's bytes.
    pub bytes: Vec<u8>,
}

/// Why a chunk cannot be proven.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WitnessError {
    /// Not the bytes of a chunk.
    #[error("chunk {position} has {bytes} bytes: {expected}")]
    Length {
        /// Number of the chunk.
        position: u64,
        /// Its bytes.
        bytes: usize,
        /// What is allowed.
        expected: &'static str,
    },
    /// The first chunk starts from another state than the empty sponge's.
    #[error("the first chunk starts from the empty sponge, not from the state given")]
    FirstState,
    /// The binary is another one.
    #[error("the binary and the salt give commitment {actual}, not {expected}: it is another binary or salt")]
    Commitment {
        /// What was stated.
        expected: DigestCommitment,
        /// What the chunk gives.
        actual: DigestCommitment,
    },
}

impl InstallWitness {
    /// J = P(INST; k, L).
    pub fn install(&self) -> InstallLeaf {
        install_leaf(&self.k, capsule_leaf_of(&self.commitment, self.terms))
    }

    /// The blocks as words, padded if the chunk is the last.
    fn blocks(&self) -> Vec<[u64; WORDS]> {
        let mut bytes = self.bytes.clone();
        if !self.more {
            bytes.push(0x06);
            bytes.resize(bytes.len().next_multiple_of(RATE), 0);
            if let Some(last) = bytes.last_mut() {
                *last |= 0x80;
            }
        }
        let block = |block: &[u8]| {
            std::array::from_fn(|i| {
                let word = block.get(8 * i..8 * i + 8).and_then(|word| word.try_into().ok());
                u64::from_le_bytes(word.unwrap_or_default())
            })
        };
        bytes.chunks(RATE).map(block).collect()
    }

    /// The sponge after the chunk.
    pub fn state_after(&self) -> [u64; LANES] {
        let mut state = self.state;
        for block in self.blocks() {
            state.iter_mut().zip(block).for_each(|(lane, word)| *lane ^= word);
            keccak::f1600(&mut state);
        }
        state
    }

    /// The public instances, after checking natively everything the circuit will constrain.
    pub fn instance(&self) -> Result<[Fr; INSTANCES], WitnessError> {
        let (position, bytes) = (self.position, self.bytes.len());
        let blocks = if self.more { bytes / RATE } else { bytes / RATE + 1 };
        let expected = match () {
            () if self.more && bytes % RATE != 0 => "a chunk before the last is whole blocks of 72 bytes",
            () if position == 0 && !(1..=BLOCKS).contains(&blocks) => {
                "the first is 1 to 36 blocks of 72 bytes"
            }
            () if position > 0 && blocks != BLOCKS => "one that is not the first is 36 blocks of 72 bytes",
            () => "",
        };
        if !expected.is_empty() {
            return Err(WitnessError::Length { position, bytes, expected });
        }
        if position == 0 && self.state != [0; LANES] {
            return Err(WitnessError::FirstState);
        }
        let after = self.state_after();
        if !self.more {
            let digest = std::array::from_fn(|i| after[i / 8].to_le_bytes()[i % 8]);
            let actual = digest_commitment(&digest, &self.salt);
            if actual != self.commitment {
                return Err(WitnessError::Commitment { expected: self.commitment, actual });
            }
        }
        let install: Fr = self.install().into();
        let before = commit(&self.state, install, Fr::from(position), self.k);
        let after = commit(&after, install, Fr::from(position) + Fr::one(), self.k);
        Ok([install, Fr::from(position), Fr::from(u64::from(self.more)), before, after])
    }

    /// The circuit's inputs. Does not check the witness: an invalid one gives inputs that break the circuit.
    pub fn inputs(&self) -> Inputs {
        Inputs {
            k: self.k,
            terms: self.terms,
            digest: digest_element(&self.commitment),
            position: self.position,
            more: self.more,
            state: self.state,
            blocks: self.blocks(),
            last_bytes: if self.more { RATE } else { self.bytes.len() % RATE },
            salt: std::array::from_fn(|i| u64::from_le_bytes(std::array::from_fn(|j| self.salt[8 * i + j]))),
        }
    }
}

/// Whose install of which capsule: what all chunks have in common. Not `Debug`: it holds the operator's secret.
#[derive(Clone, Copy)]
pub struct Subject {
    /// The operator's secret.
    pub k: Fr,
    /// P(MAN; policyHash, manifest): [`nonos_core::capsule::capsule_terms`].
    pub terms: Fr,
    /// C.
    pub commitment: DigestCommitment,
    /// The salt of C.
    pub salt: [u8; 32],
}

/// The chunks of a binary, in order. The first takes what the others, of [`BLOCKS`] blocks each, leave.
///
/// Whether the binary is the one of `subject.commitment` shows in the last: [`InstallWitness::instance`].
pub fn chunks(binary: &[u8], subject: Subject) -> impl Iterator<Item = InstallWitness> + '_ {
    let length = binary.len() as u64;
    let count = chunk_count(length);
    let first = blocks(length) - (count - 1) * BLOCKS as u64;
    let (mut state, mut rest) = ([0; LANES], binary);
    (0..count).map(move |position| {
        let more = position + 1 < count;
        let blocks = if position == 0 { first as usize } else { BLOCKS };
        let (bytes, after) = rest.split_at(if more { blocks * RATE } else { rest.len() });
        rest = after;
        let Subject { k, terms, commitment, salt } = subject;
        let witness =
            InstallWitness { k, terms, commitment, salt, position, more, state, bytes: bytes.to_vec() };
        state = witness.state_after();
        witness
    })
}
