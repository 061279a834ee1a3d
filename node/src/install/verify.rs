//! Judging an install file: what it proves, and whether that is what was asked.

use super::claim::{Claim, Shown, StarkFile};
use super::error::InstallRefusal;
use super::format::{Halo2Install, InstallReader};
use super::links::Links;
use alloy_primitives::{B256, Keccak256};
use nonos_circuits::backend::Verifier;
use nonos_core::manifest::Manifest;
use nonos_core::{Fr, InstallLeaf};
use nonos_hash_stark::{ChunkProof, FileVerifier, Security};
use std::io::Read;

/// What a file made by the STARK has to meet.
#[derive(Debug, Clone, Copy)]
pub struct StarkTerms<'a> {
    /// The verifiers of link proofs, under pinned keys.
    pub links: &'a Links,
    /// The least security. [`Security::Proven`] has all conjectured bits as well.
    pub security: Security,
    /// What it has to be of, J or the context of a digest proof; anything, if none.
    pub context: Option<[u8; 32]>,
    /// The capsule whose binary it has to be about; any, if none.
    pub manifest: Option<&'a Manifest>,
}

/// Judges a file made by the STARK chunk by chunk: first what it says and whose it is, then its chunks in their order.
///
/// Chunk proofs alone say nothing about J: those for capsule B can be made for the J of capsule A. What refuses them here
/// is the link proof, which is for J and the C of the same header. A digest proof has no J and needs none: what its chunks
/// carry in that place is no field element.
#[derive(Debug)]
pub struct StarkJudge {
    file: StarkFile,
    chunks: FileVerifier,
}

impl StarkJudge {
    /// Judges everything before the chunks.
    pub fn new(file: StarkFile, terms: &StarkTerms<'_>) -> Result<Self, InstallRefusal> {
        if terms.security == Security::Proven && file.security != Security::Proven {
            return Err(InstallRefusal::Security { required: terms.security, actual: file.security });
        }
        if let Some(expected) = terms.context.filter(|context| *context != file.context()) {
            return Err(InstallRefusal::Context { expected: expected.into(), actual: file.context().into() });
        }
        if let Some(manifest) = terms.manifest {
            check_capsule(&file, manifest)?;
        }
        if let Claim::Install { leaf, shown, link } = &file.claim {
            terms.links.verify(*leaf, shown, link).map_err(|source| InstallRefusal::Link {
                leaf: *leaf,
                shown: *shown,
                source,
            })?;
        }
        let chunks = FileVerifier::new(file.statement(), file.security)?;
        Ok(Self { file, chunks })
    }

    /// Judges the next chunk.
    pub fn push(&mut self, chunk: &ChunkProof) -> Result<(), InstallRefusal> {
        Ok(self.chunks.push(chunk)?)
    }

    /// An error unless all chunks were there.
    pub fn finish(self) -> Result<StarkFile, InstallRefusal> {
        self.chunks.finish()?;
        Ok(self.file)
    }
}

/// A hidden C cannot be compared with a manifest's; everything else can.
fn check_capsule(file: &StarkFile, manifest: &Manifest) -> Result<(), InstallRefusal> {
    let expected = manifest.digest_commitment();
    match file.shown() {
        Shown::Commitment(actual) if actual != expected => {
            return Err(InstallRefusal::Commitment { expected, actual });
        }
        Shown::Commitment(_) => {}
        Shown::Blinded(_) => return Err(InstallRefusal::CommitmentHidden),
    }
    if file.length != manifest.payloadSize {
        return Err(InstallRefusal::Length { expected: manifest.payloadSize, actual: file.length });
    }
    Ok(())
}

/// A file that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// What it says.
    pub file: StarkFile,
    /// keccak256 of all that was read.
    pub hash: B256,
}

/// Hashes what passes through.
struct Hashing<R> {
    reader: R,
    hash: Keccak256,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.hash.update(&buffer[..count]);
        Ok(count)
    }
}

/// keccak256 of all that is left to read.
pub fn keccak256_of(reader: impl Read) -> std::io::Result<B256> {
    let mut hashing = Hashing { reader, hash: Keccak256::new() };
    std::io::copy(&mut hashing, &mut std::io::sink())?;
    Ok(hashing.hash.finalize())
}

/// Whether `reader` holds a file made by the STARK that meets the terms: [`StarkJudge`] over all of it. Of the digest proofs of
/// a hidden capsule only the one that its manifest names does. `progress` is told of chunks verified and of all.
pub fn verify_stark(
    reader: impl Read,
    terms: &StarkTerms<'_>,
    mut progress: impl FnMut(u32, u32),
) -> Result<Verified, InstallRefusal> {
    let mut hashing = Hashing { reader, hash: Keccak256::new() };
    let mut reader = InstallReader::stark(&mut hashing)?;
    let mut judge = StarkJudge::new(reader.file().clone(), terms)?;
    let (mut verified, all) = (0, reader.chunks());
    while let Some(chunk) = reader.next_chunk()? {
        judge.push(&chunk)?;
        verified += 1;
        progress(verified, all);
    }
    drop(reader);
    let (file, hash) = (judge.finish()?, hashing.hash.finalize());
    if let (Claim::Digest { .. }, Some(manifest)) = (&file.claim, terms.manifest)
        && manifest.digestProof != hash
    {
        return Err(InstallRefusal::Hash { expected: manifest.digestProof, actual: hash });
    }
    Ok(Verified { file, hash })
}

/// Whether `reader` holds a halo2 install, of `leaf` if one is given: whoever made it knows the binary of the capsule in J.
/// Which capsule that is, only the operator can tell.
pub fn verify_halo2_install(
    reader: impl Read,
    verifier: &Verifier,
    leaf: Option<InstallLeaf>,
    mut progress: impl FnMut(u32, u32),
) -> Result<Halo2Install, InstallRefusal> {
    let mut reader = InstallReader::halo2(reader)?;
    let install = *reader.install();
    if let Some(expected) = leaf.filter(|leaf| *leaf != install.leaf) {
        let [expected, actual] = [expected, install.leaf].map(Into::into);
        return Err(InstallRefusal::Context { expected, actual });
    }
    let (mut position, mut state) = (0, install.state_in);
    while let Some(chunk) = reader.next_chunk()? {
        let instance = halo2_instance(&install, position, state, chunk.state_out);
        verifier
            .verify(&chunk.proof, &instance)
            .map_err(|source| InstallRefusal::Halo2 { position, source })?;
        (position, state) = (position + 1, chunk.state_out);
        progress(position, install.chunks);
    }
    Ok(install)
}

/// The public instances of a chunk: J, position, more, state in, state out.
pub(super) fn halo2_instance(
    install: &Halo2Install,
    position: u32,
    state_in: Fr,
    state_out: Fr,
) -> [Fr; nonos_circuits::install::INSTANCES] {
    let more = position + 1 < install.chunks;
    [install.leaf.fr(), Fr::from(u64::from(position)), Fr::from(u64::from(more)), state_in, state_out]
}
