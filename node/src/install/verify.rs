//! Judging an install file: what it proves, and whether that is what was asked.

use super::error::InstallRefusal;
use super::format::{Halo2Install, InstallReader, StarkInstall};
use nonos_circuits::backend::Verifier;
use nonos_circuits::link;
use nonos_core::manifest::Manifest;
use nonos_core::{Fr, InstallLeaf};
use nonos_hash_stark::{FileVerifier, Security};
use std::io::Read;

/// What a STARK install has to meet.
#[derive(Debug)]
pub struct StarkTerms<'a> {
    /// The verifier of link proofs, under a pinned key.
    pub link: &'a Verifier,
    /// The least security. [`Security::Proven`] has all conjectured bits as well.
    pub security: Security,
    /// The install it has to be; any, if none.
    pub leaf: Option<InstallLeaf>,
    /// The capsule whose binary it has to be about; any, if none.
    pub manifest: Option<&'a Manifest>,
}

/// Whether `reader` holds a STARK install that meets the terms: J was made from C, and whoever made it knows a binary of the
/// stated length behind C. `progress` is told of chunks verified and of all.
///
/// Chunk proofs alone say nothing about J: those for capsule B can be made for the J of capsule A. What refuses them here
/// is the link proof, which is for J and the C of the same header.
pub fn verify_stark_install(
    reader: impl Read,
    terms: &StarkTerms<'_>,
    mut progress: impl FnMut(u32, u32),
) -> Result<StarkInstall, InstallRefusal> {
    let mut reader = InstallReader::stark(reader)?;
    let install = reader.install().clone();
    let (file, actual) = (install.file, install.security);
    if terms.security == Security::Proven && actual != Security::Proven {
        return Err(InstallRefusal::Security { required: terms.security, actual });
    }
    check_leaf(terms.leaf, file.leaf)?;
    if let Some(manifest) = terms.manifest {
        let expected = manifest.digest_commitment();
        if file.commitment != expected {
            return Err(InstallRefusal::Commitment { expected, actual: file.commitment });
        }
        if file.length != manifest.payloadSize {
            return Err(InstallRefusal::Length { expected: manifest.payloadSize, actual: file.length });
        }
    }
    let (leaf, commitment) = (file.leaf, file.commitment);
    terms
        .link
        .verify(&install.link, &link::instance(leaf, &commitment))
        .map_err(|source| InstallRefusal::Link { leaf, commitment, source })?;
    let mut chunks = FileVerifier::new(file, actual)?;
    let (mut verified, all) = (0, reader.chunks());
    while let Some(chunk) = reader.next_chunk()? {
        chunks.push(&chunk)?;
        verified += 1;
        progress(verified, all);
    }
    chunks.finish()?;
    Ok(install)
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
    check_leaf(leaf, install.leaf)?;
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

fn check_leaf(expected: Option<InstallLeaf>, actual: InstallLeaf) -> Result<(), InstallRefusal> {
    match expected {
        Some(expected) if expected != actual => Err(InstallRefusal::Leaf { expected, actual }),
        _ => Ok(()),
    }
}
