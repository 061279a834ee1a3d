//! Which chains are for development.

/// Chain ids of the embedded devnet, anvil, hardhat and ganache. A developer SRS is refused anywhere else.
pub const DEV_CHAIN_IDS: [u64; 2] = [31337, 1337];

/// Whether a chain is a development chain.
pub fn is_dev_chain(id: u64) -> bool {
    DEV_CHAIN_IDS.contains(&id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_chains_are_not_development_chains() {
        assert!(is_dev_chain(31337) && is_dev_chain(1337));
        for id in [0, 1, 10, 8453, 11155111, u64::MAX] {
            assert!(!is_dev_chain(id), "{id}");
        }
    }
}
