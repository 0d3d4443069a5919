//! Emits each event through `tracing`.
//! Must not know what a host does with it.

use std::fmt::Display;

use tracing::{debug, error, info, warn};

const TARGET: &str = "hallpass";

/// Tokens were given out for a new session or without one.
pub(crate) fn issued(id: Option<&dyn Display>, subject: &str, client: &str) {
    info!(target: TARGET, id = id.map(tracing::field::display), subject, client, "issued");
}

/// A presented token was refused.
pub(crate) fn verify_refused(reason: &dyn Display) {
    info!(target: TARGET, reason = %reason, "verify refused");
}

/// A rule that only reports would have refused a request.
pub(crate) fn would_refuse(required: &dyn Display) {
    warn!(target: TARGET, required = %required, "a rule that only reports would have refused");
}

/// The host has made a mistake that shows only now.
pub(crate) fn misconfigured(mistake: &dyn Display) {
    error!(target: TARGET, mistake = %mistake, "misconfigured");
}

/// A client was not who it said it was: the client it named, if there is one.
#[cfg(feature = "oauth")]
pub(crate) fn client_refused(named: Option<&str>) {
    info!(target: TARGET, named, "client refused");
}

/// A refresh was granted; `how` is the line of the decision table.
pub(crate) fn refreshed(how: &'static str, session: &dyn Display, generation: u32) {
    info!(target: TARGET, how, session = %session, generation, "refreshed");
}

/// A refresh was refused without any change.
pub(crate) fn refresh_refused(reason: &dyn Display) {
    info!(target: TARGET, reason = %reason, "refresh refused");
}

/// An old refresh token was presented and its session ended: a theft, or a client that keeps private copies.
pub(crate) fn reused(session: &dyn Display, kind: &'static str, distance: u32, age_ms: u64) {
    warn!(target: TARGET, session = %session, kind, distance, age_ms, "refresh token reused, session ended");
}

/// A valid refresh token is ahead of the store: the store lost state.
pub(crate) fn state_rollback(session: &dyn Display, presented: u32, row: Option<u32>) {
    error!(target: TARGET, session = %session, presented, row = ?row, "the store lost session state: restored from an old snapshot?");
}

/// A row was written by a clock far ahead of this one.
pub(crate) fn clock_skew(session: &dyn Display, ahead_ms: u64) {
    error!(target: TARGET, session = %session, ahead_ms, "clocks disagree by more than max_skew");
}

/// An authorization code was refused.
#[cfg(feature = "oauth")]
pub(crate) fn code_refused(reason: &dyn Display) {
    info!(target: TARGET, reason = %reason, "code refused");
}

/// A session or an API key was ended.
pub(crate) fn ended(what: &'static str, id: &dyn Display, reason: &'static str, was_live: bool) {
    info!(target: TARGET, what, id = %id, reason, was_live, "ended");
}

/// A token, a signing key, or all that an owner has was revoked.
pub(crate) fn revoked(what: &'static str, sessions: u64, api_keys: u64) {
    info!(target: TARGET, what, sessions, api_keys, "revoked");
}

/// Expired records were forgotten.
pub(crate) fn pruned(sessions: u32, revocations: u32, api_keys: u32) {
    debug!(target: TARGET, sessions, revocations, api_keys, "pruned");
}

/// The revocation feed could not be read; staleness grows.
pub(crate) fn feed_failed(error: &dyn Display) {
    warn!(target: TARGET, error = %error, "revocations could not be read");
}

/// The keys of an issuer could not be read; what is known gets older.
#[cfg(feature = "remote-jwks")]
pub(crate) fn keys_failed(error: &dyn Display) {
    warn!(target: TARGET, error = %error, "the issuer's keys could not be read");
}

/// The keys of an issuer were read.
#[cfg(feature = "remote-jwks")]
pub(crate) fn keys_read(used: usize, skipped: usize) {
    debug!(target: TARGET, used, skipped, "the issuer's keys were read");
}

/// A store operation failed in the background.
pub(crate) fn store_failed(what: &'static str, error: &dyn Display) {
    warn!(target: TARGET, what, error = %error, "store operation failed");
}

/// The host could not say who is signed in.
#[cfg(feature = "oauth")]
pub(crate) fn host_failed(error: &dyn std::error::Error) {
    let source = error.source().map(ToString::to_string);
    warn!(target: TARGET, error = %error, source, "host failed");
}

/// A registered client changed, or came, or went.
pub(crate) fn client_changed(how: &'static str, client: &dyn Display) {
    info!(target: TARGET, how, client = %client, "client changed");
}

/// A registered client is refused: its settings cannot be read, or do not fit this authority.
pub(crate) fn client_unreadable(client: &dyn Display, why: &dyn Display) {
    error!(target: TARGET, client = %client, why = %why, "a registered client is refused");
}

/// The signing key changed.
pub(crate) fn key_changed(how: &'static str, kid: &dyn Display) {
    warn!(target: TARGET, how, kid = %kid, "signing key changed");
}

/// A signing key of the store is neither used nor published: it was changed, or sealed elsewhere.
pub(crate) fn key_refused(kid: &dyn Display, why: &'static str) {
    error!(target: TARGET, kid = %kid, why, "a signing key of the store is not used");
}
