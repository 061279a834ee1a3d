//! A private anvil for one test, ended with it.

use alloy::providers::Provider;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use nonos_contracts::Deployment;
use nonos_core::policy::Policy;
use nonos_core::receipt::ReceiptHeader;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// First of anvil's accounts; its key is public.
pub const KEY: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

pub struct Anvil {
    child: Child,
    pub url: String,
}

impl Anvil {
    pub fn start(chain_id: u64) -> Self {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("node_modules/.bin/anvil");
        assert!(program.exists(), "{} is missing: run `npm ci` in contracts/", program.display());
        let mut child = Command::new(program)
            .args(["--port", "0", "--hardfork", "osaka", "--chain-id", &chain_id.to_string()])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("anvil starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let address = lines.find_map(|line| line.ok()?.strip_prefix("Listening on ").map(str::to_owned));
        // Keeps the pipe empty, or anvil would block on a full one.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url: format!("http://{}", address.expect("anvil says where it listens")) }
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Code of a verifier that takes anything: `return 1`.
pub const ACCEPT: [u8; 8] = [0x60, 1, 0x5f, 0x52, 0x60, 32, 0x5f, 0xf3];

/// Lets the registries take any enrolment proof: these tests are about what comes after it.
#[allow(dead_code, reason = "not every test enrols")]
pub async fn accept_enrolments(provider: &impl Provider, deployment: &Deployment) {
    replace(provider, deployment.addresses.enrolment_halo2_verifier).await;
}

/// Lets the registry take any proof of an install.
#[allow(dead_code, reason = "not every test installs")]
pub async fn accept_installs(provider: &impl Provider, deployment: &Deployment) {
    replace(provider, deployment.addresses.install_halo2_verifier).await;
}

/// Lets the anchor take any launch proof.
#[allow(dead_code, reason = "not every test serves requests")]
pub async fn accept_launches(provider: &impl Provider, deployment: &Deployment) {
    replace(provider, deployment.addresses.launch_halo2_verifier).await;
}

async fn replace(provider: &impl Provider, place: Address) {
    let code = Bytes::from_static(&ACCEPT);
    let () = provider.raw_request("anvil_setCode".into(), (place, code)).await.expect("code replaced");
}

/// A policy floor that nearly every catalog meets.
pub fn floor() -> Policy {
    Policy {
        required_cpu: 0,
        min_isolation: 2,
        allowed_syscalls: [u64::MAX; 8],
        allowed_caps: u64::MAX,
        max_memory_pages: (1 << 24) - 1,
        max_network: 3,
        measurements: vec![],
    }
}

/// A header that is canonical; no proof of it exists.
#[allow(dead_code, reason = "not every test has receipts")]
pub fn header(key: B256, i: u64) -> ReceiptHeader {
    let field = |j: u64| U256::from_be_bytes(keccak256([i.to_be_bytes(), j.to_be_bytes()].concat()).0) >> 8;
    ReceiptHeader {
        schema: 1,
        verifierKey: key,
        flags: 3,
        capsuleTag: field(1),
        catalogRoot: field(2),
        operatorTag: field(3),
        operatorRoot: field(4),
        installRoot: field(5),
        stateTag: field(6),
        nullifier: field(7),
        executionKey: B256::repeat_byte(8),
        onionNetwork: 0,
        onionKey: B256::ZERO,
        launchedAt: 1_800_000_000,
        notBeforeBlock: 1,
        notBeforeHash: B256::repeat_byte(9),
        requestId: B256::ZERO,
        payee: Address::repeat_byte(0xbe),
        inputHash: B256::ZERO,
        outputHash: B256::ZERO,
        disclosures: B256::ZERO,
    }
}
