//! The statement: which gadgets stand where, and what ties their cells together.
//!
//! Works on plain field elements and never fails: for inputs that are not a valid launch it writes rows that break a
//! gate. Whether a witness is valid is decided, with words, in [`super::witness`].

use super::bits::{Subset, extend, slice, subset};
use super::glue::{is_zero, linear, measurement, reserve_instances, select, zero};
use super::merkle::{Path, membership};
use super::opcode::Op;
use super::poseidon::{hash, hash_list};
use super::sheet::{Sheet, Source, Wire};
use super::{INDEX_BITS, INSTANCES, MEMORY_BITS};
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;

/// Bits of w0 below the memory pages: CPU features and the isolation thermometer.
pub const W0_LOW_BITS: usize = 132;
/// Bits of w1 and w2: system calls.
pub const SYSCALL_BITS: usize = 192;
/// Bits of w3: system calls, capabilities and the network thermometer.
pub const W3_BITS: usize = 196;

/// Everything the prover brings, as field elements. Not `Debug`: it holds the operator's secret.
#[derive(Clone)]
pub struct Inputs {
    /// The operator's secret.
    pub k: Fr,
    /// Opaque second input of the identity leaf.
    pub meta: Fr,
    /// Identity leaf to operator root.
    pub operator: Path,
    /// Install leaf to install root.
    pub install: Path,
    /// Capsule leaf to catalog root.
    pub catalog: Path,
    /// C, high limb first.
    pub commitment: [Fr; 2],
    /// Manifest digest without its last byte.
    pub manifest: Fr,
    /// Packed policy w0..w4.
    pub policy: [Fr; 5],
    /// Packed state w0..w4.
    pub state: [Fr; 5],
    /// The policy's measurement set, padded to four; arbitrary where the policy accepts any.
    pub measurements: [Fr; 4],
    /// Zero to disclose the capsule.
    pub capsule_salt: Fr,
    /// Zero to disclose the operator.
    pub operator_salt: Fr,
    /// Salt of the state tag, zero or not.
    pub state_salt: Fr,
    /// Hours since 1970.
    pub epoch: Fr,
    /// Number of the receipt within the epoch.
    pub index: Fr,
    /// The receipt header's digest modulo r.
    pub binding: Fr,
}

/// Rows of the public instances, in the order of the instance vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Public {
    Binding,
    CatalogRoot,
    CapsuleTag,
    OperatorRoot,
    OperatorTag,
    InstallRoot,
    StateTag,
    Epoch,
    Nullifier,
    Flags,
}

/// A finished sheet and the public instances it satisfies.
#[derive(Clone)]
pub struct Layout {
    /// All rows.
    pub sheet: Sheet,
    /// The values of the instance cells.
    pub instance: [Fr; INSTANCES],
}

/// The words of policy and state after the policy gate.
struct Words {
    policy: [Wire; 4],
    state: [Wire; 4],
}

struct Writer {
    sheet: Sheet,
    instance: [Fr; INSTANCES],
}

/// Lays out the whole statement.
pub fn lay_out(inputs: &Inputs) -> Layout {
    let mut w = Writer::new();
    w.publish(Public::Binding, inputs.binding);
    w.publish(Public::Epoch, inputs.epoch);
    let zero = zero(&mut w.sheet);
    let words = policy_gate(&mut w.sheet, zero, inputs);
    let epoch = w.sheet.wire(Public::Epoch as usize);
    let slot = extend(&mut w.sheet, epoch, &inputs.index, INDEX_BITS);

    // The policy inside the capsule leaf and the state inside the state tag are those that were compared.
    let (policy_words, policy_hash) =
        hash_list(&mut w.sheet, "POL", with_last(words.policy, inputs.policy[4].into()));
    let [s0, s1, s2, s3] = words.state.map(Source::Copy);
    let state_inputs = [s0, s1, s2, s3, inputs.state[4].into(), inputs.state_salt.into()];
    let (state_words, state_tag) = hash_list(&mut w.sheet, "STATE", state_inputs);
    w.publish(Public::StateTag, state_tag);
    measurement(&mut w.sheet, policy_words[4], state_words[4], &inputs.measurements);

    // Who: an enrolled identity, and a nullifier of the same secret.
    let identity = hash(&mut w.sheet, "ID", inputs.k, inputs.meta);
    let (k, identity) = (identity.left, identity.out);
    let operator_root = membership(&mut w.sheet, identity, &inputs.operator);
    w.publish(Public::OperatorRoot, operator_root);
    let nullifier = hash(&mut w.sheet, "NUL", k, slot);
    w.publish(Public::Nullifier, nullifier.out);

    // What: a capsule of the catalog, installed by the same secret.
    let digest = hash(&mut w.sheet, "DIG", inputs.commitment[0], inputs.commitment[1]);
    let terms = hash(&mut w.sheet, "MAN", policy_hash, inputs.manifest);
    let capsule = hash(&mut w.sheet, "CAP", digest.out, terms.out).out;
    let catalog_root = membership(&mut w.sheet, capsule, &inputs.catalog);
    w.publish(Public::CatalogRoot, catalog_root);
    let install = hash(&mut w.sheet, "INST", k, capsule).out;
    let install_root = membership(&mut w.sheet, install, &inputs.install);
    w.publish(Public::InstallRoot, install_root);

    // What the receipt shows of both.
    let (capsule_tag, capsule_shown) = tag(&mut w.sheet, "COMC", capsule, inputs.capsule_salt);
    w.publish(Public::CapsuleTag, capsule_tag);
    let (operator_tag, operator_shown) = tag(&mut w.sheet, "COMO", identity, inputs.operator_salt);
    w.publish(Public::OperatorTag, operator_tag);
    let flags = flags(&mut w.sheet, capsule_shown, operator_shown);
    w.publish(Public::Flags, flags);
    Layout { sheet: w.sheet, instance: w.instance }
}

impl Writer {
    fn new() -> Self {
        let mut sheet = Sheet::new();
        reserve_instances(&mut sheet, INSTANCES);
        Writer { sheet, instance: [Fr::ZERO; INSTANCES] }
    }

    fn publish(&mut self, public: Public, source: impl Into<Source>) {
        let source = source.into();
        self.sheet.fill(public as usize, source);
        self.instance[public as usize] = source.value();
    }
}

fn with_last([w0, w1, w2, w3]: [Wire; 4], last: Source) -> [Source; 5] {
    [w0.into(), w1.into(), w2.into(), w3.into(), last]
}

/// State words 0 to 3 satisfy the policy words.
///
/// Memory: used and slack have 24 bits each and limit = slack + used, so used ≤ limit as integers. They are the starts
/// of the w0 run, which therefore ends in w0 = pages·2^132 + low bits, for both.
fn policy_gate(sheet: &mut Sheet, zero: Wire, inputs: &Inputs) -> Words {
    let (policy, state) = (&inputs.policy, &inputs.state);
    let pages = |w0: &Fr| slice(w0, W0_LOW_BITS, MEMORY_BITS);
    let limit = pages(&policy[0]);
    let used = extend(sheet, zero, &pages(&state[0]), MEMORY_BITS);
    let slack = extend(sheet, zero, &(limit - used.value()), MEMORY_BITS);
    // slack + used − limit = 0 on the last row of the slack run and the first two of the w0 run.
    sheet.set_op(slack.row(), Op::Linear);
    sheet.claim(slack.row(), [Fr::ONE, -Fr::ONE, Fr::ZERO]);
    let w0 = subset(sheet, (limit, &policy[0]), (used, &state[0]), W0_LOW_BITS);
    let mut allowed = |i: usize, width| subset(sheet, (zero, &state[i]), (zero, &policy[i]), width);
    let [w1, w2, w3] = [allowed(1, SYSCALL_BITS), allowed(2, SYSCALL_BITS), allowed(3, W3_BITS)];
    let [state1, state2, state3] = [w1, w2, w3].map(|Subset { small, .. }| small);
    let [policy1, policy2, policy3] = [w1, w2, w3].map(|Subset { large, .. }| large);
    Words { policy: [w0.small, policy1, policy2, policy3], state: [w0.large, state1, state2, state3] }
}

/// `salt = 0 ? value : P(NAME; value, salt)` and whether the salt is zero.
fn tag(sheet: &mut Sheet, name: &str, value: Wire, salt: Fr) -> (Wire, Wire) {
    let hidden = hash(sheet, name, value, salt);
    let shown = is_zero(sheet, hidden.right);
    (select(sheet, shown, value, hidden.out), shown)
}

/// capsuleDisclosed + 2·operatorDisclosed.
fn flags(sheet: &mut Sheet, capsule: Wire, operator: Wire) -> Wire {
    let two = Fr::from(2);
    let sum = capsule.value() + two * operator.value();
    let [flags, ..] = linear(sheet, sum.into(), (-Fr::ONE, capsule.into()), (-two, operator.into()));
    flags
}
