//! Verifying-key files: no bytes panic or allocate without bound.
#![no_main]
use libfuzzer_sys::fuzz_target;
use nonos_circuits::backend::Verifier;
use nonos_circuits::launch::LaunchCircuit;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(verifier) = Verifier::from_bytes::<LaunchCircuit>(bytes) {
        assert_eq!(verifier.to_bytes(), bytes);
    }
});
