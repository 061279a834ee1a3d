//! Tests of the whole circuit and of each gate.

mod agreement;
mod budget;
mod cheats;
mod checker;
pub(crate) mod classes;
mod determinism;
mod fixture;
mod gadgets;
mod mutation;
mod satisfied;

/// A witness column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    A,
    B,
}

/// A witness cell.
pub type Cell = (Column, usize);
