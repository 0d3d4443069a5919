//! Knows how a record is written as a row and read from one.
//! Must not know why; what it cannot read it refuses, and never guesses.

use std::time::Duration;

use serde::{
    Deserialize,
    de::{IntoDeserializer, value::StrDeserializer},
};
use tokio_postgres::{Row, types::ToSql};

use super::{columns::Columns, error::Error};
use crate::{
    clock::Timestamp,
    id::{ApiKeyId, Audience, ClientId, SessionId, Subject},
    scope::Scope,
    store::{
        ApiKeyRecord, Attempt, CarriedClaims, EndReason, ProofKey, SessionPolicy, SessionRecord,
        SessionState,
    },
};

/// The form of a row. A row of another form was written by software that knows more.
pub(super) const FORMAT: i16 = 1;

/// Columns of a session, with their types, in the order in which they are read and written.
pub(super) const SESSION_COLUMNS: [(&str, &str); 27] = [
    ("id", "bytea"),
    ("format", "smallint"),
    ("subject", "text"),
    ("client", "text"),
    ("scope", "text"),
    ("audience", "text[]"),
    ("claims", "text"),
    ("cnf", "text"),
    ("label", "text"),
    ("access_lifetime_ns", "bigint"),
    ("retry_window_ns", "bigint"),
    ("retry_after_loss_ns", "bigint"),
    ("idle_ns", "bigint"),
    ("max_skew_ns", "bigint"),
    ("rotation", "boolean"),
    ("strict", "boolean"),
    ("client_proof", "boolean"),
    ("absolute_expires_at", "bigint"),
    ("prune_after", "bigint"),
    ("generation", "bigint"),
    ("sealing_key", "smallint"),
    ("attempt", "bytea"),
    ("rotated_at", "bigint"),
    ("confirmed_at", "bigint"),
    ("idle_expires_at", "bigint"),
    ("ended_at", "bigint"),
    ("end_reason", "text"),
];

/// Columns of an API key, likewise.
pub(super) const API_KEY_COLUMNS: [(&str, &str); 13] = [
    ("id", "bytea"),
    ("format", "smallint"),
    ("subject", "text"),
    ("client", "text"),
    ("name", "text"),
    ("scope", "text"),
    ("audience", "text[]"),
    ("claims", "text"),
    ("expires_at", "bigint"),
    ("last_used_at", "bigint"),
    ("replaced_by", "bytea"),
    ("ended_at", "bigint"),
    ("end_reason", "text"),
];

pub(super) fn columns_of(alias: &str, columns: &[(&str, &str)]) -> String {
    let names: Vec<String> = columns.iter().map(|(name, _)| format!("{alias}.{name}")).collect();
    names.join(", ")
}

/// The values of a row that is to be written.
pub(super) type Values = Vec<Box<dyn ToSql + Sync + Send>>;

/// As a statement takes them.
pub(super) fn params(values: &Values) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| -> &(dyn ToSql + Sync) { &**value }).collect()
}

pub(super) fn session_values(session: &SessionRecord) -> Result<Values, Error> {
    let (policy, state) = (&session.policy, &session.state);
    Ok(vec![
        Box::new(session.id.as_bytes().to_vec()),
        Box::new(FORMAT),
        Box::new(session.subject.as_str().to_owned()),
        Box::new(session.client.as_str().to_owned()),
        Box::new(session.scope.to_string()),
        Box::new(audience_text(&session.audience)),
        Box::new(claims_text(&session.claims)?),
        Box::new(session.cnf.as_ref().map(proof_text)),
        Box::new(session.label.clone()),
        Box::new(nanos("access_lifetime_ns", policy.access_lifetime)?),
        Box::new(nanos("retry_window_ns", policy.retry_window)?),
        Box::new(nanos("retry_after_loss_ns", policy.retry_after_loss)?),
        Box::new(nanos("idle_ns", policy.idle)?),
        Box::new(nanos("max_skew_ns", policy.max_skew)?),
        Box::new(policy.rotation),
        Box::new(policy.strict),
        Box::new(policy.client_proof),
        Box::new(millis(session.absolute_expires_at)),
        Box::new(millis(session.prune_after())),
        Box::new(i64::from(state.generation)),
        Box::new(i16::from(state.sealing_key)),
        Box::new(state.attempt.map(|attempt| attempt.as_bytes().to_vec())),
        Box::new(state.rotated_at.map(millis)),
        Box::new(state.confirmed_at.map(millis)),
        Box::new(millis(state.idle_expires_at)),
        Box::new(state.ended.map(|(at, _)| millis(at))),
        Box::new(state.ended.map(|(_, reason)| reason.as_str())),
    ])
}

pub(super) fn api_key_values(key: &ApiKeyRecord) -> Result<Values, Error> {
    Ok(vec![
        Box::new(key.id.as_bytes().to_vec()),
        Box::new(FORMAT),
        Box::new(key.subject.as_str().to_owned()),
        Box::new(key.client.as_str().to_owned()),
        Box::new(key.name.clone()),
        Box::new(key.scope.to_string()),
        Box::new(audience_text(&key.audience)),
        Box::new(claims_text(&key.claims)?),
        Box::new(key.expires_at.map(millis)),
        Box::new(key.last_used_at.map(millis)),
        Box::new(key.replaced_by.map(|id| id.as_bytes().to_vec())),
        Box::new(key.ended.map(|(at, _)| millis(at))),
        Box::new(key.ended.map(|(_, reason)| reason.as_str())),
    ])
}

/// Reads a session from the columns that start at `from`.
pub(super) fn session(row: &Row, from: usize) -> Result<SessionRecord, Error> {
    let mut columns = Columns::new(row, from, &SESSION_COLUMNS);
    let id = SessionId::from_bytes(columns.id()?);
    columns.format()?;
    let subject = columns.parsed(Subject::parse)?;
    let client = columns.parsed(ClientId::parse)?;
    let scope = columns.parsed(scope)?;
    let audience = columns.audience()?;
    let claims = columns.claims()?;
    let cnf = match columns.take::<Option<&str>>()? {
        (_, None) => None,
        (name, Some(text)) => Some(proof(text).ok_or(Error::row(name))?),
    };
    let label = columns.value()?;
    let policy = SessionPolicy {
        access_lifetime: columns.duration()?,
        retry_window: columns.duration()?,
        retry_after_loss: columns.duration()?,
        idle: columns.duration()?,
        max_skew: columns.duration()?,
        rotation: columns.value()?,
        strict: columns.value()?,
        client_proof: columns.value()?,
    };
    let absolute_expires_at = columns.instant()?;
    columns.instant()?;
    let state = SessionState {
        generation: columns.number()?,
        sealing_key: {
            let (name, key): (_, i16) = columns.take()?;
            u8::try_from(key).map_err(|_| Error::row(name))?
        },
        attempt: columns.bytes()?.map(Attempt::from_bytes),
        rotated_at: columns.maybe_instant()?,
        confirmed_at: columns.maybe_instant()?,
        idle_expires_at: columns.instant()?,
        ended: columns.ended()?,
    };
    Ok(SessionRecord {
        id,
        subject,
        client,
        scope,
        audience,
        claims,
        cnf,
        label,
        policy,
        absolute_expires_at,
        state,
    })
}

/// Reads an API key from the columns that start at `from`.
pub(super) fn api_key(row: &Row, from: usize) -> Result<ApiKeyRecord, Error> {
    let mut columns = Columns::new(row, from, &API_KEY_COLUMNS);
    let id = ApiKeyId::from_bytes(columns.id()?);
    columns.format()?;
    Ok(ApiKeyRecord {
        id,
        subject: columns.parsed(Subject::parse)?,
        client: columns.parsed(ClientId::parse)?,
        name: columns.value()?,
        scope: columns.parsed(scope)?,
        audience: columns.audience()?,
        claims: columns.claims()?,
        expires_at: columns.maybe_instant()?,
        last_used_at: columns.maybe_instant()?,
        replaced_by: columns.bytes()?.map(ApiKeyId::from_bytes),
        ended: columns.ended()?,
    })
}

pub(super) fn scope(text: &str) -> Result<Scope, crate::scope::ScopeError> {
    if text.is_empty() { Ok(Scope::empty()) } else { Scope::parse(text) }
}

pub(super) fn millis(at: Timestamp) -> i64 {
    // INVARIANT (time): the last instant is in year 9999, far below 2^63 ms.
    i64::try_from(at.as_unix_millis()).unwrap_or(i64::MAX)
}

pub(super) fn instant(column: &'static str, at: i64) -> Result<Timestamp, Error> {
    match u64::try_from(at) {
        Ok(at) if at <= Timestamp::MAX.as_unix_millis() => Ok(Timestamp::from_unix_millis(at)),
        _ => Err(Error::row(column)),
    }
}

fn nanos(column: &'static str, duration: Duration) -> Result<i64, Error> {
    i64::try_from(duration.as_nanos()).map_err(|_| Error::Duration { column })
}

fn audience_text(audience: &[Audience]) -> Vec<String> {
    audience.iter().map(|audience| audience.as_str().to_owned()).collect()
}

fn claims_text(claims: &CarriedClaims) -> Result<String, Error> {
    serde_json::to_string(claims).map_err(|error| Error::row_because("claims", error))
}

pub(super) fn proof_text(proof: &ProofKey) -> String {
    match proof {
        ProofKey::Jkt(value) => format!("jkt:{value}"),
        ProofKey::X5tS256(value) => format!("x5t#S256:{value}"),
    }
}

fn proof(text: &str) -> Option<ProofKey> {
    match text.split_once(':')? {
        ("jkt", value) => Some(ProofKey::Jkt(value.to_owned())),
        ("x5t#S256", value) => Some(ProofKey::X5tS256(value.to_owned())),
        _ => None,
    }
}

pub(super) fn end_reason(column: &'static str, text: &str) -> Result<EndReason, Error> {
    let text: StrDeserializer<'_, serde::de::value::Error> = text.into_deserializer();
    EndReason::deserialize(text).map_err(|error| Error::row_because(column, error))
}
