//! Gas of the market's operations: execution gas, as forge measured it of the contracts that this program carries.
//!
//! They need operators, batches and a challenge window around them, which the tests of the contracts build. Their snapshots
//! are checked in, and the test command fails where they are not what forge measures.

use super::figure::Figure;
use eyre::{Result, WrapErr, eyre};
use std::collections::BTreeMap;

const SNAPSHOTS: &str = include_str!("../../../contracts/snapshots/nonos.json");

/// Figure, the measurement of the snapshots that it is, and how many operations that measures.
const FIGURES: [(&str, &str, f64); 8] = [
    ("lock_gas", "market: lock, signed, all warm", 1.0),
    ("fulfil_gas", "market: fulfil", 1.0),
    ("fulfil32_gas_each", "market: fulfil 32", 32.0),
    ("slash_gas", "market: slash", 1.0),
    ("deposit_first_gas", "market: first deposit", 1.0),
    ("deposit_next_gas", "market: deposit", 1.0),
    ("withdraw_gas", "market: withdraw", 1.0),
    ("inclusion_gas_1024", "leafStatus in 1,024, final, warm", 1.0),
];

/// All of them.
pub fn measure() -> Result<Vec<Option<Figure>>> {
    let snapshots: BTreeMap<String, String> =
        serde_json::from_str(SNAPSHOTS).wrap_err("the gas snapshots are malformed")?;
    let figure = |(name, measurement, operations): (&str, &str, f64)| {
        let gas = snapshots.get(measurement).ok_or_else(|| eyre!("no snapshot of `{measurement}`"))?;
        let gas: u32 = gas.parse().wrap_err_with(|| format!("the snapshot of `{measurement}`"))?;
        Ok(Figure::new(name, f64::from(gas) / operations, 1))
    };
    FIGURES.into_iter().map(figure).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_of_the_market_is_measured_and_within_its_budget() {
        let figures = measure().unwrap();
        assert_eq!(figures.len(), FIGURES.len());
        for figure in figures {
            let figure = figure.unwrap();
            assert!(figure.within(), "{}: {}", figure.name, figure.value);
        }
    }
}
