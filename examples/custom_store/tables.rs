//! Knows what the journal says so far, as tables in memory, and how one change alters them.
//! Must not know files, locks or sinks.

use std::{collections::BTreeMap, time::Duration};

use hallpass::{
    Timestamp,
    id::{ApiKeyId, ClientId, SessionId, Subject},
    store::{ApiKeyRecord, DEFAULT_RETENTION, Owner, RevocationRecord, SessionRecord, Target},
};

use crate::row::Change;

/// Everything. Ids sort by birth, so the maps are in the order that lists want.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Tables {
    pub(crate) sessions: BTreeMap<SessionId, SessionRecord>,
    pub(crate) api_keys: BTreeMap<ApiKeyId, ApiKeyRecord>,
    pub(crate) feed: BTreeMap<u64, RevocationRecord>,
    /// The number of the next record: no number is given twice, pruned or not.
    pub(crate) next: u64,
    retention: Option<Duration>,
}

impl Tables {
    /// Takes in one change; the same function runs when a step is made and when it is replayed.
    pub(crate) fn apply(&mut self, change: Change) {
        match change {
            Change::Session(row) => {
                self.sessions.insert(row.0.id, row.0);
            }
            Change::State(id, state) => {
                if let Some(row) = self.sessions.get_mut(&id) {
                    row.state = state;
                }
            }
            Change::ForgetSession(id) => {
                self.sessions.remove(&id);
            }
            Change::ApiKey(row) => {
                self.api_keys.insert(row.0.id, row.0);
            }
            Change::ForgetApiKey(id) => {
                self.api_keys.remove(&id);
            }
            Change::Record(number, record) => {
                self.next = self.next.max(number.saturating_add(1));
                self.feed.insert(number, record);
            }
            Change::ForgetRecord(number) => {
                self.feed.remove(&number);
            }
            Change::Retention(retention) => self.retention = Some(retention),
        }
    }

    /// How long a record lives.
    pub(crate) fn retention(&self) -> Duration {
        self.retention.unwrap_or(DEFAULT_RETENTION)
    }

    /// The retention that some caller has asked for.
    pub(crate) fn raised(&self) -> Option<Duration> {
        self.retention
    }

    /// A record that covers what was born up to `not_before`. It lives from the later of both
    /// times: a token may have been born by a clock that is ahead of this caller's.
    pub(crate) fn record(
        &self,
        target: Target,
        not_before: Timestamp,
        now: Timestamp,
    ) -> RevocationRecord {
        let expires_at = now.max(not_before) + self.retention();
        RevocationRecord { target, not_before, expires_at }
    }

    /// Up to which birth this subject's access at this client is revoked. The records are the
    /// marks: one that is kept holds, and it is kept until nothing it covers can be alive.
    pub(crate) fn revoked_until(&self, subject: &Subject, client: &ClientId) -> Option<Timestamp> {
        let reaches = |record: &&RevocationRecord| match &record.target {
            Target::Owner(owner) => owns(owner, subject, client),
            _ => false,
        };
        self.feed.values().filter(reaches).map(|record| record.not_before).max()
    }
}

/// Whether what this subject has at this client is the owner's.
pub(crate) fn owns(owner: &Owner, subject: &Subject, client: &ClientId) -> bool {
    match owner {
        Owner::Subject(s) => s == subject,
        Owner::Client(c) => c == client,
        Owner::SubjectAtClient(s, c) => s == subject && c == client,
        // A kind of owner that came later. Too much is revoked rather than too little.
        _ => true,
    }
}
