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
    let bound = format!(
        "{VERSION}\n{}\n{}\n{}\n{}\n{}",
        policy(&session.policy),
        field::time(session.absolute_expires_at),
        session.client,
        proof(session.cnf.as_ref()),
        session.subject,
    );
    let row = [
        ("bound", bound.into_bytes()),
        ("fixed", fixed),
        ("state", state(&session.state).into_bytes()),
    ];
    Ok(row.into_iter().flat_map(|(name, value)| [name.as_bytes().to_vec(), value]).collect())
}

/// The session of a row: its three fields, as `scripts/session_row.lua` describes them.
pub(super) fn read(id: SessionId, mut row: Reply) -> Result<SessionRecord, Error> {
    let bound = row.text()?;
    let [version, policy, absolute, client, cnf, subject] = words(&bound, '\n')?;
    if version != VERSION {
        return Err(Error::Row);
    }
    let Fixed { scope, audience, claims, label } =
        serde_json::from_slice(&row.bytes()?).map_err(|_| Error::Field("fixed"))?;
    Ok(SessionRecord {
        id,
        subject: Subject::parse(subject).map_err(|_| Error::Field("subject"))?,
        client: ClientId::parse(client).map_err(|_| Error::Field("client"))?,
        scope: Scope::parse_canonical(&scope).map_err(|_| Error::Field("fixed"))?,
        audience,
        claims,
        cnf: parse_proof(cnf)?,
        label,
        policy: parse_policy(policy)?,
        absolute_expires_at: field::parse_time(absolute, "absolute")?,
        state: parse_state(&row.text()?)?,
    })
}

/// Exactly `N` parts of a text.
fn words<const N: usize>(text: &str, between: char) -> Result<[&str; N], Error> {
    let mut parts = text.split(between);
    let mut words = [""; N];
    for word in &mut words {
        *word = parts.next().ok_or(Error::Row)?;
    }
    if parts.next().is_some() { Err(Error::Row) } else { Ok(words) }
}

fn state(state: &SessionState) -> String {
    let (ended, reason) = match state.ended {
        Some((at, reason)) => (field::time(at).to_string(), reason.as_str()),
        None => (String::new(), ""),
    };
    format!(
        "{} {} {} {} {} {} {ended} {reason}",
        state.generation,
        state.sealing_key,
        state.attempt.map(|attempt| field::hex(attempt.as_bytes())).unwrap_or_default(),
        field::optional_time(state.rotated_at),
        field::optional_time(state.confirmed_at),
        field::time(state.idle_expires_at),
    )
}

fn parse_state(text: &str) -> Result<SessionState, Error> {
    let [generation, sealing_key, attempt, rotated, confirmed, idle, ended, reason] =
        words(text, ' ')?;
    Ok(SessionState {
        generation: field::parse(generation, "generation")?,
        sealing_key: field::parse(sealing_key, "sealing_key")?,
        attempt: match attempt {
            "" => None,
            _ => Some(Attempt::from_bytes(field::unhex(attempt, "attempt")?)),
        },
        rotated_at: field::parse_optional_time(rotated, "rotated")?,
        confirmed_at: field::parse_optional_time(confirmed, "confirmed")?,
        idle_expires_at: field::parse_time(idle, "idle")?,
        ended: field::parse_end(ended, reason)?,
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

fn parse_policy(text: &str) -> Result<SessionPolicy, Error> {
    let [access, retry_window, retry_after_loss, idle, max_skew, flags] = words(text, ' ')?;
    let duration = |text| field::parse(text, "policy").map(Duration::from_millis);
    let &[rotation @ (b'0' | b'1'), strict @ (b'0' | b'1'), client_proof @ (b'0' | b'1')] =
        flags.as_bytes()
    else {
        return Err(Error::Field("policy"));
    };
    Ok(SessionPolicy {
        access_lifetime: duration(access)?,
        retry_window: duration(retry_window)?,
        retry_after_loss: duration(retry_after_loss)?,
        idle: duration(idle)?,
        max_skew: duration(max_skew)?,
        rotation: rotation == b'1',
        strict: strict == b'1',
        client_proof: client_proof == b'1',
    })
}
