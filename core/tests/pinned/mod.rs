//! Cases that the contracts are held to, pinned as files.

use alloy_primitives::{Bytes, hex};
use std::collections::BTreeMap;

/// The generated cases are those of `tests/FILE`; NONOS_WRITE_VECTORS=1 writes the file anew.
pub fn assert_pinned<const N: usize>(file: &str, generated: [(&str, Bytes); N]) {
    let now: BTreeMap<_, _> =
        generated.into_iter().map(|(name, data)| (name.to_owned(), hex::encode_prefixed(data))).collect();
    let path = format!("{}/tests/{file}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("NONOS_WRITE_VECTORS").is_some() {
        let text = serde_json::to_string_pretty(&now).expect("JSON");
        std::fs::write(&path, text + "\n").expect("written");
    }
    let pinned: BTreeMap<String, String> =
        serde_json::from_str(&std::fs::read_to_string(&path).expect("the file")).expect("JSON");
    assert!(now == pinned, "{path} is not what the core computes; NONOS_WRITE_VECTORS=1 writes it anew");
}
