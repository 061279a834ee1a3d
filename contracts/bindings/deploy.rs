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
    /// Time from an operator's exit or expiry to the release of its deposit.
    pub unbonding_delay: u64,
    /// Shortest validity of one enrolment; at least a day.
    pub min_validity: u64,
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
            min_validity: DAY,
            max_validity: 365 * DAY,
        }
    }
}

/// What to deploy.
#[derive(Clone, Debug)]
pub struct DeployConfig {
    /// Owner of the router from its first block on, whoever deploys; not zero.
    pub owner: Address,
    /// Who may stop verifiers besides the owner; zero for nobody.
    pub guardian: Address,
    /// Policies laxer than this are refused in catalogs.
    pub policy_floor: Policy,
    /// Deposit per enrolment, in wei; at least 20. A twentieth is the bounty for removing an expired leaf.
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

    /// What whoever removes an expired leaf gets out of its deposit, in wei.
    pub fn bounty(&self) -> U256 {
        self.operator_deposit / U256::from(20)
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
    /// Owner of the router.
    pub owner: Address,
    /// Who may stop verifiers besides the owner; zero for nobody.
    pub guardian: Address,
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
/// The account pays seven creations and gets no role: the router belongs to `config.owner` and has the launch verifier in
/// use from its constructor on.
pub async fn deploy(provider: &impl Provider, config: &DeployConfig) -> Result<Deployment, ChainError> {
    if config.owner.is_zero() {
        return Err(ChainError::ZeroOwner);
    }
    let chain_id = chain_id(provider).await?;
    let first_block = provider.get_block_number().await;
    let first_block =
        first_block.map_err(|error| ChainError::transport("reading the block number", error))?;
    let mut deployer = Deployer { provider, libraries: BTreeMap::new() };

    let poseidon_t3 = deployer.library(&Artifact::poseidon_t3()?).await?;
    let poseidon_tagged = deployer.library(&Artifact::poseidon_tagged()?).await?;
    // Creates the generated verifier itself, and reverts if that has a developer setup and the chain is a real one.
    let launch_verifier = deployer.contract(&Artifact::launch_verifier()?, Vec::new()).await?;
    let wrapper = LaunchVerifier::new(launch_verifier, provider);
    let failed = |error| ChainError::call("reading the launch verifier", error);
    let launch_halo2_verifier = wrapper.generated().call().await.map_err(failed)?;
    let verifier_key = wrapper.verifierKey().call().await.map_err(failed)?;
    let arguments = (config.owner, config.guardian, vec![launch_verifier]).abi_encode_params();
    let verifier_router = deployer.contract(&Artifact::verifier_router()?, arguments).await?;
    let times = config.times;
    let validity = (times.min_validity, times.max_validity);
    let arguments = (config.operator_deposit, config.bounty(), validity.0, validity.1, times.unbonding_delay)
        .abi_encode_params();
    let operator_registry = deployer.contract(&Artifact::operator_registry()?, arguments).await?;
    let floor = config.policy_floor.words().map(|word| nonos_core::field::fr_to_u256(&word));
    let capsule_registry = deployer.contract(&Artifact::capsule_registry()?, floor.abi_encode()).await?;
    let bounds = (times.max_receipt_age, times.inclusion_margin, times.challenge_window);
    let arguments = (verifier_router, operator_registry, capsule_registry, bounds).abi_encode_params();
    let receipt_anchor = deployer.contract(&Artifact::receipt_anchor()?, arguments).await?;

    let deployment = Deployment {
        chain_id,
        first_block,
        verifier_key,
        owner: config.owner,
        guardian: config.guardian,
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
    /// Checks that the contracts are on the provider's chain, have the code that this crate carries, belong together,
    /// and that the router's roles are the ones in the file.
    pub async fn check(&self, provider: &impl Provider) -> Result<(), ChainError> {
        let chain = chain_id(provider).await?;
        if chain != self.chain_id {
            return Err(ChainError::WrongChain { file: self.chain_id, node: chain });
        }
        self.check_code(provider).await?;
        let a = &self.addresses;
        let failed = |error| ChainError::call("checking the deployment", error);
        let anchor = ReceiptAnchor::new(a.receipt_anchor, provider);
        let router = VerifierRouter::new(a.verifier_router, provider);
        let wrapper = LaunchVerifier::new(a.launch_verifier, provider);
        let actual = wrapper.verifierKey().call().await.map_err(failed)?;
        if actual != self.verifier_key {
            return Err(ChainError::OtherKey { actual, expected: self.verifier_key });
        }
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
        let roles = [
            ("owner", router.owner().call().await.map_err(failed)?, self.owner),
            ("guardian", router.guardian().call().await.map_err(failed)?, self.guardian),
        ];
        for (role, actual, expected) in roles {
            if actual != expected {
                return Err(ChainError::OtherRole { role, actual, expected });
            }
        }
        Ok(())
    }

    /// Compares the code at every address with the artifacts.
    async fn check_code(&self, provider: &impl Provider) -> Result<(), ChainError> {
        let a = &self.addresses;
        let contracts = [
            ("PoseidonT3", a.poseidon_t3, Artifact::poseidon_t3()?),
            ("PoseidonTagged", a.poseidon_tagged, Artifact::poseidon_tagged()?),
            ("LaunchHalo2Verifier", a.launch_halo2_verifier, Artifact::launch_halo2_verifier()?),
            ("LaunchVerifier", a.launch_verifier, Artifact::launch_verifier()?),
            ("VerifierRouter", a.verifier_router, Artifact::verifier_router()?),
            ("OperatorRegistry", a.operator_registry, Artifact::operator_registry()?),
            ("CapsuleRegistry", a.capsule_registry, Artifact::capsule_registry()?),
            ("ReceiptAnchor", a.receipt_anchor, Artifact::receipt_anchor()?),
        ];
        let libraries = [("PoseidonT3", a.poseidon_t3), ("PoseidonTagged", a.poseidon_tagged)]
            .map(|(name, address)| (name.to_owned(), address))
            .into();
        for (contract, address, artifact) in contracts {
            let code = provider
                .get_code_at(address)
                .await
                .map_err(|error| ChainError::transport(format!("reading the code of {contract}"), error))?;
            if code.is_empty() {
                return Err(ChainError::NoCode { contract, address, chain: self.chain_id });
            }
            if !artifact.is_code(address, &libraries, &code)? {
                return Err(ChainError::OtherCode { contract, address });
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
        let address = self.contract(artifact, Vec::new()).await?;
        self.libraries.insert(artifact.contract.clone(), address);
        Ok(address)
    }

    async fn contract(&self, artifact: &Artifact, arguments: Vec<u8>) -> Result<Address, ChainError> {
        let what = format!("deploying {}", artifact.contract);
        let code: Bytes = artifact.deploy_code(&self.libraries, &arguments)?;
        let pending =
            self.provider.send_transaction(TransactionRequest::default().with_deploy_code(code)).await;
        let pending = pending.map_err(|error| ChainError::transport(what.clone(), error))?;
        let mined = pending.get_receipt().await;
        let mined = mined.map_err(|source| ChainError::Pending { what: what.clone(), source })?;
        if !mined.status() {
            return Err(ChainError::Failed { what, hash: mined.transaction_hash });
        }
        mined.contract_address.ok_or_else(|| ChainError::NothingDeployed(artifact.contract.clone()))
    }
}
