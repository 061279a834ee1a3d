//! The devnet as its users meet it: through alloy in process, through HTTP, and through foundry's `cast`.

mod anvil;
mod cast;
mod chain;
mod conformance;
mod contract;
mod fees;
mod http;
mod pool;
mod time;

use alloy::{
    network::{EthereumWallet, TransactionBuilder},
    providers::{DynProvider, Provider, ProviderBuilder},
    rpc::{json_rpc::ErrorPayload, types::TransactionRequest},
    sol,
    transports::{RpcError, TransportError},
};
use alloy_primitives::{Address, Bytes};
use nonos_devnet::{Config, Devnet};

sol! {
    #[sol(rpc)]
    #[derive(Debug, PartialEq)]
    contract Probe {
        error TooSmall(uint256 got, uint256 least);
        event Stored(address indexed who, uint256 indexed value, bytes32 note);

        function value() external view returns (uint256);
        function store(uint256 next) external;
        function refuse(string why) external pure;
        function fill(uint256 count) external;
        function clear(uint256 count) external;
        function nested(uint256 count) external;
        function time() external view returns (uint256);
        function hashOf(uint256 number) external view returns (bytes32);
        function caller() external view returns (address);
        function spin() external pure;
    }
}

/// Creation code of `Probe.sol`.
fn probe_code() -> Bytes {
    include_str!("Probe.hex").trim().parse().expect("hex")
}

fn wallet(devnet: &Devnet) -> EthereumWallet {
    let mut accounts = devnet.accounts().iter().cloned();
    let mut wallet = EthereumWallet::from(accounts.next().expect("ten accounts"));
    accounts.for_each(|account| wallet.register_signer(account));
    wallet
}

/// A provider in process that signs for every development account.
fn provider(devnet: &Devnet) -> DynProvider {
    ProviderBuilder::new().wallet(wallet(devnet)).connect_client(devnet.client()).erased()
}

fn start(config: Config) -> (Devnet, DynProvider) {
    let devnet = Devnet::new(config);
    let provider = provider(&devnet);
    (devnet, provider)
}

fn account(devnet: &Devnet, index: usize) -> Address {
    devnet.accounts()[index].address()
}

async fn deploy(provider: &DynProvider) -> Probe::ProbeInstance<DynProvider> {
    let tx = TransactionRequest::default().with_deploy_code(probe_code());
    let receipt = provider.send_transaction(tx).await.unwrap().get_receipt().await.unwrap();
    assert!(receipt.status());
    Probe::new(receipt.contract_address.unwrap(), provider.clone())
}

fn payload(error: TransportError) -> ErrorPayload {
    match error {
        RpcError::ErrorResp(payload) => payload,
        other => panic!("not an error answer: {other:?}"),
    }
}
