//! What one launch proof costs. `cargo test --release -p nonos-circuits --test launch_cost -- --ignored --nocapture`

mod cost_support;
mod launch_support;

use nonos_circuits::launch::Launch;

#[test]
#[ignore = "a measurement, not a check: it depends on the machine"]
fn one_proof() {
    cost_support::print_cost::<Launch>(10, launch_support::launch, |circuit| {
        circuit.sheet().len().to_string()
    });
}
