//! Deployment: libraries, verifier, wrapper, router, registries and anchor, wired and checked.

use std::collections::BTreeMap;

use alloy::{network::TransactionBuilder, providers::Provider, rpc::types::TransactionRequest};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolValue;
use nonos_core::policy::Policy;
use serde::{Deserialize, Serialize};

use crate::{
    abi::{LaunchVerifier, ReceiptAnchor, VerifierRouter},
    artifact::Artifact,
    error::ChainError,
};

/// Time bounds in seconds; `max_receipt_age + inclusion_margin + challenge_window < unbonding_delay`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Oldest launch that is recorded.
    pub max_receipt_age: u64,
    /// Time that a transaction may need to be included.
    pub inclusion_margin: u64,
    /// Longest time that a batch can be challenged.
    pub challenge_window: u64,
    /// Time from an operator's exit to the release of its deposit.
    pub unbonding_delay: u64,
    /// Longest validity of one enrolment.
    pub max_validity: u64,
}

impl Default for Times {
    fn default() -> Self {
        const DAY: u64 = 24 * 60 * 60;
        Self {
            max_receipt_age: DAY,
            inclusion_margin: 60 * 60,
            challenge_window: 7 * DAY,
            unbonding_delay: 14 * DAY,
            max_validity: 365 * DAY,
        }
    }
}

/// What to deploy.
#[derive(Clone, Debug)]
pub struct DeployConfig {
    /// Owner of the router; the deploying account hands over at the end if it is another one.
    pub owner: Address,
    /// Who may stop verifiers besides the owner; zero for nobody.
    pub guardian: Address,
    /// Policies laxer than this are refused in catalogs.
    pub policy_floor: Policy,
    /// Deposit per enrolment, in wei.
    pub operator_deposit: U256,
    /// Time bounds.
    pub times: Times,
}

impl DeployConfig {
    /// A deployment with the default deposit (0.01 ether) and times, and no guardian.
    pub fn new(owner: Address, policy_floor: Policy) -> Self {
        Self {
            owner,
            guardian: Address::ZERO,
            policy_floor,
            operator_deposit: U256::from(10).pow(U256::from(16)),
            times: Times::default(),
        }
    }
}

/// Where everything is. Serialises to the deployment file that clients read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deployment {
    /// Chain.
    pub chain_id: u64,
    /// Block before the first deployment transaction: where event reads start.
    pub first_block: u64,
    /// H(verifying key, SRS hash) of the launch verifier.
    pub verifier_key: B256,
    /// Contract addresses.
    pub addresses: Addresses,
}

/// Contract addresses of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Addresses {
    /// Library: Poseidon with tag 0.
    pub poseidon_t3: Address,
    /// Library: Poseidon with a tag.
    pub poseidon_tagged: Address,
    /// Generated verifier.
    pub launch_halo2_verifier: Address,
    /// Its wrapper.
    pub launch_verifier: Address,
    /// Router of verifier keys.
    pub verifier_router: Address,
    /// Operator tree.
    pub operator_registry: Address,
    /// Publishers, catalogs, install tree.
    pub capsule_registry: Address,
    /// Judge of single receipts.
    pub receipt_anchor: Address,
}

/// Deploys everything from the provider's default account and checks the result.
///
/// The account pays seven creations and one call; if `config.owner` is another account, that one has to accept the
/// ownership of the router afterwards (`acceptOwnership`).
pub async fn deploy(provider: &impl Provider, config: &DeployConfig) -> Result<Deployment, ChainError> {
    let chain_id = chain_id(provider).await?;
    let first_block = provider.get_block_number().await;
    let first_block =
        first_block.map_err(|error| ChainError::transport("reading the block number", error))?;
    let mut deployer = Deployer { provider, libraries: BTreeMap::new() };

    let poseidon_t3 = deployer.library(&Artifact::poseidon_t3()?).await?;
    let poseidon_tagged = deployer.library(&Artifact::poseidon_tagged()?).await?;
    // Creates the generated verifier itself, and reverts if that has a developer setup and the chain is a real one.
    let (launch_verifier, sender) = deployer.contract(&Artifact::launch_verifier()?, Vec::new()).await?;
    let wrapper = LaunchVerifier::new(launch_verifier, provider);
    let failed = |error| ChainError::call("reading the launch verifier", error);
    let launch_halo2_verifier = wrapper.generated().call().await.map_err(failed)?;
    let verifier_key = wrapper.verifierKey().call().await.map_err(failed)?;
    // The router starts with the deploying account, which has to add the verifier.
    let arguments = (sender, config.guardian).abi_encode_params();
    let (verifier_router, _) = deployer.contract(&Artifact::verifier_router()?, arguments).await?;
    let times = config.times;
    let arguments = (config.operator_deposit, times.max_validity, times.unbonding_delay).abi_encode_params();
    let (operator_registry, _) = deployer.contract(&Artifact::operator_registry()?, arguments).await?;
    let floor = config.policy_floor.words().map(|word| nonos_core::field::fr_to_u256(&word));
    let (capsule_registry, _) = deployer.contract(&Artifact::capsule_registry()?, floor.abi_encode()).await?;
    let bounds = (times.max_receipt_age, times.inclusion_margin, times.challenge_window);
    let arguments = (verifier_router, operator_registry, capsule_registry, bounds).abi_encode_params();
    let (receipt_anchor, _) = deployer.contract(&Artifact::receipt_anchor()?, arguments).await?;

    let router = VerifierRouter::new(verifier_router, provider);
    deployer
        .call("adding the launch verifier", router.add(launch_verifier).into_transaction_request())
        .await?;
    if config.owner != sender {
        deployer
            .call("offering ownership", router.offerOwnership(config.owner).into_transaction_request())
            .await?;
    }
    let deployment = Deployment {
        chain_id,
        first_block,
        verifier_key,
        addresses: Addresses {
            poseidon_t3,
            poseidon_tagged,
            launch_halo2_verifier,
            launch_verifier,
            verifier_router,
            operator_registry,
            capsule_registry,
            receipt_anchor,
        },
    };
    deployment.check(provider).await?;
    Ok(deployment)
}

async fn chain_id(provider: &impl Provider) -> Result<u64, ChainError> {
    provider.get_chain_id().await.map_err(|error| ChainError::transport("reading the chain id", error))
}

impl Deployment {
    /// Checks that the contracts are on the provider's chain and belong together.
    pub async fn check(&self, provider: &impl Provider) -> Result<(), ChainError> {
        let chain = chain_id(provider).await?;
        if chain != self.chain_id {
            return Err(ChainError::WrongChain { file: self.chain_id, node: chain });
        }
        let a = &self.addresses;
        let contracts = [
            ("PoseidonT3", a.poseidon_t3),
            ("PoseidonTagged", a.poseidon_tagged),
            ("LaunchHalo2Verifier", a.launch_halo2_verifier),
            ("LaunchVerifier", a.launch_verifier),
            ("VerifierRouter", a.verifier_router),
            ("OperatorRegistry", a.operator_registry),
            ("CapsuleRegistry", a.capsule_registry),
            ("ReceiptAnchor", a.receipt_anchor),
        ];
        for (contract, address) in contracts {
            let code = provider.get_code_at(address).await;
            if code
                .map_err(|error| ChainError::transport(format!("reading the code of {contract}"), error))?
                .is_empty()
            {
                return Err(ChainError::NoCode { contract, address, chain });
            }
        }
        let failed = |error| ChainError::call("checking the deployment", error);
        let anchor = ReceiptAnchor::new(a.receipt_anchor, provider);
        let router = VerifierRouter::new(a.verifier_router, provider);
        let wrapper = LaunchVerifier::new(a.launch_verifier, provider);
        let links = [
            ("the anchor's router", anchor.router().call().await.map_err(failed)?, a.verifier_router),
            ("the anchor's operators", anchor.operators().call().await.map_err(failed)?, a.operator_registry),
            ("the anchor's capsules", anchor.capsules().call().await.map_err(failed)?, a.capsule_registry),
            (
                "the router's key",
                router.resolve(self.verifier_key).call().await.map_err(failed)?,
                a.launch_verifier,
            ),
            ("the wrapper", wrapper.generated().call().await.map_err(failed)?, a.launch_halo2_verifier),
        ];
        for (contract, actual, expected) in links {
            if actual != expected {
                return Err(ChainError::Miswired { contract, actual, expected });
            }
        }
        Ok(())
    }
}

struct Deployer<'a, P> {
    provider: &'a P,
    libraries: BTreeMap<String, Address>,
}

impl<P: Provider> Deployer<'_, P> {
    async fn library(&mut self, artifact: &Artifact) -> Result<Address, ChainError> {
        let (address, _) = self.contract(artifact, Vec::new()).await?;
        self.libraries.insert(artifact.contract.clone(), address);
        Ok(address)
    }

    async fn contract(
        &self,
        artifact: &Artifact,
        arguments: Vec<u8>,
    ) -> Result<(Address, Address), ChainError> {
        let code = artifact.deploy_code(&self.libraries, &arguments)?;
        self.send(&artifact.contract, code).await
    }

    /// Creates a contract; gives its address and the account that paid.
    async fn send(&self, name: &str, code: Bytes) -> Result<(Address, Address), ChainError> {
        let what = format!("deploying {name}");
        let (created, sender) =
            self.call(&what, TransactionRequest::default().with_deploy_code(code)).await?;
        created.map(|address| (address, sender)).ok_or_else(|| ChainError::NothingDeployed(name.to_owned()))
    }

    async fn call(
        &self,
        what: &str,
        request: TransactionRequest,
    ) -> Result<(Option<Address>, Address), ChainError> {
        let pending = self.provider.send_transaction(request).await;
        let pending = pending.map_err(|error| ChainError::transport(what, error))?;
        let mined = pending.get_receipt().await;
        let mined = mined.map_err(|source| ChainError::Pending { what: what.to_owned(), source })?;
        if !mined.status() {
            return Err(ChainError::Failed { what: what.to_owned(), hash: mined.transaction_hash });
        }
        Ok((mined.contract_address, mined.from))
    }
}
