//! What can go wrong between this crate and a chain.

use alloy::{contract, providers::PendingTransactionError, transports::TransportError};
use alloy_primitives::{Address, B256, TxHash, U256};
use nonos_core::field::FieldError;
use nonos_core::lean_imt::LeanImtError;

use crate::{artifact::ArtifactError, revert::describe_revert, terms::TermsError};

/// A failed call, transaction or read.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// A contract refused; the text names its error and the values.
    #[error("{what}: the contract refused: {reason}")]
    Reverted {
        /// What was attempted.
        what: String,
        /// Decoded custom error.
        reason: String,
    },
    /// The batch commits to another blob than is to be sent with it.
    #[error("the batch commits to {committed}, the blob is {blob}")]
    OtherBlob {
        /// In the batch.
        committed: B256,
        /// Versioned hash of the blob.
        blob: B256,
    },
    /// No blob can be made, or nothing shown of it.
    #[error(transparent)]
    Blob(#[from] crate::blob::BlobError),
    /// A transaction was mined and failed without a reason that can still be read.
    #[error(
        "{what}: transaction {hash} was mined but failed (out of gas, or the state changed before it was included)"
    )]
    Failed {
        /// What was attempted.
        what: String,
        /// The transaction.
        hash: TxHash,
    },
    /// The node could not be reached or answered with an error.
    #[error("{what}: {source}")]
    Transport {
        /// What was attempted.
        what: String,
        /// The transport's error.
        source: TransportError,
    },
    /// A contract call failed before it reached a contract.
    #[error("{what}: {source}")]
    Call {
        /// What was attempted.
        what: String,
        /// alloy's error.
        source: contract::Error,
    },
    /// A transaction was sent but not seen mined.
    #[error("{what}: transaction sent but not seen mined: {source}")]
    Pending {
        /// What was attempted.
        what: String,
        /// alloy's error.
        source: PendingTransactionError,
    },
    /// An artifact is unusable.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// Terms that the contracts would refuse.
    #[error(transparent)]
    Terms(#[from] TermsError),
    /// A deployment transaction created nothing.
    #[error("deploying {0}: the receipt names no contract address")]
    NothingDeployed(String),
    /// A contract of the deployment file is not on this chain.
    #[error(
        "{contract} at {address}: no code on chain {chain}; wrong chain, or a development chain that was restarted"
    )]
    NoCode {
        /// Contract name.
        contract: &'static str,
        /// Where it should be.
        address: Address,
        /// The chain asked.
        chain: u64,
    },
    /// The deployment file is for another chain.
    #[error("deployment file is for chain {file}, the node is on chain {node}")]
    WrongChain {
        /// In the file.
        file: u64,
        /// Of the node.
        node: u64,
    },
    /// Two contracts of the deployment do not belong together.
    #[error("{contract} is wired to {actual}, the deployment file says {expected}")]
    Miswired {
        /// Which link.
        contract: &'static str,
        /// On the chain.
        actual: Address,
        /// In the file.
        expected: Address,
    },
    /// What stands at an address is another contract, or another version of it.
    #[error(
        "{contract} at {address} has other code than this program was built with: another version, or another contract"
    )]
    OtherCode {
        /// Contract name.
        contract: &'static str,
        /// Where it is.
        address: Address,
    },
    /// Owner or guardian of the router is somebody else.
    #[error(
        "the {role} is {actual}, the deployment file says {expected}; if it was handed over to somebody you \
         trust, write the new one into the file"
    )]
    OtherRole {
        /// Whose role: "owner of the router", and so on.
        role: &'static str,
        /// On the chain.
        actual: Address,
        /// In the file.
        expected: Address,
    },
    /// A verifier answers for another key.
    #[error("the {circuit} verifier is for key {actual}, the deployment file says {expected}")]
    OtherKey {
        /// Whose verifier.
        circuit: &'static str,
        /// On the chain.
        actual: B256,
        /// In the file.
        expected: B256,
    },
    /// The router would have no owner.
    #[error(
        "the owner of the router would be the zero address: nobody could ever add a verifier; name an owner"
    )]
    ZeroOwner,
    /// The node does not have a block.
    #[error("block {0} is unknown to the node")]
    NoBlock(u64),
    /// The block header does not hash to the block hash.
    #[error(
        "block {number}: its header re-encodes to {computed}, the node says {claimed}; this chain's headers are not supported"
    )]
    HeaderHash {
        /// Block number.
        number: u64,
        /// keccak256 of the header's RLP.
        computed: B256,
        /// As reported.
        claimed: B256,
    },
    /// An event does not decode.
    #[error("{event} event does not decode: {source}; another version of the contract?")]
    Event {
        /// Which event.
        event: &'static str,
        /// Why.
        source: alloy_sol_types::Error,
    },
    /// A request is in a state that this build does not know.
    #[error("request state {0} is unknown: another version of the market")]
    UnknownState(u8),
    /// A fact of a kind that this build does not know.
    #[error("trust fact {0} is unknown: another version of the trust scores")]
    UnknownFact(u8),
    /// A number stands for a state that this program does not know.
    #[error("{what} {value} is unknown to this program: another version of the contract?")]
    UnknownValue {
        /// Which enumeration.
        what: &'static str,
        /// The number.
        value: u8,
    },
    /// An event is missing or out of order.
    #[error("{tree}: event for leaf {index}, but the tree has {size} leaves; the node's logs have a gap")]
    LogGap {
        /// Which tree.
        tree: &'static str,
        /// Index in the event.
        index: U256,
        /// Leaves so far.
        size: usize,
    },
    /// An event does not apply to the tree.
    #[error("{tree}: {source}")]
    Tree {
        /// Which tree.
        tree: &'static str,
        /// What is wrong.
        source: LeanImtError,
    },
    /// A leaf in an event is not a field element.
    #[error("{tree}: leaf in an event: {source}")]
    Field {
        /// Which tree.
        tree: &'static str,
        /// What is wrong.
        source: FieldError,
    },
    /// The rebuilt tree is not the contract's.
    #[error(
        "{tree}: rebuilt root {rebuilt} at block {block}, the contract says {on_chain}; the node's logs are incomplete"
    )]
    RootMismatch {
        /// Which tree.
        tree: &'static str,
        /// From events.
        rebuilt: U256,
        /// From the contract.
        on_chain: U256,
        /// At this block.
        block: u64,
    },
}

impl ChainError {
    /// A transport error, decoded if it carries revert data.
    pub fn transport(what: impl Into<String>, source: TransportError) -> Self {
        let what = what.into();
        match source.as_error_resp().and_then(|payload| payload.as_revert_data()) {
            Some(data) => Self::Reverted { what, reason: describe_revert(&data) },
            None => Self::Transport { what, source },
        }
    }

    /// A contract error, decoded if it carries revert data.
    pub fn call(what: impl Into<String>, source: contract::Error) -> Self {
        match source {
            contract::Error::TransportError(source) => Self::transport(what, source),
            contract::Error::PendingTransactionError(source) => Self::Pending { what: what.into(), source },
            source => Self::Call { what: what.into(), source },
        }
    }
}
