//! Beacons: an operator's root key vouches for a peer, and the peer agrees.

mod directory;
mod record;

pub use directory::OperatorInfo;
pub(super) use directory::{Applied, Directory};
pub(super) use record::BeaconScope;
pub use record::{Beacon, BeaconError, BeaconSigner, MAX_BEACON_BYTES, SignedBeacon};
