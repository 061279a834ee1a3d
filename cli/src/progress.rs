//! Progress on stderr: a spinner on a terminal, one line per finished step elsewhere, nothing when quiet.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Not at all.
    Quiet,
    /// Plain lines, for logs and pipes.
    Lines,
    /// A spinner that becomes a line when its step is done.
    Terminal,
}

impl Progress {
    /// Chooses by what stderr is.
    pub fn detect(quiet: bool) -> Self {
        match (quiet, std::io::stderr().is_terminal()) {
            (true, _) => Self::Quiet,
            (false, true) => Self::Terminal,
            (false, false) => Self::Lines,
        }
    }

    /// Starts a step. It ends with [`Step::done`], or is shown as failed when dropped.
    pub fn step(self, what: impl Into<String>) -> Step {
        let what = what.into();
        let bar = (self == Self::Terminal).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
                bar.set_style(style);
            }
            bar.set_message(what.clone());
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Step { progress: self, what, bar, started: Instant::now(), finished: false }
    }

    /// One line outside any step.
    pub fn note(self, line: &str) {
        if self != Self::Quiet {
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }
}

/// A running step.
#[derive(Debug)]
pub struct Step {
    progress: Progress,
    what: String,
    bar: Option<ProgressBar>,
    started: Instant,
    finished: bool,
}

impl Step {
    /// Ends the step well; `detail` says what came out, and may be empty.
    pub fn done(mut self, detail: &str) {
        self.end("ok", detail);
    }

    fn end(&mut self, mark: &str, detail: &str) {
        self.finished = true;
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        let seconds = self.started.elapsed().as_secs_f64();
        let detail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
        self.progress.note(&format!("{mark:>6}  {seconds:>6.2} s  {}{detail}", self.what));
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if !self.finished {
            self.end("failed", "");
        }
    }
}
