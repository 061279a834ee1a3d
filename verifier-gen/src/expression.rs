//! halo2 expressions as nodes of the graph.

use std::collections::HashMap;

use halo2_proofs::plonk::Expression;
use halo2curves::bn256::Fr;
use nonos_circuits::backend::shape::{Challenge, Evaluation, Polynomial};

use crate::{
    GenError,
    dag::{Dag, Id},
};

/// What expressions refer to.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    /// Evaluations in the proof.
    pub(crate) evaluations: HashMap<Evaluation, Id>,
    /// Instance polynomials by column and rotation.
    pub(crate) instances: HashMap<(usize, i32), Id>,
    /// Challenges.
    pub(crate) challenges: HashMap<Challenge, Id>,
}

impl Inputs {
    /// An evaluation of the proof.
    pub(crate) fn evaluation(
        &self,
        polynomial: Polynomial,
        rotation: i32,
        context: &str,
    ) -> Result<Id, GenError> {
        let evaluation = Evaluation { polynomial, rotation };
        self.evaluations
            .get(&evaluation)
            .copied()
            .ok_or_else(|| GenError::MissingEvaluation { constraint: context.into(), evaluation })
    }

    /// The value of an instance column.
    pub(crate) fn instance(&self, column: usize, rotation: i32, context: &str) -> Result<Id, GenError> {
        self.instances.get(&(column, rotation)).copied().ok_or_else(|| GenError::MissingInstanceQuery {
            constraint: context.into(),
            column,
            rotation,
        })
    }

    /// A challenge.
    pub(crate) fn challenge(&self, challenge: Challenge, context: &str) -> Result<Id, GenError> {
        self.challenges
            .get(&challenge)
            .copied()
            .ok_or_else(|| GenError::MissingChallenge { constraint: context.into(), challenge })
    }

    /// A constraint or a lookup column. `context` names it in errors.
    pub(crate) fn convert(
        &self,
        dag: &mut Dag,
        expression: &Expression<Fr>,
        context: &str,
    ) -> Result<Id, GenError> {
        Ok(match expression {
            Expression::Constant(value) => dag.constant(*value),
            Expression::Selector(_) => {
                return Err(GenError::VirtualSelector { constraint: context.into() });
            }
            Expression::Fixed(query) => {
                let polynomial = Polynomial::Fixed(query.column_index());
                self.evaluation(polynomial, query.rotation().0, context)?
            }
            Expression::Advice(query) => {
                let polynomial = Polynomial::Advice(query.column_index());
                self.evaluation(polynomial, query.rotation().0, context)?
            }
            Expression::Instance(query) => {
                self.instance(query.column_index(), query.rotation().0, context)?
            }
            Expression::Challenge(challenge) => {
                self.challenge(Challenge::Circuit(challenge.index()), context)?
            }
            Expression::Negated(a) => {
                let a = self.convert(dag, a, context)?;
                dag.neg(a)
            }
            Expression::Sum(a, b) => {
                let (a, b) = (self.convert(dag, a, context)?, self.convert(dag, b, context)?);
                dag.add(a, b)
            }
            Expression::Product(a, b) => {
                let (a, b) = (self.convert(dag, a, context)?, self.convert(dag, b, context)?);
                dag.mul(a, b)
            }
            Expression::Scaled(a, factor) => {
                let a = self.convert(dag, a, context)?;
                let factor = dag.constant(*factor);
                dag.mul(a, factor)
            }
        })
    }
}
