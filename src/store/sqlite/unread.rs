//! Knows a session whose numbers are read and whose texts are only copied.
//! Must not know which connection it came from.
//!
//! To read scopes and JSON takes as long as a statement, so the thread that writes does what the
//! rules need, and leaves the rest to the threads of the callers.

use std::fmt::Display;

use serde::de::DeserializeOwned;

use super::{
    super::{
        judge::Facts,
        presented::{Attempt, ProofKey},
        session::{SessionPolicy, SessionRecord, SessionState},
    },
    error::Error,
    row::Columns,
};
use crate::{clock::Timestamp, id::SessionId, scope::Scope};

/// Where `subject`, the first of the texts, stands among the columns of a session.
const FIRST_TEXT: usize = 2;

pub(super) struct Unread {
    id: SessionId,
    cnf: Option<ProofKey>,
    policy: SessionPolicy,
    absolute_expires_at: Timestamp,
    state: SessionState,
    /// Subject, client, scope, audience, claims and label in one, and where each ends.
    texts: String,
    ends: [usize; 6],
    labelled: bool,
}

impl Unread {
    /// The session in the next columns.
    pub(super) fn of(columns: &mut Columns<'_>) -> Result<Self, Error> {
        let id = SessionId::from_bytes(columns.bytes()?);
        columns.format()?;
        let [subject, client, scope] = [columns.text()?, columns.text()?, columns.text()?];
        let [audience, claims] = [columns.text()?, columns.text()?];
        let (cnf, label) = (columns.maybe_json()?, columns.maybe_text()?);
        let mut texts = String::with_capacity(256);
        let ends =
            [subject, client, scope, audience, claims, label.unwrap_or_default()].map(|text| {
                texts.push_str(text);
                texts.len()
            });
        Ok(Self {
            id,
            cnf,
            texts,
            ends,
            labelled: label.is_some(),
            policy: SessionPolicy {
                access_lifetime: columns.duration()?,
                retry_window: columns.duration()?,
                retry_after_loss: columns.duration()?,
                idle: columns.duration()?,
                max_skew: columns.duration()?,
                rotation: columns.flag()?,
                strict: columns.flag()?,
                client_proof: columns.flag()?,
            },
            absolute_expires_at: columns.instant()?,
            state: SessionState {
                generation: columns.number()?,
                sealing_key: columns.number()?,
                attempt: columns.maybe_bytes()?.map(Attempt::from_bytes),
                rotated_at: columns.maybe_instant()?,
                confirmed_at: columns.maybe_instant()?,
                idle_expires_at: columns.instant()?,
                ended: columns.ended()?,
            },
        })
    }

    /// What the rules look at.
    pub(super) fn facts(&self) -> Facts<'_> {
        Facts {
            id: self.id,
            client: self.text(1),
            cnf: self.cnf.as_ref(),
            policy: &self.policy,
            absolute_expires_at: self.absolute_expires_at,
            state: &self.state,
        }
    }

    /// Reads the texts too.
    pub(super) fn read(self) -> Result<SessionRecord, Error> {
        Ok(SessionRecord {
            id: self.id,
            subject: self.parsed(0, str::parse)?,
            client: self.parsed(1, str::parse)?,
            scope: self.parsed(2, Scope::parse_canonical)?,
            audience: self.json(3)?,
            claims: self.json(4)?,
            label: self.labelled.then(|| self.text(5).to_owned()),
            cnf: self.cnf,
            policy: self.policy,
            absolute_expires_at: self.absolute_expires_at,
            state: self.state,
        })
    }

    fn text(&self, number: usize) -> &str {
        let end = |number: usize| self.ends.get(number).copied();
        let start = number.checked_sub(1).and_then(end).unwrap_or(0);
        let end = end(number).unwrap_or(start);
        self.texts.get(start..end).unwrap_or_default()
    }

    fn parsed<T, E: Display>(
        &self,
        number: usize,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, Error> {
        parse(self.text(number)).map_err(|why| Error::row(FIRST_TEXT + number, why.to_string()))
    }

    fn json<T: DeserializeOwned>(&self, number: usize) -> Result<T, Error> {
        self.parsed(number, |text| serde_json::from_str(text))
    }
}
