//! Tests of the enrolment circuit as a whole.

mod cheats;
mod checker;
mod fixture;
mod gadgets;
mod mutation;
mod satisfied;
mod signatures;
