//! What a command answers: text for people, one JSON object for machines, and whether it went well.

use serde_json::{Value, json};
use std::io::Write;
use std::process::ExitCode;

/// The answer of a command.
#[derive(Debug)]
pub struct Reply {
    /// Text for people, without a final newline.
    pub text: String,
    /// The same for machines.
    pub json: Value,
    /// False when the command did its work and the verdict is negative: exit status 1.
    pub ok: bool,
}

impl Reply {
    /// A positive answer.
    pub fn new(text: impl Into<String>, json: Value) -> Self {
        Self { text: text.into(), json, ok: true }
    }

    /// Everything there was to say has been printed already.
    pub fn silent() -> Self {
        Self::new(String::new(), Value::Null)
    }

    /// The same answer with this verdict.
    pub fn verdict(mut self, ok: bool) -> Self {
        self.ok = ok;
        self
    }
}

/// Prints an answer. A reader that went away (a closed pipe) is not an error of ours.
pub fn print(reply: &Reply, as_json: bool) -> ExitCode {
    let text = match as_json {
        true if reply.json.is_null() => String::new(),
        true => pretty(&reply.json),
        false => reply.text.clone(),
    };
    if !text.is_empty() {
        let _ = writeln!(std::io::stdout(), "{text}");
    }
    if reply.ok { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

/// Prints an error: the chain of causes on stderr, and with `--json` an object on stdout as well.
pub fn print_error(error: &eyre::Report, as_json: bool) {
    let causes: Vec<String> = distinct_causes(error);
    if as_json {
        let object = json!({ "error": { "message": causes[0], "causes": causes[1..] } });
        let _ = writeln!(std::io::stdout(), "{}", pretty(&object));
    }
    let mut stderr = std::io::stderr();
    let _ = writeln!(stderr, "error: {}", causes[0]);
    for cause in &causes[1..] {
        let _ = writeln!(stderr, "  because: {cause}");
    }
}

/// The whole chain of an error on one line, for tables and JSON.
pub fn one_line(error: &eyre::Report) -> String {
    distinct_causes(error).join(": ")
}

// Libraries often repeat their source in their own message; nobody needs to read it twice.
fn distinct_causes(error: &eyre::Report) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if !causes.last().is_some_and(|last| last.contains(&text)) {
            causes.push(text);
        }
    }
    causes
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use eyre::{WrapErr, eyre};

    #[test]
    fn causes_are_listed_once() {
        let error =
            Err::<(), _>(eyre!("disk full")).wrap_err("cannot write: disk full").wrap_err("no receipt");
        assert_eq!(one_line(&error.unwrap_err()), "no receipt: cannot write: disk full");
    }
}
