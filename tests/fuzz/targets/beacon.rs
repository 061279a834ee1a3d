//! Beacons from the network: whatever decodes re-encodes to the same bytes, and no bytes panic.
#![no_main]
use libfuzzer_sys::fuzz_target;
use nonos_node::mesh::SignedBeacon;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(beacon) = SignedBeacon::decode(bytes) {
        assert_eq!(beacon.encode(), bytes);
        assert!(beacon.peer().is_ok());
    }
});
