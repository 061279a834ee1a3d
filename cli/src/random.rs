//! Randomness for proofs and samples.

use eyre::{Result, eyre};

/// 32 fresh bytes from the operating system.
pub fn seed() -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| eyre!("the operating system gives no random bytes: {error}"))?;
    Ok(bytes)
}
