//! The account that anchors: signs EIP-1559 transactions to one address.

use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy::eips::Encodable2718;
use alloy::network::TxSignerSync;
use alloy::signers::local::PrivateKeySigner;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};

use super::Fees;

/// A key, its chain and the contract that it calls.
#[derive(Clone)]
pub struct Account {
    signer: PrivateKeySigner,
    chain_id: u64,
    to: Address,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("address", &self.address()).field("chain_id", &self.chain_id).finish()
    }
}

/// A transaction, ready to be sent any number of times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Transaction hash.
    pub hash: B256,
    /// EIP-2718 bytes.
    pub raw: Vec<u8>,
}

impl Account {
    /// Signs calls of `to` on chain `chain_id`.
    pub fn new(signer: PrivateKeySigner, chain_id: u64, to: Address) -> Self {
        Self { signer, chain_id, to }
    }

    /// Its address.
    pub fn address(&self) -> Address {
        self.signer.address()
    }

    /// Signs. The signature is deterministic (RFC 6979): the same values give the same transaction, also after a restart.
    pub fn sign(
        &self,
        nonce: u64,
        fees: Fees,
        gas_limit: u64,
        input: Bytes,
    ) -> Result<Signed, alloy::signers::Error> {
        let mut transaction = TxEip1559 {
            chain_id: self.chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas: fees.max_fee,
            max_priority_fee_per_gas: fees.tip,
            to: TxKind::Call(self.to),
            value: U256::ZERO,
            access_list: Default::default(),
            input,
        };
        let signature = self.signer.sign_transaction_sync(&mut transaction)?;
        let envelope: TxEnvelope = transaction.into_signed(signature).into();
        Ok(Signed { hash: *envelope.tx_hash(), raw: envelope.encoded_2718() })
    }
}
