//! Receipts from the network: whatever decodes re-encodes to the same bytes, and no bytes panic.
#![no_main]
use libfuzzer_sys::fuzz_target;
use nonos_core::receipt::Receipt;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(receipt) = Receipt::decode(bytes) {
        assert_eq!(receipt.encode(), bytes);
        let _ = receipt.verify_self_contained();
    }
});
