//! Frames of the exchange protocol: whatever decodes re-encodes to the same bytes, and no bytes panic.
#![no_main]
use libfuzzer_sys::fuzz_target;
use nonos_node::mesh::exchange::{Request, Response};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = Request::decode(bytes) {
        assert_eq!(request.encode(), bytes);
        assert!(request.max_answer() > 0);
    }
    // The first byte says which question is answered.
    if let Some((asked, frame)) = bytes.split_first()
        && let Ok(response) = Response::decode(*asked, frame)
    {
        assert_eq!(response.encode(*asked), frame);
    }
});
