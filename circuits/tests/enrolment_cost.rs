//! What one enrolment proof costs. `cargo test --release -p nonos-circuits --test enrolment_cost -- --ignored --nocapture`

mod cost_support;
mod enrolment_support;

use nonos_circuits::enrolment::Enrolment;

#[test]
#[ignore = "a measurement, not a check: it depends on the machine"]
fn one_proof() {
    cost_support::print_cost::<Enrolment>(3, enrolment_support::enrolment, |circuit| {
        format!("{:?}", circuit.sheet().usage())
    });
}
