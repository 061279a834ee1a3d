//! Tests of the store: one suite on both engines, and what is particular to a file format.

mod conformance;
mod migration;
mod redb_files;
mod sled_folders;

use std::path::Path;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolValue;
use ed25519_dalek::{Signer, SigningKey};
use nonos_core::batch::BatchRecord;
use nonos_core::manifest::{self, Manifest, PolicyAbi};
use nonos_core::package::Package;
use nonos_core::receipt::{Receipt, ReceiptHeader};
use nonos_core::{Fr, ReceiptLeaf};
use nonos_node::store::{
    CounterId, Limits, Place, Put, PutBatch, RedbStore, Reserved, SledStore, Store, StoreError,
};

/// A receipt that can be stored, though its signatures and proof mean nothing.
fn receipt(nullifier: u64, output: u8) -> Receipt {
    let mut header = ReceiptHeader::abi_decode(&[0; 21 * 32]).unwrap();
    header.schema = 1;
    header.nullifier = U256::from(nullifier);
    header.executionKey = B256::repeat_byte(1);
    header.outputHash = B256::repeat_byte(output);

    Receipt {
        chainId: 31337,
        header,
        executionSignature: vec![0; 64].into(),
        launchProof: vec![1; 100].into(),
        anchor: Address::ZERO,
        onionSignature: vec![].into(),
        openings: vec![],
    }
}

/// A package that its publisher signed, of a hidden capsule.
fn package(payload: &[u8]) -> Package {
    let publisher = SigningKey::from_bytes(&[3; 32]);
    let manifest = Manifest {
        schema: manifest::SCHEMA,
        name: "org.example/echo".into(),
        version: "1.0.0".into(),
        publisher: B256::new(publisher.verifying_key().to_bytes()),
        payloadSize: payload.len() as u64,
        sha3_512: vec![].into(),
        blake3: B256::ZERO,
        commitment: B256::repeat_byte(5),
        salt: B256::ZERO,
        digestProof: B256::repeat_byte(6),
        policy: PolicyAbi {
            requiredCpu: 0,
            minIsolation: 1,
            allowedSyscalls: [0; 8],
            allowedCaps: 0,
            maxMemoryPages: 1,
            maxNetwork: 0,
            measurements: vec![],
        },
        operators: vec![],
    };
    let signature = publisher.sign(&manifest::signing_message(&manifest.digest())).to_bytes();
    Package { manifest, signature: signature.into(), payload: payload.to_vec().into() }
}

fn counter(n: u64) -> CounterId {
    CounterId::of(&Fr::from(n))
}

/// An engine under test.
trait Backend {
    type Store: Store;
    const NAME: &'static str;

    fn open(path: &Path) -> Result<Self::Store, StoreError>;
    fn open_limited(path: &Path, limits: Limits) -> Self::Store;
    /// A backup, as somebody would make one while nothing runs.
    fn copy(from: &Path, to: &Path);
}

struct Redb;

impl Backend for Redb {
    type Store = RedbStore;
    const NAME: &'static str = "store.redb";

    fn open(path: &Path) -> Result<RedbStore, StoreError> {
        RedbStore::open(path)
    }

    fn open_limited(path: &Path, limits: Limits) -> RedbStore {
        RedbStore::open(path).unwrap().with_limits(limits)
    }

    fn copy(from: &Path, to: &Path) {
        std::fs::copy(from, to).unwrap();
    }
}

struct Sled;

impl Backend for Sled {
    type Store = SledStore;
    const NAME: &'static str = "store.sled";

    fn open(path: &Path) -> Result<SledStore, StoreError> {
        SledStore::open(path)
    }

    fn open_limited(path: &Path, limits: Limits) -> SledStore {
        SledStore::open(path).unwrap().with_limits(limits)
    }

    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            match entry.file_type().unwrap().is_dir() {
                true => Self::copy(&entry.path(), &to.join(entry.file_name())),
                false => drop(std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap()),
            }
        }
    }
}
