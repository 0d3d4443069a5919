//! Knows how a session is written as a hash and read back.
//! Must not know what a presented token means.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    error::Error,
    field,
    packed::{Pack, Packed},
    reply::Reply,
};
use crate::{
    clock::Timestamp,
    id::{Audience, ClientId, SessionId, Subject},
    scope::Scope,
    store::{
        Attempt, CarriedClaims, ProofKey, Rotation, SessionPolicy, SessionRecord, SessionState,
    },
};

/// The version of the row that this code reads and writes.
const VERSION: u8 = 1;

/// What no script looks into.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rest {
    scope: String,
    audience: Vec<Audience>,
    claims: CarriedClaims,
    label: Option<String>,
}

/// The fields and their values, as `scripts/session_format.lua` describes them.
pub(super) fn fields(session: &SessionRecord) -> Result<Vec<Vec<u8>>, Error> {
    let rest = Rest {
        scope: session.scope.as_str().to_owned(),
        audience: session.audience.clone(),
        claims: session.claims.clone(),
        label: session.label.clone(),
    };
    let rest = serde_json::to_vec(&rest).map_err(|_| Error::Field("fixed"))?;
    let policy = &session.policy;
    let fixed = Pack::default()
        .byte(VERSION)
        .byte(policy.rotation.into())
        .byte(policy.strict.into())
        .byte(policy.client_proof.into())
        .millis(field::millis(policy.retry_window))
        .millis(field::millis(policy.retry_after_loss))
        .millis(field::millis(policy.idle))
        .millis(field::millis(policy.max_skew))
        .millis(field::millis(policy.access_lifetime))
        .millis(field::time(session.absolute_expires_at))
        .text(session.client.as_str(), "client")?
        .text(&proof(session.cnf.as_ref()), "cnf")?
        .text(session.subject.as_str(), "subject")?
        .bytes(&rest)
        .done();
    Ok(vec![b"fixed".to_vec(), fixed, b"state".to_vec(), state(&session.state)?])
}

/// The session of a row: its two fields.
pub(super) fn read(id: SessionId, mut row: Reply) -> Result<SessionRecord, Error> {
    let fixed = row.bytes()?;
    let state = row.bytes()?;
    read_fixed(id, &fixed, |_, _| read_state(Packed(&state)))
}

/// The session as a plain rotation has left it, from the part of the row that never changes.
pub(super) fn read_rotated(
    rotation: &Rotation,
    now: Timestamp,
    fixed: &[u8],
) -> Result<SessionRecord, Error> {
    read_fixed(rotation.id, fixed, |policy, absolute_expires_at| {
        Ok(SessionState {
            generation: rotation.presented.checked_add(1).ok_or(Error::Reply)?,
            sealing_key: rotation.sealing_key,
            attempt: Some(rotation.attempt),
            rotated_at: Some(now),
            confirmed_at: None,
            idle_expires_at: (now + policy.idle).min(absolute_expires_at),
            ended: None,
        })
    })
}

fn read_fixed(
    id: SessionId,
    fixed: &[u8],
    state: impl FnOnce(&SessionPolicy, Timestamp) -> Result<SessionState, Error>,
) -> Result<SessionRecord, Error> {
    let mut fixed = Packed(fixed);
    if fixed.byte()? != VERSION {
        return Err(Error::Row);
    }
    let (rotation, strict) = (fixed.flag("policy")?, fixed.flag("policy")?);
    let client_proof = fixed.flag("policy")?;
    let mut duration = || fixed.millis("policy").map(Duration::from_millis);
    let policy = SessionPolicy {
        retry_window: duration()?,
        retry_after_loss: duration()?,
        idle: duration()?,
        max_skew: duration()?,
        access_lifetime: duration()?,
        rotation,
        strict,
        client_proof,
    };
    let absolute_expires_at = fixed.time("absolute")?;
    let client = ClientId::parse(fixed.text("client")?).map_err(|_| Error::Field("client"))?;
    let cnf = parse_proof(fixed.text("cnf")?)?;
    let subject = Subject::parse(fixed.text("subject")?).map_err(|_| Error::Field("subject"))?;
    let Packed(rest) = fixed;
    let Rest { scope, audience, claims, label } =
        serde_json::from_slice(rest).map_err(|_| Error::Field("fixed"))?;
    Ok(SessionRecord {
        id,
        subject,
        client,
        scope: Scope::parse_canonical(&scope).map_err(|_| Error::Field("fixed"))?,
        audience,
        claims,
        cnf,
        label,
        policy,
        absolute_expires_at,
        state: state(&policy, absolute_expires_at)?,
    })
}

fn state(state: &SessionState) -> Result<Vec<u8>, Error> {
    let attempt = state.attempt.as_ref().map_or(&[][..], |attempt| &attempt.as_bytes()[..]);
    let reason = state.ended.map_or("", |(_, reason)| reason.as_str());
    let packed = Pack::default()
        .count(state.generation)
        .byte(state.sealing_key)
        .optional_time(state.rotated_at)
        .optional_time(state.confirmed_at)
        .millis(field::time(state.idle_expires_at))
        .optional_time(state.ended.map(|(at, _)| at))
        .word(attempt, "attempt")?
        .word(reason.as_bytes(), "reason")?;
    Ok(packed.done())
}

fn read_state(mut packed: Packed<'_>) -> Result<SessionState, Error> {
    let generation = packed.count()?;
    let sealing_key = packed.byte()?;
    let rotated_at = packed.optional_time("rotated")?;
    let confirmed_at = packed.optional_time("confirmed")?;
    let idle_expires_at = packed.time("idle")?;
    let ended = packed.optional_time("ended")?;
    let attempt = match packed.word()? {
        [] => None,
        attempt => {
            let attempt = attempt.try_into().map_err(|_| Error::Field("attempt"))?;
            Some(Attempt::from_bytes(attempt))
        }
    };
    let reason = str::from_utf8(packed.word()?).map_err(|_| Error::Field("reason"))?;
    packed.end()?;
    let ended = match (ended, reason) {
        (None, "") => None,
        (None, _) => return Err(Error::Field("reason")),
        (Some(at), reason) => Some((at, field::parse_reason(reason)?)),
    };
    Ok(SessionState {
        generation,
        sealing_key,
        attempt,
        rotated_at,
        confirmed_at,
        idle_expires_at,
        ended,
    })
}

/// The key a session is bound to, as one text that the scripts compare.
pub(super) fn proof(cnf: Option<&ProofKey>) -> String {
    match cnf {
        None => String::new(),
        Some(ProofKey::Jkt(value)) => format!("jkt:{value}"),
        Some(ProofKey::X5tS256(value)) => format!("x5t#S256:{value}"),
    }
}

fn parse_proof(text: &str) -> Result<Option<ProofKey>, Error> {
    match text.split_once(':') {
        None if text.is_empty() => Ok(None),
        Some(("jkt", value)) => Ok(Some(ProofKey::Jkt(value.to_owned()))),
        Some(("x5t#S256", value)) => Ok(Some(ProofKey::X5tS256(value.to_owned()))),
        _ => Err(Error::Field("cnf")),
    }
}
