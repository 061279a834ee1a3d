//! What `nonos node run` was told, by flag, environment or file.

use super::run::RunArgs;
use crate::settings::{Environment, NodeSection, layered};
use eyre::{Result, WrapErr, bail, eyre};
use nonos_node::mesh::Multiaddr;
use std::net::SocketAddr;

/// Where the API listens if nobody says.
pub const DEFAULT_HTTP: &str = "127.0.0.1:8661";
/// Where the mesh listens if nobody says.
pub const DEFAULT_LISTEN: [&str; 2] = ["/ip4/0.0.0.0/tcp/4661", "/ip4/0.0.0.0/udp/4661/quic-v1"];

/// The engine under the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// One fsync per commit.
    Redb,
    /// Faster, and not safe against a loss of power.
    Sled,
}

impl Backend {
    /// Its name in files and flags.
    pub fn name(self) -> &'static str {
        match self {
            Self::Redb => "redb",
            Self::Sled => "sled",
        }
    }
}

/// Resolved.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    pub listen: Vec<Multiaddr>,
    pub external: Vec<Multiaddr>,
    pub peers: Vec<Multiaddr>,
    pub http: SocketAddr,
    pub allow_remote: bool,
    pub backend: Backend,
}

impl Options {
    pub fn resolve(args: &RunArgs, env: &impl Environment, file: &NodeSection) -> Result<Self> {
        let defaults: Vec<String> = DEFAULT_LISTEN.map(str::to_owned).into();
        let listen = list(&args.listen, "NONOS_NODE_LISTEN", env, &file.listen)?.unwrap_or(defaults);
        let external = list(&args.external, "NONOS_NODE_EXTERNAL", env, &file.external)?.unwrap_or_default();
        let peers = list(&args.peer, "NONOS_NODE_PEERS", env, &file.peers)?.unwrap_or_default();
        let http = layered(args.http.clone(), "NONOS_NODE_HTTP", env, file.http.clone())?;
        let http = http.unwrap_or_else(|| DEFAULT_HTTP.to_owned());
        let flag = args.allow_remote.then_some(true);
        let allow_remote = layered(flag, "NONOS_NODE_ALLOW_REMOTE", env, file.allow_remote)?;
        let backend = layered(args.backend.clone(), "NONOS_NODE_BACKEND", env, file.backend.clone())?;
        Ok(Self {
            listen: addresses("listen", &listen)?,
            external: addresses("external", &external)?,
            peers: addresses("peer", &peers)?,
            http: http
                .parse()
                .wrap_err_with(|| format!("http: `{http}` is no address; expected 127.0.0.1:8661"))?,
            allow_remote: allow_remote.unwrap_or(false),
            backend: match backend.as_deref() {
                None | Some("redb") => Backend::Redb,
                Some("sled") => Backend::Sled,
                Some(other) => bail!("backend: `{other}` is unknown; expected redb or sled"),
            },
        })
    }
}

/// A list: flags, or a variable whose parts are separated by commas, or the file's.
fn list(
    flags: &[String],
    variable: &str,
    env: &impl Environment,
    file: &Option<Vec<String>>,
) -> Result<Option<Vec<String>>> {
    if !flags.is_empty() {
        return Ok(Some(flags.to_vec()));
    }
    match env.text(variable)? {
        Some(text) => Ok(Some(text.split(',').map(|part| part.trim().to_owned()).collect())),
        None => Ok(file.clone()),
    }
}

fn addresses(what: &str, texts: &[String]) -> Result<Vec<Multiaddr>> {
    texts
        .iter()
        .map(|text| {
            text.parse().map_err(|error| {
                eyre!("{what}: `{text}` is no multiaddr ({error}); expected something like /ip4/127.0.0.1/tcp/4661")
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use std::ffi::OsString;

    struct Fake(HashMap<&'static str, &'static str>);

    impl Environment for Fake {
        fn raw(&self, name: &str) -> Option<OsString> {
            self.0.get(name).map(OsString::from)
        }
    }

    fn env(pairs: &[(&'static str, &'static str)]) -> Fake {
        Fake(pairs.iter().copied().collect())
    }

    #[test]
    fn a_flag_beats_the_environment_and_that_the_file() {
        let file: NodeSection =
            toml::from_str("http = \"127.0.0.1:3\"\nlisten = [\"/ip4/127.0.0.1/tcp/3\"]\nbackend = \"sled\"")
                .unwrap();
        let with_env = env(&[
            ("NONOS_NODE_HTTP", "127.0.0.1:2"),
            ("NONOS_NODE_LISTEN", "/ip4/127.0.0.1/tcp/2, /ip4/127.0.0.1/tcp/22"),
        ]);
        let mut args = RunArgs::default();
        let from_file = Options::resolve(&args, &env(&[]), &file).unwrap();
        assert_eq!((from_file.http.port(), from_file.listen.len(), from_file.backend), (3, 1, Backend::Sled));
        let from_env = Options::resolve(&args, &with_env, &file).unwrap();
        assert_eq!((from_env.http.port(), from_env.listen.len()), (2, 2));
        args.http = Some("127.0.0.1:1".into());
        args.backend = Some("redb".into());
        let from_flag = Options::resolve(&args, &with_env, &file).unwrap();
        assert_eq!((from_flag.http.port(), from_flag.backend), (1, Backend::Redb));
        let default = Options::resolve(&RunArgs::default(), &env(&[]), &NodeSection::default()).unwrap();
        assert_eq!(default.http.to_string(), DEFAULT_HTTP);
        assert!(!default.allow_remote);
    }

    #[test]
    fn what_does_not_parse_is_named() {
        let error = |args: RunArgs| {
            Options::resolve(&args, &env(&[]), &NodeSection::default()).unwrap_err().to_string()
        };
        assert!(
            error(RunArgs { listen: vec!["localhost".into()], ..Default::default() })
                .contains("no multiaddr")
        );
        assert!(
            error(RunArgs { http: Some("x".into()), ..Default::default() }).contains("`x` is no address")
        );
        assert!(error(RunArgs { backend: Some("x".into()), ..Default::default() }).contains("redb or sled"));
        let wrong = env(&[("NONOS_NODE_ALLOW_REMOTE", "yes")]);
        let error = Options::resolve(&RunArgs::default(), &wrong, &NodeSection::default()).unwrap_err();
        assert!(error.to_string().starts_with("NONOS_NODE_ALLOW_REMOTE: `yes`"), "{error}");
    }
}
