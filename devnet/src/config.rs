//! What a devnet can be told: chain id, hardfork, fees, mining, limits. Defaults follow anvil and mainnet.

use std::{fmt, str::FromStr, time::Duration};

use alloy_primitives::{Address, U256};
use revm::primitives::hardfork::SpecId;

/// Chain id of a default devnet, the one anvil and hardhat use.
pub const DEFAULT_CHAIN_ID: u64 = 31337;

/// Block gas limit of a default devnet (mainnet's value since late 2025).
pub const DEFAULT_GAS_LIMIT: u64 = 60_000_000;

/// Rules the chain runs under from genesis on. Only proof-of-stake forks: older ones have other block formats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hardfork {
    /// The merge (no PUSH0, no withdrawals).
    Paris,
    /// Shanghai.
    Shanghai,
    /// Cancun (transient storage; blob transactions are not accepted by this chain).
    Cancun,
    /// Prague (EIP-7702, EIP-2935 history contract, EIP-7623 calldata floor).
    Prague,
    /// Osaka (EIP-7825 transaction gas cap of 2^24).
    #[default]
    Osaka,
    /// Amsterdam as far as this version of revm knows it. Experimental: block access lists are not computed.
    Amsterdam,
}

impl Hardfork {
    /// Every fork, oldest first.
    pub const ALL: [Self; 6] =
        [Self::Paris, Self::Shanghai, Self::Cancun, Self::Prague, Self::Osaka, Self::Amsterdam];

    /// The same fork in revm's words.
    pub const fn spec(self) -> SpecId {
        match self {
            Self::Paris => SpecId::MERGE,
            Self::Shanghai => SpecId::SHANGHAI,
            Self::Cancun => SpecId::CANCUN,
            Self::Prague => SpecId::PRAGUE,
            Self::Osaka => SpecId::OSAKA,
            Self::Amsterdam => SpecId::AMSTERDAM,
        }
    }

    /// Lower-case name, as accepted by [`FromStr`].
    pub const fn name(self) -> &'static str {
        match self {
            Self::Paris => "paris",
            Self::Shanghai => "shanghai",
            Self::Cancun => "cancun",
            Self::Prague => "prague",
            Self::Osaka => "osaka",
            Self::Amsterdam => "amsterdam",
        }
    }
}

impl fmt::Display for Hardfork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A hardfork name that is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown hardfork {0:?}; known: paris, shanghai, cancun, prague, osaka, amsterdam")]
pub struct UnknownHardfork(pub String);

impl FromStr for Hardfork {
    type Err = UnknownHardfork;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|fork| fork.name().eq_ignore_ascii_case(s))
            .ok_or_else(|| UnknownHardfork(s.to_owned()))
    }
}

/// When blocks are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MiningMode {
    /// One block as soon as a transaction is executable.
    #[default]
    Instant,
    /// One block per period, empty or not. Transactions wait in the pool.
    Interval(Duration),
    /// Only on `evm_mine`, `anvil_mine` or [`crate::Devnet::mine`].
    Manual,
}

/// Settings of a [`crate::Devnet`].
#[derive(Clone, Debug)]
pub struct Config {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Rules from genesis on.
    pub hardfork: Hardfork,
    /// Gas limit of every block.
    pub gas_limit: u64,
    /// Base fee of the genesis block, in wei per gas; later ones follow EIP-1559.
    pub base_fee: u64,
    /// Unix time of the genesis block, in seconds; `None` is now.
    pub genesis_timestamp: Option<u64>,
    /// Receiver of the priority fees.
    pub coinbase: Address,
    /// Genesis balance of each of the ten development accounts, in wei.
    pub balance: U256,
    /// When blocks are made.
    pub mining: MiningMode,
    /// For how many blocks back state can be read, called or reverted to. Memory grows with the writes of that
    /// many blocks; blocks, transactions, receipts and logs themselves are kept for the life of the chain.
    pub history_blocks: u64,
    /// The `safe` and `finalized` tags lie this many blocks behind the head (0: the head itself).
    pub finality_depth: u64,
    /// How far ahead of the next nonce a transaction may be and still wait in the pool; 0 refuses every gap.
    pub max_nonce_gap: u64,
    /// Most transactions that may wait in the pool.
    pub max_pool: usize,
    /// Most blocks one `eth_getLogs` may span, to act like a hosted endpoint; `None` is no limit.
    pub log_range_limit: Option<u64>,
    /// Most logs one `eth_getLogs` may return; `None` is no limit.
    pub log_result_limit: Option<usize>,
    /// Contract code size limit in bytes; `None` is the hardfork's (EIP-170).
    pub code_size_limit: Option<usize>,
    /// Allow [`crate::Devnet::serve`] on an address other machines can reach. The accounts' keys are public.
    pub allow_remote: bool,
    /// Largest accepted HTTP body, in bytes.
    pub max_body: usize,
    /// Most requests in one JSON-RPC batch.
    pub max_batch: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            chain_id: DEFAULT_CHAIN_ID,
            hardfork: Hardfork::default(),
            gas_limit: DEFAULT_GAS_LIMIT,
            base_fee: alloy::eips::eip1559::INITIAL_BASE_FEE,
            genesis_timestamp: None,
            coinbase: Address::ZERO,
            balance: U256::from(10_000u64) * U256::from(10u64).pow(U256::from(18u64)),
            mining: MiningMode::Instant,
            history_blocks: 8_192,
            finality_depth: 0,
            max_nonce_gap: 64,
            max_pool: 4_096,
            log_range_limit: None,
            log_result_limit: None,
            code_size_limit: None,
            allow_remote: false,
            max_body: 4 << 20,
            max_batch: 1_000,
        }
    }
}
