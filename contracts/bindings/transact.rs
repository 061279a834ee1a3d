//! One transaction: send, wait until it is mined, and say why it failed.

use alloy::{
    contract::{CallBuilder, CallDecoder},
    providers::Provider,
    rpc::types::TransactionReceipt,
};

use crate::error::ChainError;

/// Sends a call and waits for its receipt. A refusal comes back decoded.
pub(crate) async fn transact<P: Provider, D: CallDecoder>(
    what: &str,
    call: CallBuilder<P, D>,
) -> Result<TransactionReceipt, ChainError> {
    let pending = call.send().await.map_err(|error| ChainError::call(what, error))?;
    let mined =
        pending.get_receipt().await.map_err(|source| ChainError::Pending { what: what.into(), source })?;
    if mined.status() {
        Ok(mined)
    } else {
        Err(ChainError::Failed { what: what.into(), hash: mined.transaction_hash })
    }
}
