//! Hash-consed expressions over the scalar field: equal sub-expressions are one node, so they are computed once.

use std::collections::HashMap;

use halo2curves::{bn256::Fr, ff::Field};

/// A node of a [`Dag`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Id(usize);

impl Id {
    pub(crate) fn index(self) -> usize {
        self.0
    }
}

/// A word of EVM memory that is written once: `value <= bound * r`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Word {
    pub(crate) ptr: usize,
    pub(crate) bound: Bound,
}

/// Upper bound of a value in multiples of r. Up to five fit into a word, so that many values can be added without `mod`.
pub(crate) type Bound = u8;
/// The bound of any 256-bit word: 5 r < 2^256 < 6 r.
pub(crate) const UNREDUCED: Bound = 6;

/// How a value is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    Const(Fr),
    Word(Word),
    /// The accumulator variable after its n-th assignment; used exactly once, by the next assignment.
    Accumulator(usize),
    Neg(Id),
    Add(Id, Id),
    Mul(Id, Id),
}

/// The expressions of one verifier.
#[derive(Debug, Default)]
pub(crate) struct Dag {
    nodes: Vec<Node>,
    ids: HashMap<Node, Id>,
}

impl Dag {
    pub(crate) fn node(&self, id: Id) -> Node {
        self.nodes[id.0]
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    fn intern(&mut self, node: Node) -> Id {
        let nodes = &mut self.nodes;
        *self.ids.entry(node).or_insert_with(|| {
            nodes.push(node);
            Id(nodes.len() - 1)
        })
    }

    pub(crate) fn constant(&mut self, value: Fr) -> Id {
        self.intern(Node::Const(value))
    }

    pub(crate) fn word(&mut self, word: Word) -> Id {
        self.intern(Node::Word(word))
    }

    pub(crate) fn accumulator(&mut self, assignment: usize) -> Id {
        self.intern(Node::Accumulator(assignment))
    }

    fn as_const(&self, id: Id) -> Option<Fr> {
        match self.node(id) {
            Node::Const(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn neg(&mut self, a: Id) -> Id {
        match self.node(a) {
            Node::Const(value) => self.constant(-value),
            Node::Neg(inner) => inner,
            Node::Mul(x, y) => match (self.as_const(x), self.as_const(y)) {
                // A negative constant is as cheap as a positive one, unless the positive one is tiny.
                (Some(c), _) if !is_tiny(&c) => self.scale(y, -c),
                (_, Some(c)) if !is_tiny(&c) => self.scale(x, -c),
                _ => self.intern(Node::Neg(a)),
            },
            _ => self.intern(Node::Neg(a)),
        }
    }

    pub(crate) fn add(&mut self, a: Id, b: Id) -> Id {
        match (self.node(a), self.node(b)) {
            (Node::Const(x), Node::Const(y)) => self.constant(x + y),
            (Node::Const(x), _) if x.is_zero_vartime() => b,
            (_, Node::Const(y)) if y.is_zero_vartime() => a,
            (Node::Neg(x), Node::Neg(y)) => {
                let sum = self.add(x, y);
                self.neg(sum)
            }
            (Node::Neg(x), _) if x == b => self.constant(Fr::ZERO),
            (_, Node::Neg(y)) if y == a => self.constant(Fr::ZERO),
            _ => self.intern(Node::Add(a.min(b), a.max(b))),
        }
    }

    pub(crate) fn sub(&mut self, a: Id, b: Id) -> Id {
        let b = self.neg(b);
        self.add(a, b)
    }

    pub(crate) fn mul(&mut self, a: Id, b: Id) -> Id {
        match (self.node(a), self.node(b)) {
            (Node::Const(c), _) => self.scale(b, c),
            (_, Node::Const(c)) => self.scale(a, c),
            // Signs move outwards, where a sum absorbs them.
            (Node::Neg(x), _) => {
                let product = self.mul(x, b);
                self.neg(product)
            }
            (_, Node::Neg(y)) => {
                let product = self.mul(a, y);
                self.neg(product)
            }
            _ => self.intern(Node::Mul(a.min(b), a.max(b))),
        }
    }

    fn scale(&mut self, a: Id, c: Fr) -> Id {
        if c.is_zero_vartime() {
            return self.constant(Fr::ZERO);
        }
        if c == Fr::ONE {
            return a;
        }
        match self.node(a) {
            Node::Const(value) => self.constant(value * c),
            Node::Neg(inner) => self.scale(inner, -c),
            Node::Mul(x, y) => match (self.as_const(x), self.as_const(y)) {
                (Some(d), _) => self.scale(y, c * d),
                (_, Some(d)) => self.scale(x, c * d),
                _ => self.scale_plain(a, c),
            },
            _ => self.scale_plain(a, c),
        }
    }

    fn scale_plain(&mut self, a: Id, c: Fr) -> Id {
        if c == -Fr::ONE {
            return self.intern(Node::Neg(a));
        }
        if is_tiny(&-c) {
            let product = self.scale_plain(a, -c);
            return self.intern(Node::Neg(product));
        }
        let c = self.constant(c);
        self.intern(Node::Mul(a.min(c), a.max(c)))
    }

    /// `a^exponent` by squaring and multiplying; equal powers are shared. `exponent >= 1`.
    pub(crate) fn power(&mut self, a: Id, exponent: usize) -> Id {
        if exponent < 2 {
            return a;
        }
        if exponent % 2 == 1 {
            let even = self.power(a, exponent - 1);
            return self.mul(even, a);
        }
        let root = self.power(a, exponent / 2);
        self.mul(root, root)
    }

    /// `terms[0] + at * (terms[1] + at * ...)`.
    pub(crate) fn horner(&mut self, at: Id, terms: &[Id]) -> Id {
        let zero = self.constant(Fr::ZERO);
        terms.iter().rev().fold(zero, |sum, &term| {
            let shifted = self.mul(sum, at);
            self.add(shifted, term)
        })
    }

    pub(crate) fn sum(&mut self, terms: impl IntoIterator<Item = Id>) -> Id {
        let zero = self.constant(Fr::ZERO);
        terms.into_iter().fold(zero, |sum, term| self.add(sum, term))
    }

    pub(crate) fn product(&mut self, factors: impl IntoIterator<Item = Id>) -> Id {
        let one = self.constant(Fr::ONE);
        factors.into_iter().fold(one, |product, factor| self.mul(product, factor))
    }
}

/// Factors for which plain `mul` is used instead of `mulmod`.
fn is_tiny(constant: &Fr) -> bool {
    (2..=5).any(|small| *constant == Fr::from(small))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(dag: &mut Dag, ptr: usize) -> Id {
        dag.word(Word { ptr, bound: 1 })
    }

    #[test]
    fn equal_expressions_are_one_node() {
        let mut dag = Dag::default();
        let (a, b) = (word(&mut dag, 0), word(&mut dag, 32));
        assert_eq!(dag.mul(a, b), dag.mul(b, a));
        let (ab, ba) = (dag.add(a, b), dag.add(b, a));
        assert_eq!(dag.neg(ab), dag.neg(ba));
    }

    #[test]
    fn constants_fold_and_signs_move_outwards() {
        let mut dag = Dag::default();
        let a = word(&mut dag, 0);
        let b = word(&mut dag, 32);
        let zero = dag.constant(Fr::ZERO);
        let (two, three) = (dag.constant(Fr::from(2)), dag.constant(Fr::from(3)));
        assert_eq!(dag.mul(two, three), dag.constant(Fr::from(6)));
        assert_eq!(dag.mul(a, zero), zero);
        assert_eq!(dag.sub(a, a), zero);
        let minus_a = dag.neg(a);
        let minus_b = dag.neg(b);
        assert_eq!(dag.mul(minus_a, minus_b), dag.mul(a, b));
        let scaled = dag.mul(minus_a, two);
        let doubled = dag.mul(a, two);
        assert_eq!(scaled, dag.neg(doubled));
        let nested = dag.mul(scaled, three);
        let minus_six = dag.constant(-Fr::from(6));
        assert_eq!(nested, dag.mul(a, minus_six));
    }
}
