//! Knows how a revocation record and an owner are written as text.
//! Must not know how they reach the server.

use super::{error::Error, field};
use crate::{
    clock::Timestamp,
    id::{ApiKeyId, ClientId, KeyId, SessionId, Subject, TokenId},
    store::{Owner, RevocationRecord, Target},
};

/// The kind and the text of what a record takes back.
pub(super) fn target(target: &Target) -> (&'static str, String) {
    match target {
        Target::Token(id) => ("token", field::hex(id.as_bytes())),
        Target::Session(id) => ("session", field::hex(id.as_bytes())),
        Target::Owner(Owner::Subject(subject)) => ("subject", subject.to_string()),
        Target::Owner(Owner::Client(client)) => ("client", client.to_string()),
        Target::Owner(Owner::SubjectAtClient(subject, client)) => {
            ("subject_at_client", format!("{client}\n{subject}"))
        }
        Target::Client(id) => ("registration", id.to_string()),
        Target::ApiKey(id) => ("api_key", field::hex(id.as_bytes())),
        Target::SigningKey(id) => ("signing_key", id.to_string()),
    }
}

/// An owner as the scripts name it in their keys.
pub(super) fn owner(owner: &Owner) -> String {
    match owner {
        Owner::Subject(subject) => format!("S:{subject}"),
        Owner::Client(client) => format!("C:{client}"),
        // No identifier has control characters, so the parts stay apart.
        Owner::SubjectAtClient(subject, client) => format!("B:{client}\n{subject}"),
    }
}

/// Reads a record of the feed: number, kind, `not_before`, expiry and target, a line each.
pub(super) fn read(text: &str) -> Result<RevocationRecord, Error> {
    let mut lines = text.splitn(5, '\n').skip(1);
    let mut line = || lines.next().ok_or(Error::Field("feed"));
    let kind = line()?;
    let not_before = field::parse_time(line()?, "feed")?;
    let expires_at = field::parse_time(line()?, "feed")?;
    let target = read_target(kind, line()?)?;
    Ok(RevocationRecord { target, not_before, expires_at })
}

fn read_target(kind: &str, text: &str) -> Result<Target, Error> {
    let bytes = || field::unhex::<18>(text, "feed");
    let subject = |text| Subject::parse(text).map_err(|_| Error::Field("feed"));
    let client = |text| ClientId::parse(text).map_err(|_| Error::Field("feed"));
    Ok(match kind {
        "token" => Target::Token(TokenId::from_bytes(bytes()?)),
        "session" => Target::Session(SessionId::from_bytes(bytes()?)),
        "subject" => Target::Owner(Owner::Subject(subject(text)?)),
        "client" => Target::Owner(Owner::Client(client(text)?)),
        "subject_at_client" => {
            let (at, of) = text.split_once('\n').ok_or(Error::Field("feed"))?;
            Target::Owner(Owner::SubjectAtClient(subject(of)?, client(at)?))
        }
        "registration" => Target::Client(client(text)?),
        "api_key" => Target::ApiKey(ApiKeyId::from_bytes(bytes()?)),
        "signing_key" => Target::SigningKey(KeyId::parse(text).map_err(|_| Error::Field("feed"))?),
        _ => return Err(Error::Field("feed")),
    })
}

/// A record of something that was taken back at `now`.
pub(super) fn record(target: Target, now: Timestamp, expires_at: Timestamp) -> RevocationRecord {
    RevocationRecord { target, not_before: now, expires_at }
}
