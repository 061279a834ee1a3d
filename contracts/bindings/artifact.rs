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
    /// Byte offsets of the words in the runtime code that the constructor fills in.
    pub runtime_immutables: Vec<usize>,
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
    /// What the market judges without its storage, a linked library.
    market_rules = "MarketRules";
    /// Receipts against requests, a linked library.
    claims = "Claims";
    /// Demands of inputs, a linked library.
    input_demands = "InputDemands";
    /// Tokens into and out of the market, a linked library.
    token_accounts = "TokenAccounts";
    /// Roots and times of a receipt, a linked library.
    admission = "Admission";
    /// What convicts a leaf or a batch's data, a linked library.
    fraud = "Fraud";
    /// The generated launch verifier alone; the wrapper brings its own copy.
    launch_halo2_verifier = "LaunchHalo2Verifier";
    /// The wrapper around the generated launch verifier.
    launch_verifier = "LaunchVerifier";
    /// The generated enrolment verifier alone; the wrapper brings its own copy.
    enrolment_halo2_verifier = "EnrolmentHalo2Verifier";
    /// The wrapper around the generated enrolment verifier.
    enrolment_verifier = "EnrolmentVerifier";
    /// The generated install verifier alone; the wrapper brings its own copy.
    install_halo2_verifier = "InstallHalo2Verifier";
    /// The wrapper around the generated install verifier.
    install_verifier = "InstallVerifier";
    /// The router of verifier keys.
    verifier_router = "VerifierRouter";
    /// The operator tree.
    operator_registry = "OperatorRegistry";
    /// Publishers, catalogs and the install tree.
    capsule_registry = "CapsuleRegistry";
    /// The judge of receipts, single and in batches.
    receipt_anchor = "ReceiptAnchor";
    /// Settled facts about operators.
    trust_scores = "TrustScores";
    /// The market of launches.
    proof_market = "ProofMarket";
    /// The market of second opinions.
    verification_market = "VerificationMarket";
    /// The market's protocol fee.
    fee_schedule = "FeeSchedule";
    /// Scores as a validation registry shows them (ERC-8004).
    validation_view = "ValidationView";
    /// A timelock that can own router and fee schedule.
    timelock = "Timelock";
}

impl Artifact {
    /// Creation code with libraries filled in and the ABI-encoded constructor arguments behind it.
    pub fn deploy_code(
        &self,
        libraries: &BTreeMap<String, Address>,
        arguments: &[u8],
    ) -> Result<Bytes, ArtifactError> {
        let mut code = self.creation_code.to_vec();
        self.link(&mut code, &self.creation_links, libraries)?;
        code.extend_from_slice(arguments);
        Ok(code.into())
    }

    /// Whether `code`, found at `address`, is this contract's, linked to these libraries. What the constructor fills in
    /// (immutables) is left out of the comparison: read it through the contract's getters.
    pub fn is_code(
        &self,
        address: Address,
        libraries: &BTreeMap<String, Address>,
        code: &[u8],
    ) -> Result<bool, ArtifactError> {
        let mut expected = self.runtime_code.to_vec();
        self.link(&mut expected, &self.runtime_links, libraries)?;
        // A deployed library begins by comparing its own address, which its creation code writes there.
        if expected.starts_with(&LIBRARY_HEAD)
            && let Some(own) = expected.get_mut(1..21)
        {
            own.copy_from_slice(address.as_slice());
        }
        let immutable = |byte: usize| {
            self.runtime_immutables.iter().any(|start| (*start..start.saturating_add(32)).contains(&byte))
        };
        let same = |(i, (a, b)): (usize, (&u8, &u8))| a == b || immutable(i);
        Ok(code.len() == expected.len() && code.iter().zip(&expected).enumerate().all(same))
    }

    fn link(
        &self,
        code: &mut [u8],
        links: &BTreeMap<String, Vec<usize>>,
        libraries: &BTreeMap<String, Address>,
    ) -> Result<(), ArtifactError> {
        for (library, offsets) in links {
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
        Ok(())
    }
}

/// PUSH20 of an address that is still zero, ADDRESS, EQ: how solc begins a library's runtime code.
const LIBRARY_HEAD: [u8; 23] = {
    let mut head = [0; 23];
    (head[0], head[21], head[22]) = (0x73, 0x30, 0x14);
    head
};

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
    fn code_is_compared_but_for_what_the_constructor_fills_in() {
        let artifact = Artifact::capsule_registry().unwrap();
        let library = Address::repeat_byte(0xab);
        let libraries = ["PoseidonT3", "PoseidonTagged"].map(|name| (name.to_owned(), library)).into();
        let mut code = artifact.runtime_code.to_vec();
        artifact.link(&mut code, &artifact.runtime_links, &libraries).unwrap();
        let is_code = |code: &[u8]| artifact.is_code(Address::ZERO, &libraries, code).unwrap();
        assert!(is_code(&code));
        let floor = *artifact.runtime_immutables.first().expect("the floor is immutable");
        code[floor + 31] ^= 1;
        assert!(is_code(&code), "an immutable");
        let link = artifact.runtime_links["PoseidonT3"][0];
        for byte in [0, link, floor - 1, floor + 32, code.len() - 1] {
            code[byte] ^= 1;
            assert!(!is_code(&code), "byte {byte}");
            code[byte] ^= 1;
        }
        assert!(!is_code(&code[..code.len() - 1]), "shorter");
        code.push(0);
        assert!(!is_code(&code), "longer");
    }

    #[test]
    fn a_library_contains_its_own_address() {
        let artifact = Artifact::poseidon_t3().unwrap();
        let at = Address::repeat_byte(0x5a);
        let mut code = artifact.runtime_code.to_vec();
        code[1..21].copy_from_slice(at.as_slice());
        assert!(artifact.is_code(at, &BTreeMap::new(), &code).unwrap());
        assert!(!artifact.is_code(Address::repeat_byte(0x5b), &BTreeMap::new(), &code).unwrap());
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
    fn code_fits_the_limits_of_eip_170_and_eip_3860() {
        for artifact in Artifact::all().unwrap() {
            let (runtime, creation) = (artifact.runtime_code.len(), artifact.creation_code.len());
            assert!(runtime <= 24_576, "{}: {runtime} bytes of runtime code", artifact.contract);
            // Constructor arguments come on top: at most ten words here.
            assert!(creation + 320 <= 49_152, "{}: {creation} bytes of creation code", artifact.contract);
        }
    }
}
