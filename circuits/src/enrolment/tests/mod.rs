//! Tests of the enrolment circuit as a whole.

mod fixture;
mod satisfied;
