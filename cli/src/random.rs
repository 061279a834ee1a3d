//! Randomness for proofs and samples.

use eyre::{Result, eyre};

/// 32 fresh bytes from the operating system.
pub fn seed() -> Result<[u8; 32]> {
    let mut seed = [0; 32];
    fill(&mut seed)?;
    Ok(seed)
}

/// As many as asked for.
pub fn bytes(count: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; count];
    fill(&mut bytes)?;
    Ok(bytes)
}

fn fill(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|error| eyre!("the operating system gives no random bytes: {error}"))
}
