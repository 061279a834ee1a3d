//! Fills the template.

use alloy_primitives::keccak256;
use askama::Template;
use halo2curves::bn256::Fr;
use nonos_circuits::backend::{
    Verifier,
    shape::{Challenge, PointRole},
};

use crate::{
    GenError, Options,
    combination::{Call, Load, Stage},
    literal,
    memory::{TRANSCRIPT, WORD, X_TO_N},
    plan::{INVERTED, Plan},
    transcript::{Step, challenge_name},
};

/// Selectors of the custom errors, as words.
struct Errors {
    length: String,
    canonical: String,
    rejected: String,
}

#[derive(Template)]
#[template(path = "verifier.sol", escape = "none")]
struct Page<'a> {
    version: &'a str,
    name: &'a str,
    circuit_digest: String,
    verifier_key: String,
    developer: bool,
    k: u32,
    degree: usize,
    columns: String,
    points: usize,
    scalars: usize,
    proof_length: usize,
    instance_count: usize,
    muls: usize,
    adds: usize,
    r: String,
    r_minus_2: String,
    p: String,
    calldata_length: String,
    errors: Errors,
    transcript_start: String,
    transcript: Vec<String>,
    canonical: Vec<String>,
    infinity: Vec<String>,
    unopened: Vec<(String, String)>,
    challenges: Vec<String>,
    squarings: Vec<String>,
    inversion: &'a [String],
    inverted: String,
    evaluations: &'a [String],
    quotient: &'a [String],
    opening: &'a [String],
    combination: Vec<String>,
    pairing: Vec<String>,
    pairing_start: String,
}

/// The Solidity source of a plan.
pub(crate) fn render(verifier: &Verifier, plan: &Plan, options: &Options) -> Result<String, GenError> {
    let shape = verifier.shape();
    let transcript = &plan.transcript;
    let (muls, adds) = plan.combination.calls();
    let x = plan.reduced.iter().find(|(name, ..)| *name == challenge_name(Challenge::X));
    let page = Page {
        version: env!("CARGO_PKG_VERSION"),
        name: &options.contract_name,
        circuit_digest: word(&verifier.vk().transcript_repr()),
        verifier_key: verifier.key().0.to_string(),
        developer: verifier.is_developer(),
        k: shape.k(),
        degree: shape.degree(),
        columns: columns(verifier),
        points: shape.point_count(),
        scalars: shape.scalar_count(),
        proof_length: shape.proof_len(),
        instance_count: shape.instance_count(),
        muls,
        adds,
        r: literal::hex(&literal::modulus()),
        r_minus_2: literal::scalar(&-Fr::from(2)),
        p: literal::hex(&literal::base_modulus()),
        calldata_length: format!("{:#x}", transcript.calldata),
        errors: Errors {
            length: selector("CalldataLength(uint256,uint256)"),
            canonical: selector("NotCanonical()"),
            rejected: selector("Rejected()"),
        },
        transcript_start: format!("{TRANSCRIPT:#x}"),
        transcript: transcript.steps.iter().flat_map(step).collect(),
        canonical: canonical(plan),
        infinity: infinity(plan),
        unopened: plan
            .unopened
            .iter()
            .map(|offset| (format!("{offset:#x}"), format!("{:#x}", offset + WORD)))
            .collect(),
        challenges: plan
            .reduced
            .iter()
            .map(|(name, hash, to)| format!("mstore({to:#x}, mod(mload({hash:#x}), r)) // {name}"))
            .collect(),
        squarings: squarings(shape.k(), x.map_or(0, |(_, _, ptr)| *ptr)),
        inversion: &plan.inversion,
        inverted: format!("{INVERTED:#x}"),
        evaluations: &plan.evaluations,
        quotient: &plan.quotient,
        opening: &plan.opening,
        combination: combination(&plan.combination.stages),
        pairing: pairing(verifier, plan)?,
        pairing_start: format!("{:#x}", plan.pairing),
    };
    let mut source = page.render().map_err(|error| GenError::Template(error.to_string()))?;
    source.truncate(source.trim_end().len());
    source.push('\n');
    Ok(source)
}

fn columns(verifier: &Verifier) -> String {
    let cs = verifier.vk().cs();
    format!(
        "{} advice, {} fixed, {} instance, {} in the permutation; {} lookups, {} circuit challenges",
        cs.num_advice_columns(),
        cs.num_fixed_columns(),
        cs.num_instance_columns(),
        cs.permutation().get_columns().len(),
        cs.lookups().len(),
        cs.num_challenges()
    )
}

/// 32 bytes with all digits.
fn word(value: &Fr) -> String {
    format!("0x{}", hex::encode(nonos_circuits::backend::encoding::scalar_to_be(value)))
}

fn selector(signature: &str) -> String {
    let hash = keccak256(signature);
    literal::hex(hash.get(..4).unwrap_or_default())
}

fn step(step: &Step) -> Vec<String> {
    match step {
        Step::Absorb { memory, calldata, bytes, what } => {
            vec![format!("calldatacopy({memory:#x}, {calldata:#x}, {bytes:#x}) // {what}")]
        }
        Step::Squeeze { challenge, start, bytes, to, marker, reduce } => {
            let name = challenge_name(*challenge);
            let hash = format!("keccak256({start:#x}, {bytes:#x})");
            let hash = if *reduce { format!("mod({hash}, r)") } else { hash };
            let hash = format!("mstore({to:#x}, {hash}) // {name}");
            if *marker { vec![format!("mstore8({to:#x}, 1)"), hash] } else { vec![hash] }
        }
    }
}

/// x^(2^k), in scopes that fit the stack.
fn squarings(k: u32, x: usize) -> Vec<String> {
    const SCOPE: u32 = 13;
    let mut lines = vec![];
    let mut source = x;
    for start in (0..k).step_by(SCOPE as usize) {
        let count = SCOPE.min(k - start);
        lines.extend(["{".to_string(), format!("    let s0 := mload({source:#x})")]);
        for i in 1..count {
            lines.push(format!("    let s{i} := mulmod(s{p}, s{p}, r)", p = i - 1));
        }
        let last = format!("    mstore({X_TO_N:#x}, mulmod(s{p}, s{p}, r))", p = count - 1);
        lines.extend([last, "}".to_string()]);
        source = X_TO_N;
    }
    lines
}

/// `and(e_1,` .. `e_n))`, one operand a line.
fn nested(function: &str, operands: Vec<String>) -> Vec<String> {
    let last = operands.len().saturating_sub(1);
    operands
        .into_iter()
        .enumerate()
        .map(|(i, operand)| {
            if i < last { format!("{function}({operand},") } else { format!("{operand}{}", ")".repeat(last)) }
        })
        .collect()
}

fn canonical(plan: &Plan) -> Vec<String> {
    let instances = plan.transcript.instances.iter().flatten();
    let scalars = instances.chain(plan.transcript.evaluations.iter().map(|(_, word)| word));
    nested("and", scalars.map(|word| format!("lt(mload({:#x}), r)", word.ptr)).collect())
}

fn infinity(plan: &Plan) -> Vec<String> {
    let points = plan.transcript.points.iter();
    nested("or", points.map(|(_, offset)| format!("iszero(calldataload({offset:#x}))")).collect())
}

/// Loads and calls; `ok` is declared by the first calls.
fn combination(stages: &[Stage]) -> Vec<String> {
    let mut lines = vec![];
    let mut declared = false;
    for stage in stages {
        lines.extend(stage.comment.split("; ").map(|comment| format!("// {comment}")));
        lines.extend(stage.loads.iter().flat_map(load));
        if stage.calls.is_empty() {
            continue;
        }
        let calls = stage.calls.iter().rev().map(call);
        let so_far = declared.then(|| "ok".to_string());
        lines.push(if declared { "ok :=".into() } else { "let ok :=".into() });
        lines.extend(nested("and", calls.chain(so_far).collect()).iter().map(|line| format!("    {line}")));
        declared = true;
    }
    lines
}

fn load(load: &Load) -> Vec<String> {
    match load {
        Load::Proof { memory, calldata, bytes } => {
            vec![format!("calldatacopy({memory:#x}, {calldata:#x}, {bytes:#x})")]
        }
        Load::Constant { memory, point: [x, y] } => {
            vec![format!("mstore({memory:#x}, {x})"), format!("mstore({:#x}, {y})", memory + WORD)]
        }
    }
}

fn call(call: &Call) -> String {
    match call {
        Call::Mul { from, to } => format!("staticcall(gas(), 7, {from:#x}, 0x60, {to:#x}, 0x40)"),
        Call::Add { from, to } => format!("staticcall(gas(), 6, {from:#x}, 0x80, {to:#x}, 0x40)"),
    }
}

/// F is already in place.
fn pairing(verifier: &Verifier, plan: &Plan) -> Result<Vec<String>, GenError> {
    let w_prime = plan.transcript.point(PointRole::OpeningWPrime)?;
    let at = |index: usize| plan.pairing + WORD * index;
    let mut lines = vec![];
    for (i, word) in literal::g2(&verifier.g2()).iter().enumerate() {
        lines.push(format!("mstore({:#x}, {word})", at(2 + i)));
    }
    lines.push(format!("calldatacopy({:#x}, {w_prime:#x}, 0x40)", at(6)));
    for (i, word) in literal::g2(&-verifier.s_g2()).iter().enumerate() {
        lines.push(format!("mstore({:#x}, {word})", at(8 + i)));
    }
    Ok(lines)
}
