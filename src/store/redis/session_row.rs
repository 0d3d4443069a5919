//! Knows how a session is written as a hash and read back.
//! Must not know what a presented token means.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{error::Error, field, reply::Reply};
use crate::{
    id::{Audience, ClientId, SessionId, Subject},
    scope::Scope,
    store::{Attempt, CarriedClaims, ProofKey, SessionPolicy, SessionRecord, SessionState},
};

/// The version of the row that this code reads and writes.
pub(super) const VERSION: &str = "1";

/// What no script looks into.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixed {
    scope: String,
    audience: Vec<Audience>,
    claims: CarriedClaims,
    label: Option<String>,
}

/// The fields and their values.
pub(super) fn fields(session: &SessionRecord) -> Result<Vec<Vec<u8>>, Error> {
    let fixed = Fixed {
        scope: session.scope.as_str().to_owned(),
        audience: session.audience.clone(),
        claims: session.claims.clone(),
        label: session.label.clone(),
    };
    let fixed = serde_json::to_vec(&fixed).map_err(|_| Error::Field("fixed"))?;
    let state = &session.state;
    let (ended, reason) = match state.ended {
        Some((at, reason)) => (field::time(at).to_string(), reason.as_str()),
        None => (String::new(), ""),
    };
    let attempt = state.attempt.map(|attempt| attempt.as_bytes().to_vec()).unwrap_or_default();
    let row: [(&str, Vec<u8>); 15] = [
        ("v", VERSION.into()),
        ("subject", session.subject.as_str().into()),
        ("client", session.client.as_str().into()),
        ("cnf", proof(session.cnf.as_ref()).into_bytes()),
        ("policy", policy(&session.policy).into_bytes()),
        ("absolute", field::time(session.absolute_expires_at).to_string().into_bytes()),
        ("fixed", fixed),
        ("generation", state.generation.to_string().into_bytes()),
        ("sealing_key", state.sealing_key.to_string().into_bytes()),
        ("attempt", attempt),
        ("rotated", field::optional_time(state.rotated_at).into_bytes()),
        ("confirmed", field::optional_time(state.confirmed_at).into_bytes()),
        ("idle", field::time(state.idle_expires_at).to_string().into_bytes()),
        ("ended", ended.into_bytes()),
        ("reason", reason.into()),
    ];
    Ok(row.into_iter().flat_map(|(name, value)| [name.as_bytes().to_vec(), value]).collect())
}

/// The session of a row, as the scripts' `read_session` orders its fields.
pub(super) fn read(id: SessionId, mut row: Reply) -> Result<SessionRecord, Error> {
    if row.text()? != VERSION {
        return Err(Error::Row);
    }
    let subject = Subject::parse(&row.text()?).map_err(|_| Error::Field("subject"))?;
    let client = ClientId::parse(&row.text()?).map_err(|_| Error::Field("client"))?;
    let cnf = parse_proof(&row.text()?)?;
    let policy = parse_policy(&row.text()?).ok_or(Error::Field("policy"))?;
    let absolute_expires_at = field::parse_time(&row.text()?, "absolute")?;
    let fixed: Fixed = serde_json::from_slice(&row.bytes()?).map_err(|_| Error::Field("fixed"))?;
    let scope = Scope::parse_canonical(&fixed.scope).map_err(|_| Error::Field("fixed"))?;
    let state = SessionState {
        generation: field::parse(&row.text()?, "generation")?,
        sealing_key: field::parse(&row.text()?, "sealing_key")?,
        attempt: parse_attempt(&row.bytes()?)?,
        rotated_at: field::parse_optional_time(&row.text()?, "rotated")?,
        confirmed_at: field::parse_optional_time(&row.text()?, "confirmed")?,
        idle_expires_at: field::parse_time(&row.text()?, "idle")?,
        ended: field::parse_end(&row.text()?, &row.text()?)?,
    };
    let Fixed { audience, claims, label, .. } = fixed;
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

fn policy(policy: &SessionPolicy) -> String {
    let flag = |set| if set { '1' } else { '0' };
    format!(
        "{} {} {} {} {} {}{}{}",
        field::millis(policy.access_lifetime),
        field::millis(policy.retry_window),
        field::millis(policy.retry_after_loss),
        field::millis(policy.idle),
        field::millis(policy.max_skew),
        flag(policy.rotation),
        flag(policy.strict),
        flag(policy.client_proof),
    )
}

fn parse_policy(text: &str) -> Option<SessionPolicy> {
    let mut words = text.split(' ');
    let mut duration = || words.next()?.parse().ok().map(Duration::from_millis);
    let policy = SessionPolicy {
        access_lifetime: duration()?,
        retry_window: duration()?,
        retry_after_loss: duration()?,
        idle: duration()?,
        max_skew: duration()?,
        rotation: false,
        strict: false,
        client_proof: false,
    };
    let flags = words.next()?.as_bytes();
    let &[rotation @ (b'0' | b'1'), strict @ (b'0' | b'1'), client_proof @ (b'0' | b'1')] = flags
    else {
        return None;
    };
    words.next().is_none().then_some(SessionPolicy {
        rotation: rotation == b'1',
        strict: strict == b'1',
        client_proof: client_proof == b'1',
        ..policy
    })
}

fn parse_attempt(bytes: &[u8]) -> Result<Option<Attempt>, Error> {
    match <[u8; 8]>::try_from(bytes) {
        Ok(bytes) => Ok(Some(Attempt::from_bytes(bytes))),
        Err(_) if bytes.is_empty() => Ok(None),
        Err(_) => Err(Error::Field("attempt")),
    }
}
