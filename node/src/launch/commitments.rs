//! Salts and disclosure values of one launch, all derived, so that the keystore alone can recompute them.
//!
//! Every salt comes from k and a nonce (`nonos_core::launch_values::derive_salt`); the nonce names its purpose and the
//! launch: keccak256("nonos1.salt." ‖ purpose ‖ execution key). Nobody without k can guess one, and an operator who
//! opens a state commitment in an audit needs no extra file.

use alloy_primitives::{B256, FixedBytes, keccak256};
use nonos_core::Fr;
use nonos_core::disclosure::{DisclosureError, Disclosures, Secret};
use nonos_core::field::fr_to_be;
use nonos_core::launch_values::derive_salt;
use nonos_core::manifest::Manifest;
use nonos_core::receipt::Opening;

use super::error::LaunchError;
use super::request::Privacy;
use crate::capsule_runtime::Execution;

const DOMAIN: &[u8] = b"nonos1.salt.";

/// The three salts of a launch. Zero discloses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salts {
    /// Hides the capsule leaf.
    pub capsule: Fr,
    /// Hides the identity leaf.
    pub operator: Fr,
    /// Hides the state.
    pub state: Fr,
}

impl Salts {
    /// The salts of the launch with this execution key.
    pub fn derive(k: &Fr, execution_key: &[u8; 32], privacy: Privacy) -> Self {
        let salt = |purpose: &str, disclosed: bool| match disclosed {
            true => Fr::from(0),
            false => derive_salt(k, &nonce(purpose, execution_key)),
        };
        Self {
            capsule: salt("capsule", privacy.disclose_capsule),
            operator: salt("operator", privacy.disclose_operator),
            state: salt("state", false),
        }
    }
}

fn nonce(purpose: &str, execution_key: &[u8; 32]) -> [u8; 32] {
    keccak256([DOMAIN, purpose.as_bytes(), execution_key].concat()).0
}

/// The values under `header.disclosures`, with their salts. The node keeps them and opens what it chooses.
#[derive(Debug, Clone)]
pub struct DisclosureSecrets(Disclosures);

impl DisclosureSecrets {
    /// The standard values (`capsule.name`, `capsule.version`, `capsule.manifest`, `run.exitCode`, `run.fuel`,
    /// `run.log`, `state`) and the caller's, in this order. `state` is the five packed words, 32 bytes each.
    pub(super) fn new(
        k: &Fr,
        execution_key: &[u8; 32],
        manifest: &Manifest,
        execution: &Execution,
        values: &[(String, Vec<u8>)],
    ) -> Result<Self, LaunchError> {
        let state = execution.state.words().iter().flat_map(fr_to_be).collect();
        let standard = [
            ("capsule.name", manifest.name.clone().into_bytes()),
            ("capsule.version", manifest.version.clone().into_bytes()),
            ("capsule.manifest", manifest.digest().bytes().to_vec()),
            ("run.exitCode", execution.exit_code.to_be_bytes().to_vec()),
            ("run.fuel", execution.fuel_used.to_be_bytes().to_vec()),
            ("run.log", execution.log.clone()),
            ("state", state),
        ];
        let standard = standard.map(|(name, value)| (name.to_owned(), value));
        let mut secrets: Vec<Secret> = Vec::new();
        for (name, value) in standard.into_iter().chain(values.iter().cloned()) {
            if secrets.iter().any(|s| s.name == name) {
                return Err(LaunchError::ValueTwice(name));
            }
            let salt = derive_salt(k, &nonce(&format!("value {}", secrets.len()), execution_key));
            secrets.push(Secret { salt: low_half(&salt), name, value });
        }
        Ok(Self(Disclosures::new(secrets)?))
    }

    /// What goes into the header.
    pub fn root(&self) -> B256 {
        self.0.root()
    }

    /// Every value with its salt.
    pub fn secrets(&self) -> &[Secret] {
        self.0.secrets()
    }

    /// Opens the value called `name`.
    pub fn open(&self, name: &str) -> Result<Opening, LaunchError> {
        let position = self.index(name)?;
        Ok(self.0.open(position)?)
    }

    /// Opens several values, in the order in which receipts carry them.
    pub(super) fn open_all(&self, names: &[String]) -> Result<Vec<Opening>, LaunchError> {
        let positions: Result<Vec<u32>, LaunchError> = names.iter().map(|n| self.index(n)).collect();
        let mut positions = positions?;
        positions.sort_unstable();
        positions.dedup();
        let opened: Result<Vec<Opening>, DisclosureError> =
            positions.into_iter().map(|p| self.0.open(p)).collect();
        Ok(opened?)
    }

    fn index(&self, name: &str) -> Result<u32, LaunchError> {
        let position = self.secrets().iter().position(|s| s.name == name);
        position.and_then(|p| u32::try_from(p).ok()).ok_or_else(|| LaunchError::NoSuchValue(name.to_owned()))
    }
}

/// The low 16 of the 32 big-endian bytes: the field is 254 bits wide, so these are as good as uniform.
fn low_half(salt: &Fr) -> FixedBytes<16> {
    FixedBytes::from_slice(&fr_to_be(salt)[16..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn salts_differ_by_purpose_launch_and_secret() {
        let hidden = Privacy { disclose_capsule: false, disclose_operator: false };
        let one = Salts::derive(&Fr::from(1), &[1; 32], hidden);
        assert!(one.capsule != one.operator && one.operator != one.state && one.capsule != one.state);
        assert!(one.state != Salts::derive(&Fr::from(1), &[2; 32], hidden).state);
        assert!(one.state != Salts::derive(&Fr::from(2), &[1; 32], hidden).state);
    }

    #[test]
    fn only_disclosed_things_have_a_zero_salt_and_the_state_never() {
        let shown = Privacy { disclose_capsule: true, disclose_operator: true };
        let salts = Salts::derive(&Fr::from(1), &[1; 32], shown);
        assert_eq!((salts.capsule, salts.operator), (Fr::from(0), Fr::from(0)));
        assert!(salts.state != Fr::from(0));
    }
}
