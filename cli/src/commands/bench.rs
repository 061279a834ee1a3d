//! `nonos bench`: every budget, measured.

use crate::bench::figure::{ALL, Figure, Spec, Suite};
use crate::bench::{self, machine};
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::setup;
use crate::table::{Align, Table};
use clap::Args;
use eyre::Result;
use serde_json::{Map, Value, json};

/// Arguments of `nonos bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// Measure these figures only
    #[arg(long, value_name = "NAME,..", value_delimiter = ',', value_parser = names())]
    only: Vec<String>,
    /// Runs of each expensive measurement; the median counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    runs: u16,
    /// Exit with status 1 if a figure is over its budget
    #[arg(long)]
    strict: bool,
}

fn names() -> clap::builder::PossibleValuesParser {
    ALL.map(|spec| spec.name).into()
}

/// Measures, one suite after the other, and reports. A figure that cannot be measured here is absent.
pub async fn run(args: BenchArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let machine = machine::describe();
    let wanted = |spec: &Spec| args.only.is_empty() || args.only.iter().any(|name| name == spec.name);
    let needs = |suite: Suite| ALL.iter().any(|spec| spec.suite == suite && wanted(spec));
    let n = usize::from(args.runs);
    let mut figures: Vec<Figure> = Vec::new();
    if needs(Suite::Demo) {
        // First and alone: it is a process of its own.
        let step = progress.step("running the demo");
        figures.extend(bench::measure_demo(1)?.into_iter().flatten());
        step.done("");
    }
    if needs(Suite::Anchor) {
        let step = progress.step("anchoring full batches on the embedded chain");
        figures.extend(bench::measure_gas(n.min(3)).await?.into_iter().flatten());
        step.done("");
    }
    if needs(Suite::Market) {
        figures.extend(bench::measure_market()?.into_iter().flatten());
    }
    if [Suite::Prove, Suite::Verify, Suite::Chain, Suite::Relayer, Suite::Gossip].into_iter().any(needs) {
        let prover = setup::prover(settings.srs.as_deref(), progress)?;
        if needs(Suite::Prove) {
            let step = progress.step(format!("proving {n} launches"));
            figures.extend(bench::measure_prove(&prover, n)?.into_iter().flatten());
            step.done("");
        }
        if needs(Suite::Verify) {
            let step = progress.step("verifying natively");
            figures.extend(bench::measure_verify(&prover, n)?.into_iter().flatten());
            step.done("");
        }
        if needs(Suite::Chain) {
            let step = progress.step("verifying on the embedded chain");
            figures.extend(bench::measure_chain(&prover, n.min(3)).await?.into_iter().flatten());
            step.done("");
        }
        if needs(Suite::Relayer) {
            let step = progress.step("queueing and batching receipts");
            figures.extend(bench::measure_throughput(&prover, n.min(3)).await?.into_iter().flatten());
            step.done("");
        }
        if needs(Suite::Gossip) {
            let step = progress.step("gossiping over three nodes");
            figures.extend(bench::measure_gossip(&prover)?.into_iter().flatten());
            step.done("");
        }
    }
    if needs(Suite::Enrolment) {
        // After those: its keys are large, and what they leave behind would count as the launch prover's memory.
        let prover = setup::enrolment_prover(settings.srs.as_deref(), progress)?;
        let n = n.min(3);
        let step = progress.step(format!("proving and verifying {n} enrolments"));
        figures.extend(bench::measure_enrolment(&prover, n).await?.into_iter().flatten());
        step.done("");
    }
    if needs(Suite::Install) {
        let prover = setup::install_prover(settings.srs.as_deref(), progress)?;
        let n = n.min(2);
        let step = progress.step(format!("proving and verifying {n} chunks of installs"));
        figures.extend(bench::measure_install(&prover, n).await?.into_iter().flatten());
        step.done("");
    }
    if needs(Suite::Stark) {
        let step = progress.step("proving and verifying a chunk with the STARK");
        figures.extend(bench::measure_stark()?.into_iter().flatten());
        step.done("");
    }
    let mut results = Map::new();
    let mut table = Table::new([
        ("figure", Align::Left),
        ("value", Align::Right),
        ("budget", Align::Right),
        ("unit", Align::Left),
        ("n", Align::Right),
        ("within", Align::Left),
    ]);
    let mut within = true;
    for figure in ALL
        .iter()
        .filter(|spec| wanted(spec))
        .filter_map(|spec| figures.iter().find(|figure| figure.name == spec.name))
    {
        within &= figure.within();
        results.insert(figure.name.to_owned(), json!(figure));
        table.row([
            figure.name.to_owned(),
            number(figure.value),
            format!("{} {}", if figure.at_least { "≥" } else { "≤" }, number(figure.budget)),
            figure.unit.to_owned(),
            figure.n.to_string(),
            if figure.within() { "yes" } else { "NO" }.to_owned(),
        ]);
    }
    let object = json!({ "machine": machine, "results": Value::Object(results) });
    Ok(Reply::new(table.render(), object).verdict(within || !args.strict))
}

fn number(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}
