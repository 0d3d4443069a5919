//! The configuration: one TOML file, read whole or not at all.
//! Must not know what the server makes of it.
//!
//! Every mistake is told with its line, its key and what was expected; all of a file's at once.

mod client_parts;
mod clients;
mod keys;
mod mistake;
mod people;
mod routes;
mod section;
mod server;

use std::{fs, path::Path};

use hallpass::{authority::Client, id::Audience};
use toml::de::DeTable;

pub(crate) use self::{
    clients::SIGN_IN,
    keys::{KeyChoice, MasterChoice},
    mistake::Mistakes,
    people::{Described, User},
    routes::{ForwardAuth, Resource},
    server::{Lifetimes, Server, SignInLimit},
};
use self::{mistake::File, section::Section};

/// All that the file says.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) server: Server,
    pub(crate) keys: KeyChoice,
    pub(crate) audiences: Vec<Audience>,
    pub(crate) scopes: Vec<Described>,
    pub(crate) clients: Vec<Client>,
    pub(crate) users: Vec<User>,
    pub(crate) resources: Vec<Resource>,
    pub(crate) forward_auth: Option<ForwardAuth>,
}

/// Reads the file.
///
/// # Errors
/// [`Mistakes`], all of them.
pub(crate) fn read(path: &Path) -> Result<Config, Mistakes> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|why| Mistakes::unreadable(name.clone(), &why))?;
    let file = File::new(name, &text);
    let config = match DeTable::parse(&text) {
        Ok(table) => config(&Section::root(&file, table.get_ref()), path),
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            file.wrong(&span, "", format!("this is not TOML: {}", error.message()));
            None
        }
    };
    match config {
        Some(config) if file.is_right() => Ok(config),
        _ => Err(file.into_mistakes()),
    }
}

/// Reads every part even where an earlier one is wrong, so that all mistakes are told.
fn config(root: &Section<'_>, path: &Path) -> Option<Config> {
    let beside = path.parent().unwrap_or(Path::new(""));
    let server = server::read(root);
    let audiences = server::audiences(root);
    let keys = keys::read(root, beside);
    let scopes = people::scopes(root);
    let around = clients::Around {
        beside,
        audiences: &audiences,
        described: &scopes,
        lifetimes: server.as_ref().map_or(Lifetimes::DEFAULT, |server| server.lifetimes),
    };
    let clients = clients::read(root, &around);
    let users = people::users(root, &scopes);
    let resources = routes::resources(root, beside, &users);
    let forward_auth = routes::forward_auth(root);
    root.finish();
    Some(Config {
        server: server?,
        keys: keys?,
        audiences,
        scopes,
        clients,
        users,
        resources,
        forward_auth: forward_auth?,
    })
}
