//! A measured figure with its budget, and the list of all of them.

use serde::Serialize;

/// Which part of the benchmark yields a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    /// Making a proof.
    Prove,
    /// Checking proofs natively.
    Verify,
    /// Checking a proof on the embedded chain.
    Chain,
    /// The enrolment circuit: making a proof, and checking it here and on chain.
    Enrolment,
    /// The install circuit: the same.
    Install,
    /// The STARK of an install: making the proof of a full chunk, and checking it.
    Stark,
    /// The mesh on loopback.
    Gossip,
    /// The whole demo, as a process of its own.
    Demo,
    /// The relayer's queue, with and without the contract's verdict.
    Relayer,
    /// A full batch on the embedded chain.
    Anchor,
    /// The market's operations, as the tests of the contracts measured them.
    Market,
}

/// A figure that can be asked for.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// Its key in the JSON object.
    pub name: &'static str,
    /// Unit of value and budget.
    pub unit: &'static str,
    /// The most it may be, or the least.
    pub budget: f64,
    /// Whether more is better.
    pub at_least: bool,
    /// Where it is measured.
    pub suite: Suite,
}

/// A figure that should be small.
const fn spec(name: &'static str, unit: &'static str, budget: f64, suite: Suite) -> Spec {
    Spec { name, unit, budget, at_least: false, suite }
}

/// A figure that should be large.
const fn floor(name: &'static str, unit: &'static str, budget: f64, suite: Suite) -> Spec {
    Spec { name, unit, budget, at_least: true, suite }
}

/// Every figure that exists, in the order of the report.
pub const ALL: [Spec; 41] = [
    spec("launch_prove_cpu_s", "CPU s", 1.3, Suite::Prove),
    spec("launch_prove_wall_s", "s", 0.8, Suite::Prove),
    spec("launch_prove_rss_mb", "MB", 64.0, Suite::Prove),
    spec("launch_proof_bytes", "bytes", 1_300.0, Suite::Prove),
    spec("launch_verify_native_ms", "ms", 4.0, Suite::Verify),
    spec("launch_verify_batch64_ms_each", "ms", 1.0, Suite::Verify),
    spec("launch_verify_gas", "gas", 270_000.0, Suite::Chain),
    spec("launch_verify_overhead_pct", "%", 6.0, Suite::Chain),
    spec("launch_verifier_code_bytes", "bytes", 24_576.0, Suite::Chain),
    spec("enrol_prove_cpu_s", "CPU s", 14.0, Suite::Enrolment),
    spec("enrol_prove_rss_mb", "MB", 1_024.0, Suite::Enrolment),
    spec("enrol_proof_bytes", "bytes", 3_300.0, Suite::Enrolment),
    spec("enrol_verify_native_ms", "ms", 8.0, Suite::Enrolment),
    spec("enrol_verify_gas", "gas", 550_000.0, Suite::Enrolment),
    spec("enrol_verifier_bytes", "bytes", 24_576.0, Suite::Enrolment),
    spec("install_halo2_cpu_s_per_perm", "CPU s", 0.45, Suite::Install),
    spec("install_halo2_rss_mb", "MB", 1_024.0, Suite::Install),
    spec("install_halo2_proof_bytes", "bytes", 7_000.0, Suite::Install),
    spec("install_halo2_verify_native_ms", "ms", 8.0, Suite::Install),
    spec("install_halo2_verify_gas", "gas", 900_000.0, Suite::Install),
    spec("install_halo2_verifier_bytes", "bytes", 24_576.0, Suite::Install),
    floor("install_stark_perms_per_cpu_s", "1/CPU s", 90.0, Suite::Stark),
    spec("install_stark_rss_mb", "MB", 5_120.0, Suite::Stark),
    spec("install_stark_verify_ms", "ms", 60.0, Suite::Stark),
    floor("gossip_msgs_per_s", "msg/s", 3_800.0, Suite::Gossip),
    spec("gossip_p50_ms", "ms", 4.0, Suite::Gossip),
    spec("gossip_p99_ms", "ms", 5.0, Suite::Gossip),
    spec("gossip_verified_p99_ms", "ms", 10.0, Suite::Gossip),
    floor("node_verify_receipts_per_s", "receipts/s", 600.0, Suite::Gossip),
    spec("demo_s", "s", 120.0, Suite::Demo),
    floor("relayer_receipts_per_s", "1/s", 500.0, Suite::Relayer),
    floor("relayer_verified_receipts_per_s", "1/s", 100.0, Suite::Relayer),
    spec("anchor_gas_per_receipt_1024", "gas", 150.0, Suite::Anchor),
    spec("lock_gas", "gas", 147_000.0, Suite::Market),
    spec("fulfil_gas", "gas", 87_000.0, Suite::Market),
    spec("fulfil32_gas_each", "gas", 42_000.0, Suite::Market),
    spec("slash_gas", "gas", 80_000.0, Suite::Market),
    spec("deposit_first_gas", "gas", 50_000.0, Suite::Market),
    spec("deposit_next_gas", "gas", 33_000.0, Suite::Market),
    spec("withdraw_gas", "gas", 40_000.0, Suite::Market),
    spec("inclusion_gas_1024", "gas", 12_000.0, Suite::Market),
];

/// A figure, measured.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// Its key.
    #[serde(skip)]
    pub name: &'static str,
    /// Median over `n` runs.
    pub value: f64,
    /// Unit of value and budget.
    pub unit: &'static str,
    /// The most it may be, or the least.
    pub budget: f64,
    /// Whether more is better.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub at_least: bool,
    /// Runs measured.
    pub n: usize,
}

impl Figure {
    /// A value for the figure of this name; `None` for a name that is not in [`ALL`].
    pub fn new(name: &str, value: f64, n: usize) -> Option<Self> {
        let spec = ALL.iter().find(|spec| spec.name == name)?;
        // A measurement that gave nothing is absent.
        value.is_finite().then_some(Self {
            name: spec.name,
            value,
            unit: spec.unit,
            budget: spec.budget,
            at_least: spec.at_least,
            n,
        })
    }

    /// Within its budget?
    pub fn within(&self) -> bool {
        if self.at_least { self.value >= self.budget } else { self.value <= self.budget }
    }
}
