//! The relayer's bond: what is there, paying in, taking out. One-off transactions of a person, not of the service.

use alloy::providers::DynProvider;
use alloy::rpc::types::TransactionReceipt;
use alloy_primitives::{Address, U256};
use nonos_contracts::ChainError;
use nonos_contracts::abi::ReceiptAnchor;

/// What an account has at the anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bond {
    /// Wei that new batches can lock and the owner can take out.
    pub free: U256,
    /// Wei that answer for batches.
    pub locked: U256,
    /// Wei that one batch locks.
    pub slice: U256,
}

impl Bond {
    /// Batches that the free part pays for.
    pub fn batches(&self) -> U256 {
        self.free.checked_div(self.slice).unwrap_or_default()
    }
}

/// Reads the bond of an account.
pub async fn bond(provider: &DynProvider, anchor: Address, account: Address) -> Result<Bond, ChainError> {
    let failed = |error| ChainError::call("reading the bond", error);
    let anchor = ReceiptAnchor::new(anchor, provider);
    let parts = anchor.bondOf(account).call().await.map_err(failed)?;
    let stakes = anchor.stakes().call().await.map_err(failed)?;
    Ok(Bond { free: parts.free, locked: parts.locked, slice: U256::from(stakes.slice) })
}

/// Pays `amount` wei into the free bond of the provider's account `from`.
pub async fn deposit(
    provider: &DynProvider,
    anchor: Address,
    from: Address,
    amount: U256,
) -> Result<TransactionReceipt, ChainError> {
    let what = "depositing bond";
    let call = ReceiptAnchor::new(anchor, provider);
    let call = call.depositBond().from(from).value(amount);
    mined(what, call.send().await.map_err(|error| ChainError::call(what, error))?).await
}

/// Takes `amount` wei out of the free bond of the provider's account `from`, to `to`.
pub async fn withdraw(
    provider: &DynProvider,
    anchor: Address,
    from: Address,
    amount: U256,
    to: Address,
) -> Result<TransactionReceipt, ChainError> {
    let what = "withdrawing bond";
    let call = ReceiptAnchor::new(anchor, provider);
    let call = call.withdrawBond(amount, to).from(from);
    mined(what, call.send().await.map_err(|error| ChainError::call(what, error))?).await
}

async fn mined(
    what: &str,
    pending: alloy::providers::PendingTransactionBuilder<alloy::network::Ethereum>,
) -> Result<TransactionReceipt, ChainError> {
    let receipt =
        pending.get_receipt().await.map_err(|source| ChainError::Pending { what: what.into(), source })?;
    if receipt.status() {
        Ok(receipt)
    } else {
        Err(ChainError::Failed { what: what.into(), hash: receipt.transaction_hash })
    }
}
