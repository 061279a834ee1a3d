//! Montgomery's trick: many inverses for one modular exponentiation (EIP-198) and three multiplications each.

use crate::{
    dag::{Dag, Id, Word},
    memory::INVERSE,
};

/// Collects what has to be inverted.
#[derive(Debug, Default)]
pub(crate) struct Inverter {
    elements: Vec<Id>,
}

/// Index of an element, to ask for its inverse later.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticket(usize);

/// The product of all elements, to be inverted by the precompile, and the inverses in terms of its result.
#[derive(Debug)]
pub(crate) struct Inverses {
    pub(crate) product: Id,
    inverses: Vec<Id>,
}

impl Inverter {
    pub(crate) fn add(&mut self, element: Id) -> Ticket {
        let known = self.elements.iter().position(|&known| known == element);
        Ticket(known.unwrap_or_else(|| {
            self.elements.push(element);
            self.elements.len() - 1
        }))
    }

    /// `prefix_i = e_1 .. e_i`; going down, `1/e_i = rest * prefix_(i-1)` and `rest := rest * e_i`.
    pub(crate) fn finish(self, dag: &mut Dag) -> Inverses {
        let one = dag.product([]);
        let mut prefixes = vec![one];
        for &element in &self.elements {
            let prefix = dag.mul(prefixes[prefixes.len() - 1], element);
            prefixes.push(prefix);
        }
        let product = prefixes[self.elements.len()];
        let mut rest = dag.word(Word { ptr: INVERSE, bound: 1 });
        let mut inverses = vec![];
        for (i, &element) in self.elements.iter().enumerate().rev() {
            inverses.push(dag.mul(rest, prefixes[i]));
            rest = dag.mul(rest, element);
        }
        inverses.reverse();
        Inverses { product, inverses }
    }
}

impl Inverses {
    pub(crate) fn get(&self, ticket: Ticket) -> Id {
        self.inverses[ticket.0]
    }
}
