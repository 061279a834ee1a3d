//! The terms of an enrolment that is being signed elsewhere, kept until the signature is there.

use crate::chain::OperatorFacts;
use crate::datadir::{read_limited, write_whole};
use crate::identity::Identity;
use alloy_primitives::{Address, B256, U256};
use eyre::{Result, WrapErr, bail, ensure};
use nonos_node::keys::Keystore;
use serde::{Deserialize, Serialize};
use std::path::Path;

const VERSION: u32 = 1;

/// What was signed, or is being signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedTerms {
    version: u32,
    /// ed25519 root key.
    pub root_key: B256,
    /// Account that will act for the operator.
    pub controller: Address,
    /// The operator registry.
    pub registry: Address,
    /// Its chain.
    pub chain_id: u64,
    /// The leaf that the root key enrolled before; 0 for its first.
    pub predecessor: U256,
    /// Unix seconds.
    pub valid_until: u64,
    /// Number of the enrolment.
    pub seq: u32,
    /// The leaf, by which the keystore that made it is recognised.
    pub leaf: U256,
}

impl SavedTerms {
    /// The terms of `identity` after the leaf `predecessor`.
    pub fn new(identity: &Identity, predecessor: U256) -> Self {
        Self {
            version: VERSION,
            root_key: identity.root_key.into(),
            controller: identity.controller,
            registry: identity.registry,
            chain_id: identity.chain_id,
            predecessor,
            valid_until: identity.valid_until,
            seq: identity.seq,
            leaf: identity.leaf().to_u256(),
        }
    }

    /// Writes the file.
    pub fn write(&self, path: &Path) -> Result<()> {
        let mut text = serde_json::to_string_pretty(self).wrap_err("cannot encode the terms")?;
        text.push('\n');
        write_whole(path, text.as_bytes())
    }

    /// Reads the file; `None` if there is none.
    pub fn read(path: &Path) -> Result<Option<Self>> {
        if !path.exists() {
            return Ok(None);
        }
        let wrong = || {
            format!(
                "the terms of enrolment in {} cannot be used; delete the file, and print the message again",
                path.display()
            )
        };
        let bytes = read_limited(path, "terms file", 1 << 16)?;
        let terms: Self = serde_json::from_slice(&bytes).wrap_err_with(wrong)?;
        ensure!(
            terms.version == VERSION,
            "{}: it has version {}, this program reads {VERSION}",
            wrong(),
            terms.version
        );
        Ok(Some(terms))
    }

    /// The identity that these terms are about, from the keystore that has its secret.
    pub fn identity(&self, keystore: &Keystore) -> Result<Identity> {
        ensure!(
            keystore.root_public() == self.root_key.0,
            "the message was printed for root key {}, the keystore has {}: it is another keystore",
            self.root_key,
            B256::from(keystore.root_public())
        );
        let identity = Identity::new(
            keystore,
            self.controller,
            self.registry,
            self.chain_id,
            self.valid_until,
            self.seq,
        )?;
        ensure!(
            identity.leaf().to_u256() == self.leaf,
            "the message was printed with another secret than this keystore's: it is another keystore with the same root \
             key, or the file of terms was changed; print the message again and have that signed"
        );
        Ok(identity)
    }

    /// An error if the chain would refuse these terms by now.
    pub fn check(&self, facts: &OperatorFacts, sender: Address) -> Result<()> {
        const AGAIN: &str = "print the message again with --print-message and have that signed";
        if self.seq <= facts.seq {
            bail!(
                "the chain has moved on: the message was printed for enrolment number {}, and number {} is there already; {AGAIN}",
                self.seq,
                facts.seq
            );
        }
        if self.predecessor != facts.latest_leaf {
            bail!(
                "the chain has moved on: the message names {:#066x} as the leaf before, and it is {:#066x}; {AGAIN}",
                self.predecessor,
                facts.latest_leaf
            );
        }
        // A rotation is sent by the present controller, and may name another one.
        let expected = if facts.is_enrolled() { facts.controller } else { self.controller };
        ensure!(
            expected == sender,
            "controller {expected} has to send this enrolment, but it would be sent from {sender}: name the controller's \
             key with --account-key-file"
        );
        facts
            .bounds
            .check(self.valid_until)
            .wrap_err_with(|| format!("the terms of the message are out of date; {AGAIN}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Bounds;

    fn terms() -> SavedTerms {
        SavedTerms {
            version: VERSION,
            root_key: B256::repeat_byte(1),
            controller: Address::repeat_byte(2),
            registry: Address::repeat_byte(3),
            chain_id: 31337,
            predecessor: U256::from(7),
            valid_until: 1_000_000,
            seq: 3,
            leaf: U256::from(9),
        }
    }

    fn facts() -> OperatorFacts {
        OperatorFacts {
            controller: Address::repeat_byte(2),
            valid_until: 0,
            seq: 2,
            leaf: U256::ZERO,
            latest_leaf: U256::from(7),
            open_locks: 0,
            last_lock_ended: 0,
            bounds: Bounds { now: 500_000, shortest: 1_000, longest: 900_000 },
        }
    }

    #[test]
    fn terms_that_the_chain_has_overtaken_are_refused_with_the_reason() {
        let sender = Address::repeat_byte(2);
        terms().check(&facts(), sender).unwrap();
        let error =
            |facts: OperatorFacts, sender| format!("{:#}", terms().check(&facts, sender).unwrap_err());
        assert!(error(OperatorFacts { seq: 3, ..facts() }, sender).contains("number 3 is there already"));
        let moved = OperatorFacts { latest_leaf: U256::from(8), ..facts() };
        assert!(error(moved, sender).contains("as the leaf before"));
        let other = Address::repeat_byte(9);
        assert!(error(facts(), other).contains("has to send this enrolment"));
        let handed = OperatorFacts { leaf: U256::from(7), controller: other, ..facts() };
        assert!(error(handed.clone(), sender).contains("has to send this enrolment"));
        terms().check(&handed, other).unwrap();
        let late = Bounds { now: 999_500, ..facts().bounds };
        assert!(error(OperatorFacts { bounds: late, ..facts() }, sender).contains("out of date"));
    }

    #[test]
    fn the_file_is_read_back_and_nonsense_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("terms.json");
        assert_eq!(SavedTerms::read(&path).unwrap(), None);
        terms().write(&path).unwrap();
        assert_eq!(SavedTerms::read(&path).unwrap(), Some(terms()));
        for text in ["", "{}", "{\"version\": 1}"] {
            std::fs::write(&path, text).unwrap();
            let error = format!("{:#}", SavedTerms::read(&path).unwrap_err());
            assert!(error.contains("delete the file"), "{error}");
        }
        SavedTerms { version: 2, ..terms() }.write(&path).unwrap();
        assert!(SavedTerms::read(&path).unwrap_err().to_string().contains("it has version 2"));
    }
}
