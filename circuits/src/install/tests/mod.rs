//! Tests of the install circuit as a whole.

mod chains;
mod cheats;
mod fixture;
mod mutation;
mod satisfied;
