//! Knows everything that was taken back and may still be alive, and answers in well under a
//! microsecond.
//! Must not know where records come from, nor read a clock.

mod filter;
mod ids;
mod marks;
pub(super) mod shards;
mod table;

use std::{
    fmt::{self, Debug},
    hash::RandomState,
    time::Duration,
};

use crate::{
    clock::Timestamp,
    id::{ClientId, KeyId, SessionId, Subject, TokenId},
    store::{Owner, RevocationRecord, Target},
};

use super::RevokedBy;
use ids::Ids;
use marks::{Key, Marks};

/// What was revoked, exactly: no false answer either way.
///
/// That something was not revoked, which is the rule, is seen without a lock.
///
/// An entry lives until its record expires, and is never dropped early, whatever the memory it
/// takes: it is bounded by what can still be alive. Entries are forgotten by buckets of expiry,
/// eight to a record's life.
///
/// A record about a subject or client kills what was **born** at or before its `not_before`.
///
/// ```
/// use hallpass::{Timestamp, id::TokenId, store::{RevocationRecord, Target}};
/// use hallpass::verifier::RevocationIndex;
/// use std::time::Duration;
///
/// let (hour, noon) = (Duration::from_secs(3600), Timestamp::from_unix_seconds(1_700_000_000));
/// let index = RevocationIndex::new(hour);
/// let target = Target::Token(TokenId::from_parts(noon, [7; 12]));
/// index.insert(&RevocationRecord { target, not_before: noon, expires_at: noon + hour });
/// index.expire(noon + hour / 2);
/// assert_eq!(index.len(), 1, "its token may be alive");
/// index.expire(noon + 2 * hour);
/// assert!(index.is_empty());
/// ```
pub struct RevocationIndex {
    tokens: Ids,
    sessions: Ids,
    subjects: Marks,
    clients: Marks,
    pairs: Marks,
    signing_keys: Marks,
    bucket_millis: u64,
}

/// What of a token decides whether it was revoked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Probe<'t> {
    pub(crate) token: Option<TokenId>,
    pub(crate) session: Option<SessionId>,
    pub(crate) subject: &'t [u8],
    pub(crate) client: Option<&'t [u8]>,
    pub(crate) born: Timestamp,
}

impl RevocationIndex {
    /// An empty index for records that live about `retention`.
    #[must_use]
    pub fn new(retention: Duration) -> Self {
        let eighth = u64::try_from(retention.as_millis() / 8).unwrap_or(u64::MAX);
        let seeds = RandomState::new();
        Self {
            tokens: Ids::new(&seeds),
            sessions: Ids::new(&seeds),
            subjects: Marks::new(),
            clients: Marks::new(),
            pairs: Marks::new(),
            signing_keys: Marks::new(),
            bucket_millis: eighth.clamp(60_000, 30 * 24 * 3_600_000),
        }
    }

    /// Takes in one record. A record may come any number of times, in any order.
    pub fn insert(&self, record: &RevocationRecord) {
        // The bucket's number times its width is at or after the record's expiry.
        let bucket = record.expires_at.as_unix_millis().div_ceil(self.bucket_millis);
        match &record.target {
            Target::Token(id) => self.tokens.insert(*id.as_bytes(), bucket),
            Target::Session(id) => self.sessions.insert(*id.as_bytes(), bucket),
            Target::Owner(Owner::Subject(subject)) => {
                self.subjects.insert(alone(subject.as_str()), record.not_before, bucket);
            }
            Target::Owner(Owner::Client(client)) => {
                self.clients.insert(alone(client.as_str()), record.not_before, bucket);
            }
            Target::Owner(Owner::SubjectAtClient(subject, client)) => {
                let key = Key(subject.as_str().as_bytes(), client.as_str().as_bytes());
                self.pairs.insert(key, record.not_before, bucket);
            }
            Target::SigningKey(kid) => {
                self.signing_keys.insert(alone(kid.as_str()), record.not_before, bucket);
            }
            // The rows of an API key and of a client decide; their records only clear caches.
            Target::ApiKey(_) | Target::Client(_) => {}
        }
    }

    /// Forgets what expired at or before `now`.
    pub fn expire(&self, now: Timestamp) {
        let current = now.as_unix_millis() / self.bucket_millis;
        self.tokens.expire(current);
        self.sessions.expire(current);
        for marks in [&self.subjects, &self.clients, &self.pairs, &self.signing_keys] {
            marks.expire(current);
        }
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        let ids = self.tokens.len() + self.sessions.len();
        let marks = [&self.subjects, &self.clients, &self.pairs, &self.signing_keys];
        ids + marks.iter().map(|marks| marks.len()).sum::<usize>()
    }

    /// Whether nothing is revoked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether this session was ended and its tokens may still be alive.
    #[must_use]
    pub fn has_ended(&self, session: &SessionId) -> bool {
        self.sessions.contains(session.as_bytes())
    }

    /// What took the token back, if anything did.
    pub(crate) fn find(&self, probe: &Probe<'_>) -> Option<RevokedBy> {
        let killed = |marks: &Marks, key: Key<'_>| {
            marks.find(key).is_some_and(|not_before| probe.born <= not_before)
        };
        if probe.token.is_some_and(|id| self.tokens.contains(id.as_bytes())) {
            Some(RevokedBy::Token)
        } else if probe.session.is_some_and(|id| self.has_ended(&id)) {
            Some(RevokedBy::Session)
        } else if killed(&self.subjects, Key(probe.subject, b"")) {
            Some(RevokedBy::Subject)
        } else if probe.client.is_some_and(|client| killed(&self.clients, Key(client, b""))) {
            Some(RevokedBy::Client)
        } else if probe.client.is_some_and(|client| killed(&self.pairs, Key(probe.subject, client)))
        {
            Some(RevokedBy::SubjectAtClient)
        } else {
            None
        }
    }

    /// The latest birth that a revocation of this subject or client reaches. What is born after
    /// it is alive.
    pub(crate) fn not_before(&self, subject: &Subject, client: &ClientId) -> Option<Timestamp> {
        if [&self.subjects, &self.clients, &self.pairs].iter().all(|marks| marks.len() == 0) {
            return None;
        }
        let (subject, client) = (subject.as_str().as_bytes(), client.as_str().as_bytes());
        let marks = [
            self.subjects.find(Key(subject, b"")),
            self.clients.find(Key(client, b"")),
            self.pairs.find(Key(subject, client)),
        ];
        marks.into_iter().flatten().max()
    }

    /// Whether the signing key was withdrawn.
    pub(crate) fn is_withdrawn(&self, kid: &KeyId) -> bool {
        self.signing_keys.find(alone(kid.as_str())).is_some()
    }
}

/// A name that is no pair.
fn alone(name: &str) -> Key<'_> {
    Key(name.as_bytes(), b"")
}

impl Debug for RevocationIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocationIndex").field("entries", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
