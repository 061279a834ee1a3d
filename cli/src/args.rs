//! Raw arguments, exactly as typed. Nothing is looked up here; `settings` does that once.

use crate::commands;
use crate::service::{COMMAND_LEVEL, SERVICE_LEVEL};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

const LONG_ABOUT: &str = "\
Launch WASM capsules in a sandbox, prove each launch in zero knowledge, and let anyone check the receipt,
natively or on an EVM chain.

Start with `nonos demo`: it runs the whole flow, and what cheating meets, on an embedded chain.

Every setting is looked for as a flag, then in the environment (NONOS_*), then in the configuration file, whose
keys are datadir, rpc_url, account_key_file, passphrase_file, pin_file, srs, log and log_format, and which has a section
for each service: [node], [relayer], [market].
Results go to stdout, progress, logs and errors to stderr. Services stop cleanly on SIGINT and SIGTERM. Exit status: 0 success, 1 the command failed or its
verdict is negative, 2 wrong arguments or configuration.";

/// A proof-bound execution market: launch capsules, prove it, verify it anywhere.
#[derive(Debug, Parser)]
#[command(name = "nonos", version, long_about = LONG_ABOUT, propagate_version = true, disable_help_subcommand = true)]
pub struct Cli {
    /// Settings every command understands.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Default, Clone, Args)]
pub struct GlobalArgs {
    /// Print one JSON object for machines instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// No progress on stderr
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Folder of keys, receipts, store and deployments [env: NONOS_DATADIR] [default: ~/.nonos]
    #[arg(long, global = true, value_name = "DIR")]
    pub datadir: Option<PathBuf>,
    /// Configuration file, TOML [env: NONOS_CONFIG] [default: DATADIR/nonos.toml if it exists]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// JSON-RPC address of the chain, http:// [env: NONOS_RPC_URL]
    #[arg(long, global = true, value_name = "URL")]
    pub rpc_url: Option<String>,
    /// File with the hex secp256k1 key that pays for transactions [env: NONOS_ACCOUNT_KEY_FILE, or NONOS_ACCOUNT_KEY with the key itself]
    #[arg(long, global = true, value_name = "FILE")]
    pub account_key_file: Option<PathBuf>,
    /// File whose first line opens the keystore [env: NONOS_PASSPHRASE_FILE, or NONOS_PASSPHRASE with the passphrase itself]
    #[arg(long, global = true, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// File whose first line is the PIN of the token that holds the root key [env: NONOS_PIN_FILE, or NONOS_PIN with the PIN itself]
    #[arg(long, global = true, value_name = "FILE")]
    pub pin_file: Option<PathBuf>,
    /// Ceremony file (.ptau, or halo2 parameters); without it the developer setup, for development chains only [env: NONOS_SRS]
    #[arg(long, global = true, value_name = "FILE")]
    pub srs: Option<PathBuf>,
    /// What is logged: error, warn, info, debug, trace, or per module, as in info,nonos_node=debug [env: NONOS_LOG] [default: info for services, else error]
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log: Option<String>,
    /// How it is logged: text or json [env: NONOS_LOG_FORMAT] [default: text]
    #[arg(long, global = true, value_name = "FORMAT")]
    pub log_format: Option<String>,
}

/// The commands. One file each under `commands`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The whole flow in one run, then what cheating meets
    Demo(commands::demo::DemoArgs),
    /// An embedded EVM chain with JSON-RPC
    Devnet(commands::devnet::DevnetArgs),
    /// Deploy the contracts, show where they are
    #[command(subcommand)]
    Chain(commands::chain::ChainCommand),
    /// The root key: make it (here or on a PKCS#11 token), show it, sign with it
    #[command(subcommand)]
    Keys(commands::keys::KeysCommand),
    /// Capsules: pack, sign, inspect, verify, register, install
    #[command(subcommand)]
    Capsule(commands::capsule::CapsuleCommand),
    /// An operator: enrol with a proof, rotate, exit, deposits
    #[command(subcommand)]
    Operator(commands::operator::OperatorCommand),
    /// Launch a capsule in the sandbox, prove the launch, write the receipt
    Launch(commands::launch::LaunchArgs),
    /// The proof market: ask for launches, serve them, challenge bad leaves
    #[command(subcommand)]
    Market(commands::market::MarketCommand),
    /// The verification market: opinions on batches, for a fee and with a stake
    #[command(subcommand)]
    Verifier(commands::verifier::VerifierCommand),
    /// Receipts: show and verify
    #[command(subcommand)]
    Receipt(commands::receipt::ReceiptCommand),
    /// The relayer: collects receipts, anchors them in batches; its bond
    #[command(subcommand)]
    Relayer(commands::relayer::RelayerCommand),
    /// The circuits: verifying keys and generated contracts
    #[command(subcommand)]
    Circuit(commands::circuit::CircuitCommand),
    /// The node: mesh, verification, store, HTTP API
    #[command(subcommand)]
    Node(commands::node::NodeCommand),
    /// Measure every budget
    Bench(commands::bench::BenchArgs),
}

impl Command {
    /// What is logged if nobody says: services tell what they do, other commands answer.
    pub fn default_level(&self) -> &'static str {
        match self {
            Self::Devnet(_) | Self::Node(_) => SERVICE_LEVEL,
            Self::Relayer(commands::relayer::RelayerCommand::Run(_)) => SERVICE_LEVEL,
            Self::Market(command) if command.is_service() => SERVICE_LEVEL,
            Self::Verifier(command) if command.is_service() => SERVICE_LEVEL,
            _ => COMMAND_LEVEL,
        }
    }
}
