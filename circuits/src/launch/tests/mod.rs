//! Tests of the whole circuit.

mod fixture;
mod satisfied;

/// A witness column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Column a.
    A,
    /// Column b.
    B,
}
