//! Knows the roles of a revocation feed and a revocation store.
//! Must not know who follows the feed.

use std::{sync::Weak, time::Duration};

use async_trait::async_trait;
use hallpass::{
    Timestamp,
    store::{
        Cursor, EndReason, EndedCounts, FeedPage, Owner, Reach, RevocationFeed, RevocationSink,
        RevocationStore, SessionState, StoreError, StoreErrorKind, Target,
    },
};

use crate::{
    row::{ApiKey, Change},
    store::{JournalStore, failed},
    tables::owns,
};

#[async_trait]
impl RevocationFeed for JournalStore {
    async fn read_revocations(
        &self,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<FeedPage, StoreError> {
        let state = self.state()?;
        let after = match after.map(|cursor| <[u8; 8]>::try_from(cursor.as_bytes())) {
            None => 0,
            Some(Ok(bytes)) => u64::from_be_bytes(bytes),
            Some(Err(error)) => return Err(failed(StoreErrorKind::Corrupt, error)),
        };
        if after > state.tables.next {
            // An old copy of the journal was put back. `Corrupt` makes the reader begin anew:
            // the numbers it has seen will be given to other records.
            return Err(failed(StoreErrorKind::Corrupt, "the journal is older than the cursor"));
        }
        let limit = usize::try_from(limit.max(1)).unwrap_or(usize::MAX);
        let mut rest = state.tables.feed.range(after..);
        let page: Vec<_> = rest.by_ref().take(limit).collect();
        let complete = rest.next().is_none();
        let reached = page.last().map_or(after, |(number, _)| *number + 1);
        let cursor = if complete { state.tables.next } else { reached };
        Ok(FeedPage {
            records: page.into_iter().map(|(_, record)| record.clone()).collect(),
            cursor: Cursor::from_bytes(&cursor.to_be_bytes()),
            complete,
        })
    }

    async fn changed(&self) {
        // Who reads this store shares its process, and hears by its sink.
        std::future::pending().await
    }

    fn subscribe(&self, sink: Weak<dyn RevocationSink>) {
        self.sinks.subscribe(sink);
    }
}

#[async_trait]
impl RevocationStore for JournalStore {
    async fn raise_retention(&self, retention: Duration) -> Result<Duration, StoreError> {
        let state = self.state()?;
        match state.tables.raised() {
            Some(known) if known >= retention => Ok(known),
            _ => {
                self.step(state, vec![Change::Retention(retention)], &[])?;
                Ok(retention)
            }
        }
    }

    async fn revoke(&self, target: &Target, now: Timestamp) -> Result<(), StoreError> {
        if let Target::Owner(owner) = target {
            let reason = EndReason::Administrative;
            return self.revoke_owner(owner, Reach::Sessions, reason, now).await.map(drop);
        }
        let state = self.state()?;
        let record = state.tables.record(target.clone(), now, now);
        self.step(state, Vec::new(), &[record])
    }

    async fn revoke_owner(
        &self,
        owner: &Owner,
        reach: Reach,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<EndedCounts, StoreError> {
        let state = self.state()?;
        let mut counts = EndedCounts::default();
        let mut changes = Vec::new();
        // What a fast clock elsewhere has dated ahead of `now` is covered as well.
        let mut not_before = now;
        let rows = state.tables.sessions.values();
        for row in rows.filter(|row| owns(owner, &row.subject, &row.client)) {
            if row.state.ended.is_none() {
                counts.sessions += u64::from(row.is_live(now));
                not_before = not_before.max(row.id.born());
                let ended = SessionState { ended: Some((now, reason)), ..row.state };
                changes.push(Change::State(row.id, ended));
            }
        }
        let keys = state.tables.api_keys.values().filter(|_| reach != Reach::Sessions);
        for key in keys.filter(|key| owns(owner, &key.subject, &key.client)) {
            if key.ended.is_none() {
                counts.api_keys += u64::from(key.is_live(now));
                not_before = not_before.max(key.id.born());
                let mut ended = key.clone();
                ended.ended = Some((now, reason));
                changes.push(Change::ApiKey(Box::new(ApiKey(ended))));
            }
        }
        let record = state.tables.record(Target::Owner(owner.clone()), not_before, now);
        self.step(state, changes, &[record])?;
        Ok(counts)
    }

    async fn prune_revocations(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        let state = self.state()?;
        let due = state.tables.feed.iter().filter(|(_, record)| record.expires_at <= now);
        let due = due.take(usize::try_from(limit).unwrap_or(usize::MAX));
        let changes: Vec<Change> = due.map(|(number, _)| Change::ForgetRecord(*number)).collect();
        let pruned = u32::try_from(changes.len()).unwrap_or(u32::MAX);
        self.step(state, changes, &[])?;
        Ok(pruned)
    }
}
