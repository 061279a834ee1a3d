//! All constraints of the circuit at x, in the order in which y folds them (halo2's `plonk/verifier.rs`): gates, then the
//! permutation argument, then the lookups.

use halo2_proofs::plonk::{Any, Column, ConstraintSystem, Expression};
use halo2curves::{
    bn256::Fr,
    ff::{Field, PrimeField},
};
use nonos_circuits::backend::{
    ProofShape,
    shape::{Challenge, Polynomial},
};

use crate::{
    GenError,
    dag::{Dag, Id},
    expression::Inputs,
    lagrange::Rows,
};

/// Constraints that belong together, and what they are called.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) constraints: Vec<Id>,
}

/// Everything that must vanish.
pub(crate) fn constraints(
    dag: &mut Dag,
    cs: &ConstraintSystem<Fr>,
    shape: &ProofShape,
    inputs: &Inputs,
    rows: Option<&Rows>,
) -> Result<Vec<Group>, GenError> {
    let mut groups = gates(dag, cs, inputs)?;
    if let Some(rows) = rows {
        groups.extend(permutation(dag, cs, shape, inputs, rows)?);
        for index in 0..cs.lookups().len() {
            groups.push(lookup(dag, cs, index, inputs, rows)?);
        }
    }
    Ok(groups)
}

fn gates(dag: &mut Dag, cs: &ConstraintSystem<Fr>, inputs: &Inputs) -> Result<Vec<Group>, GenError> {
    cs.gates()
        .iter()
        .map(|gate| {
            let name = format!("gate \"{}\"", gate.name());
            let constraints = gate
                .polynomials()
                .iter()
                .map(|polynomial| inputs.convert(dag, polynomial, &name))
                .collect::<Result<_, _>>()?;
            Ok(Group { name, constraints })
        })
        .collect()
}

fn permutation(
    dag: &mut Dag,
    cs: &ConstraintSystem<Fr>,
    shape: &ProofShape,
    inputs: &Inputs,
    rows: &Rows,
) -> Result<Option<Group>, GenError> {
    let context = "the permutation argument";
    let columns = cs.permutation().get_columns();
    let sets = shape.permutation_sets();
    if sets == 0 {
        return Ok(None);
    }
    let product =
        |i: usize, rotation: i32| inputs.evaluation(Polynomial::PermutationProduct(i), rotation, context);
    let one = dag.constant(Fr::ONE);
    let mut constraints = vec![];
    // l_0 (1 - z_0)
    let start = dag.sub(one, product(0, 0)?);
    constraints.push(dag.mul(rows.first, start));
    // l_last (z^2 - z)
    constraints.push(boolean_at_end(dag, product(sets - 1, 0)?, rows));
    // l_0 (z_i - z_(i-1) at the last row)
    for i in 1..sets {
        let step = dag.sub(product(i, 0)?, product(i - 1, shape.last_rotation())?);
        constraints.push(dag.mul(rows.first, step));
    }
    let beta = inputs.challenge(Challenge::Beta, context)?;
    let gamma = inputs.challenge(Challenge::Gamma, context)?;
    let x = inputs.challenge(Challenge::X, context)?;
    let beta_x = dag.mul(beta, x);
    let chunk = shape.degree() - 2;
    for (i, columns_of_set) in columns.chunks(chunk).enumerate() {
        // active (z(w x) prod(column + beta sigma + gamma) - z(x) prod(column + beta delta^j x + gamma))
        let (mut left, mut right) = (product(i, 1)?, product(i, 0)?);
        for (j, column) in columns_of_set.iter().enumerate() {
            let index = i * chunk + j;
            let value = column_value(inputs, column, context)?;
            let shifted = dag.add(value, gamma);
            let sigma = inputs.evaluation(Polynomial::Sigma(index), 0, context)?;
            let beta_sigma = dag.mul(beta, sigma);
            let factor = dag.add(shifted, beta_sigma);
            left = dag.mul(left, factor);
            let delta = dag.constant(Fr::DELTA.pow_vartime([index as u64]));
            let identity = dag.mul(beta_x, delta);
            let factor = dag.add(shifted, identity);
            right = dag.mul(right, factor);
        }
        let difference = dag.sub(left, right);
        constraints.push(dag.mul(rows.active, difference));
    }
    Ok(Some(Group { name: context.into(), constraints }))
}

fn column_value(inputs: &Inputs, column: &Column<Any>, context: &str) -> Result<Id, GenError> {
    match column.column_type() {
        Any::Advice(_) => inputs.evaluation(Polynomial::Advice(column.index()), 0, context),
        Any::Fixed => inputs.evaluation(Polynomial::Fixed(column.index()), 0, context),
        Any::Instance => inputs.instance(column.index(), 0, context),
    }
}

fn boolean_at_end(dag: &mut Dag, product: Id, rows: &Rows) -> Id {
    let square = dag.mul(product, product);
    let difference = dag.sub(square, product);
    dag.mul(rows.last, difference)
}

fn lookup(
    dag: &mut Dag,
    cs: &ConstraintSystem<Fr>,
    index: usize,
    inputs: &Inputs,
    rows: &Rows,
) -> Result<Group, GenError> {
    let argument = &cs.lookups()[index];
    let context = format!("lookup {index} \"{}\"", argument.name());
    let read = |polynomial, rotation| inputs.evaluation(polynomial, rotation, &context);
    let product = read(Polynomial::LookupProduct(index), 0)?;
    let product_next = read(Polynomial::LookupProduct(index), 1)?;
    let permuted_input = read(Polynomial::LookupInput(index), 0)?;
    let permuted_input_prev = read(Polynomial::LookupInput(index), -1)?;
    let permuted_table = read(Polynomial::LookupTable(index), 0)?;
    let beta = inputs.challenge(Challenge::Beta, &context)?;
    let gamma = inputs.challenge(Challenge::Gamma, &context)?;
    let input = compress(dag, argument.input_expressions(), inputs, &context)?;
    let table = compress(dag, argument.table_expressions(), inputs, &context)?;
    let one = dag.constant(Fr::ONE);
    let start = dag.sub(one, product);
    // z(w x) (a' + beta) (s' + gamma) - z(x) (a + beta) (s + gamma)
    let (left_input, left_table) = (dag.add(permuted_input, beta), dag.add(permuted_table, gamma));
    let (right_input, right_table) = (dag.add(input, beta), dag.add(table, gamma));
    let left = dag.product([left_input, left_table, product_next]);
    let right = dag.product([right_input, right_table, product]);
    let step = dag.sub(left, right);
    let difference = dag.sub(permuted_input, permuted_table);
    let repeated = dag.sub(permuted_input, permuted_input_prev);
    let repeated = dag.mul(difference, repeated);
    let constraints = vec![
        dag.mul(rows.first, start),
        boolean_at_end(dag, product, rows),
        dag.mul(rows.active, step),
        dag.mul(rows.first, difference),
        dag.mul(rows.active, repeated),
    ];
    Ok(Group { name: context, constraints })
}

/// `theta^(m-1) e_0 + ... + e_(m-1)`.
fn compress(
    dag: &mut Dag,
    expressions: &[Expression<Fr>],
    inputs: &Inputs,
    context: &str,
) -> Result<Id, GenError> {
    let theta = inputs.challenge(Challenge::Theta, context)?;
    let mut terms = expressions
        .iter()
        .map(|expression| inputs.convert(dag, expression, context))
        .collect::<Result<Vec<_>, _>>()?;
    terms.reverse();
    Ok(dag.horner(theta, &terms))
}
