//! Challenges and demands: proving a leaf fraudulent, and making a relayer show one.

use alloy::providers::Provider;
use alloy_primitives::{Address, B256, Bytes, TxHash, U256, keccak256};
use alloy_sol_types::SolValue;
use nonos_core::batch::BatchRef;
use nonos_core::ids::BatchId;
use nonos_core::receipt::ReceiptHeader;

use crate::{
    batch::{DemandState, contract},
    blob::{BlobFault, LeafBlob},
    deployment::Deployment,
    error::ChainError,
    transact::transact,
};

/// Index that stands for the whole batch in the commitment to a challenge of its data.
pub const WHOLE_BATCH: u32 = u32::MAX;

/// A receipt at its place in a batch: what a challenge and an answer to a demand hand in.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// The batch.
    pub batch: &'a BatchRef,
    /// Where in it.
    pub index: u32,
    /// Inclusion path, bottom first.
    pub path: Vec<B256>,
    /// The header in the leaf.
    pub header: &'a ReceiptHeader,
    /// The proof in the leaf.
    pub proof: Bytes,
}

/// A demand to show the receipt behind a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// State.
    pub state: DemandState,
    /// Who put up the bond.
    pub demander: Address,
    /// Last second for an answer.
    pub deadline: u64,
    /// Wei put up.
    pub bond: U256,
}

/// keccak256(abi.encode(challenger, batchId, index, salt)): what is committed to before a challenge.
pub fn commitment(challenger: Address, batch: BatchId, index: u32, salt: B256) -> B256 {
    keccak256((challenger, B256::from(batch), index, salt).abi_encode())
}

/// Commits to a challenge. The challenge itself goes into a later block, from `challenger`.
///
/// Whoever sees the commitment can send it first; it is good all the same, so that is no failure.
pub async fn commit_challenge(
    provider: &impl Provider,
    deployment: &Deployment,
    commitment: B256,
) -> Result<(), ChainError> {
    let anchor = contract(provider, deployment);
    match transact("committing to a challenge", anchor.commitChallenge(commitment)).await {
        Ok(_) => Ok(()),
        Err(error @ (ChainError::Reverted { .. } | ChainError::Failed { .. })) => {
            match committed_in(provider, deployment, commitment).await? {
                Some(_) => Ok(()),
                None => Err(error),
            }
        }
        Err(error) => Err(error),
    }
}

/// Block in which a commitment was made; `None` if it was not, or is used up.
pub async fn committed_in(
    provider: &impl Provider,
    deployment: &Deployment,
    commitment: B256,
) -> Result<Option<u64>, ChainError> {
    let block = contract(provider, deployment).committedIn(commitment).call().await;
    let block = block.map_err(|error| ChainError::call("reading a commitment", error))?;
    Ok(u64::try_from(block).ok().filter(|block| *block != 0))
}

/// Proves a leaf fraudulent. Refused with `LeafValid` if it is not.
pub async fn challenge_leaf(
    provider: &impl Provider,
    deployment: &Deployment,
    place: Place<'_>,
    salt: B256,
) -> Result<TxHash, ChainError> {
    let Place { batch, index, path, header, proof } = place;
    let anchor = contract(provider, deployment);
    let call = anchor.challengeLeaf(batch.into(), index, path, header.into(), proof, salt);
    Ok(transact("challenging a leaf", call).await?.transaction_hash)
}

/// Proves that the data that a batch commits to are not the leaves under its root.
pub async fn challenge_data(
    provider: &impl Provider,
    deployment: &Deployment,
    batch: &BatchRef,
    data: Bytes,
    salt: B256,
) -> Result<TxHash, ChainError> {
    let anchor = contract(provider, deployment);
    let call = anchor.challengeData(batch.into(), data, salt);
    Ok(transact("challenging the data of a batch", call).await?.transaction_hash)
}

/// Proves that the blob that a batch commits to is not the encoding of its leaves, with what [`LeafBlob::fault`] found.
pub async fn challenge_blob(
    provider: &impl Provider,
    deployment: &Deployment,
    batch: &BatchRef,
    blob: &LeafBlob,
    fault: BlobFault,
    salt: B256,
) -> Result<TxHash, ChainError> {
    let anchor = contract(provider, deployment);
    let commitment = Bytes::from(blob.commitment().to_vec());
    let mined = match fault {
        BlobFault::Element { index, value, proof } => {
            let proof = proof.to_vec().into();
            let call = anchor.challengeBlobElement(batch.into(), index, value, commitment, proof, salt);
            transact("challenging an element of a blob", call).await
        }
        BlobFault::Leaves { leaves, proof } => {
            let proof = proof.to_vec().into();
            let call = anchor.challengeBlob(batch.into(), leaves.into(), commitment, proof, salt);
            transact("challenging the blob of a batch", call).await
        }
    };
    Ok(mined?.transaction_hash)
}

/// Wei that a demand would take in the next block, with an eighth on top for a rising base fee: what is too much comes
/// back as free bond.
pub async fn demand_bond(provider: &impl Provider, deployment: &Deployment) -> Result<U256, ChainError> {
    let bond = contract(provider, deployment).demandBond().call().await;
    let bond = bond.map_err(|error| ChainError::call("reading the bond of a demand", error))?;
    Ok(bond.saturating_add(bond / U256::from(8)))
}

/// Demands to see the receipt at `index`; sends `bond` wei with it, see [`demand_bond`].
pub async fn demand_reveal(
    provider: &impl Provider,
    deployment: &Deployment,
    batch: &BatchRef,
    index: u32,
    bond: U256,
) -> Result<TxHash, ChainError> {
    let anchor = contract(provider, deployment);
    let call = anchor.demandReveal(batch.into(), index).value(bond);
    Ok(transact("demanding a leaf", call).await?.transaction_hash)
}

/// Answers a demand.
pub async fn reveal_leaf(
    provider: &impl Provider,
    deployment: &Deployment,
    place: Place<'_>,
) -> Result<TxHash, ChainError> {
    let Place { batch, index, path, header, proof } = place;
    let anchor = contract(provider, deployment);
    let call = anchor.revealLeaf(batch.into(), index, path, header.into(), proof);
    Ok(transact("revealing a leaf", call).await?.transaction_hash)
}

/// Ends a demand that was not answered in time.
pub async fn close_demand(
    provider: &impl Provider,
    deployment: &Deployment,
    batch: &BatchRef,
    index: u32,
) -> Result<TxHash, ChainError> {
    let anchor = contract(provider, deployment);
    let call = anchor.closeDemand(batch.into(), index);
    Ok(transact("closing a demand", call).await?.transaction_hash)
}

/// The demand for a place of a batch; `None` if it was never demanded.
pub async fn demand_of(
    provider: &impl Provider,
    deployment: &Deployment,
    batch: BatchId,
    index: u32,
) -> Result<Option<Demand>, ChainError> {
    let found = contract(provider, deployment).demandOf(batch.into(), index).call().await;
    let found = found.map_err(|error| ChainError::call("reading a demand", error))?;
    let state = DemandState::read(found.state)?;
    Ok((state != DemandState::None).then(|| Demand {
        state,
        demander: found.demander,
        deadline: found.deadline,
        bond: U256::from(found.bond),
    }))
}
