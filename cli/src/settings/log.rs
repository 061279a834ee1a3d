//! What is logged and how: level or directives, text or JSON.

use super::env::Environment;
use super::file::ConfigFile;
use crate::args::GlobalArgs;
use eyre::{Result, bail, eyre};
use tracing_subscriber::EnvFilter;

/// Lines for people or objects for machines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// One line per event.
    #[default]
    Text,
    /// One JSON object per event.
    Json,
}

/// Resolved and checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogSettings {
    /// Directives, known to parse; none leaves it to the command.
    pub filter: Option<String>,
    /// Shape of an event.
    pub format: LogFormat,
}

impl LogSettings {
    pub(super) fn resolve(flags: &GlobalArgs, env: &impl Environment, file: &ConfigFile) -> Result<Self> {
        let filter = first(
            (&flags.log, "--log"),
            (env.text("NONOS_LOG")?, "NONOS_LOG"),
            (&file.log, format!("log in {}", file.origin())),
        );
        if let Some((text, source)) = &filter {
            EnvFilter::builder().parse(text).map_err(|error| {
                eyre!(
                    "{source}: `{text}` is no log level ({error}); expected error, warn, info, debug or trace"
                )
            })?;
        }
        let format = first(
            (&flags.log_format, "--log-format"),
            (env.text("NONOS_LOG_FORMAT")?, "NONOS_LOG_FORMAT"),
            (&file.log_format, format!("log_format in {}", file.origin())),
        );
        let format = match format {
            None => LogFormat::default(),
            Some((text, _)) if text == "text" => LogFormat::Text,
            Some((text, _)) if text == "json" => LogFormat::Json,
            Some((text, source)) => bail!("{source}: `{text}` is no log format; expected text or json"),
        };
        Ok(Self { filter: filter.map(|(text, _)| text), format })
    }
}

/// The first value that is there, with its source.
fn first(
    flag: (&Option<String>, &str),
    env: (Option<String>, &str),
    file: (&Option<String>, String),
) -> Option<(String, String)> {
    let flag = flag.0.clone().map(|text| (text, flag.1.to_owned()));
    let env = env.0.map(|text| (text, env.1.to_owned()));
    flag.or(env).or_else(|| file.0.clone().map(|text| (text, file.1)))
}
