//! What every service shares: logs on stderr, signals that become a cancellation, draining, and the exit status.

use crate::output::Reply;
use crate::settings::{LogFormat, LogSettings};
use eyre::{Result, WrapErr, bail, eyre};
use std::future::Future;
use std::io::IsTerminal;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// Longest time from a signal to the end. A service that takes longer is stuck; exiting then loses nothing that was
/// acknowledged, because acknowledged means durable.
const DRAIN: Duration = Duration::from_secs(30);

/// Default level of commands that run until they are told to stop.
pub const SERVICE_LEVEL: &str = "info";
/// Default level of all other commands: their answer says what there is to say.
pub const COMMAND_LEVEL: &str = "error";

/// Sends events to stderr. Call it once, before the first event.
pub fn logging(settings: &LogSettings, default: &str) -> Result<()> {
    let directives = settings.filter.as_deref().unwrap_or(default);
    let filter =
        EnvFilter::builder().parse(directives).wrap_err_with(|| format!("log filter `{directives}`"))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let set = match settings.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    set.map_err(|error| eyre!("cannot set up logging: {error}"))
}

/// SIGINT and SIGTERM. Made before anybody is told that the service is up: a signal that comes earlier would kill it.
struct Interruption {
    interrupt: Signal,
    terminate: Signal,
}

impl Interruption {
    /// From now on neither signal kills the process.
    fn listen() -> Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).wrap_err("cannot listen for SIGINT")?,
            terminate: signal(SignalKind::terminate()).wrap_err("cannot listen for SIGTERM")?,
        })
    }

    /// Waits for either, and names it.
    async fn arrival(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}

/// Runs a service until it ends or a signal comes; then cancels it and waits until it has drained. A second signal, or
/// [`DRAIN`], ends the wait with an error.
pub async fn run<F>(service: impl FnOnce(CancellationToken) -> F) -> Result<Reply>
where
    F: Future<Output = Result<()>>,
{
    let mut interruption = Interruption::listen()?;
    let cancel = CancellationToken::new();
    let mut service = std::pin::pin!(service(cancel.clone()));
    let signal = tokio::select! {
        ended = &mut service => {
            ended?;
            return Ok(Reply::silent());
        }
        signal = interruption.arrival() => signal,
    };
    tracing::info!(signal, "stopping");
    notify("STOPPING=1");
    cancel.cancel();
    tokio::select! {
        ended = tokio::time::timeout(DRAIN, service) => match ended {
            Ok(ended) => ended.map(|()| Reply::silent()),
            Err(_) => bail!("the service did not stop within {} s of {signal}", DRAIN.as_secs()),
        },
        second = interruption.arrival() => bail!("{second} while stopping: not everything was drained"),
    }
}

/// Waits for `work`, or for a signal, whose name is then the inner error. Until it ends no signal kills the process.
pub async fn until_signal<T>(work: impl Future<Output = T>) -> Result<std::result::Result<T, &'static str>> {
    let mut interruption = Interruption::listen()?;
    Ok(tokio::select! {
        done = work => Ok(done),
        signal = interruption.arrival() => Err(signal),
    })
}

/// Tells systemd (`Type=notify`) that the service is up; does nothing under anything else.
pub fn notify_ready() {
    notify("READY=1");
}

fn notify(state: &str) {
    let Some(path) = std::env::var_os("NOTIFY_SOCKET") else { return };
    // A name in the abstract namespace starts with @; std has no portable way to address it from a path.
    let sent =
        UnixDatagram::unbound().and_then(|socket| match path.to_str().and_then(|p| p.strip_prefix('@')) {
            Some(name) => {
                use std::os::linux::net::SocketAddrExt;
                let address = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
                socket.send_to_addr(state.as_bytes(), &address)
            }
            None => socket.send_to(state.as_bytes(), &path),
        });
    if let Err(error) = sent {
        tracing::warn!(%error, socket = ?path, "cannot notify the service manager");
    }
}
