//! `nonos keys show`: what may be known of the keys.

use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::table::pairs;
use eyre::Result;
use nonos_node::onion::{OnionAddress, OnionNetwork};
use serde_json::json;

/// Opens the keystore and shows its public part: the root key and where it is, and the node's own onion address on each network.
pub fn run(settings: &Settings, progress: Progress) -> Result<Reply> {
    let keystore = super::open(settings, progress)?;
    let root = format!("0x{}", hex::encode(keystore.root_public()));
    let addresses = OnionNetwork::ALL
        .into_iter()
        .map(|network| {
            let key = keystore.onion_key(network, 0)?.public();
            Ok(OnionAddress::new(network, key)?.to_string())
        })
        .collect::<Result<Vec<_>>>()?;
    let (place, object) = super::place(&keystore);
    let lines = [("root key", root.clone()), ("which is", place)]
        .into_iter()
        .chain(addresses.iter().map(|address| ("onion address", address.clone())));
    Ok(Reply::new(pairs(lines), json!({ "root_key": root, "place": object, "onion_addresses": addresses })))
}
