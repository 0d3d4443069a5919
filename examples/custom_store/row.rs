//! Knows how records are written in the journal: the fields of the contract, by name.
//! Must not know when a record is written.
//!
//! `serde(remote)` checks these twins against the types of the contract when they are compiled. A
//! variant that this version cannot write is an error, and so is a field or a variant that it
//! cannot read: what is not understood is refused, never guessed at.

use std::time::Duration;

use hallpass::{
    Scope, Timestamp,
    id::{ApiKeyId, Audience, ClientId, KeyId, SessionId, Subject, TokenId},
    store::{
        ApiKeyRecord, Attempt, CarriedClaims, EndReason, Owner, ProofKey, RevocationRecord,
        SessionPolicy, SessionRecord, SessionState, Target,
    },
};
use serde::{Deserialize, Serialize};

/// What can happen to the state. One line of the journal is one step, and a step is a list of
/// these that happen together or not at all.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Change {
    /// A session that is new.
    Session(Box<Session>),
    /// What has changed of a session.
    State(SessionId, #[serde(with = "StateRow")] SessionState),
    /// A session that may be forgotten.
    ForgetSession(SessionId),
    /// An API key, new or changed.
    ApiKey(Box<ApiKey>),
    /// An API key that may be forgotten.
    ForgetApiKey(ApiKeyId),
    /// A record of the feed, with its number.
    Record(u64, #[serde(with = "RecordRow")] RevocationRecord),
    /// A record that no live token needs.
    ForgetRecord(u64),
    /// How long records must live.
    Retention(Duration),
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Session(#[serde(with = "SessionRow")] pub(crate) SessionRecord);

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ApiKey(#[serde(with = "ApiKeyRow")] pub(crate) ApiKeyRecord);

#[derive(Serialize, Deserialize)]
#[serde(remote = "SessionRecord", deny_unknown_fields)]
struct SessionRow {
    id: SessionId,
    subject: Subject,
    client: ClientId,
    scope: Scope,
    audience: Vec<Audience>,
    claims: CarriedClaims,
    cnf: Option<ProofKey>,
    label: Option<String>,
    policy: SessionPolicy,
    absolute_expires_at: Timestamp,
    #[serde(with = "StateRow")]
    state: SessionState,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "SessionState", deny_unknown_fields)]
struct StateRow {
    generation: u32,
    sealing_key: u8,
    attempt: Option<Attempt>,
    rotated_at: Option<Timestamp>,
    confirmed_at: Option<Timestamp>,
    idle_expires_at: Timestamp,
    ended: Option<(Timestamp, EndReason)>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ApiKeyRecord", deny_unknown_fields)]
struct ApiKeyRow {
    id: ApiKeyId,
    subject: Subject,
    client: ClientId,
    name: String,
    scope: Scope,
    audience: Vec<Audience>,
    claims: CarriedClaims,
    expires_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
    replaced_by: Option<ApiKeyId>,
    ended: Option<(Timestamp, EndReason)>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "RevocationRecord", deny_unknown_fields)]
struct RecordRow {
    #[serde(with = "TargetRow")]
    target: Target,
    not_before: Timestamp,
    expires_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Target", rename_all = "snake_case")]
#[non_exhaustive]
enum TargetRow {
    Token(TokenId),
    Session(SessionId),
    Owner(#[serde(with = "OwnerRow")] Owner),
    ApiKey(ApiKeyId),
    Client(ClientId),
    SigningKey(KeyId),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Owner", rename_all = "snake_case")]
#[non_exhaustive]
enum OwnerRow {
    Subject(Subject),
    Client(ClientId),
    SubjectAtClient(Subject, ClientId),
}
