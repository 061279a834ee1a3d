//! The whole contract before it becomes text: every stage's statements, in order.

use std::collections::HashMap;

use nonos_circuits::backend::{
    Verifier,
    shape::{Challenge, Evaluation, PointRole, Polynomial},
};

use crate::{
    GenError,
    combination::Combination,
    constraints::constraints,
    dag::{Dag, Id, UNREDUCED, Word},
    expression::Inputs,
    inverse::Inverter,
    lagrange::{Domain, Fractions, InstanceQuery},
    memory::{CHAIN, Memory, POINT, SUM, TRANSCRIPT, WORD, X_TO_N},
    opening::{Distances, QUOTIENT, Scalars},
    quotient, slots,
    stack::addresses,
    transcript::{Transcript, challenge_name},
    yul::{Assignment, Spans, Writer, is_virtual, virtual_word},
};

/// Word that the modular exponentiation reads as its base.
pub(crate) const INVERTED: usize = SUM;
/// Words of the pairing's input.
const PAIRING_WORDS: usize = 12;

/// Statements by section.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) transcript: Transcript,
    /// Points that no precompile checks, because no opening uses them.
    pub(crate) unopened: Vec<usize>,
    /// Challenges that are used in sums and therefore reduced: hash and where the reduced value goes.
    pub(crate) reduced: Vec<(String, usize, usize)>,
    pub(crate) inversion: Vec<String>,
    pub(crate) evaluations: Vec<String>,
    pub(crate) quotient: Vec<String>,
    pub(crate) opening: Vec<String>,
    pub(crate) combination: Combination,
    /// Where the pairing's input is.
    pub(crate) pairing: usize,
    pub(crate) memory_end: usize,
}

impl Plan {
    pub(crate) fn new(verifier: &Verifier) -> Result<Self, GenError> {
        let shape = verifier.shape();
        let cs = verifier.vk().cs();
        let transcript = Transcript::new(shape);
        let mut memory = Memory::new(transcript.end);
        // When the pairing is prepared, the transcript is no longer needed.
        let pairing = if transcript.end >= TRANSCRIPT + PAIRING_WORDS * WORD {
            TRANSCRIPT
        } else {
            memory.bytes(PAIRING_WORDS * WORD)
        };
        let mut dag = Dag::default();
        let lookups = !cs.lookups().is_empty();
        let (mut inputs, reduced) = inputs(&mut dag, &transcript, lookups, &mut memory);
        let mut names = transcript.names();
        for (name, _, ptr) in &reduced {
            names.insert(*ptr, name.clone());
        }

        // What has to be inverted.
        let domain = Domain::new(shape, verifier.vk().get_domain().get_omega());
        let x = inputs.challenge(Challenge::X, "the evaluation point")?;
        let u = inputs.challenge(Challenge::U, "the opening")?;
        let x_to_n = dag.word(Word { ptr: X_TO_N, bound: 1 });
        names.insert(X_TO_N, "xn".into());
        let queries: Vec<InstanceQuery<'_>> = cs
            .instance_queries()
            .iter()
            .map(|(column, rotation)| InstanceQuery {
                rotation: rotation.0,
                values: transcript.instances.get(column.index()).map_or(&[], Vec::as_slice),
            })
            .collect();
        let with_rows = shape.permutation_sets() > 0 || lookups;
        let mut inverter = Inverter::default();
        let fractions = Fractions::new(&mut dag, &domain, (x, x_to_n), &queries, with_rows, &mut inverter);
        let distances = Distances::new(&mut dag, &domain, shape, (x, u), &mut inverter)?;
        let inverses = inverter.finish(&mut dag, fractions.scale);

        // Everything that follows from the inverses.
        let lagrange = fractions.values(&mut dag, &inverses);
        let mut evaluations = vec![];
        let mut named = 0;
        for ((column, rotation), &value) in cs.instance_queries().iter().zip(&lagrange.instances) {
            let word = virtual_word(named);
            named += 1;
            names.insert(word.ptr, format!("instance{}_at_{named}", column.index()));
            let comment = format!("instance column {} at rotation {}", column.index(), rotation.0);
            evaluations.push(Assignment::word(word.ptr, value, comment));
            inputs.instances.insert((column.index(), rotation.0), value);
        }
        let groups = constraints(&mut dag, cs, shape, &inputs, lagrange.rows.as_ref())?;
        let y = inputs.challenge(Challenge::Y, "the quotient")?;
        let (mut folding, value) = quotient::fold(&mut dag, &groups, y, lagrange.vanishing_inverse);
        let word = virtual_word(named);
        names.insert(word.ptr, "quotient".into());
        folding.push(Assignment::word(word.ptr, value, "divided by x^n - 1"));
        // From here on it is a word like the evaluations of the proof.
        inputs.evaluations.insert(QUOTIENT, dag.word(word));

        let scalars = Scalars::new(&mut dag, &domain, shape, &inputs, &distances, &inverses)?;
        let combination = Combination::new(verifier, &transcript, &mut memory, pairing)?;
        let opening = opening_assignments(&combination, &scalars);
        let inversion =
            [Assignment::word(INVERTED, inverses.product, "product of everything to be inverted")];

        let blocks = [&inversion[..], &evaluations, &folding, &opening];
        let roots: Vec<Id> = blocks.iter().copied().flatten().map(|a| a.value).collect();
        let mut writer = Writer::new(&dag, &names, roots);
        let spans = spans(&writer, &blocks);
        let mut first = 0;
        let mut text = blocks.map(|block| {
            let lines = writer.block(block, first, &spans);
            first += block.len();
            lines
        });
        let instances: Vec<usize> = transcript.instances.iter().flatten().map(|word| word.ptr).collect();
        // Instances are not read after the second block.
        slots::place(&mut text, &transcript.free, (1, &instances), &mut memory);
        let [inversion, evaluations, quotient, opening] = text;
        memory.check()?;
        Ok(Self {
            unopened: unopened(verifier, &transcript),
            transcript,
            reduced,
            inversion,
            evaluations,
            quotient,
            opening,
            combination,
            pairing,
            memory_end: memory.end(),
        })
    }
}

/// Where virtual words are stored and last loaded, found out by writing everything once.
fn spans(writer: &Writer<'_>, blocks: &[&[Assignment]]) -> Spans {
    let mut probe = writer.clone();
    let mut spans = Spans::new();
    for (number, assignment) in blocks.iter().copied().flatten().enumerate() {
        for line in probe.statements(std::slice::from_ref(assignment)) {
            for ptr in addresses(&line, "mload(").filter(|&ptr| is_virtual(ptr)) {
                spans.entry(ptr).and_modify(|(_, last)| *last = number);
            }
            for ptr in addresses(&line, "mstore(").filter(|&ptr| is_virtual(ptr)) {
                spans.entry(ptr).or_insert((number, number));
            }
        }
    }
    spans
}

/// Challenges that occur in sums have to be reduced mod r; the others only occur as factors, where any word will do.
fn is_reduced(challenge: Challenge, lookups: bool) -> bool {
    match challenge {
        Challenge::Circuit(_) | Challenge::Gamma | Challenge::X | Challenge::U => true,
        // A lookup adds it; the permutation argument only multiplies by it.
        Challenge::Beta => lookups,
        Challenge::Theta | Challenge::Y | Challenge::Mu | Challenge::Nu => false,
    }
}

fn inputs(
    dag: &mut Dag,
    transcript: &Transcript,
    lookups: bool,
    memory: &mut Memory,
) -> (Inputs, Vec<(String, usize, usize)>) {
    let mut reduced = vec![];
    let mut challenges = HashMap::new();
    for &(challenge, hash) in &transcript.challenges {
        let word = if hash.bound == UNREDUCED && is_reduced(challenge, lookups) {
            let word = memory.word(1);
            reduced.push((challenge_name(challenge), hash.ptr, word.ptr));
            word
        } else {
            hash
        };
        challenges.insert(challenge, dag.word(word));
    }
    let evaluations: HashMap<Evaluation, Id> =
        transcript.evaluations.iter().map(|&(evaluation, word)| (evaluation, dag.word(word))).collect();
    (Inputs { evaluations, challenges, instances: HashMap::new() }, reduced)
}

fn opening_assignments(combination: &Combination, scalars: &Scalars) -> Vec<Assignment> {
    let mut out = vec![];
    let sets = combination.set_scalars.iter().zip(&scalars.sets);
    for (i, (&ptr, &value)) in sets.enumerate() {
        out.push(Assignment::word(ptr, value, format!("coefficient of set {}", i + 1)));
    }
    out.push(Assignment::word(combination.w_scalar, scalars.w, "-Z_0, of W"));
    out.push(Assignment::word(combination.w_prime_scalar, scalars.w_prime, "u, of W'"));
    out.push(Assignment::word(combination.generator_scalar, scalars.generator, "-e, of G"));
    // Last, because the inverse that the others are made of is in the same scratch space.
    out.push(Assignment::word(CHAIN + POINT, scalars.mu, "mu, of the chains"));
    out
}

/// Advice columns that no query opens are hashed but meet no precompile.
fn unopened(verifier: &Verifier, transcript: &Transcript) -> Vec<usize> {
    let opened: Vec<Polynomial> =
        verifier.shape().opening_sets().iter().flat_map(|set| set.polynomials.iter().copied()).collect();
    transcript
        .points
        .iter()
        .filter(|(role, _)| matches!(role, PointRole::Commitment(p) if !opened.contains(p)))
        .map(|(_, offset)| *offset)
        .collect()
}
