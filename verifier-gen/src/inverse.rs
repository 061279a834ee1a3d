//! Montgomery's trick: many inverses for one modular exponentiation (EIP-198) and three multiplications each.

use crate::{
    dag::{Dag, Id, Word},
    memory::INVERSE,
};

/// Collects what has to be inverted.
#[derive(Debug, Default)]
pub(crate) struct Inverter {
    scaled: Vec<Id>,
    plain: Vec<Id>,
}

/// Which element, to ask for its inverse later.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ticket {
    Scaled(usize),
    Plain(usize),
}

/// The product of all elements, to be inverted by the precompile, and the inverses in terms of its result.
#[derive(Debug)]
pub(crate) struct Inverses {
    pub(crate) product: Id,
    scaled: Vec<Id>,
    plain: Vec<Id>,
}

impl Inverter {
    /// An element whose inverse is wanted as it is.
    pub(crate) fn add(&mut self, element: Id) -> Ticket {
        Ticket::Plain(position(&mut self.plain, element))
    }

    /// An element whose inverse is wanted times the common scale: one multiplication for all of them.
    pub(crate) fn add_scaled(&mut self, element: Id) -> Ticket {
        Ticket::Scaled(position(&mut self.scaled, element))
    }

    /// `prefix_i = e_1 .. e_i`, the scaled elements first; going down, `1/e_i = rest * prefix_(i-1)` and
    /// `rest := rest * e_i`. When the plain ones are done, rest is multiplied by the scale.
    pub(crate) fn finish(self, dag: &mut Dag, scale: Id) -> Inverses {
        let mut product = dag.product([]);
        let mut prefixes = vec![];
        for &element in self.scaled.iter().chain(&self.plain) {
            prefixes.push(product);
            product = dag.mul(product, element);
        }
        let (scaled_prefixes, plain_prefixes) = prefixes.split_at(self.scaled.len());
        let result = dag.word(Word { ptr: INVERSE, bound: 1 });
        let (plain, rest) = descend(dag, result, &self.plain, plain_prefixes);
        let rest = if self.scaled.is_empty() { rest } else { dag.mul(rest, scale) };
        let (scaled, _) = descend(dag, rest, &self.scaled, scaled_prefixes);
        Inverses { product, scaled, plain }
    }
}

impl Inverses {
    pub(crate) fn get(&self, ticket: Ticket) -> Id {
        match ticket {
            Ticket::Scaled(index) => self.scaled[index],
            Ticket::Plain(index) => self.plain[index],
        }
    }
}

fn position(elements: &mut Vec<Id>, element: Id) -> usize {
    elements.iter().position(|&known| known == element).unwrap_or_else(|| {
        elements.push(element);
        elements.len() - 1
    })
}

/// Inverses of `elements`, and what is left of `rest`.
fn descend(dag: &mut Dag, mut rest: Id, elements: &[Id], prefixes: &[Id]) -> (Vec<Id>, Id) {
    let mut inverses = vec![];
    for (&element, &prefix) in elements.iter().zip(prefixes).rev() {
        inverses.push(dag.mul(rest, prefix));
        rest = dag.mul(rest, element);
    }
    inverses.reverse();
    (inverses, rest)
}
