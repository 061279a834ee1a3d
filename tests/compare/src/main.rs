//! Other people's keccak over halo2, and a development SRS in barretenberg's format.
//!
//! `nonos-compare zkevm N` proves N keccak-f; `nonos-compare srs POINTS DIR` writes that many points.

mod srs;
mod zkevm;

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["zkevm", n] => zkevm::run(n.parse()?),
        ["srs", points, dir] => srs::write(points.parse()?, Path::new(dir)),
        _ => Err("usage: nonos-compare zkevm N | srs POINTS DIR".into()),
    }
}
