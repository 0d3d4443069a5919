//! Knows the command line.
//! Must not know what the configuration says.

use std::{net::SocketAddr, path::PathBuf};

pub(crate) const USAGE: &str = "\
usage: auth_server [--config FILE] [--listen ADDRESS]   start the server
       auth_server --config FILE --check                say what is wrong with the file, start nothing
       auth_server --config FILE --rotate-now           the signing key was stolen: withdraw it
       auth_server --config FILE --api-key CLIENT SCOPE print an API key for a client, to send as a bearer token
       auth_server --hash-password                      read a password from standard input, print its hash";

const DEMO: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/examples/auth_server/demo/auth_server.toml");

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Task {
    Serve,
    Check,
    RotateNow,
    /// For this client, with this scope.
    ApiKey(String, String),
    HashPassword,
    Help,
}

/// The command line.
#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) task: Task,
    pub(crate) config: PathBuf,
    /// Whether the demo configuration is used.
    pub(crate) is_demo: bool,
    pub(crate) listen: Option<SocketAddr>,
}

impl Args {
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut args = Self { task: Task::Serve, config: DEMO.into(), is_demo: true, listen: None };
        while let Some(word) = words.next() {
            match &*word {
                "--config" => {
                    args.config = words.next().ok_or("`--config` needs a file")?.into();
                    args.is_demo = false;
                }
                "--listen" => {
                    let address = words.next().ok_or("`--listen` needs an address")?;
                    let read = address.parse().map_err(|_| {
                        format!(
                            "`--listen {address}`: expected an address such as `127.0.0.1:8400`"
                        )
                    });
                    args.listen = Some(read?);
                }
                "--check" => args.task = Task::Check,
                "--rotate-now" => args.task = Task::RotateNow,
                "--api-key" => {
                    let (Some(client), Some(scope)) = (words.next(), words.next()) else {
                        return Err("`--api-key` needs a client and a scope".to_owned());
                    };
                    args.task = Task::ApiKey(client, scope);
                }
                "--hash-password" => args.task = Task::HashPassword,
                "--help" | "-h" => args.task = Task::Help,
                _ => return Err(format!("`{word}` is not an option\n\n{USAGE}")),
            }
        }
        Ok(args)
    }
}
