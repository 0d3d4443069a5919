//! Knows the revocation records in the order of their commits.
//! Must not know who reads them.

use std::time::Duration;

use async_trait::async_trait;
use rusqlite::params;

use super::{
    super::{
        StoreError,
        ended::EndReason,
        feed::{Cursor, FeedPage, RevocationFeed, RevocationSink},
        revocation::{
            DEFAULT_RETENTION, EndedCounts, Owner, Reach, RevocationRecord, RevocationStore, Target,
        },
    },
    SqliteStore,
    error::Error,
    owners::{self, Name, Rows},
    row::{Columns, at, millis_up},
    sessions::prune,
    statement,
    step::Step,
};
use crate::{
    clock::Timestamp,
    id::{ApiKeyId, ClientId, KeyId, SessionId, Subject, TokenId},
};

/// Appends a record that covers what was born up to `not_before`.
pub(super) fn append(
    step: &Step<'_>,
    target: Target,
    not_before: Timestamp,
    now: Timestamp,
) -> Result<RevocationRecord, Error> {
    // From the later of both: a token may be born ahead of this caller's clock.
    let expires_at = now.max(not_before) + retention(step)?;
    let (kind, id, name, key) = match &target {
        Target::Token(id) => ("token", Some(id.as_bytes()), None, None),
        Target::Session(id) => ("session", Some(id.as_bytes()), None, None),
        Target::ApiKey(id) => ("api_key", Some(id.as_bytes()), None, None),
        Target::SigningKey(key) => ("signing_key", None, None, Some(key.as_str())),
        Target::Client(client) => {
            let name =
                Name { kind: "client_changed", subject: None, client: Some(client.as_str()) };
            (name.kind, None, Some(name), None)
        }
        Target::Owner(owner) => {
            let name = Name::of(owner);
            (name.kind, None, Some(name), None)
        }
    };
    let subject = name.as_ref().and_then(|name| name.subject);
    let client = name.as_ref().and_then(|name| name.client);
    step.execute(
        statement::APPEND_REVOCATION,
        params![kind, id, subject, client, key, at(not_before), at(now), at(expires_at)],
    )?;
    let record = RevocationRecord { target, not_before, expires_at };
    step.note(record.clone());
    Ok(record)
}

fn retention(step: &Step<'_>) -> Result<Duration, Error> {
    let read = |row: &rusqlite::Row<'_>| Columns::of(row).maybe_instant();
    let raised = step.find(statement::FIND_RETENTION, [], read)?.flatten();
    Ok(raised.map_or(DEFAULT_RETENTION, as_duration))
}

fn as_duration(since_epoch: Timestamp) -> Duration {
    since_epoch.saturating_since(Timestamp::EPOCH)
}

/// A place in the feed: the last record that was read.
#[derive(Clone, Copy, Default)]
struct Place {
    number: i64,
    /// When that record was written: a file that was restored from a backup may have another
    /// record of this number.
    written_at: i64,
}

impl Place {
    fn of(cursor: &Cursor) -> Result<Self, Error> {
        let bytes: &[u8; 16] = cursor.as_bytes().try_into().map_err(|_| Error::Cursor)?;
        let (number, written_at) = (u128::from_be_bytes(*bytes) >> 64, u128::from_be_bytes(*bytes));
        let number = i64::try_from(number).map_err(|_| Error::Cursor)?;
        let written_at =
            i64::try_from(written_at & u128::from(u64::MAX)).map_err(|_| Error::Cursor)?;
        Ok(Self { number, written_at })
    }

    fn cursor(self) -> Cursor {
        let mut bytes = [0; 16];
        let (number, written_at) = bytes.split_at_mut(8);
        number.copy_from_slice(&self.number.to_be_bytes());
        written_at.copy_from_slice(&self.written_at.to_be_bytes());
        Cursor::from_bytes(&bytes)
    }
}

fn page(step: &Step<'_>, after: Option<Place>, limit: u32) -> Result<FeedPage, Error> {
    let limit = limit.max(1);
    let place = after.unwrap_or_default();
    // Two more than asked for: the record of the cursor, and one that tells whether there is more.
    let span = params![place.number, i64::from(limit) + 2];
    let mut rows = step.list(statement::READ_REVOCATIONS, span, record)?;
    match rows.first() {
        Some((first, _)) if first.number == place.number => {
            if first.written_at != place.written_at {
                return Err(Error::Cursor);
            }
            rows.remove(0);
        }
        Some(_) => {}
        None => check_number(step, place)?,
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let complete = rows.len() <= limit;
    rows.truncate(limit);
    let cursor = rows.last().map_or(place, |(place, _)| *place).cursor();
    let records = rows.into_iter().map(|(_, record)| record).collect();
    Ok(FeedPage { records, cursor, complete })
}

/// Numbers only grow; a cursor ahead of them was made before the file was replaced by an older
/// one.
fn check_number(step: &Step<'_>, place: Place) -> Result<(), Error> {
    if place.number == 0 {
        return Ok(());
    }
    let last = step.find(statement::LAST_NUMBER, [], |row| Columns::of(row).integer())?;
    if last.unwrap_or(0) < place.number { Err(Error::Cursor) } else { Ok(()) }
}

fn record(row: &rusqlite::Row<'_>) -> Result<(Place, RevocationRecord), Error> {
    let mut columns = Columns::of(row);
    let place = Place { number: columns.integer()?, written_at: columns.integer()? };
    let kind = columns.text()?;
    let unknown = columns.wrong("unknown kind of revocation");
    let id = columns.maybe_bytes()?;
    let subject = columns.maybe_text()?.map(Subject::parse).transpose();
    let subject = subject.map_err(|error| columns.wrong(error))?;
    let client = columns.maybe_text()?.map(ClientId::parse).transpose();
    let client = client.map_err(|error| columns.wrong(error))?;
    let key = columns.maybe_text()?.map(KeyId::parse).transpose();
    let key = key.map_err(|error| columns.wrong(error))?;
    let target = match (kind, id, subject, client, key) {
        ("token", Some(id), None, None, None) => Target::Token(TokenId::from_bytes(id)),
        ("session", Some(id), None, None, None) => Target::Session(SessionId::from_bytes(id)),
        ("api_key", Some(id), None, None, None) => Target::ApiKey(ApiKeyId::from_bytes(id)),
        ("signing_key", None, None, None, Some(key)) => Target::SigningKey(key),
        ("client_changed", None, None, Some(client), None) => Target::Client(client),
        ("subject", None, Some(subject), None, None) => Target::Owner(Owner::Subject(subject)),
        ("client", None, None, Some(client), None) => Target::Owner(Owner::Client(client)),
        ("subject_at_client", None, Some(subject), Some(client), None) => {
            Target::Owner(Owner::SubjectAtClient(subject, client))
        }
        _ => return Err(unknown),
    };
    let record =
        RevocationRecord { target, not_before: columns.instant()?, expires_at: columns.instant()? };
    Ok((place, record))
}

#[async_trait]
impl RevocationFeed for SqliteStore {
    async fn read_revocations(
        &self,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<FeedPage, StoreError> {
        let after = after.map(Place::of).transpose()?;
        self.read(move |step| page(step, after, limit)).await
    }

    /// Resolves when this store object has written. What other processes write is found by
    /// polling.
    async fn changed(&self) {
        self.shared.changed.notified().await;
    }

    fn subscribe(&self, sink: std::sync::Weak<dyn RevocationSink>) {
        self.shared.sinks.subscribe(sink);
    }
}

#[async_trait]
impl RevocationStore for SqliteStore {
    async fn raise_retention(&self, retention: Duration) -> Result<Duration, StoreError> {
        let asked = Timestamp::EPOCH + Duration::from_millis(millis_up(retention).unsigned_abs());
        self.write(move |step| {
            let read = |row: &rusqlite::Row<'_>| Columns::of(row).instant();
            let raised = step.find(statement::RAISE_RETENTION, [at(asked)], read)?;
            Ok(as_duration(raised.unwrap_or(asked)))
        })
        .await
    }

    async fn revoke(&self, target: &Target, now: Timestamp) -> Result<(), StoreError> {
        if let Target::Owner(owner) = target {
            self.revoke_owner(owner, Reach::Sessions, EndReason::Administrative, now).await?;
            return Ok(());
        }
        let target = target.clone();
        self.write(move |step| append(step, target.clone(), now, now).map(drop)).await
    }

    async fn revoke_owner(
        &self,
        owner: &Owner,
        reach: Reach,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<EndedCounts, StoreError> {
        let owner = owner.clone();
        self.write(move |step| end_owner(step, &owner, reach, reason, now)).await
    }

    async fn prune_revocations(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        self.write(move |step| {
            prune(step, statement::PRUNE_MARKS, now, limit)?;
            prune(step, statement::PRUNE_REVOCATIONS, now, limit)
        })
        .await
    }
}

/// Ends all that an owner has, and leaves the mark that keeps it ended.
pub(super) fn end_owner(
    step: &Step<'_>,
    owner: &Owner,
    reach: Reach,
    reason: EndReason,
    now: Timestamp,
) -> Result<EndedCounts, Error> {
    let (sessions, latest) = owners::end(step, Rows::Sessions, owner, reason, now)?;
    let (api_keys, latest) = match reach {
        Reach::Sessions => (0, latest),
        Reach::Everything => {
            let (ended, born) = owners::end(step, Rows::ApiKeys, owner, reason, now)?;
            (ended, latest.max(born))
        }
    };
    let not_before = latest.map_or(now, |born| born.max(now));
    let record = append(step, Target::Owner(owner.clone()), not_before, now)?;
    owners::raise(step, owner, not_before, record.expires_at)?;
    Ok(EndedCounts { sessions, api_keys })
}
