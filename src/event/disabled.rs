//! The same functions without `tracing`: each is empty.
//! Must not know anything at all.

use std::fmt::Display;

/// Tokens were given out for a new session or without one.
#[inline]
pub(crate) fn issued(_id: Option<&dyn Display>, _subject: &str, _client: &str) {}

/// A presented token was refused.
#[inline]
pub(crate) fn verify_refused(_reason: &dyn Display) {}

/// A rule that only reports would have refused a request.
#[inline]
pub(crate) fn would_refuse(_required: &dyn Display) {}

/// The host has made a mistake that shows only now. Somebody must read it, and there is no log.
pub(crate) fn misconfigured(mistake: &dyn Display) {
    eprintln!("hallpass: misconfigured: {mistake}");
}

/// A client was not who it said it was: the client it named, if there is one.
#[cfg(feature = "oauth")]
#[inline]
pub(crate) fn client_refused(_named: Option<&str>) {}

/// A refresh was granted; `how` is the line of the decision table.
#[inline]
pub(crate) fn refreshed(_how: &'static str, _session: &dyn Display, _generation: u32) {}

/// A refresh was refused without any change.
#[inline]
pub(crate) fn refresh_refused(_reason: &dyn Display) {}

/// An old refresh token was presented and its session ended: a theft, or a client that keeps private copies.
#[inline]
pub(crate) fn reused(_session: &dyn Display, _kind: &'static str, _distance: u32, _age_ms: u64) {}

/// A valid refresh token is ahead of the store: the store lost state.
#[inline]
pub(crate) fn state_rollback(_session: &dyn Display, _presented: u32, _row: Option<u32>) {}

/// A row was written by a clock far ahead of this one.
#[inline]
pub(crate) fn clock_skew(_session: &dyn Display, _ahead_ms: u64) {}

/// An authorization code was refused.
#[cfg(feature = "oauth")]
#[inline]
pub(crate) fn code_refused(_reason: &dyn Display) {}

/// A session or an API key was ended.
#[inline]
pub(crate) fn ended(
    _what: &'static str,
    _id: &dyn Display,
    _reason: &'static str,
    _was_live: bool,
) {
}

/// A token, a signing key, or all that an owner has was revoked.
#[inline]
pub(crate) fn revoked(_what: &'static str, _sessions: u64, _api_keys: u64) {}

/// Expired records were forgotten.
#[inline]
pub(crate) fn pruned(_sessions: u32, _revocations: u32, _api_keys: u32) {}

/// The revocation feed could not be read; staleness grows.
#[inline]
pub(crate) fn feed_failed(_error: &dyn Display) {}

/// The keys of an issuer could not be read; what is known gets older.
#[cfg(feature = "remote-jwks")]
#[inline]
pub(crate) fn keys_failed(_error: &dyn Display) {}

/// The keys of an issuer were read.
#[cfg(feature = "remote-jwks")]
#[inline]
pub(crate) fn keys_read(_used: usize, _skipped: usize) {}

/// A store operation failed in the background.
#[inline]
pub(crate) fn store_failed(_what: &'static str, _error: &dyn Display) {}

/// The host could not say who is signed in.
#[cfg(feature = "oauth")]
#[inline]
pub(crate) fn host_failed(_error: &dyn std::error::Error) {}

/// A registered client changed, or came, or went.
#[inline]
pub(crate) fn client_changed(_how: &'static str, _client: &dyn Display) {}

/// A registered client is refused: its settings cannot be read, or do not fit this authority.
#[inline]
pub(crate) fn client_unreadable(_client: &dyn Display, _why: &dyn Display) {}

/// The signing key changed.
#[inline]
pub(crate) fn key_changed(_how: &'static str, _kid: &dyn Display) {}

/// A signing key of the store is neither used nor published: it was changed, or sealed elsewhere.
#[inline]
pub(crate) fn key_refused(_kid: &dyn Display, _why: &'static str) {}
