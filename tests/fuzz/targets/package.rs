//! Capsule files: whatever decodes re-encodes to the same bytes, and no bytes panic.
#![no_main]
use libfuzzer_sys::fuzz_target;
use nonos_core::package::Package;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(package) = Package::decode(bytes) {
        assert_eq!(package.encode(), bytes);
        let _ = package.verify(None);
    }
});
