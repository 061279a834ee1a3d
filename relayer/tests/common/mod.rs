//! A chain with the contracts on it, receipts without proofs, and what a relayer needs to run on them.
#![allow(dead_code, reason = "every test file uses a part of it")]

pub mod chaos;
pub mod ledger;
pub mod receipts;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use alloy::network::EthereumWallet;
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::client::RpcClient;
use alloy::signers::local::PrivateKeySigner;
use alloy_primitives::{B256, Bytes, U256, keccak256};
use async_trait::async_trait;
use nonos_contracts::{DeployConfig, Deployment, Times, deploy};
use nonos_core::ReceiptLeaf;
use nonos_core::batch::BatchRecord;
use nonos_core::policy::Policy;
use nonos_core::receipt::{Receipt, ReceiptHeader};
use nonos_devnet::{DEV_KEYS, Devnet};
use nonos_relayer::batch::BatchPolicy;
use nonos_relayer::chain::FeePolicy;
use nonos_relayer::collect::{Page, ReceiptSource, SourceError};
use nonos_relayer::publish::{BatchSink, SinkError};
use nonos_relayer::submit::{Resend, SubmitPolicy};
use nonos_relayer::verify::{Admission, NotAdmitted, ProofCheck, Refusal};
use nonos_relayer::{Config, GWEI, Parts};

/// The account that anchors; the deployer is another.
pub fn relayer_key() -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&DEV_KEYS[1]).expect("a key")
}

/// A provider that signs for one account.
pub fn wallet(client: RpcClient, key: PrivateKeySigner) -> DynProvider {
    ProviderBuilder::new().wallet(EthereumWallet::from(key)).connect_client(client).erased()
}

/// Deploys the contracts, and gives the relayer a bond for many batches. Short windows: finality comes in a test, too.
pub async fn deployed(client: RpcClient) -> Deployment {
    let owner = PrivateKeySigner::from_bytes(&DEV_KEYS[0]).expect("a key");
    let provider = wallet(client.clone(), owner.clone());
    let floor = Policy {
        required_cpu: 0,
        min_isolation: 2,
        allowed_syscalls: [u64::MAX; 8],
        allowed_caps: u64::MAX,
        max_memory_pages: (1 << 24) - 1,
        max_network: 3,
        measurements: vec![],
    };
    let mut config = DeployConfig::new(owner.address(), floor);
    config.times = Times { late_slash: 60, ..Times::default().with_challenge_window(600) };
    let deployment = deploy(&provider, &config).await.expect("deployed");
    let ours = wallet(client, relayer_key());
    let anchor = deployment.addresses.receipt_anchor;
    let bond = U256::from(4_000) * U256::from(10).pow(U256::from(18));
    nonos_relayer::bond::deposit(&ours, anchor, relayer_key().address(), bond).await.expect("bonded");
    deployment
}

/// Lets the registries take any proof of an enrolment or install: these tests are about what comes after it. The code is
/// `return 1`.
pub async fn accept_any_proof(provider: &impl Provider, deployment: &Deployment) {
    let a = &deployment.addresses;
    for place in [a.enrolment_halo2_verifier, a.install_halo2_verifier] {
        let code = Bytes::from_static(&[0x60, 1, 0x5f, 0x52, 0x60, 32, 0x5f, 0xf3]);
        let () = provider.raw_request("anvil_setCode".into(), (place, code)).await.expect("code replaced");
    }
}

/// The leaf of receipt `number`, which is 8 bytes long and proves nothing.
pub fn leaf_of(bytes: &[u8]) -> Result<ReceiptLeaf, String> {
    if bytes.len() == 8 { Ok(keccak256(bytes).into()) } else { Err(format!("{} bytes", bytes.len())) }
}

pub fn leaf(number: u64) -> B256 {
    keccak256(number.to_be_bytes())
}

/// The numbers 0, 1, 2, .. as receipts, up to a limit that can be raised.
#[derive(Debug, Default)]
pub struct Numbers(pub AtomicU64);

#[async_trait]
impl ReceiptSource for Numbers {
    async fn page(&self, from: u64, limit: usize) -> Result<Page, SourceError> {
        let end = self.0.load(Ordering::SeqCst).min(from + limit as u64);
        let receipts = (from..end).map(|number| Bytes::copy_from_slice(&number.to_be_bytes())).collect();
        Ok(Page { receipts, next: end.max(from) })
    }
}

/// Remembers what was published.
#[derive(Debug, Default)]
pub struct Published(pub Mutex<Vec<BatchRecord>>);

#[async_trait]
impl BatchSink for Published {
    async fn publish(&self, record: &BatchRecord) -> Result<(), SinkError> {
        record.check().map_err(|error| SinkError(error.to_string()))?;
        self.0.lock().expect("no panics").push(record.clone());
        Ok(())
    }
}

/// Judges that let everything pass.
#[derive(Debug)]
pub struct Lenient;

impl ProofCheck for Lenient {
    fn check(&self, _: &[u8]) -> Result<Receipt, Refusal> {
        let header = <ReceiptHeader as alloy_sol_types::SolValue>::abi_decode(&[0; 21 * 32]).expect("zeros");
        Ok(Receipt {
            chainId: 0,
            anchor: Default::default(),
            header,
            executionSignature: Bytes::new(),
            onionSignature: Bytes::new(),
            launchProof: Bytes::new(),
            openings: vec![],
        })
    }
}

#[async_trait]
impl Admission for Lenient {
    async fn admit(&self, _: &Receipt) -> Result<(), NotAdmitted> {
        Ok(())
    }
}

pub fn parts(
    provider: DynProvider,
    deployment: &Deployment,
    source: Arc<Numbers>,
    sink: Arc<dyn BatchSink>,
) -> Parts {
    Parts {
        provider,
        chain_id: deployment.chain_id,
        anchor: deployment.addresses.receipt_anchor,
        signer: relayer_key(),
        source,
        sink,
        proofs: Arc::new(Lenient),
        admission: Arc::new(Lenient),
        leaf_of,
    }
}

/// Everything happens in milliseconds.
pub fn quick() -> Config {
    let ms = Duration::from_millis;
    Config {
        batch: BatchPolicy { max_size: 8, max_age: ms(20), hard_age: ms(500), gas_price_ceiling: 100 * GWEI },
        submit: SubmitPolicy {
            fees: FeePolicy { min_tip: 1, max_tip: 2 * GWEI, cap: 10_000 * GWEI },
            resend: Resend { blocks: 2, pause: ms(40) },
            in_flight: 4,
            confirmations: 6,
        },
        poll: ms(8),
        collect_poll: ms(4),
        patience: ms(80),
        admission_patience: ms(1_000),
        page: 7,
        backlog: 512,
        http: None,
    }
}

pub fn plain(devnet: &Devnet) -> DynProvider {
    ProviderBuilder::new().connect_client(devnet.client()).erased()
}

/// xorshift64*: the schedule of a test is its seed.
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 11) % bound
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}
