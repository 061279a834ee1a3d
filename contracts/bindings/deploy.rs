//! Deployment: libraries, verifiers in their wrappers, router, fees, registries, anchor, trust scores and market, wired and
//! checked.

use std::collections::BTreeMap;

use alloy::{network::TransactionBuilder, providers::Provider, rpc::types::TransactionRequest};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolValue;
use nonos_core::policy::Policy;

use crate::{
    abi::{EnrolmentVerifier, InstallVerifier, LaunchVerifier},
    artifact::Artifact,
    deployment::{Addresses, Deployment, chain_id},
    error::ChainError,
    terms::{MarketConfig, Stakes, Times, VerificationConfig},
};

/// What to deploy.
#[derive(Clone, Debug)]
pub struct DeployConfig {
    /// Owner of router and fee schedule from their first block on, whoever deploys; not zero.
    pub owner: Address,
    /// Who may stop verifiers besides the owner; zero for nobody.
    pub guardian: Address,
    /// Policies laxer than this are refused in catalogs.
    pub policy_floor: Policy,
    /// Deposit per enrolment, in wei; at least 20. A twentieth is the bounty for removing an expired leaf.
    pub operator_deposit: U256,
    /// Time bounds.
    pub times: Times,
    /// What relayers answer with.
    pub stakes: Stakes,
    /// Terms of the market.
    pub market: MarketConfig,
    /// Terms of the verification market; those that fit the challenge window if there are none.
    pub verification: Option<VerificationConfig>,
}

impl DeployConfig {
    /// A deployment with the default deposit (0.01 ether), times and terms, and no guardian.
    pub fn new(owner: Address, policy_floor: Policy) -> Self {
        Self {
            owner,
            guardian: Address::ZERO,
            policy_floor,
            operator_deposit: U256::from(10).pow(U256::from(16)),
            times: Times::default(),
            stakes: Stakes::default(),
            market: MarketConfig::default(),
            verification: None,
        }
    }

    /// What whoever removes an expired leaf gets out of its deposit, in wei.
    pub fn bounty(&self) -> U256 {
        self.operator_deposit / U256::from(20)
    }
}

/// Deploys everything from the provider's default account and checks the result.
///
/// The account pays twenty creations and gets no role: router and fee schedule belong to `config.owner`, and the router has the launch verifier in
/// use from its constructor on. The registries take enrolment and install proofs of the circuits that this crate carries,
/// and nothing else: there is no way to deploy them around another verifier.
pub async fn deploy(provider: &impl Provider, config: &DeployConfig) -> Result<Deployment, ChainError> {
    if config.owner.is_zero() {
        return Err(ChainError::ZeroOwner);
    }
    let chain_id = chain_id(provider).await?;
    config.times.check(chain_id)?;
    config.stakes.check()?;
    let first_block = provider.get_block_number().await;
    let first_block =
        first_block.map_err(|error| ChainError::transport("reading the block number", error))?;
    let mut deployer = Deployer { provider, libraries: BTreeMap::new(), sender: None };

    let poseidon_t3 = deployer.library(&Artifact::poseidon_t3()?).await?;
    let poseidon_tagged = deployer.library(&Artifact::poseidon_tagged()?).await?;
    let market_rules = deployer.library(&Artifact::market_rules()?).await?;
    let claims = deployer.library(&Artifact::claims()?).await?;
    let input_demands = deployer.library(&Artifact::input_demands()?).await?;
    let token_accounts = deployer.library(&Artifact::token_accounts()?).await?;
    let admission = deployer.library(&Artifact::admission()?).await?;
    let fraud = deployer.library(&Artifact::fraud()?).await?;
    // Creates the generated verifier itself, and reverts if that has a developer setup and the chain is a real one.
    let launch_verifier = deployer.contract(&Artifact::launch_verifier()?, Vec::new()).await?;
    let wrapper = LaunchVerifier::new(launch_verifier, provider);
    let failed = |error| ChainError::call("reading the launch verifier", error);
    let launch_halo2_verifier = wrapper.generated().call().await.map_err(failed)?;
    let verifier_key = wrapper.verifierKey().call().await.map_err(failed)?;
    let enrolment_verifier = deployer.contract(&Artifact::enrolment_verifier()?, Vec::new()).await?;
    let wrapper = EnrolmentVerifier::new(enrolment_verifier, provider);
    let failed = |error| ChainError::call("reading the enrolment verifier", error);
    let enrolment_halo2_verifier = wrapper.generated().call().await.map_err(failed)?;
    let enrolment_key = wrapper.verifierKey().call().await.map_err(failed)?;
    let install_verifier = deployer.contract(&Artifact::install_verifier()?, Vec::new()).await?;
    let wrapper = InstallVerifier::new(install_verifier, provider);
    let failed = |error| ChainError::call("reading the install verifier", error);
    let install_halo2_verifier = wrapper.generated().call().await.map_err(failed)?;
    let install_key = wrapper.verifierKey().call().await.map_err(failed)?;
    let arguments = (config.owner, config.guardian, vec![launch_verifier]).abi_encode_params();
    let verifier_router = deployer.contract(&Artifact::verifier_router()?, arguments).await?;
    let terms = &config.market;
    let fees = (terms.protocol_fee_bps, terms.burned_fee_bps, terms.treasury, terms.fee_delay);
    let arguments = (config.owner, config.guardian, fees).abi_encode_params();
    let fee_schedule = deployer.contract(&Artifact::fee_schedule()?, arguments).await?;
    let times = config.times;
    // Registry, registry, anchor, scores, market, verification market: a registry and the scores name the market, the other
    // registry the verification market, before they are there.
    let proof_market = deployer.address_after(4).await?;
    let attestor = deployer.address_after(5).await?;
    let arguments = (
        enrolment_verifier,
        proof_market,
        config.operator_deposit,
        config.bounty(),
        times.min_validity,
        times.max_validity,
        times.unbonding_delay,
    )
        .abi_encode_params();
    let operator_registry = deployer.contract(&Artifact::operator_registry()?, arguments).await?;
    let floor = config.policy_floor.words().map(|word| nonos_core::field::fr_to_u256(&word));
    let arguments = (enrolment_verifier, install_verifier, floor, attestor).abi_encode_params();
    let capsule_registry = deployer.contract(&Artifact::capsule_registry()?, arguments).await?;
    let bounds = (
        times.max_receipt_age,
        times.inclusion_margin,
        times.challenge_window,
        times.reveal_period,
        times.late_slash,
    );
    let stakes = (config.stakes.slice, config.stakes.base_fee_floor);
    let arguments =
        (verifier_router, operator_registry, capsule_registry, bounds, stakes).abi_encode_params();
    let receipt_anchor = deployer.contract(&Artifact::receipt_anchor()?, arguments).await?;
    let arguments = (proof_market, terms.reference_fee).abi_encode_params();
    let trust_scores = deployer.contract(&Artifact::trust_scores()?, arguments).await?;
    let arguments = (receipt_anchor, trust_scores, fee_schedule, terms.collateral_floor_bps, terms.grace)
        .abi_encode_params();
    let proof_market = deployer.contract(&Artifact::proof_market()?, arguments).await?;
    let opinions = config.verification.unwrap_or_else(|| VerificationConfig::fitting(times.challenge_window));
    let terms = (
        opinions.attested_floor,
        opinions.grace,
        opinions.contest_window,
        opinions.answer_base,
        opinions.answer_per_chunk,
        opinions.least_install_bond,
    );
    let arguments = (receipt_anchor, terms).abi_encode_params();
    let verification_market = deployer.contract(&Artifact::verification_market()?, arguments).await?;
    let arguments = (trust_scores,).abi_encode_params();
    let validation_view = deployer.contract(&Artifact::validation_view()?, arguments).await?;

    let deployment = Deployment {
        chain_id,
        first_block,
        verifier_key,
        enrolment_key,
        install_key,
        owner: config.owner,
        guardian: config.guardian,
        timelock: Address::ZERO,
        addresses: Addresses {
            poseidon_t3,
            poseidon_tagged,
            market_rules,
            claims,
            input_demands,
            token_accounts,
            admission,
            fraud,
            launch_halo2_verifier,
            launch_verifier,
            enrolment_halo2_verifier,
            enrolment_verifier,
            install_halo2_verifier,
            install_verifier,
            verifier_router,
            operator_registry,
            capsule_registry,
            receipt_anchor,
            proof_market,
            trust_scores,
            fee_schedule,
            verification_market,
            validation_view,
        },
    };
    deployment.check(provider).await?;
    Ok(deployment)
}

struct Deployer<'a, P> {
    provider: &'a P,
    libraries: BTreeMap<String, Address>,
    sender: Option<Address>,
}

impl<P: Provider> Deployer<'_, P> {
    async fn library(&mut self, artifact: &Artifact) -> Result<Address, ChainError> {
        let address = self.contract(artifact, Vec::new()).await?;
        self.libraries.insert(artifact.contract.clone(), address);
        Ok(address)
    }

    /// The address of the account's contract that is created `after` the next one. If another transaction of the account
    /// comes in between, it is another's: the market's constructor compares.
    async fn address_after(&self, after: u64) -> Result<Address, ChainError> {
        const WHAT: &str = "reading the account that deploys";
        let sender = self.sender.ok_or_else(|| ChainError::NothingDeployed("PoseidonT3".to_owned()))?;
        let nonce = self.provider.get_transaction_count(sender).await;
        let nonce = nonce.map_err(|error| ChainError::transport(WHAT, error))?;
        Ok(sender.create(nonce.saturating_add(after)))
    }

    async fn contract(&mut self, artifact: &Artifact, arguments: Vec<u8>) -> Result<Address, ChainError> {
        let (sender, address) = self.send(artifact, arguments).await?;
        self.sender = Some(sender);
        Ok(address)
    }

    /// Sender and address of a new contract.
    async fn send(&self, artifact: &Artifact, arguments: Vec<u8>) -> Result<(Address, Address), ChainError> {
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
        let address = mined.contract_address;
        let address = address.ok_or_else(|| ChainError::NothingDeployed(artifact.contract.clone()))?;
        Ok((mined.from, address))
    }
}
