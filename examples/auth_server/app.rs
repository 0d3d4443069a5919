//! THE SERVER AS A WHOLE: from what the file says to what answers requests.
//! Must not know how a request is answered.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    sync::Arc,
    time::Duration,
};

use hallpass::{
    Authority,
    authority::{Client, Policy, RotationMode},
    key::{KeyPolicy, KeyRing},
    scope::Scope,
    secret::MasterSecret,
    store::{self, ServerStore},
};
use zeroize::Zeroizing;

use crate::{
    browser::{Cookies, FormTokens, SignInLimiter},
    clock::{ServerClock, server_clock},
    config::{Config, KeyChoice, MasterChoice, SIGN_IN},
    pages::Look,
    password::Passwords,
    permissions::UsersMay,
};

/// What the scope of a browser's own sign-in is.
pub(crate) const SIGN_IN_SCOPE: &str = "sign-in:*:use";

/// What no access token outlives, and the time that verifiers need to notice.
const LONGEST_TOKEN: Duration = Duration::from_secs(25 * 60 * 60);

type Failure = Box<dyn std::error::Error>;

/// What all handlers share.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) clock: ServerClock,
    pub(crate) authority: Authority,
    pub(crate) config: Config,
    pub(crate) look: Look,
    pub(crate) passwords: Passwords,
    pub(crate) limiter: SignInLimiter,
    pub(crate) cookies: Cookies,
    pub(crate) form_tokens: FormTokens,
}

impl App {
    /// The server that the file describes. Opens the store; nothing listens yet.
    pub(crate) async fn build(config: Config) -> Result<Arc<Self>, Failure> {
        fs::create_dir_all(&config.server.data_dir)?;
        let secret = master_text(&config.server.master)?;
        let server = &config.server;
        let issuer = server.issuer.as_str().to_owned();
        let host = issuer.split_once("://").map_or("", |(_, rest)| rest);
        let base = host.find('/').and_then(|at| host.get(at..)).unwrap_or_default().to_owned();
        let store = store::from_url(&server.store).await.map_err(|error| told(&error))?;
        let clock = server_clock()?;
        let app = Self {
            authority: authority(&config, store, &secret, clock.clone())?,
            clock,
            look: Look { name: server.name.clone(), base },
            passwords: Passwords::new()?,
            limiter: SignInLimiter::new(server.sign_in_limit),
            cookies: Cookies::new(issuer.starts_with("https:"), server.lifetimes.sign_in),
            form_tokens: FormTokens::derive(&secret, &issuer)
                .map_err(|_| "no key could be derived")?,
            config,
        };
        Ok(Arc::new(app))
    }
}

fn authority(
    config: &Config,
    store: Arc<dyn ServerStore>,
    secret: &str,
    clock: ServerClock,
) -> Result<Authority, Failure> {
    let server = &config.server;
    let lifetimes = server.lifetimes;
    let policy = lifetimes.policy();
    let users = UsersMay::new(&config.users, &config.scopes)?;
    let mut builder = Authority::builder(server.issuer.as_str())
        .audience(server.issuer.as_str())
        .server_store(store.clone())
        .clock(clock)
        .master_secret(MasterSecret::parse(secret)?)
        .policy(policy)
        .permissions(users)
        .client(sign_in(lifetimes.sign_in, &config.server.issuer)?);
    for audience in &config.audiences {
        builder = builder.audience(audience);
    }
    for client in &config.clients {
        builder = builder.client(client.clone());
    }
    builder = match &config.keys {
        KeyChoice::Given(keys) => {
            let (first, others) = keys.split_first().ok_or("no signing key was given")?;
            let ring = KeyRing::given(first.clone());
            let also =
                |ring: KeyRing, key: &hallpass::SigningKey| ring.also_verifies(key.verifying_key());
            builder.key_ring(others.iter().try_fold(ring, also)?)
        }
        KeyChoice::Managed { algorithm, lead, rotate_every } => {
            let mut policy = KeyPolicy::new(LONGEST_TOKEN).lead(*lead);
            if let Some(period) = rotate_every {
                policy = policy.rotate_every(*period);
            }
            builder.managed_keys(store, *algorithm, policy)
        }
    };
    Ok(builder.build()?)
}

/// The browser's own sign-in is a session like any other: listed, ended and forgotten as they are,
/// and shared by all instances. Its cookie is the refresh token, which does not rotate, since a
/// browser sends many requests at once.
fn sign_in(lifetime: Duration, issuer: &hallpass::token::Issuer) -> Result<Client, Failure> {
    let policy = Policy::new()
        .access_lifetime(Duration::from_secs(60))
        .idle(lifetime)
        .absolute(lifetime)
        .rotation(RotationMode::Off);
    Ok(Client::public(SIGN_IN)
        .name("This site")
        .scope(Scope::parse(SIGN_IN_SCOPE)?)
        .audience(issuer.as_str().parse()?)
        .policy(policy))
}

/// The text of the master secret, made if the file says so.
fn master_text(choice: &MasterChoice) -> Result<Zeroizing<String>, Failure> {
    let text = match choice {
        MasterChoice::Env(name) => std::env::var(name)?,
        MasterChoice::File(path) => fs::read_to_string(path)?,
        MasterChoice::Made(path) => made(path)?,
    };
    Ok(Zeroizing::new(text.trim().to_owned()))
}

/// A new secret in a file for its owner alone. Of two that start at once one makes it.
fn made(path: &Path) -> Result<String, Failure> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    let random = ring::rand::SystemRandom::new();
    ring::rand::SecureRandom::fill(&random, bytes.as_mut())
        .map_err(|_| "the operating system gave no random bytes")?;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    // Written beside and linked into place, so that nobody reads half of it.
    let draft = path.with_extension(format!("{}", std::process::id()));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error.into()),
        _ => Ok(fs::read_to_string(path)?),
    }
}

/// An error with all its causes.
pub(crate) fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        // Some errors say their cause themselves.
        if !text.ends_with(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

/// A line for the operator, one line even where a database has more to say. Nobody may be
/// reading.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{}", line.replace(['\n', '\r'], " "));
}
