//! One launch, from package and input to a stored receipt.
//!
//! The order matters twice. Everything that can fail cheaply fails before the capsule runs: package, operator list,
//! membership in the three trees. And the nullifier index is reserved, durably, before the proof exists: a crash or a
//! restored backup costs an index and never equivocates.
//!
//! package -> trees -> capsule runtime (state against policy) -> index -> header -> proof -> signatures -> all of it
//! verified as a stranger would -> store
//!
//! The caller injects the time; nothing here reads a clock.

mod commitments;
mod draft;
mod error;
mod launcher;
mod request;

pub use commitments::{DisclosureSecrets, Salts};
pub use error::LaunchError;
pub use launcher::{Launched, Launcher};
pub use request::{Deployment, LaunchRequest, Membership, OnionChoice, OperatorIdentity, Privacy};
