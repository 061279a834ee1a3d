//! Compiled contracts: code with its link references, and linking.

use std::collections::BTreeMap;

use alloy_primitives::{Address, Bytes};
use serde::Deserialize;

/// Why an artifact cannot be deployed.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// The file is not what `artifacts.mjs` writes.
    #[error("artifact is malformed: {0}; regenerate it with `node contracts/artifacts.mjs`")]
    Malformed(#[from] serde_json::Error),
    /// A library that the code calls has no address yet.
    #[error("{contract} calls the library {library}, which is not deployed yet")]
    Unlinked {
        /// The contract.
        contract: String,
        /// The library.
        library: String,
    },
    /// A link reference points outside the code.
    #[error("{contract}: link reference at byte {offset} is outside the code ({len} bytes)")]
    LinkOutside {
        /// The contract.
        contract: String,
        /// Where the address should go.
        offset: usize,
        /// Code length.
        len: usize,
    },
}

/// One compiled contract, as written by `contracts/artifacts.mjs`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Artifact {
    /// Contract name.
    pub contract: String,
    /// ABI entries.
    pub abi: Vec<AbiEntry>,
    /// Creation code, links zeroed.
    pub creation_code: Bytes,
    /// Library name to byte offsets of its address in the creation code.
    pub creation_links: BTreeMap<String, Vec<usize>>,
    /// Runtime code, links and immutables zeroed.
    pub runtime_code: Bytes,
    /// Library name to byte offsets of its address in the runtime code.
    pub runtime_links: BTreeMap<String, Vec<usize>>,
}

/// What is read of an ABI entry (the call types come from `sol!`).
#[derive(Clone, Debug, Deserialize)]
pub struct AbiEntry {
    /// "function", "event", "error", "constructor", ...
    #[serde(rename = "type")]
    pub kind: String,
    /// Absent for constructors.
    #[serde(default)]
    pub name: String,
    /// Absent for fallbacks.
    #[serde(default)]
    pub inputs: Vec<AbiParam>,
}

/// A parameter of an ABI entry.
#[derive(Clone, Debug, Deserialize)]
pub struct AbiParam {
    /// Parameter name.
    pub name: String,
    /// Canonical type.
    #[serde(rename = "type")]
    pub ty: String,
}

macro_rules! artifacts {
    ($($(#[$doc:meta])* $function:ident = $file:literal;)*) => {
        impl Artifact {
            $($(#[$doc])*
            pub fn $function() -> Result<Self, ArtifactError> {
                Ok(serde_json::from_str(include_str!(concat!("../artifacts/", $file, ".json")))?)
            })*

            /// Every artifact.
            pub fn all() -> Result<Vec<Self>, ArtifactError> {
                Ok(vec![$(Self::$function()?),*])
            }
        }
    };
}

artifacts! {
    /// Poseidon with tag 0 (`poseidon-solidity`), a linked library.
    poseidon_t3 = "PoseidonT3";
    /// Poseidon with a tag, a linked library.
    poseidon_tagged = "PoseidonTagged";
    /// The generated launch verifier alone; the wrapper brings its own copy.
    launch_halo2_verifier = "LaunchHalo2Verifier";
    /// The wrapper around the generated launch verifier.
    launch_verifier = "LaunchVerifier";
    /// The router of verifier keys.
    verifier_router = "VerifierRouter";
    /// The operator tree.
    operator_registry = "OperatorRegistry";
    /// Publishers, catalogs and the install tree.
    capsule_registry = "CapsuleRegistry";
    /// The judge of single receipts.
    receipt_anchor = "ReceiptAnchor";
}

impl Artifact {
    /// Creation code with libraries filled in and the ABI-encoded constructor arguments behind it.
    pub fn deploy_code(
        &self,
        libraries: &BTreeMap<String, Address>,
        arguments: &[u8],
    ) -> Result<Bytes, ArtifactError> {
        let mut code = self.creation_code.to_vec();
        for (library, offsets) in &self.creation_links {
            let address = libraries.get(library).ok_or_else(|| ArtifactError::Unlinked {
                contract: self.contract.clone(),
                library: library.clone(),
            })?;
            let len = code.len();
            for &offset in offsets {
                code.get_mut(offset..offset.saturating_add(20))
                    .ok_or_else(|| ArtifactError::LinkOutside {
                        contract: self.contract.clone(),
                        offset,
                        len,
                    })?
                    .copy_from_slice(address.as_slice());
            }
        }
        code.extend_from_slice(arguments);
        Ok(code.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linking_fills_every_reference_and_nothing_else() {
        let artifact = Artifact::capsule_registry().unwrap();
        let address = Address::repeat_byte(0xab);
        let libraries = ["PoseidonT3", "PoseidonTagged"].map(|name| (name.to_owned(), address)).into();
        let code = artifact.deploy_code(&libraries, &[1, 2, 3]).unwrap();
        let offsets: Vec<usize> = artifact.creation_links.values().flatten().copied().collect();
        assert!(offsets.len() >= 2, "the registry calls both libraries");
        let inside = |i: usize| offsets.iter().any(|o| (*o..o + 20).contains(&i));
        for (i, byte) in artifact.creation_code.iter().enumerate() {
            assert_eq!(code[i], if inside(i) { 0xab } else { *byte }, "byte {i}");
        }
        assert_eq!(code[artifact.creation_code.len()..], [1, 2, 3]);
    }

    #[test]
    fn a_missing_library_is_named() {
        let error = Artifact::operator_registry().unwrap().deploy_code(&BTreeMap::new(), &[]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "OperatorRegistry calls the library PoseidonT3, which is not deployed yet"
        );
    }

    #[test]
    fn runtime_code_fits_the_limit_of_eip_170() {
        for artifact in Artifact::all().unwrap() {
            assert!(
                artifact.runtime_code.len() <= 24_576,
                "{}: {}",
                artifact.contract,
                artifact.runtime_code.len()
            );
        }
    }
}
