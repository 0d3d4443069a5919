//! Knows where the server listens, as whom it issues, what it remembers where, and for how long.
//! Must not know clients, users or routes.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use axum::http::HeaderName;
use hallpass::{authority::MAX_ABSOLUTE, id::Audience, token::Issuer};

use super::{
    keys::{self, MasterChoice},
    section::{At, Section},
};

/// The server as such.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) listen: SocketAddr,
    pub(crate) issuer: Issuer,
    /// What the pages call it.
    pub(crate) name: String,
    /// Where relative paths of the store and of a made secret begin.
    pub(crate) data_dir: PathBuf,
    pub(crate) store: String,
    pub(crate) master: MasterChoice,
    /// The header in which a trusted proxy names the peer, in lower case.
    pub(crate) peer_header: Option<String>,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) sign_in_limit: SignInLimit,
}

/// How long things live.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lifetimes {
    pub(crate) access_token: Duration,
    pub(crate) idle: Duration,
    pub(crate) session: Duration,
    /// How long someone stays signed in at the browser.
    pub(crate) sign_in: Duration,
}

const HOURS: Duration = Duration::from_secs(60 * 60);
const DAYS: Duration = HOURS.saturating_mul(24);

impl Lifetimes {
    /// What stands where the file says nothing.
    pub(super) const DEFAULT: Self = Self {
        access_token: Duration::from_secs(600),
        idle: DAYS.saturating_mul(14),
        session: DAYS.saturating_mul(90),
        sign_in: HOURS.saturating_mul(12),
    };
}

/// How often a password may be wrong, for one user or one peer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignInLimit {
    pub(crate) attempts: u32,
    pub(crate) per: Duration,
}

pub(super) fn read(root: &Section<'_>) -> Option<Server> {
    let listen = root.needs("listen", "an address and a port such as `127.0.0.1:8400`", str::parse);
    let issuer = root.needs("issuer", "the address of this server as others reach it", |text| {
        match text.ends_with('/') {
            true => Err("it ends with `/`".to_owned()),
            false => Issuer::parse(text).map_err(|why| why.to_string()),
        }
    });
    let name = root.text("name", "what the pages call this server");
    let data_dir = root.text("data_dir", "a directory, which is made if it is not there");
    let data_dir = PathBuf::from(data_dir.map_or(".", |at| at.value));
    let store = store(root, &data_dir);
    let master = keys::master(root, &data_dir);
    let peer_header = root.read("peer_header", "the name of a header", |name| {
        let name = name.to_ascii_lowercase();
        match HeaderName::from_lowercase(name.as_bytes()) {
            Ok(_) => Ok(name),
            Err(_) => Err("it is none"),
        }
    });
    let lifetimes = lifetimes(root);
    let sign_in_limit = sign_in_limit(root);
    Some(Server {
        listen: listen?,
        issuer: issuer?,
        name: name.map_or_else(|| "Sign-in".to_owned(), |at| at.value.to_owned()),
        data_dir,
        store: store?,
        master: master?,
        peer_header,
        lifetimes: lifetimes?,
        sign_in_limit,
    })
}

/// The URL of the store; a relative SQLite path begins at the data directory.
fn store(root: &Section<'_>, data_dir: &std::path::Path) -> Option<String> {
    const EXPECTED: &str = "`sqlite:PATH`, `postgres://…` or `redis://…`";
    let Some(url) = root.text("store", EXPECTED) else {
        let is_default = !root.has("store");
        return is_default.then(|| format!("sqlite:{}", data_dir.join("auth.db").display()));
    };
    // The URL may hold a password: it is not repeated.
    let off = |feature| {
        let says = format!("this server was built without that store; add `--features {feature}`");
        url.refuse(says);
        None
    };
    let (scheme, rest) = url.value.split_once(':').unwrap_or(("", ""));
    match scheme {
        "sqlite" if rest.is_empty() || rest.starts_with(':') || rest.contains('?') => {
            url.refuse("expected a file: `sqlite:PATH`, without options");
            None
        }
        "sqlite" if rest.starts_with("//") => Some(url.value.to_owned()),
        "sqlite" => Some(format!("sqlite:{}", data_dir.join(rest).display())),
        "postgres" | "postgresql" if !cfg!(feature = "postgres") => off("postgres"),
        "redis" | "rediss" | "redis+unix" if !cfg!(feature = "redis") => off("redis"),
        "postgres" | "postgresql" | "redis" | "rediss" | "redis+unix" => Some(url.value.to_owned()),
        "memory" => {
            url.refuse(format!("a store in memory forgets at every restart; expected {EXPECTED}"));
            None
        }
        _ => {
            url.refuse(format!("expected {EXPECTED}"));
            None
        }
    }
}

pub(super) fn audiences(root: &Section<'_>) -> Vec<Audience> {
    const EXPECTED: &str = "the addresses of the services that tokens are for";
    let found = root.some_texts("audiences", EXPECTED);
    if found.is_empty() && !root.has("audiences") {
        root.lacks("audiences", EXPECTED);
    }
    found.iter().filter_map(|at| at.read("an audience", audience)).collect()
}

fn audience(text: &str) -> Result<Audience, String> {
    // RFC 8707 §2: an absolute URI without a fragment.
    if !text.contains(':') || text.contains('#') {
        return Err("it is no absolute address without a fragment".to_owned());
    }
    Audience::parse(text).map_err(|why| why.to_string())
}

fn lifetimes(root: &Section<'_>) -> Option<Lifetimes> {
    let mut lifetimes = Lifetimes::DEFAULT;
    let Some(section) = root.section("lifetimes") else {
        return (!root.has("lifetimes")).then_some(lifetimes);
    };
    let mut take = |key, into: fn(&mut Lifetimes) -> &mut Duration, most: Duration, limit: &str| {
        let at: At<'_, Duration> = section.duration(key)?;
        if at.value.is_zero() || at.value > most {
            at.refuse(format!("expected from `1s` to {limit}"));
        }
        *into(&mut lifetimes) = at.value;
        Some(at)
    };
    take("access_token", |to| &mut to.access_token, DAYS, "`24h`");
    let session = take("session", |to| &mut to.session, MAX_ABSOLUTE, "`400d`");
    let idle = take("idle", |to| &mut to.idle, MAX_ABSOLUTE, "`400d`");
    take("sign_in", |to| &mut to.sign_in, 30 * DAYS, "`30d`");
    if lifetimes.idle > lifetimes.session {
        match (idle, session) {
            (Some(at), _) => at.refuse("expected at most what `lifetimes.session` is"),
            (None, Some(at)) => at.refuse("expected at least `lifetimes.idle`, which is 14 days"),
            (None, None) => {}
        }
    }
    section.finish();
    Some(lifetimes)
}

fn sign_in_limit(root: &Section<'_>) -> SignInLimit {
    let mut limit = SignInLimit { attempts: 10, per: Duration::from_secs(600) };
    let Some(section) = root.section("sign_in_limit") else { return limit };
    if let Some(attempts) = section.number("attempts", 1, 10_000) {
        limit.attempts = attempts;
    }
    if let Some(per) = section.duration("per") {
        if per.value.is_zero() {
            per.refuse("expected at least `1s`");
        }
        limit.per = per.value;
    }
    section.finish();
    limit
}
