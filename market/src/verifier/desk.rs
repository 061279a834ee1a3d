//! An account's business with the verification market besides its opinions: ether in and out, and asking for opinions.

use crate::chain::{Blocks, EvmChain, Mined, Opinions, PostedJob};
use crate::error::{MarketError, SendError};
use alloy_primitives::{Address, B256, U256};
use nonos_core::opinion::Terms;

/// An account at the verification market.
#[derive(Clone, Debug)]
pub struct Desk {
    chain: EvmChain,
}

impl Desk {
    /// For the account that the chain sends from.
    pub const fn new(chain: EvmChain) -> Self {
        Self { chain }
    }

    /// The account.
    pub fn account(&self) -> Address {
        self.chain.sender().account()
    }

    /// Wei of the account that are not set aside.
    pub async fn balance(&self) -> Result<U256, MarketError> {
        Ok(self.chain.free().await?)
    }

    /// Adds to them.
    pub async fn deposit(&self, wei: U256) -> Result<Mined, SendError> {
        let call = self.chain.opinions().deposit().value(wei).into_transaction_request();
        self.chain.sender().send("depositing in the verification market", call).await
    }

    /// Takes out of them.
    pub async fn withdraw(&self, wei: U256, to: Address) -> Result<Mined, SendError> {
        let call = self.chain.opinions().withdraw(wei, to).into_transaction_request();
        self.chain.sender().send("withdrawing from the verification market", call).await
    }

    /// Asks for opinions on an anchored batch. Bids are taken for `bidding` seconds from now, opinions for `attesting` more;
    /// the times in `terms` are set from these.
    pub async fn ask(
        &self,
        batch: B256,
        terms: Terms,
        bidding: u64,
        attesting: u64,
        bounty: U256,
    ) -> Result<(PostedJob, Mined), MarketError> {
        let Some(found) = self.chain.anchored_batch(batch).await? else {
            return Err(MarketError::Setting(format!("no batch {batch} was anchored here")));
        };
        let ends = self.chain.head().await?.timestamp.saturating_add(bidding);
        let deadline = ends.saturating_add(attesting);
        let terms = Terms {
            biddingEnd: U256::from(ends).saturating_to(),
            attestDeadline: U256::from(deadline).saturating_to(),
            ..terms
        };
        let opinions = self.chain.opinions();
        let (batch_ref, terms) = ((&found.batch).into(), (&terms).into());
        let call = opinions.postBatch(batch_ref, terms, bounty.saturating_to(), B256::ZERO);
        let call = call.into_transaction_request();
        let mined = self.chain.sender().send("asking for opinions on a batch", call).await?;
        // Of the block's jobs on this batch the newest: its id commits to all of it.
        let posted = self.chain.posted(mined.block, mined.block).await?;
        let ours = posted.into_iter().rev().find(|job| job.batch == batch);
        let lost = || MarketError::Setting(format!("transaction {} posted no job", mined.hash));
        Ok((ours.ok_or_else(lost)?, mined))
    }
}
