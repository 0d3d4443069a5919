//! THE MODEL: what is known of one session, and so what an answer has to be.
//! Must not know how an answer is got.

use std::{
    collections::BTreeMap,
    fmt,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::web::Asked;

/// As the configuration of the run has them.
pub(crate) const IDLE: u64 = 8 * HOUR;
pub(crate) const ABSOLUTE: u64 = 48 * HOUR;
pub(crate) const HOUR: u64 = 60 * 60 * 1000;
/// The library's own.
pub(crate) const RETRY_WINDOW: u64 = 60 * 1000;
const LEEWAY: u64 = 30 * 1000;
/// The stated bound on how old the knowledge of revocations may be.
const MAX_STALENESS: Duration = Duration::from_secs(5);

/// Which application holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum App {
    /// Public: its refresh tokens rotate.
    Phone,
    /// Confidential: they do not.
    Export,
}

/// What has to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    Granted,
    Refused,
    /// A deadline was so near that either is right.
    Either,
}

/// An instant of which the ends are known.
type Between = (u64, u64);

/// How something ended, as its owner knows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End {
    how: &'static str,
    /// When the answer was here, and by which instance, if that must have heard of it.
    at: Instant,
    by: Option<usize>,
}

impl End {
    /// Ended by the instance that says so.
    pub(crate) fn by_who_answered(how: &'static str, asked: &Asked) -> Self {
        Self { how, at: Instant::now(), by: Some(asked.by) }
    }

    /// Ended, perhaps by an attempt without an answer at the other instance: the one that answered
    /// may have it from the store alone.
    pub(crate) fn by_either(how: &'static str, asked: &Asked) -> Self {
        let by = (asked.attempts == 1).then_some(asked.by);
        Self { how, at: Instant::now(), by }
    }
}

/// An access token.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    pub(crate) token: String,
    expires: u64,
    pub(crate) revoked: Option<End>,
}

/// A session that an application holds.
pub(crate) struct Held {
    pub(crate) app: App,
    sid: String,
    /// The one refresh token of each generation.
    tokens: BTreeMap<u64, String>,
    pub(crate) generation: u64,
    rotated: Option<Between>,
    idle: Between,
    absolute: Between,
    pub(crate) access: Vec<Access>,
    pub(crate) ended: Option<End>,
}

/// The members of a JWT's header and payload.
pub(crate) fn parts(token: &str) -> Option<(Value, Value)> {
    let mut parts = token
        .split('.')
        .map(|part| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok());
    Some((parts.next()??, parts.next()??))
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { app, sid, generation, rotated, idle, ended, .. } = self;
        let ended = ended.map(|end| end.how);
        write!(f, "{sid} of {app:?} at {generation}, {rotated:?}, {idle:?}, {ended:?}")
    }
}

impl Held {
    /// What an exchanged code has opened.
    pub(crate) fn opened(app: App, asked: &Asked) -> Result<Self, String> {
        let mut held = Self {
            app,
            sid: String::new(),
            tokens: BTreeMap::new(),
            generation: 0,
            rotated: None,
            idle: (asked.first + IDLE, asked.last + IDLE),
            absolute: (asked.first + ABSOLUTE, asked.last + ABSOLUTE),
            access: Vec::new(),
            ended: None,
        };
        held.learn(asked)?;
        Ok(held)
    }

    pub(crate) fn current(&self) -> &str {
        self.tokens.get(&self.generation).map_or("", String::as_str)
    }

    /// The token that was rotated away, if it is certainly still answered for a while.
    pub(crate) fn parent_in_window(&self, now: u64) -> Option<&str> {
        let (earliest, _) = self.rotated?;
        // With time to ask several times.
        let is_in_time = now < earliest + RETRY_WINDOW * 2 / 3;
        self.tokens.get(&self.generation.checked_sub(1)?).filter(|_| is_in_time).map(String::as_str)
    }

    /// A token that certainly nobody may use any more.
    pub(crate) fn stale(&self, now: u64) -> Option<&str> {
        let (_, latest) = self.rotated?;
        let parent = self.generation.checked_sub(1)?;
        let back = if now >= latest + RETRY_WINDOW { parent } else { parent.checked_sub(1)? };
        self.tokens.get(&back).map(String::as_str)
    }

    /// Whether a refresh token of it has to be answered, decided at some time between these.
    pub(crate) fn expected(&self, first: u64, last: u64) -> Expected {
        let (idle, absolute) = (self.idle, self.absolute);
        if self.ended.is_some() || first >= idle.1.min(absolute.1) {
            Expected::Refused
        } else if last < idle.0.min(absolute.0) {
            Expected::Granted
        } else {
            Expected::Either
        }
    }

    /// Whether it was live for certain at this time.
    pub(crate) fn is_live(&self, now: u64) -> bool {
        self.expected(now, now) == Expected::Granted
    }

    pub(crate) fn is_gone(&self, now: u64) -> bool {
        self.expected(now, now) == Expected::Refused
    }

    /// Takes over what a refresh answered, and says what about it cannot be.
    pub(crate) fn learn(&mut self, asked: &Asked) -> Result<&'static str, String> {
        let json = asked.answer.json();
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        let (access, refresh) = (text("access_token"), text("refresh_token"));
        let (_, claims) = parts(&access).ok_or("the access token is no JWT")?;
        let sid = claims["sid"].as_str().unwrap_or_default();
        let generation = claims["gen"].as_u64().ok_or("an access token without a generation")?;
        let is_first = self.tokens.is_empty();
        if is_first {
            self.sid = sid.to_owned();
        } else if self.sid != sid {
            return Err(format!("fork: {sid} was answered for {}", self.sid));
        }
        if let Some(known) = self.tokens.get(&generation)
            && *known != refresh
        {
            return Err(format!("fork: two refresh tokens of {sid} at {generation}"));
        }
        let how = match generation.checked_sub(self.generation) {
            Some(0) if is_first => "opened",
            Some(0) if self.app == App::Export => {
                // Written at most every twentieth of the time.
                self.idle = (asked.first + IDLE - IDLE / 20, asked.last + IDLE);
                "kept"
            }
            Some(0) => {
                let must_rotate =
                    self.rotated.is_none_or(|(_, latest)| asked.first >= latest + RETRY_WINDOW);
                if must_rotate {
                    return Err(format!("{sid} did not rotate at {generation}"));
                }
                "answered again"
            }
            Some(1) if self.app == App::Phone => {
                let may =
                    self.rotated.is_none_or(|(earliest, _)| asked.last >= earliest + RETRY_WINDOW);
                if !may {
                    return Err(format!("{sid} rotated twice within the window, to {generation}"));
                }
                self.rotated = Some((asked.first, asked.last));
                self.idle = (asked.first + IDLE, asked.last + IDLE);
                "rotated"
            }
            _ => return Err(format!("{sid} went from {} to {generation}", self.generation)),
        };
        self.tokens.insert(generation, refresh);
        self.generation = generation;
        let expires = claims["exp"].as_u64().unwrap_or_default() * 1000;
        if expires > self.absolute.1 {
            return Err(format!("an access token of {sid} outlives its session"));
        }
        self.access.push(Access { token: access, expires, revoked: None });
        if self.access.len() > 6 {
            self.access.remove(0);
        }
        Ok(how)
    }

    /// Whether one of its access tokens has to be taken by this instance.
    pub(crate) fn expected_of(&self, access: &Access, asked: &Asked) -> Expected {
        let end = match (self.ended, access.revoked) {
            (Some(end), Some(revoked)) if revoked.at < end.at => Some(revoked),
            (end, revoked) => end.or(revoked),
        };
        if asked.first >= access.expires + LEEWAY {
            return Expected::Refused;
        }
        match end {
            Some(end) if end.by == Some(asked.by) || asked.began > end.at + MAX_STALENESS => {
                Expected::Refused
            }
            Some(_) => Expected::Either,
            None if asked.last < access.expires => Expected::Granted,
            None => Expected::Either,
        }
    }

    /// How it ended, and how long ago.
    pub(crate) fn over_since(&self, access: &Access) -> Option<(&'static str, Duration)> {
        self.ended.or(access.revoked).map(|end| (end.how, end.at.elapsed()))
    }
}
