//! Knows how long tokens and sessions live and how rotation behaves, as the host configures it.
//! Must not know a session: `SessionPolicy` is what is frozen into one.

use std::time::Duration;

use super::{client::ClientError, error::ConfigError};
use crate::store::SessionPolicy;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest absolute deadline a session may have: 400 days.
pub const MAX_ABSOLUTE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// Whether each refresh replaces the refresh token.
///
/// ```
#[doc = a_builder!()]
/// use hallpass::{authority::{Policy, RotationMode}, store::Granted};
///
/// let authority = builder.policy(Policy::new().rotation(RotationMode::Off)).build()?;
/// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
/// let next = authority.refresh(issued.refresh_token()).await?;
/// assert_eq!(next.how(), Some(Granted::Kept));
/// assert_eq!(next.refresh_token().expose_secret(), issued.refresh_token().expose_secret());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RotationMode {
    /// On for public clients and the host's own sessions, off for confidential clients, which
    /// prove themselves at each refresh (RFC 9700 §4.14.2).
    #[default]
    Auto,
    /// Always.
    On,
    /// Never: for clients whose tabs or replicas keep private copies of the token.
    Off,
}

/// Whether the authority learns that an access token of a new generation was used.
///
/// ```
#[doc = a_builder!()]
/// use hallpass::authority::{ConfirmationSignal, Policy, RefreshError};
///
/// let policy = Policy::new()
///     .retry_window(std::time::Duration::ZERO)
///     .confirmation(ConfirmationSignal::Wired);
/// let authority = builder.policy(policy).build()?;
/// let old = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
/// let _lost = authority.refresh(old.refresh_token()).await?;
/// let next = authority.refresh(old.refresh_token()).await?; // nobody has seen the first answer
///
/// let _ = authority.verify(next.access_token()).await?; // the client has the new tokens …
/// authority.tick().await; // … and the store knows it
/// let again = authority.refresh(old.refresh_token()).await;
/// assert!(matches!(again, Err(RefreshError::Reused(_))));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ConfirmationSignal {
    /// No. A lost answer can be retried within the retry window only.
    #[default]
    None,
    /// Yes: the tokens are verified by this authority, or by verifiers with a
    /// [`ConfirmationSink`](crate::verifier::ConfirmationSink). A lost answer can then be retried
    /// for as long as the successor was never seen.
    Wired,
}

/// How tokens and sessions behave. What a session gets is frozen into it when it is created.
///
/// ```
#[doc = a_builder!()]
/// use hallpass::authority::Policy;
/// use std::time::Duration;
///
/// let five_minutes = Duration::from_secs(300);
/// let policy = Policy::new().access_lifetime(five_minutes).max_sessions(5);
/// let authority = builder.policy(policy).build()?;
/// let issued = authority.issue(Grant::new("ada", "invoice:*:read".parse()?)).await?;
/// assert!(issued.expires_in() <= five_minutes);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    pub(super) access_lifetime: Duration,
    pub(super) retry_window: Duration,
    pub(super) retry_after_loss: Option<Duration>,
    pub(super) idle: Duration,
    pub(super) absolute: Duration,
    pub(super) rotation: RotationMode,
    pub(super) strict: bool,
    pub(super) confirmation: ConfirmationSignal,
    pub(super) max_sessions: Option<u32>,
}

impl Default for Policy {
    fn default() -> Self {
        Self::new()
    }
}

impl Policy {
    /// The defaults: access tokens of 10 minutes, sessions of 90 days that end after 14 days
    /// unused, a retry window of 60 seconds.
    #[must_use]
    pub fn new() -> Self {
        Self {
            access_lifetime: Duration::from_secs(600),
            retry_window: Duration::from_secs(60),
            retry_after_loss: None,
            idle: 14 * DAY,
            absolute: 90 * DAY,
            rotation: RotationMode::Auto,
            strict: false,
            confirmation: ConfirmationSignal::None,
            max_sessions: None,
        }
    }

    /// How long an access token lives. At most the authority's `max_access_lifetime`.
    #[must_use]
    pub fn access_lifetime(mut self, lifetime: Duration) -> Self {
        self.access_lifetime = lifetime;
        self
    }

    /// How long after a rotation the parent and the successor both answer with the very same
    /// successor. A thief who always refreshes within this window of the honest client is not
    /// detected.
    #[must_use]
    pub fn retry_window(mut self, window: Duration) -> Self {
        self.retry_window = window;
        self
    }

    /// How long the parent of a successor that was never seen in use is still answered. Default:
    /// 24 hours where the confirmation signal is wired, else the retry window, which is then
    /// also its limit.
    #[must_use]
    pub fn retry_after_loss(mut self, window: Duration) -> Self {
        self.retry_after_loss = Some(window);
        self
    }

    /// How long a session may go unused.
    #[must_use]
    pub fn idle(mut self, idle: Duration) -> Self {
        self.idle = idle;
        self
    }

    /// How long a session may go on, whatever happens. At most [`MAX_ABSOLUTE`].
    #[must_use]
    pub fn absolute(mut self, absolute: Duration) -> Self {
        self.absolute = absolute;
        self
    }

    /// Whether refresh tokens rotate.
    #[must_use]
    pub fn rotation(mut self, mode: RotationMode) -> Self {
        self.rotation = mode;
        self
    }

    /// Whether every second presentation of a refresh token counts as theft. A lost answer then
    /// costs the login.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Whether the authority learns that a successor was used.
    #[must_use]
    pub fn confirmation(mut self, signal: ConfirmationSignal) -> Self {
        self.confirmation = signal;
        self
    }

    /// A soft cap of live sessions per subject: when one more is issued, the oldest end. Costs
    /// one more round trip at issue.
    #[must_use]
    pub fn max_sessions(mut self, cap: u32) -> Self {
        self.max_sessions = Some(cap);
        self
    }

    pub(super) fn absolute_lifetime(&self) -> Duration {
        self.absolute
    }

    pub(super) fn is_wired(&self) -> bool {
        self.confirmation == ConfirmationSignal::Wired
    }

    pub(super) fn sessions_cap(&self) -> Option<u32> {
        self.max_sessions
    }

    /// Checks the values against each other, and says which must change.
    pub(super) fn check(&self, max_access_lifetime: Duration) -> Result<(), Misfit> {
        let bad = |what: &'static str, expected: String| Err(Misfit { what, expected });
        if self.access_lifetime < Duration::from_secs(1) {
            return bad("access_lifetime", "at least one second".to_owned());
        }
        if self.access_lifetime > max_access_lifetime {
            return bad(
                "access_lifetime",
                format!("at most max_access_lifetime, {} s", max_access_lifetime.as_secs()),
            );
        }
        if self.absolute > MAX_ABSOLUTE {
            return bad("absolute", "at most 400 days".to_owned());
        }
        if self.absolute < Duration::from_secs(1) || self.idle < Duration::from_secs(1) {
            return bad("idle and absolute", "at least one second".to_owned());
        }
        if self.idle > self.absolute {
            return bad("idle", format!("at most absolute, {} s", self.absolute.as_secs()));
        }
        if self.max_sessions == Some(0) {
            return bad("max_sessions", "at least 1".to_owned());
        }
        match self.retry_after_loss {
            Some(window)
                if self.confirmation == ConfirmationSignal::None && window > self.retry_window =>
            {
                bad(
                    "retry_after_loss",
                    format!(
                        "at most retry_window, {} s, unless the confirmation signal is wired: \
                         without it nothing closes the longer window, and a thief with an old \
                         token gets the current one for as long as it lasts",
                        self.retry_window.as_secs()
                    ),
                )
            }
            Some(window) if window < self.retry_window => {
                bad("retry_after_loss", "at least retry_window".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// What a new session of a client gets.
    pub(super) fn freeze(&self, confidential: bool, max_skew: Duration) -> SessionPolicy {
        let rotation = match self.rotation {
            RotationMode::Auto => !confidential,
            RotationMode::On => true,
            RotationMode::Off => false,
        };
        let retry_after_loss = match (self.retry_after_loss, self.confirmation) {
            (Some(window), _) => window,
            (None, ConfirmationSignal::Wired) => DAY.max(self.retry_window),
            (None, ConfirmationSignal::None) => self.retry_window,
        };
        SessionPolicy {
            access_lifetime: self.access_lifetime,
            retry_window: self.retry_window,
            retry_after_loss,
            idle: self.idle,
            max_skew,
            rotation,
            strict: self.strict,
            client_proof: confidential,
        }
    }

    /// The life of an access token that belongs to no session.
    pub(super) fn access(&self) -> Duration {
        self.access_lifetime
    }
}

/// A value of a policy that does not fit.
#[derive(Debug)]
pub(super) struct Misfit {
    what: &'static str,
    expected: String,
}

impl From<Misfit> for ConfigError {
    fn from(Misfit { what, expected }: Misfit) -> Self {
        Self::Policy { what, expected }
    }
}

impl From<Misfit> for ClientError {
    fn from(Misfit { what, expected }: Misfit) -> Self {
        Self::Policy { what, expected }
    }
}
