//! `eth_call` and `eth_estimateGas`: running a transaction request on a state without keeping the result.

use alloy::rpc::types::{TransactionRequest, state::StateOverride};
use alloy_primitives::{TxKind, U256};
use revm::{
    ExecuteEvm,
    bytecode::Bytecode,
    context::{BlockEnv, TxEnv},
    context_interface::{
        either::Either,
        result::{ExecutionResult, HaltReason},
    },
    primitives::eip7825,
};

use crate::{
    chain::{At, Chain},
    config::Hardfork,
    error::RpcError,
    evm::{self, Overlay},
};

/// Gas a value transfer with empty code and data costs.
const TRANSFER_GAS: u64 = 21_000;
/// Extra gas a call that carries value hands to the callee.
const CALL_STIPEND: u64 = 2_300;

/// A state to run requests on, with the block they see.
pub(crate) struct Scene<'a> {
    chain: &'a Chain,
    db: Overlay<'a>,
    block: BlockEnv,
}

impl Chain {
    /// Opens the state at a block. As in geth, a call at block n sees n's own number and time.
    pub(crate) fn scene(&self, at: At) -> Result<Scene<'_>, RpcError> {
        let (db, block) = match at {
            At::Block(number) => {
                let view = self.view_at(number)?;
                let header = &self.block(number).ok_or_else(|| RpcError::server("header not found"))?.header;
                (Overlay::new(view), evm::block_env(header))
            }
            At::Pending => {
                let pending = self.execute_pending()?;
                (evm::overlay(self.view(), &pending.changes), evm::block_env(&pending.header))
            }
        };
        Ok(Scene { chain: self, db, block })
    }
}

impl Scene<'_> {
    /// Applies geth's state overrides.
    pub(crate) fn override_state(&mut self, overrides: StateOverride) -> Result<(), RpcError> {
        for (address, account) in overrides {
            if account.move_precompile_to.is_some() {
                return Err(RpcError::params("state override movePrecompileToAddress is not supported"));
            }
            let Ok(loaded) = self.db.load_account(address);
            let mut info = loaded.info.clone();
            info.balance = account.balance.unwrap_or(info.balance);
            info.nonce = account.nonce.unwrap_or(info.nonce);
            if let Some(code) = account.code {
                let code = Bytecode::new_raw_checked(code)
                    .map_err(|error| RpcError::params(format!("code override for {address}: {error}")))?;
                info.code_hash = code.hash_slow();
                info.code = Some(code);
            }
            self.db.insert_account_info(address, info);
            if let Some(slots) = account.state {
                let slots = slots.into_iter().map(|(k, v)| (k.into(), v.into())).collect();
                let Ok(()) = self.db.replace_account_storage(address, slots);
            }
            for (key, value) in account.state_diff.unwrap_or_default() {
                let Ok(()) = self.db.insert_account_storage(address, key.into(), value.into());
            }
        }
        Ok(())
    }

    fn run(&self, tx: TxEnv) -> Result<ExecutionResult, RpcError> {
        let mut cfg = evm::cfg_env(&self.chain.config);
        cfg.disable_nonce_check = true;
        cfg.disable_eip3607 = true;
        cfg.tx_gas_limit_cap = Some(u64::MAX);
        let mut block = self.block.clone();
        if tx.gas_price == 0 {
            // A call that pays nothing runs in a block that charges nothing (geth does the same).
            block.basefee = 0;
        }
        let mut evm = evm::evm(cfg, block, self.db.clone());
        Ok(evm.transact(tx)?.result)
    }

    fn tx_env(&self, request: &TransactionRequest, gas: u64) -> Result<TxEnv, RpcError> {
        let dynamic = request.max_fee_per_gas.is_some() || request.max_priority_fee_per_gas.is_some();
        if request.gas_price.is_some() && dynamic {
            return Err(RpcError::server(
                "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified",
            ));
        }
        if let Some(id) = request.chain_id.filter(|id| *id != self.chain.config.chain_id) {
            let want = self.chain.config.chain_id;
            return Err(RpcError::server(format!("chainId does not match node's (have={id}, want={want})")));
        }
        let input = request.input.clone().try_into_unique_input().map_err(|_| {
            RpcError::params("both \"data\" and \"input\" are set and not equal; use \"input\" only")
        })?;
        let mut tx = TxEnv {
            caller: request.from.unwrap_or_default(),
            gas_limit: gas,
            gas_price: request.gas_price.or(request.max_fee_per_gas).unwrap_or_default(),
            gas_priority_fee: request.max_priority_fee_per_gas.filter(|_| request.max_fee_per_gas.is_some()),
            kind: request.to.unwrap_or(TxKind::Create),
            value: request.value.unwrap_or_default(),
            data: input.unwrap_or_default(),
            nonce: request.nonce.unwrap_or_default(),
            chain_id: Some(self.chain.config.chain_id),
            access_list: request.access_list.clone().unwrap_or_default(),
            authorization_list: request
                .authorization_list
                .iter()
                .flatten()
                .cloned()
                .map(Either::Left)
                .collect(),
            ..Default::default()
        };
        tx.derive_tx_type().map_err(|error| RpcError::params(error.to_string()))?;
        Ok(tx)
    }

    /// Runs a request to its end: the output, or the revert or halt as an error.
    pub(crate) fn call(&self, request: &TransactionRequest) -> Result<alloy_primitives::Bytes, RpcError> {
        let gas = request.gas.unwrap_or(self.block.gas_limit).min(self.block.gas_limit);
        match self.run(self.tx_env(request, gas)?)? {
            ExecutionResult::Success { output, .. } => Ok(output.into_data()),
            ExecutionResult::Revert { output, .. } => Err(RpcError::reverted(output)),
            ExecutionResult::Halt { reason, .. } => Err(RpcError::halted(&reason)),
        }
    }

    /// Least gas limit with which the request succeeds, found as geth does: try the limit, then search between what
    /// was used and that, to within 1.5%.
    pub(crate) fn estimate(&self, request: &TransactionRequest) -> Result<u64, RpcError> {
        let mut cap = request.gas.filter(|gas| *gas >= TRANSFER_GAS).unwrap_or(self.block.gas_limit);
        cap = cap.min(self.block.gas_limit);
        if self.chain.config.hardfork >= Hardfork::Osaka {
            cap = cap.min(eip7825::TX_GAS_LIMIT_CAP);
        }
        let probe = self.tx_env(request, cap)?;
        cap = self.affordable(&probe, cap)?;
        if self.is_plain_transfer(&probe) && self.succeeds(&probe, TRANSFER_GAS)? {
            return Ok(TRANSFER_GAS);
        }
        let gas = match self.run(TxEnv { gas_limit: cap, ..probe.clone() })? {
            ExecutionResult::Success { gas, .. } => gas,
            ExecutionResult::Revert { output, .. } => return Err(RpcError::reverted(output)),
            ExecutionResult::Halt { reason: HaltReason::OutOfGas(_), .. } => {
                return Err(RpcError::server(format!("gas required exceeds allowance ({cap})")));
            }
            ExecutionResult::Halt { reason, .. } => return Err(RpcError::halted(&reason)),
        };
        let (mut low, mut high) = (gas.tx_gas_used().saturating_sub(1), cap);
        // EIP-150 keeps back a 64th at each call; this guess is right for most transactions.
        let guess = (gas.tx_gas_used() + gas.inner_refunded() + CALL_STIPEND).saturating_mul(64) / 63;
        let mut middle = guess;
        while low + 1 < high {
            if middle <= low || middle >= high {
                middle = (high.min(low.saturating_mul(2)) + low) / 2;
            }
            middle = middle.clamp(low + 1, high - 1);
            if self.succeeds(&probe, middle)? {
                high = middle;
            } else {
                low = middle;
            }
            if (high - low).saturating_mul(1_000) < high.saturating_mul(15) {
                break;
            }
            middle = (high.min(low.saturating_mul(2)) + low) / 2;
        }
        Ok(high)
    }

    fn is_plain_transfer(&self, tx: &TxEnv) -> bool {
        let TxKind::Call(to) = tx.kind else { return false };
        let mut db = self.db.clone();
        let Ok(account) = db.load_account(to);
        tx.data.is_empty()
            && tx.access_list.is_empty()
            && tx.authorization_list.is_empty()
            && account.info.is_empty_code_hash()
    }

    fn affordable(&self, tx: &TxEnv, cap: u64) -> Result<u64, RpcError> {
        if tx.gas_price == 0 {
            return Ok(cap);
        }
        let mut db = self.db.clone();
        let Ok(account) = db.load_account(tx.caller);
        let Some(left) = account.info.balance.checked_sub(tx.value) else {
            return Err(RpcError::server(format!(
                "insufficient funds for transfer: have {} want {}",
                account.info.balance, tx.value
            )));
        };
        Ok(cap.min(u64::try_from(left / U256::from(tx.gas_price)).unwrap_or(u64::MAX)))
    }

    /// Whether the request goes through with this gas limit; too little intrinsic gas is a no, not an error.
    fn succeeds(&self, tx: &TxEnv, gas_limit: u64) -> Result<bool, RpcError> {
        match self.run(TxEnv { gas_limit, ..tx.clone() }) {
            Ok(result) => Ok(result.is_success()),
            Err(error) if error.message.contains("minimum needed") => Ok(false),
            Err(error) => Err(error),
        }
    }
}
