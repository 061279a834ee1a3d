//! Measurements behind `nonos bench`.

mod chain;
mod demo;
mod enrolment;
pub mod figure;
mod gossip;
mod install;
pub mod machine;
mod market;
mod prove;
mod relayer;
mod verify;
mod witness;

pub use chain::measure as measure_chain;
pub use demo::measure as measure_demo;
pub use enrolment::measure as measure_enrolment;
pub use gossip::measure as measure_gossip;
pub use install::{measure as measure_install, measure_stark};
pub use market::measure as measure_market;
pub use prove::measure as measure_prove;
pub use relayer::{measure_gas, measure_throughput};
pub use verify::measure as measure_verify;
