//! The statement: three hashes, and what ties their cells to the instances.

use super::INSTANCES;
use crate::launch::glue::reserve_instances;
use crate::launch::poseidon::hash;
use crate::launch::sheet::Sheet;
use halo2curves::bn256::Fr;

/// Rows of the public instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Public {
    Leaf,
    High,
    Low,
}

/// Everything the prover brings, as field elements. Not `Debug`: it holds the operator's secret.
#[derive(Clone, Copy)]
pub(super) struct Inputs {
    /// The operator's secret.
    pub k: Fr,
    /// P(MAN; policyHash, manifest).
    pub terms: Fr,
    /// C, high limb first.
    pub commitment: [Fr; 2],
}

/// A finished sheet and the public instances it satisfies.
#[derive(Clone)]
pub(super) struct Layout {
    /// All rows.
    pub sheet: Sheet,
    /// `[J, C_hi, C_lo]`.
    pub instance: [Fr; INSTANCES],
}

/// Lays out the whole statement.
pub(super) fn lay_out(inputs: &Inputs) -> Layout {
    let mut sheet = Sheet::new();
    reserve_instances(&mut sheet, INSTANCES);
    // The last instance's relation reads the constants of two more rows: no hash may begin there.
    sheet.blank();
    sheet.blank();
    let [high, low] = inputs.commitment;
    let digest = hash(&mut sheet, "DIG", high, low);
    let capsule = hash(&mut sheet, "CAP", digest.out, inputs.terms);
    let leaf = hash(&mut sheet, "INST", inputs.k, capsule.out);
    sheet.fill(Public::Leaf as usize, leaf.out);
    sheet.fill(Public::High as usize, digest.left);
    sheet.fill(Public::Low as usize, digest.right);
    Layout { sheet, instance: [leaf.out.value(), high, low] }
}
