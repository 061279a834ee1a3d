//! Ceremony files: no bytes panic or allocate without bound.
#![no_main]
use libfuzzer_sys::fuzz_target;
use nonos_circuits::backend::Srs;

fuzz_target!(|bytes: &[u8]| {
    let _ = Srs::from_ptau(bytes, 2);
    let _ = Srs::from_halo2(bytes);
});
