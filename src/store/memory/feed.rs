//! Knows the revocation records in the order they were written.
//! Must not know who reads them.

use std::{
    collections::VecDeque,
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

use async_trait::async_trait;

use super::{
    super::{
        StoreError, StoreErrorKind,
        ended::EndReason,
        feed::{Cursor, FeedPage, RevocationFeed, RevocationSink},
        revocation::{
            DEFAULT_RETENTION, EndedCounts, Owner, Reach, RevocationRecord, RevocationStore, Target,
        },
    },
    MemoryStore,
    owners::Marks,
};
use crate::clock::Timestamp;

/// Which of all memory stores this is. A reader elsewhere that goes on with a cursor of the
/// process before this one would miss what was written in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Life([u8; 8]);

impl Default for Life {
    fn default() -> Self {
        Self(RandomState::new().hash_one("a life").to_be_bytes())
    }
}

/// Records numbered from the first ever written.
#[derive(Debug, Default)]
pub(super) struct Feed {
    life: Life,
    records: VecDeque<(u64, RevocationRecord)>,
    written: u64,
    retention: Option<Duration>,
}

impl Feed {
    pub(super) fn retention(&self) -> Duration {
        self.retention.unwrap_or(DEFAULT_RETENTION)
    }

    /// Appends a record that covers what was born up to `not_before`.
    pub(super) fn append(
        &mut self,
        target: Target,
        not_before: Timestamp,
        now: Timestamp,
    ) -> RevocationRecord {
        let record = self.record(target, not_before, now);
        self.records.push_back((self.written, record.clone()));
        self.written += 1;
        record
    }

    /// The record that `append` writes.
    pub(super) fn record(
        &self,
        target: Target,
        not_before: Timestamp,
        now: Timestamp,
    ) -> RevocationRecord {
        // From the later of both: a token may be born ahead of this caller's clock.
        let expires_at = now.max(not_before) + self.retention();
        RevocationRecord { target, not_before, expires_at }
    }

    fn page(&self, after: u64, limit: u32) -> FeedPage {
        let start = self.records.partition_point(|(number, _)| *number < after);
        let limit = usize::try_from(limit.max(1)).unwrap_or(usize::MAX);
        let mut page = self.records.range(start..).take(limit);
        let mut next = after;
        let records: Vec<_> = page
            .by_ref()
            .map(|(number, record)| {
                next = number + 1;
                record.clone()
            })
            .collect();
        let complete = start.saturating_add(records.len()) >= self.records.len();
        let cursor = if complete { self.written } else { next };
        FeedPage { records, cursor: self.cursor(cursor), complete }
    }

    fn cursor(&self, number: u64) -> Cursor {
        Cursor::from_bytes(&[self.life.0, number.to_be_bytes()].concat())
    }

    /// The number in a cursor, if it is one of ours.
    fn number(&self, cursor: &Cursor) -> Option<u64> {
        let number = cursor.as_bytes().strip_prefix(&self.life.0)?;
        Some(u64::from_be_bytes(number.try_into().ok()?))
    }

    fn prune(&mut self, now: Timestamp, limit: u32) -> u32 {
        let mut removed = 0;
        self.records.retain(|(_, record)| {
            let goes = removed < limit && record.expires_at <= now;
            removed += u32::from(goes);
            !goes
        });
        removed
    }
}

#[async_trait]
impl RevocationFeed for MemoryStore {
    async fn read_revocations(
        &self,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<FeedPage, StoreError> {
        let feed = self.feed();
        let after = match after {
            None => 0,
            Some(cursor) => feed
                .number(cursor)
                .ok_or_else(|| StoreError::new(StoreErrorKind::Corrupt, "memory"))?,
        };
        Ok(feed.page(after, limit))
    }

    async fn changed(&self) {
        // Who reads this store shares its process, and has heard by its sink.
        std::future::pending().await
    }

    fn subscribe(&self, sink: std::sync::Weak<dyn RevocationSink>) {
        self.sinks.subscribe(sink);
    }
}

impl MemoryStore {
    /// Ends all that an owner has, with the marks held, so that nothing is inserted in between.
    /// The record is published when they are let go.
    pub(super) fn end_owned(
        &self,
        marks: &mut Marks,
        owner: &Owner,
        reach: Reach,
        reason: EndReason,
        now: Timestamp,
    ) -> (EndedCounts, RevocationRecord) {
        let (sessions, latest) = self.sessions.end_owned(owner, reason, now);
        let (api_keys, latest) = match reach {
            Reach::Sessions => (0, latest),
            Reach::Everything => {
                let (ended, born) = self.api_keys.end_owned(owner, reason, now);
                (ended, latest.max(born))
            }
        };
        let not_before = latest.map_or(now, |born| born.max(now));
        let record = self.feed().append(Target::Owner(owner.clone()), not_before, now);
        marks.raise(owner, not_before, record.expires_at);
        (EndedCounts { sessions, api_keys }, record)
    }
}

#[async_trait]
impl RevocationStore for MemoryStore {
    async fn raise_retention(&self, retention: Duration) -> Result<Duration, StoreError> {
        let mut feed = self.feed();
        let raised = feed.retention.map_or(retention, |known| known.max(retention));
        feed.retention = Some(raised);
        Ok(raised)
    }

    async fn revoke(&self, target: &Target, now: Timestamp) -> Result<(), StoreError> {
        if let Target::Owner(owner) = target {
            self.revoke_owner(owner, Reach::Sessions, EndReason::Administrative, now).await?;
            return Ok(());
        }
        let record = self.feed().append(target.clone(), now, now);
        self.publish(record);
        Ok(())
    }

    async fn revoke_owner(
        &self,
        owner: &Owner,
        reach: Reach,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<EndedCounts, StoreError> {
        let (counts, record) = {
            let mut marks = super::write(&self.marks);
            self.end_owned(&mut marks, owner, reach, reason, now)
        };
        self.publish(record);
        Ok(counts)
    }

    async fn prune_revocations(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        super::write(&self.marks).prune(now);
        Ok(self.feed().prune(now, limit))
    }
}
