//! A small authorization server that could be deployed: sign-in, consent, tokens, revocation, keys
//! that rotate, a demo API, and what a proxy may ask.
//!
//! ```text
//! $ cargo auth-server                       # the demo configuration, described key by key in
//!                                           # examples/auth_server/demo/auth_server.toml
//! $ cargo auth-server --config FILE         # yours
//! ```
//!
//! It reads one file (`config`), puts an authority together (`app`), and serves (`serve`) the OAuth
//! endpoints of the library, the pages (`browser`, `pages`), and the demo API (`api`). What the
//! library asks of it is in `host`. docs/deploy.md says how to run it before users.

mod api;
mod app;
mod args;
mod browser;
#[cfg(feature = "test-util")]
#[path = "clock/moved.rs"]
mod clock;
#[cfg(not(feature = "test-util"))]
#[path = "clock/system.rs"]
mod clock;
mod config;
mod explain;
mod host;
mod pages;
mod password;
mod permissions;
mod serve;

use std::{
    env,
    io::{self, Read as _},
    process::ExitCode,
};

use hallpass::{Grant, authority::Client, clock::Clock as _};

use app::App;
use args::{Args, Task, USAGE};
use config::KeyChoice;

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Args::read(env::args().skip(1)) {
        Ok(args) => run(&args).await,
        Err(why) => Err(why.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", app::told(&*error));
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> Result<(), Box<dyn std::error::Error>> {
    match &args.task {
        Task::Help => println!("{USAGE}"),
        Task::HashPassword => {
            let mut password = String::new();
            let _ = io::stdin().read_to_string(&mut password)?;
            println!("{}", password::hash(password.trim_end_matches(['\n', '\r']))?);
        }
        Task::Check => {
            let config = config::read(&args.config)?;
            println!(
                "{}: nothing is wrong: {} clients, {} users, {} scopes",
                args.config.display(),
                config.clients.len(),
                config.users.len(),
                config.scopes.len()
            );
        }
        Task::RotateNow => {
            let app = App::build(config::read(&args.config)?).await?;
            rotate_now(&app).await?;
        }
        Task::ApiKey(client, scope) => {
            let app = App::build(config::read(&args.config)?).await?;
            let known = |known: &Client| known.id().as_str() == client;
            if !app.config.clients.iter().any(known) {
                return Err(format!("the configuration has no client `{client}`").into());
            }
            // The client acts for itself; its ceiling is the most that its key may do.
            let grant = Grant::new(client, scope.parse()?).client(client);
            let issued = app.authority.issue_api_key(grant, "made by the operator", None).await?;
            println!("{}", issued.api_key().expose_secret());
        }
        Task::Serve => {
            let app = App::build(config::read(&args.config)?).await?;
            let listen = args.listen.unwrap_or(app.config.server.listen);
            if args.is_demo {
                welcome(&app);
            }
            serve::serve(app, listen).await?;
        }
    }
    Ok(())
}

/// A key was stolen: what it signed is believed nowhere any more. Of managed keys the next one signs
/// at once; of keys in files none does before the operator has put another one first.
async fn rotate_now(app: &App) -> Result<(), Box<dyn std::error::Error>> {
    const NEXT: &str = "put a new key in front of `keys.files`, take the stolen one out, and restart every \
         instance: while it is in the list, it is believed again once its withdrawal is forgotten";
    app.authority.ready().await?;
    let now = app.clock.now();
    let is_given = matches!(app.config.keys, KeyChoice::Given(_));
    let ring = app.authority.key_ring();
    let Some(key) = ring.signing_key(now) else {
        let why =
            if is_given { "the first key of `keys.files` is withdrawn" } else { "no key signs" };
        return Err(format!("{why}; {}", if is_given { NEXT } else { "start an instance" }).into());
    };
    let stolen = key.kid().clone();
    app.authority.withdraw_key(&stolen).await?;
    println!("withdrawn: {stolen}; instances that run follow within a second");
    if is_given {
        println!("nothing signs now: {NEXT}");
    }
    Ok(())
}

fn welcome(app: &App) {
    let issuer = app.config.server.issuer.as_str();
    println!(
        "\n  The demo is at      {issuer}/\n  \
         Sign in as          ada    with the password    correct horse battery staple\n  \
         A partner's app     cargo partner-app    and then    http://127.0.0.1:8500/\n  \
         What is kept is in  {}\n",
        app.config.server.data_dir.display()
    );
}
