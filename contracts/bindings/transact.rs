//! One transaction: send, wait until it is mined, and say why it failed.

use alloy::{
    contract::{CallBuilder, CallDecoder},
    eips::BlockId,
    providers::Provider,
    rpc::types::TransactionReceipt,
};

use crate::error::ChainError;

/// Sends a call and waits for its receipt. A refusal comes back decoded.
///
/// Gas is estimated before anything else: a provider that counts nonces itself gives one away when it fills a transaction,
/// and one whose estimate fails after that would leave a gap behind which every later transaction waits for ever. An eighth
/// is added, because the state can change until the transaction is mined. What is estimated is the next block: a challenge
/// is refused in the block of its commitment.
pub(crate) async fn transact<P: Provider, D: CallDecoder>(
    what: &str,
    call: CallBuilder<P, D>,
) -> Result<TransactionReceipt, ChainError> {
    let call = call.block(BlockId::pending());
    let gas = call.estimate_gas().await.map_err(|error| ChainError::call(what, error))?;
    let call = call.gas(gas.saturating_add(gas / 8));
    let pending = call.send().await.map_err(|error| ChainError::call(what, error))?;
    let mined =
        pending.get_receipt().await.map_err(|source| ChainError::Pending { what: what.into(), source })?;
    if mined.status() {
        Ok(mined)
    } else {
        Err(ChainError::Failed { what: what.into(), hash: mined.transaction_hash })
    }
}
