//! The three topics and the id of a gossiped message.

use libp2p::gossipsub::{IdentTopic, TopicHash};
use nonos_core::batch::BATCH_REF_BYTES;
use nonos_core::receipt::MAX_RECEIPT_BYTES;
use sha2::{Digest, Sha256};

use super::beacon::MAX_BEACON_BYTES;

/// Largest gossiped message in bytes: the largest receipt.
pub const MAX_GOSSIP_BYTES: usize = MAX_RECEIPT_BYTES;
/// Separates these hashes from every other use of SHA-256.
const DOMAIN: &[u8] = b"nonos1.gossip";

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Receipts, in their one encoding.
    Receipts,
    /// Batches that were anchored.
    Batches,
    /// Who operates which peer.
    Beacons,
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Receipts, Self::Batches, Self::Beacons];

    /// As on the wire. No name is the start of another, so `DOMAIN ‖ name ‖ data` is unambiguous.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Receipts => "nonos/receipts/1",
            Self::Batches => "nonos/batches/1",
            Self::Beacons => "nonos/beacons/1",
        }
    }

    /// Largest message in bytes.
    pub const fn max_bytes(self) -> usize {
        match self {
            Self::Receipts => MAX_GOSSIP_BYTES,
            Self::Batches => BATCH_REF_BYTES,
            Self::Beacons => MAX_BEACON_BYTES,
        }
    }

    pub(super) fn ident(self) -> IdentTopic {
        IdentTopic::new(self.name())
    }

    pub(super) fn hash(self) -> TopicHash {
        self.ident().hash()
    }

    pub(super) fn from_hash(hash: &TopicHash) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.name() == hash.as_str())
    }
}

/// `SHA-256("nonos1.gossip" ‖ topic ‖ data)[..20]`: by content alone, so that a message has one id whoever sends it.
pub fn message_id(topic: &str, data: &[u8]) -> [u8; 20] {
    let mut hash = Sha256::new();
    hash.update(DOMAIN);
    hash.update(topic.as_bytes());
    hash.update(data);
    let digest: [u8; 32] = hash.finalize().into();
    let mut id = [0; 20];
    id.copy_from_slice(&digest[..20]);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_depends_on_topic_and_data() {
        let id = |topic: Topic, data: &[u8]| message_id(topic.name(), data);
        assert_eq!(id(Topic::Receipts, b"a"), id(Topic::Receipts, b"a"));
        assert_ne!(id(Topic::Receipts, b"a"), id(Topic::Receipts, b"b"));
        assert_ne!(id(Topic::Receipts, b"a"), id(Topic::Beacons, b"a"));
    }

    #[test]
    fn no_topic_is_the_start_of_another() {
        for (i, a) in Topic::ALL.iter().enumerate() {
            for (j, b) in Topic::ALL.iter().enumerate() {
                assert!(i == j || !a.name().starts_with(b.name()));
            }
            assert_eq!(Topic::from_hash(&a.hash()), Some(*a));
        }
    }

    /// Computed with `printf 'nonos1.gossipnonos/receipts/1abc' | sha256sum`.
    #[test]
    fn a_known_id_is_pinned() {
        assert_eq!(
            hex::encode(message_id("nonos/receipts/1", b"abc")),
            "a00fb877cd3d1753d9ccd12e4acb9321cf9ba810"
        );
    }
}
