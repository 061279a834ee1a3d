//! Expressions to Yul statements, as cheap as the EVM lets them be.
//!
//! * Sums are not reduced: five values up to r fit into a word, and `mulmod` takes any word. Every text carries its bound,
//!   and `addmod` is used where the bound would burst.
//! * A difference is `sub(k r, b)` added to the rest, with a constant operand folded into `k r`.
//! * A node that several expressions use is stored in memory if loading it is cheaper than computing it again.
//! * Words that one block loads often become stack variables.
//! * Expressions are cut before the stack gets too deep for DUP16 (the legacy code generator evaluates arguments right
//!   to left, so the deeper operand goes last).

use std::collections::{BTreeMap, HashMap, HashSet};

use halo2curves::{bn256::Fr, ff::Field};

use crate::{
    dag::{Bound, Dag, Id, Node, UNREDUCED, Word},
    literal,
    memory::Memory,
};

/// Most values up to r that one word holds.
const ROOM: Bound = 5;
/// Most stack slots of one expression.
const MAX_DEPTH: usize = 9;
/// Most stack variables of one block, besides r and the accumulator.
const MAX_VARIABLES: usize = 4;
const LOAD: u32 = 6;
const STORE: u32 = 6;

/// Where the value of an expression goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A word of memory.
    Memory(usize),
    /// The accumulator variable `h`, n-th assignment.
    Accumulator(usize),
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

/// Writes the blocks of one verifier, one after the other.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    dag: &'a Dag,
    memory: &'a mut Memory,
    names: &'a HashMap<usize, String>,
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
        memory: &'a mut Memory,
        names: &'a HashMap<usize, String>,
        roots: impl IntoIterator<Item = Id>,
    ) -> Self {
        let mut uses = vec![0; dag.len()];
        for root in roots {
            count(dag, root, &mut uses);
        }
        Self {
            dag,
            memory,
            names,
            uses,
            costs: HashMap::new(),
            placed: HashMap::new(),
            accumulator: 1,
            lines: vec![],
        }
    }

    /// The statements of one block.
    pub(crate) fn block(&mut self, assignments: &[Assignment]) -> Vec<String> {
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
                Target::Accumulator(_) => {
                    self.lines.push(format!("h := {}", text.code));
                    self.accumulator = text.bound;
                }
            }
        }
        let lines = std::mem::take(&mut self.lines);
        with_variables(lines, self.names)
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
            let word = self.store(text);
            self.placed.insert(id, word);
            return load(word);
        }
        self.compute(id)
    }

    fn store(&mut self, text: Text) -> Word {
        let word = self.memory.word(text.bound);
        self.lines.push(format!("mstore({:#x}, {})", word.ptr, text.code));
        word
    }

    fn compute(&mut self, id: Id) -> Text {
        match self.dag.node(id) {
            Node::Const(value) => {
                Text { constant: Some(value), ..Text::atom(literal::scalar(&value), 1) }
            }
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
        if text.depth + below <= MAX_DEPTH { text } else { load(self.store(text)) }
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

/// Turns the most loaded words of a block into stack variables. A variable costs a load (6) and its removal (2), and
/// saves 3 at every use.
fn with_variables(lines: Vec<String>, names: &HashMap<usize, String>) -> Vec<String> {
    let mut loads: BTreeMap<String, usize> = BTreeMap::new();
    let mut written: HashSet<String> = HashSet::new();
    for line in &lines {
        if let Some(rest) = line.strip_prefix("mstore(") {
            written.extend(rest.split(',').next().map(str::to_string));
        }
        for part in line.split("mload(").skip(1) {
            if let Some((ptr, _)) = part.split_once(')') {
                *loads.entry(ptr.to_string()).or_default() += 1;
            }
        }
    }
    let mut hot: Vec<(usize, String)> = loads
        .into_iter()
        .filter(|(ptr, count)| *count > 2 && !written.contains(ptr))
        .map(|(ptr, count)| (count, ptr))
        .collect();
    hot.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    hot.truncate(MAX_VARIABLES);
    let mut out = vec![];
    let mut lines = lines;
    for (_, ptr) in hot {
        let number = usize::from_str_radix(ptr.trim_start_matches("0x"), 16).unwrap_or_default();
        let name = names.get(&number).cloned().unwrap_or_else(|| format!("w{}", &ptr[2..]));
        let load = format!("mload({ptr})");
        for line in &mut lines {
            *line = line.replace(&load, &name);
        }
        out.push(format!("let {name} := {load}"));
    }
    out.extend(lines);
    out
}
