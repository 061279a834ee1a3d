//! Where a deployment is, and whether the chain still agrees.

use alloy::providers::Provider;
use alloy_primitives::{Address, B256};
use serde::{Deserialize, Serialize};

use crate::{
    abi::{
        CapsuleRegistry, EnrolmentVerifier, FeeSchedule, InstallVerifier, LaunchVerifier, OperatorRegistry,
        ProofMarket, ReceiptAnchor, TrustScores, ValidationView, VerificationMarket, VerifierRouter,
    },
    artifact::Artifact,
    error::ChainError,
};

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
    /// H(verifying key, SRS hash) of the enrolment verifier.
    pub enrolment_key: B256,
    /// H(verifying key, SRS hash) of the install verifier.
    pub install_key: B256,
    /// Owner of router and fee schedule.
    pub owner: Address,
    /// Who may stop verifiers, and retract announced fees, besides the owner; zero for nobody.
    pub guardian: Address,
    /// The owner, if it is a timelock of this deployment; else zero.
    pub timelock: Address,
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
    /// Library of the market: terms, signatures, receipts.
    pub market_rules: Address,
    /// Library of the market: claims and records.
    pub claims: Address,
    /// Library of the market: demands of inputs.
    pub input_demands: Address,
    /// Library of the market: tokens.
    pub token_accounts: Address,
    /// Library of the anchor: roots and times.
    pub admission: Address,
    /// Library of the anchor: what convicts a leaf or a batch's data.
    pub fraud: Address,
    /// Generated verifier.
    pub launch_halo2_verifier: Address,
    /// Its wrapper.
    pub launch_verifier: Address,
    /// Generated verifier of enrolments.
    pub enrolment_halo2_verifier: Address,
    /// Its wrapper, which both registries ask.
    pub enrolment_verifier: Address,
    /// Generated verifier of installs.
    pub install_halo2_verifier: Address,
    /// Its wrapper, which the capsule registry asks.
    pub install_verifier: Address,
    /// Router of verifier keys.
    pub verifier_router: Address,
    /// Operator tree.
    pub operator_registry: Address,
    /// Publishers, catalogs, install tree.
    pub capsule_registry: Address,
    /// Judge of receipts, single and in batches.
    pub receipt_anchor: Address,
    /// Requests, locks, claims and payments.
    pub proof_market: Address,
    /// Scores of operators.
    pub trust_scores: Address,
    /// The market's protocol fee.
    pub fee_schedule: Address,
    /// Bonded opinions on batches and installs.
    pub verification_market: Address,
    /// Scores as a validation registry shows them.
    pub validation_view: Address,
}

pub(crate) async fn chain_id(provider: &impl Provider) -> Result<u64, ChainError> {
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
        let enrolments = EnrolmentVerifier::new(a.enrolment_verifier, provider);
        let installs = InstallVerifier::new(a.install_verifier, provider);
        let operators = OperatorRegistry::new(a.operator_registry, provider);
        let capsules = CapsuleRegistry::new(a.capsule_registry, provider);
        let market = ProofMarket::new(a.proof_market, provider);
        let trust = TrustScores::new(a.trust_scores, provider);
        let fees = FeeSchedule::new(a.fee_schedule, provider);
        let opinions = VerificationMarket::new(a.verification_market, provider);
        let validation = ValidationView::new(a.validation_view, provider);
        let keys = [
            ("launch", wrapper.verifierKey().call().await.map_err(failed)?, self.verifier_key),
            ("enrolment", enrolments.verifierKey().call().await.map_err(failed)?, self.enrolment_key),
            ("install", installs.verifierKey().call().await.map_err(failed)?, self.install_key),
        ];
        for (circuit, actual, expected) in keys {
            if actual != expected {
                return Err(ChainError::OtherKey { circuit, actual, expected });
            }
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
            ("the market's anchor", market.anchor().call().await.map_err(failed)?, a.receipt_anchor),
            ("the market's trust scores", market.trust().call().await.map_err(failed)?, a.trust_scores),
            (
                "the capsules' attestor",
                capsules.attestor().call().await.map_err(failed)?,
                a.verification_market,
            ),
            (
                "the verification market's anchor",
                opinions.anchor().call().await.map_err(failed)?,
                a.receipt_anchor,
            ),
            ("the market's fee schedule", market.fees().call().await.map_err(failed)?, a.fee_schedule),
            (
                "the validation view's trust scores",
                validation.trust().call().await.map_err(failed)?,
                a.trust_scores,
            ),
            ("the trust scores' reporter", trust.reporter().call().await.map_err(failed)?, a.proof_market),
            ("the wrapper", wrapper.generated().call().await.map_err(failed)?, a.launch_halo2_verifier),
            (
                "the wrapper of enrolments",
                enrolments.generated().call().await.map_err(failed)?,
                a.enrolment_halo2_verifier,
            ),
            (
                "the wrapper of installs",
                installs.generated().call().await.map_err(failed)?,
                a.install_halo2_verifier,
            ),
            (
                "the operators' verifier",
                operators.verifier().call().await.map_err(failed)?,
                a.enrolment_verifier,
            ),
            (
                "the capsules' verifier",
                capsules.verifier().call().await.map_err(failed)?,
                a.enrolment_verifier,
            ),
            (
                "the capsules' install verifier",
                capsules.installVerifier().call().await.map_err(failed)?,
                a.install_verifier,
            ),
            ("the operators' reporter", operators.reporter().call().await.map_err(failed)?, a.proof_market),
        ];
        for (contract, actual, expected) in links {
            if actual != expected {
                return Err(ChainError::Miswired { contract, actual, expected });
            }
        }
        let roles = [
            ("owner of the router", router.owner().call().await.map_err(failed)?, self.owner),
            ("guardian of the router", router.guardian().call().await.map_err(failed)?, self.guardian),
            ("owner of the fee schedule", fees.owner().call().await.map_err(failed)?, self.owner),
            ("guardian of the fee schedule", fees.guardian().call().await.map_err(failed)?, self.guardian),
            (
                "owner beside the timelock",
                self.owner,
                if self.timelock.is_zero() { self.owner } else { self.timelock },
            ),
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
            ("MarketRules", a.market_rules, Artifact::market_rules()?),
            ("Claims", a.claims, Artifact::claims()?),
            ("InputDemands", a.input_demands, Artifact::input_demands()?),
            ("TokenAccounts", a.token_accounts, Artifact::token_accounts()?),
            ("Admission", a.admission, Artifact::admission()?),
            ("Fraud", a.fraud, Artifact::fraud()?),
            ("LaunchHalo2Verifier", a.launch_halo2_verifier, Artifact::launch_halo2_verifier()?),
            ("LaunchVerifier", a.launch_verifier, Artifact::launch_verifier()?),
            ("EnrolmentHalo2Verifier", a.enrolment_halo2_verifier, Artifact::enrolment_halo2_verifier()?),
            ("EnrolmentVerifier", a.enrolment_verifier, Artifact::enrolment_verifier()?),
            ("InstallHalo2Verifier", a.install_halo2_verifier, Artifact::install_halo2_verifier()?),
            ("InstallVerifier", a.install_verifier, Artifact::install_verifier()?),
            ("VerifierRouter", a.verifier_router, Artifact::verifier_router()?),
            ("OperatorRegistry", a.operator_registry, Artifact::operator_registry()?),
            ("CapsuleRegistry", a.capsule_registry, Artifact::capsule_registry()?),
            ("ReceiptAnchor", a.receipt_anchor, Artifact::receipt_anchor()?),
            ("ProofMarket", a.proof_market, Artifact::proof_market()?),
            ("TrustScores", a.trust_scores, Artifact::trust_scores()?),
            ("FeeSchedule", a.fee_schedule, Artifact::fee_schedule()?),
            ("VerificationMarket", a.verification_market, Artifact::verification_market()?),
            ("ValidationView", a.validation_view, Artifact::validation_view()?),
        ];
        let libraries = [
            ("PoseidonT3", a.poseidon_t3),
            ("PoseidonTagged", a.poseidon_tagged),
            ("MarketRules", a.market_rules),
            ("Claims", a.claims),
            ("InputDemands", a.input_demands),
            ("TokenAccounts", a.token_accounts),
            ("Admission", a.admission),
            ("Fraud", a.fraud),
        ]
        .map(|(name, address)| (name.to_owned(), address))
        .into();
        let timelock = match self.timelock.is_zero() {
            true => None,
            false => Some(("Timelock", self.timelock, Artifact::timelock()?)),
        };
        for (contract, address, artifact) in contracts.into_iter().chain(timelock) {
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
