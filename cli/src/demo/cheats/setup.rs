//! The developer setup where it matters: its trapdoor is public, so a proof under it proves nothing.

use crate::chain::Chain;
use crate::demo::attempt::{
    Attempt,
    Expected::{Rejected, Reverted},
};
use crate::demo::ledger::Ledger;
use crate::demo::world::{DEPLOYER, World};
use alloy::network::TransactionBuilder;
use alloy::rpc::types::TransactionRequest;
use eyre::Result;
use nonos_contracts::Artifact;
use nonos_devnet::{Config, Devnet};
use nonos_node::verify::{ReceiptVerifier, Window};

/// Ethereum's chain id stands for every chain that is not for development.
const MAINNET: u64 = 1;

/// A node that would trust it on a real chain, and a real chain that it would be deployed on.
pub async fn run(ledger: &mut Ledger, world: &World) -> Result<()> {
    let verifier = world.prover.verifier();
    let anchor = world.deployment.addresses.receipt_anchor;
    ledger
        .cheat(
            "the developer setup on a real chain, natively",
            Rejected("developer setup is refused"),
            async {
                let node = ReceiptVerifier::new(
                    verifier.clone(),
                    verifier.key(),
                    MAINNET,
                    anchor,
                    Window::default(),
                );
                Ok(Attempt::check(node, "a node of chain 1"))
            },
        )
        .await?;
    ledger
        .cheat("the developer setup on a real chain, on chain", Reverted("DeveloperSetup"), async {
            // A chain of its own, in this process, that believes to be Ethereum.
            let chain = Chain::embedded(&Devnet::new(Config { chain_id: MAINNET, ..Config::default() }));
            let code = Artifact::launch_verifier()?.deploy_code(&Default::default(), &[])?;
            let request = TransactionRequest::default().with_deploy_code(code);
            let outcome = chain.send_refused("deploying", chain.account_at(DEPLOYER)?, request).await?;
            Ok(match outcome {
                Ok(refused) => Attempt::Reverted { reason: refused.reason, tx: Some(refused.hash) },
                Err(sent) => Attempt::Accepted { what: format!("deployed in {}", sent.hash) },
            })
        })
        .await
}
