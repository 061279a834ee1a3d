//! The quotient's evaluation: all constraints folded by y, divided by `x^n - 1`.

use halo2curves::{bn256::Fr, ff::Field};

use crate::{
    constraints::Group,
    dag::{Dag, Id, Node},
    yul::{Assignment, Target},
};

/// Statements that fold the constraints into `h`, and the value of `h / (x^n - 1)`.
///
/// Runs of constraints with a common factor f (a selector, or a Lagrange value) are folded inside the factor:
/// `h y^m + f (b_1 y^(m-1) + ... + b_m)` costs m + 1 multiplications where one by one would cost 2m.
pub(crate) fn fold(dag: &mut Dag, groups: &[Group], y: Id, vanishing_inverse: Id) -> (Vec<Assignment>, Id) {
    let mut assignments = vec![];
    let mut h = dag.constant(Fr::ZERO);
    for group in groups {
        let value = fold_group(dag, h, &group.constraints, y);
        assignments.push(Assignment { target: Target::Accumulator, value, comment: group.name.clone() });
        h = dag.accumulator(assignments.len());
    }
    (assignments, dag.mul(h, vanishing_inverse))
}

fn fold_group(dag: &mut Dag, start: Id, constraints: &[Id], y: Id) -> Id {
    let mut h = start;
    let mut rest = constraints;
    while let Some((first, _)) = rest.split_first() {
        let (factor, count) = longest_run(dag, rest, *first);
        let (run, after) = rest.split_at(count);
        rest = after;
        match factor {
            Some(factor) if count > 1 => {
                let bodies: Vec<Id> = run.iter().rev().filter_map(|&id| without(dag, id, factor)).collect();
                let body = dag.horner(y, &bodies);
                let power = dag.power(y, count);
                let shifted = dag.mul(h, power);
                let summand = dag.mul(factor, body);
                h = dag.add(shifted, summand);
            }
            _ => {
                for &constraint in run {
                    let shifted = dag.mul(h, y);
                    h = dag.add(shifted, constraint);
                }
            }
        }
    }
    h
}

/// The factor of the first constraint that most of the following ones share, and how many do.
fn longest_run(dag: &Dag, constraints: &[Id], first: Id) -> (Option<Id>, usize) {
    factors(dag, first)
        .into_iter()
        .map(|factor| {
            let run = constraints.iter().take_while(|&&id| factors(dag, id).contains(&factor));
            (Some(factor), run.count())
        })
        // The first of equals, so that the output does not depend on the order of comparison.
        .fold((None, 1), |best, candidate| if candidate.1 > best.1 { candidate } else { best })
}

/// The two factors of a product, through a sign.
fn factors(dag: &Dag, id: Id) -> Vec<Id> {
    match dag.node(id) {
        Node::Neg(inner) => factors(dag, inner),
        Node::Mul(a, b) => vec![a, b],
        _ => vec![],
    }
}

/// The other factor.
fn without(dag: &mut Dag, id: Id, factor: Id) -> Option<Id> {
    match dag.node(id) {
        Node::Neg(inner) => without(dag, inner, factor).map(|rest| dag.neg(rest)),
        Node::Mul(a, b) if a == factor => Some(b),
        Node::Mul(a, b) if b == factor => Some(a),
        _ => None,
    }
}
