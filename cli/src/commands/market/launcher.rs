//! The operator agent's launcher: sandbox, prover and store of this machine.

use crate::chain::{Chain, Trees};
use crate::identity::Identity;
use crate::output::one_line;
use crate::verdict;
use alloy_primitives::B256;
use async_trait::async_trait;
use eyre::{Report, Result};
use nonos_circuits::launch::LaunchProver;
use nonos_contracts::Deployment;
use nonos_contracts::anchor::latest_checkpoint;
use nonos_core::package::Package;
use nonos_core::receipt::Receipt;
use nonos_market::launch::{Launch, LaunchFailure, LaunchOrder};
use nonos_node::capsule_runtime::{Limits, RunError, Runtime};
use nonos_node::keys::Keystore;
use nonos_node::launch::{self, LaunchRequest, Launcher, OnionChoice, Privacy};
use nonos_node::store::{RedbStore, Store};
use std::sync::Arc;

/// Receipts of one request that are looked at.
const MOST: usize = 16;

/// What a receipt on the market shows: both, or nobody could tell whom it serves.
const PRIVACY: Privacy = Privacy { disclose_capsule: true, disclose_operator: true };

/// Everything that a launch takes.
pub struct MarketLauncher {
    pub chain: Chain,
    pub deployment: Deployment,
    pub keystore: Arc<Keystore>,
    pub runtime: Arc<Runtime>,
    pub prover: Arc<LaunchProver>,
    pub store: Arc<RedbStore>,
    pub limits: Limits,
}

impl MarketLauncher {
    fn package(&self, order: &LaunchOrder) -> Result<Package, LaunchFailure> {
        // What is wrong with a package stays wrong.
        let lasting = |error: String| LaunchFailure::lasting(format!("the capsule package: {error}"));
        let package = Package::decode(&order.package).map_err(|error| lasting(error.to_string()))?;
        package.verify(None).map_err(|error| lasting(error.to_string()))?;
        let leaf = package.manifest.capsule_leaf().map_err(|error| lasting(error.to_string()))?;
        if leaf != order.capsule {
            return Err(lasting(format!("it is capsule {leaf}, not {}", order.capsule)));
        }
        Ok(package)
    }

    async fn identity(&self, package: &Package) -> Result<Identity> {
        let identity = self.chain.require_enrolled(&self.deployment, &self.keystore).await?;
        let leaf = identity.install_leaf(&package.manifest)?;
        self.chain.require_installed(&self.deployment, leaf).await?;
        Ok(identity)
    }

    async fn run(&self, order: &LaunchOrder, package: Package) -> Result<Receipt> {
        let identity = self.identity(&package).await?;
        let trees = Trees::read(&self.chain, &self.deployment, order.publisher).await?;
        let membership = identity.membership(&trees, &package.manifest)?;
        let checkpoint = latest_checkpoint(&self.chain.provider).await?;
        // A development chain that made many blocks within a second is ahead of the clock.
        let launched_at = verdict::clock()?.max(checkpoint.timestamp);
        let anchor = self.deployment.addresses.receipt_anchor;
        let site = launch::Deployment { chain_id: self.chain.id, anchor };
        let (keystore, runtime) = (self.keystore.clone(), self.runtime.clone());
        let (prover, store, limits) = (self.prover.clone(), self.store.clone(), self.limits);
        let order = order.clone();
        let launched = tokio::task::spawn_blocking(move || -> Result<Receipt> {
            let launcher = Launcher::new(&keystore, &runtime, &prover, &*store, site)?;
            let launched = launcher.launch(&LaunchRequest {
                package: &package,
                hidden_salt: None,
                input: &order.input,
                limits,
                identity: identity.operator(),
                membership: &membership,
                privacy: PRIVACY,
                onion: OnionChoice::None,
                launched_at,
                not_before: (checkpoint.number, checkpoint.hash),
                request_id: order.request,
                payee: order.payee,
                values: &[],
                open: &[],
            })?;
            Ok(launched.receipt)
        });
        launched.await?
    }

    fn look_for(&self, request: B256) -> Result<Vec<Receipt>> {
        let mut found = Vec::new();
        for (_, id) in self.store.by_request(&request, MOST)? {
            found.extend(self.store.get(&id)?);
        }
        Ok(found)
    }
}

#[async_trait]
impl Launch for MarketLauncher {
    async fn preflight(&self, order: &LaunchOrder) -> Result<(), LaunchFailure> {
        let package = self.package(order)?;
        let operator: B256 = self.keystore.root_public().into();
        if !package.manifest.allows_operator(&operator) {
            return Err(LaunchFailure::lasting(
                "the manifest names its operators, and we are not among them",
            ));
        }
        self.identity(&package).await.map_err(|error| LaunchFailure::passing(one_line(&error)))?;
        let (runtime, limits, input) = (self.runtime.clone(), self.limits, order.input.clone());
        let run = tokio::task::spawn_blocking(move || {
            runtime.run(&package.manifest, &package.payload, None, &input, &limits)
        });
        match run.await {
            Ok(Ok(execution)) if execution.exit_code == 0 => Ok(()),
            Ok(Ok(execution)) => Err(LaunchFailure::lasting(format!(
                "the capsule ended with exit code {}",
                execution.exit_code
            ))),
            Ok(Err(error @ (RunError::Binary(_) | RunError::Capsule(_) | RunError::Refused { .. }))) => {
                Err(LaunchFailure::lasting(error.to_string()))
            }
            Ok(Err(error)) => Err(LaunchFailure::passing(error.to_string())),
            Err(error) => Err(LaunchFailure::passing(error.to_string())),
        }
    }

    async fn launch(&self, order: &LaunchOrder) -> Result<Receipt, LaunchFailure> {
        let package = self.package(order)?;
        self.run(order, package).await.map_err(|error| LaunchFailure::passing(one_line(&error)))
    }

    async fn find(&self, request: B256) -> Result<Vec<Receipt>, LaunchFailure> {
        self.look_for(request).map_err(|error: Report| LaunchFailure::passing(one_line(&error)))
    }
}
