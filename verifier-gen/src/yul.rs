//! Expressions to Yul statements, as cheap as the EVM lets them be.
//!
//! * Sums are not reduced: five values up to r fit into a word, and `mulmod` takes any word. Every text carries its bound,
//!   and `addmod` is used where the bound would burst.
//! * A difference is `sub(k r, b)` added to the rest, with a constant operand folded into `k r`.
//! * A node that several expressions use is stored in memory if loading it is cheaper than computing it again.
//! * Expressions are cut before the stack gets too deep for DUP16 (the legacy code generator evaluates arguments right
//!   to left, so the deeper operand goes last). How deep is tried out per block: what expressions do not need is left to
//!   variables ([`crate::stack`]).
//!
//! Stored nodes get virtual addresses, which [`crate::slots`] turns into memory when all blocks are written.

use std::collections::HashMap;

use halo2curves::{bn256::Fr, ff::Field};

use crate::{
    dag::{Bound, Dag, Id, Node, UNREDUCED, Word},
    literal,
    memory::WORD,
    stack,
};

/// Most values up to r that one word holds.
const ROOM: Bound = 5;
/// Stack slots that the expressions and the variables of a block share. DUP16 has to reach r, below them and `h`.
const STACK: usize = 15;
/// Depths of expressions to try; less leaves more variables.
const DEPTHS: std::ops::RangeInclusive<usize> = 4..=12;
/// Most assignments in one scope.
const MAX_SCOPE: usize = 12;
const LOAD: u32 = 6;
const STORE: u32 = 6;

/// Where the value of an expression goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A word of memory.
    Memory(usize),
    /// The accumulator variable `h`.
    Accumulator,
}

/// `target := value`.
#[derive(Debug, Clone)]
pub(crate) struct Assignment {
    pub(crate) target: Target,
    pub(crate) value: Id,
    pub(crate) comment: String,
}

impl Assignment {
    pub(crate) fn word(ptr: usize, value: Id, comment: impl Into<String>) -> Self {
        Self { target: Target::Memory(ptr), value, comment: comment.into() }
    }
}

/// Text of an expression and what is known about it.
#[derive(Debug, Clone)]
struct Text {
    code: String,
    bound: Bound,
    depth: usize,
    constant: Option<Fr>,
}

impl Text {
    fn atom(code: String, bound: Bound) -> Self {
        Self { code, bound, depth: 1, constant: None }
    }
}

/// First virtual address.
const VIRTUAL: usize = 1 << 32;

/// A virtual word for a named value; `index` is below the number of named values.
pub(crate) fn virtual_word(index: usize) -> Word {
    Word { ptr: VIRTUAL + WORD * index, bound: 1 }
}

/// Numbers of the assignments that store and that last load a virtual word.
pub(crate) type Spans = HashMap<usize, (usize, usize)>;

/// Whether the address is still to be turned into memory.
pub(crate) fn is_virtual(ptr: usize) -> bool {
    ptr >= VIRTUAL
}

/// Writes the blocks of one verifier, one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Writer<'a> {
    dag: &'a Dag,
    names: &'a HashMap<usize, String>,
    depth: usize,
    /// Where the next cut expression goes; above the nodes' own addresses.
    next: usize,
    uses: Vec<u32>,
    costs: HashMap<Id, u32>,
    placed: HashMap<Id, Word>,
    accumulator: Bound,
    lines: Vec<String>,
}

impl<'a> Writer<'a> {
    /// `roots` are the values of all assignments of all blocks, so that what blocks share is known from the start.
    pub(crate) fn new(
        dag: &'a Dag,
        names: &'a HashMap<usize, String>,
        roots: impl IntoIterator<Item = Id>,
    ) -> Self {
        let mut uses = vec![0; dag.len()];
        for root in roots {
            count(dag, root, &mut uses);
        }
        Self {
            dag,
            names,
            depth: *DEPTHS.end(),
            next: VIRTUAL + WORD * 2 * (dag.len() + names.len()),
            uses,
            costs: HashMap::new(),
            placed: HashMap::new(),
            accumulator: 1,
            lines: vec![],
        }
    }

    /// The statements of one block, cut into scopes with variables of their own where that is cheapest. `first` is the
    /// number of the first assignment, as counted by `spans`.
    pub(crate) fn block(&mut self, assignments: &[Assignment], first: usize, spans: &Spans) -> Vec<String> {
        // best[i]: cheapest way to write the first i assignments.
        let mut best = vec![(0, self.clone(), vec![])];
        for end in 1..=assignments.len() {
            let cheapest = (end.saturating_sub(MAX_SCOPE)..end)
                .flat_map(|start| {
                    let (gas, writer, lines) = &best[start];
                    let scope = writer.scope(&assignments[start..end], first + start, spans);
                    scope.into_iter().map(move |(more, next, scope)| {
                        (gas + more, next, [lines.as_slice(), &scope].concat())
                    })
                })
                .min_by_key(|(gas, ..)| *gas);
            best.extend(cheapest);
        }
        let Some((_, writer, lines)) = best.pop() else { return vec![] };
        *self = writer;
        lines
    }

    /// The statements of one scope, with the depth of expressions that makes them cheapest.
    fn scope(
        &self,
        assignments: &[Assignment],
        first: usize,
        spans: &Spans,
    ) -> Option<(i64, Self, Vec<String>)> {
        let last = first + assignments.len();
        let local = |ptr: usize| {
            is_virtual(ptr)
                && spans.get(&ptr).is_none_or(|&(stored, loaded)| stored >= first && loaded < last)
        };
        DEPTHS
            .map(|depth| {
                let mut writer = Self { depth, ..self.clone() };
                let lines = writer.statements(assignments);
                let lines = stack::with_variables(lines, STACK - depth, self.names, local);
                (stack::gas(&lines), writer, scoped(lines))
            })
            .min_by_key(|(gas, ..)| *gas)
    }

    /// The statements of one block, everything shared being in memory.
    pub(crate) fn statements(&mut self, assignments: &[Assignment]) -> Vec<String> {
        for assignment in assignments {
            let text = match self.placed.get(&assignment.value) {
                Some(word) => load(*word),
                None => self.compute(assignment.value),
            };
            if !assignment.comment.is_empty() {
                self.lines.push(format!("// {}", assignment.comment));
            }
            match assignment.target {
                Target::Memory(ptr) => {
                    self.lines.push(format!("mstore({ptr:#x}, {})", text.code));
                    let word = Word { ptr, bound: text.bound };
                    self.placed.entry(assignment.value).or_insert(word);
                }
                Target::Accumulator => {
                    self.lines.push(format!("h := {}", text.code));
                    self.accumulator = text.bound;
                }
            }
        }
        std::mem::take(&mut self.lines)
    }

    /// Gas of computing a node again, its shared parts being in memory.
    fn cost(&mut self, id: Id) -> u32 {
        if self.placed.contains_key(&id) {
            return LOAD;
        }
        if let Some(&cost) = self.costs.get(&id) {
            return cost;
        }
        let cost = match self.dag.node(id) {
            Node::Const(_) | Node::Accumulator(_) => 3,
            Node::Word(_) => LOAD,
            Node::Neg(a) => 6 + self.part_cost(a),
            Node::Add(a, b) => 3 + self.part_cost(a) + self.part_cost(b),
            Node::Mul(a, b) => 11 + self.part_cost(a) + self.part_cost(b),
        };
        self.costs.insert(id, cost);
        cost
    }

    fn part_cost(&mut self, id: Id) -> u32 {
        if self.is_shared(id) { LOAD } else { self.cost(id) }
    }

    /// Whether storing the node pays.
    fn is_shared(&mut self, id: Id) -> bool {
        let uses = self.uses[id.index()];
        let leaf = matches!(self.dag.node(id), Node::Const(_) | Node::Word(_) | Node::Accumulator(_));
        !leaf && uses > 1 && self.cost(id) * (uses - 1) > STORE + LOAD * uses
    }

    fn text(&mut self, id: Id) -> Text {
        if let Some(word) = self.placed.get(&id) {
            return load(*word);
        }
        if self.is_shared(id) {
            let text = self.compute(id);
            // The node's own address: the same however the block is written.
            let ptr = VIRTUAL + WORD * (self.names.len() + id.index());
            let word = self.store(ptr, text);
            self.placed.insert(id, word);
            return load(word);
        }
        self.compute(id)
    }

    fn store(&mut self, ptr: usize, text: Text) -> Word {
        self.lines.push(format!("mstore({ptr:#x}, {})", text.code));
        Word { ptr, bound: text.bound }
    }

    fn compute(&mut self, id: Id) -> Text {
        match self.dag.node(id) {
            Node::Const(value) => Text { constant: Some(value), ..Text::atom(literal::scalar(&value), 1) },
            Node::Word(word) => load(word),
            Node::Accumulator(_) => Text::atom("h".into(), self.accumulator),
            Node::Neg(_) | Node::Add(..) => self.sum(id),
            Node::Mul(a, b) => self.product(a, b),
        }
    }

    fn product(&mut self, a: Id, b: Id) -> Text {
        let (a, b) = (self.text(a), self.text(b));
        for (factor, other) in [(&a, &b), (&b, &a)] {
            if let Some(small) = factor.constant.and_then(|c| small(&c, other.bound)) {
                return Text {
                    code: format!("mul({small}, {})", other.code),
                    bound: small * other.bound,
                    depth: other.depth.max(2),
                    constant: None,
                };
            }
        }
        let (shallow, deep) = ordered(a, b);
        let deep = self.cut(deep, 1);
        let shallow = self.cut(shallow, 2);
        Text {
            code: format!("mulmod({}, {}, r)", shallow.code, deep.code),
            bound: 1,
            depth: (1 + deep.depth).max(2 + shallow.depth),
            constant: None,
        }
    }

    /// Stores a text that would be too deep with `below` values under it.
    fn cut(&mut self, text: Text, below: usize) -> Text {
        if text.depth + below <= self.depth {
            return text;
        }
        let ptr = self.next;
        self.next += WORD;
        load(self.store(ptr, text))
    }

    /// A tree of additions and negations, taken as one signed sum.
    fn sum(&mut self, id: Id) -> Text {
        let (mut plus, mut minus) = (vec![], vec![]);
        self.collect(id, true, true, &mut plus, &mut minus);
        let mut plus: Vec<Text> = plus.into_iter().map(|id| self.text(id)).collect();
        let minus: Vec<Text> = minus.into_iter().map(|id| self.text(id)).collect();
        let room = if plus.is_empty() { ROOM } else { ROOM - 1 };
        let Some(minus) = self.fold(minus, room) else {
            return self.fold(plus, ROOM).unwrap_or_else(|| Text::atom("0".into(), 1));
        };
        // k r - minus, or (c + k r) - minus with a constant summand c.
        let constant = plus.iter().position(|text| text.constant.is_some()).map(|i| plus.remove(i));
        let (base, bound) = match constant.and_then(|text| text.constant) {
            Some(c) => (literal::scalar_plus(&c, minus.bound), minus.bound + 1),
            None if minus.bound == 1 => ("r".into(), 1),
            None => (literal::scalar_plus(&Fr::ZERO, minus.bound), minus.bound),
        };
        let difference = Text {
            code: format!("sub({base}, {})", minus.code),
            bound,
            depth: minus.depth.max(2),
            constant: None,
        };
        plus.push(difference);
        self.fold(plus, ROOM).unwrap_or_else(|| Text::atom("0".into(), 1))
    }

    fn collect(&mut self, id: Id, sign: bool, top: bool, plus: &mut Vec<Id>, minus: &mut Vec<Id>) {
        let open = top || (!self.placed.contains_key(&id) && !self.is_shared(id));
        match self.dag.node(id) {
            Node::Add(a, b) if open => {
                self.collect(a, sign, false, plus, minus);
                self.collect(b, sign, false, plus, minus);
            }
            Node::Neg(a) if open => self.collect(a, !sign, false, plus, minus),
            _ if sign => plus.push(id),
            _ => minus.push(id),
        }
    }

    /// Adds texts up to `room`; the deepest is evaluated first.
    fn fold(&mut self, mut texts: Vec<Text>, room: Bound) -> Option<Text> {
        texts.sort_by_key(|text| std::cmp::Reverse(text.depth));
        let mut texts = texts.into_iter();
        let first = texts.next()?;
        let mut sum = if first.bound > room { reduced(first) } else { first };
        for text in texts {
            let lazy = sum.bound.saturating_add(text.bound) <= room;
            let below = if lazy { 1 } else { 2 };
            let text = self.cut(text, below);
            sum = self.cut(sum, 1);
            sum = if lazy {
                Text {
                    code: format!("add({}, {})", text.code, sum.code),
                    bound: sum.bound + text.bound,
                    depth: sum.depth.max(1 + text.depth),
                    constant: None,
                }
            } else {
                Text {
                    code: format!("addmod({}, {}, r)", text.code, sum.code),
                    bound: 1,
                    depth: (1 + sum.depth).max(2 + text.depth),
                    constant: None,
                }
            };
        }
        Some(sum)
    }
}

/// Counts the edges into every node, once per distinct parent node.
fn count(dag: &Dag, root: Id, uses: &mut [u32]) {
    let mut open = vec![root];
    while let Some(id) = open.pop() {
        uses[id.index()] += 1;
        if uses[id.index()] > 1 {
            continue;
        }
        match dag.node(id) {
            Node::Neg(a) => open.push(a),
            Node::Add(a, b) | Node::Mul(a, b) => open.extend([a, b]),
            Node::Const(_) | Node::Word(_) | Node::Accumulator(_) => {}
        }
    }
}

/// Encloses variables.
fn scoped(lines: Vec<String>) -> Vec<String> {
    if !lines.iter().any(|line| line.starts_with("let ")) {
        return lines;
    }
    let inner = lines.into_iter().map(|line| format!("    {line}"));
    std::iter::once("{".to_string()).chain(inner).chain(["}".to_string()]).collect()
}

fn load(word: Word) -> Text {
    Text::atom(format!("mload({:#x})", word.ptr), word.bound)
}

fn reduced(text: Text) -> Text {
    Text { code: format!("mod({}, r)", text.code), bound: 1, depth: 1 + text.depth, constant: None }
}

/// The constant as a plain integer factor, if the product with a value of this bound stays in the word.
fn small(constant: &Fr, bound: Bound) -> Option<Bound> {
    (2..=ROOM).find(|&c| *constant == Fr::from(u64::from(c)) && bound < UNREDUCED && c * bound <= ROOM)
}

fn ordered(a: Text, b: Text) -> (Text, Text) {
    if a.depth <= b.depth { (a, b) } else { (b, a) }
}
