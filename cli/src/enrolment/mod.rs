//! Enrolling: what a key signs, the signature from wherever it is made, and the proof of it.

mod external;
mod saved;
mod statement;

pub use external::{ExternalArgs, SigningArgs};
pub use saved::SavedTerms;
pub use statement::{Proven, Statement, prove};
