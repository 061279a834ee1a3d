//! Onion addresses: whatever parses prints back as itself in lower case.
#![no_main]
use libfuzzer_sys::fuzz_target;
use nonos_node::onion::OnionAddress;

fuzz_target!(|text: &str| {
    if let Ok(address) = OnionAddress::parse(text) {
        assert_eq!(address.to_string(), text.to_ascii_lowercase());
    }
});
