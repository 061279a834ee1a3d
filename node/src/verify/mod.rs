//! Verdicts on a receipt, kept apart because they rest on different things.
//!
//! | verdict | needs | says |
//! |---|---|---|
//! | proof valid | receipt and pinned verifying key | the launch happened as the header says, by *somebody* in *some* trees |
//! | admitted | the roots of the chain | those trees are the real ones: enrolled operator, admitted install, catalog of the mesh |
//! | fresh | a clock | it was launched recently, and not in the future |
//!
//! A self-made tree gives "proof valid" and nothing more; only all three together make a receipt worth anything.
//! "Anchored" and "final" are the chain's verdicts and not given here.
//!
//! Checks run cheapest first and the pairing last, so that junk costs little.

mod fault;
mod roots;
mod verifier;

pub use fault::{AdmissionFault, FreshnessFault, ProofFault, Refusal};
pub use roots::{FixedRoots, RootSource, RootSourceError, RootStanding, Roots};
pub use verifier::{Checkpoint, ReceiptVerifier, Screened, Verdicts, VerifierSetupError, Window};
