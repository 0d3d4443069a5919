//! Knows stores that each break one promise.
//! Must not know how the suite finds out.

use std::{
    sync::{
        Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use hallpass::{
    Timestamp,
    id::SessionId,
    store::{
        Attempt, Cursor, EndReason, EndedCounts, FeedPage, Granted, InsertOutcome, MemoryStore,
        Owner, Persistence, Reach, Refusal, RevocationFeed, RevocationSink, RevocationStore,
        RotateOutcome, Rotation, SessionRecord, SessionStore, StoreError, Target,
    },
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What is wrong with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    ConfirmsAnyGeneration,
    DropsTheLabel,
    EndsSiblings,
    ForgetsAttempts,
    ForgetsToPublish,
    IgnoresMarks,
    IgnoresPruneLimits,
    KeepsTheLastRetention,
    ListsBackwards,
    ListsEveryClient,
    LosesTheEndOfAPage,
    PrunesEarly,
    ReadsThenWrites,
    ReplacesKeysTwice,
    Revives,
    RunsFast,
    SlidesOnReplay,
    TouchesAlways,
    WritesNoRecordOnReuse,
}

#[derive(Debug)]
pub(super) struct Flawed {
    pub(super) inner: MemoryStore,
    flaw: Flaw,
    calls: AtomicU64,
}

impl Flawed {
    pub(super) fn new(flaw: Flaw) -> Self {
        Self { inner: MemoryStore::new(), flaw, calls: AtomicU64::new(0) }
    }

    pub(super) fn is(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }
}

#[async_trait]
impl SessionStore for Flawed {
    fn persistence(&self) -> Persistence {
        self.inner.persistence()
    }

    async fn insert_session(&self, session: &SessionRecord) -> Result<InsertOutcome, StoreError> {
        match self.inner.insert_session(session).await? {
            InsertOutcome::BornRevoked { .. } if self.is(Flaw::IgnoresMarks) => {
                Ok(InsertOutcome::Inserted)
            }
            outcome => Ok(outcome),
        }
    }

    async fn find_session(&self, id: &SessionId) -> Result<Option<SessionRecord>, StoreError> {
        let mut found = self.inner.find_session(id).await?;
        if self.is(Flaw::DropsTheLabel) {
            found = found.map(|row| SessionRecord { label: None, ..row });
        }
        Ok(found)
    }

    async fn rotate_session(
        &self,
        rotation: &Rotation,
        now: Timestamp,
    ) -> Result<RotateOutcome, StoreError> {
        let mut rotation = rotation.clone();
        let mut now = now;
        if self.is(Flaw::RunsFast) {
            now = now + Duration::from_secs(10);
        }
        if self.is(Flaw::ForgetsAttempts) {
            let call = self.calls.fetch_add(1, Ordering::SeqCst);
            rotation.attempt = Attempt::from_bytes(call.to_be_bytes());
        }
        let before = self.inner.find_session(&rotation.id).await?;
        if self.is(Flaw::ReadsThenWrites) {
            std::thread::sleep(Duration::from_millis(2));
        }
        let outcome = self.inner.rotate_session(&rotation, now).await?;
        Ok(match (outcome, before) {
            (RotateOutcome::Granted { how: Granted::Replayed, mut session }, Some(row))
                if self.is(Flaw::ReadsThenWrites) && row.state.generation == rotation.presented =>
            {
                session.state.sealing_key = rotation.sealing_key;
                RotateOutcome::Granted { how: Granted::Rotated { skew: None }, session }
            }
            (RotateOutcome::Granted { how: Granted::Replayed, mut session }, _)
                if self.is(Flaw::SlidesOnReplay) =>
            {
                session.state.idle_expires_at = now + session.policy.idle;
                RotateOutcome::Granted { how: Granted::Replayed, session }
            }
            (RotateOutcome::Refused(Refusal::Ended(_)), Some(row)) if self.is(Flaw::Revives) => {
                RotateOutcome::Granted { how: Granted::Kept, session: Box::new(row) }
            }
            (outcome, _) => outcome,
        })
    }

    async fn confirm_session(
        &self,
        id: &SessionId,
        generation: u32,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut generation = generation;
        if self.is(Flaw::ConfirmsAnyGeneration)
            && let Some(row) = self.inner.find_session(id).await?
        {
            generation = row.state.generation;
        }
        self.inner.confirm_session(id, generation, now).await
    }

    async fn end_session(
        &self,
        id: &SessionId,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let live = self.inner.end_session(id, reason, now).await?;
        if self.is(Flaw::EndsSiblings)
            && let Some(row) = self.inner.find_session(id).await?
        {
            let owner = Owner::Subject(row.subject);
            self.inner.revoke_owner(&owner, Reach::Sessions, reason, now).await?;
        }
        Ok(live)
    }

    async fn list_sessions(
        &self,
        owner: &Owner,
        after: Option<&SessionId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        let owner = match owner {
            Owner::SubjectAtClient(subject, _) if self.is(Flaw::ListsEveryClient) => {
                Owner::Subject(subject.clone())
            }
            owner => owner.clone(),
        };
        let mut list = self.inner.list_sessions(&owner, after, limit, now).await?;
        if self.is(Flaw::ListsBackwards) {
            list.reverse();
        }
        Ok(list)
    }

    async fn prune_sessions(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        let now = if self.is(Flaw::PrunesEarly) { now + DAY } else { now };
        let limit = if self.is(Flaw::IgnoresPruneLimits) { u32::MAX } else { limit };
        self.inner.prune_sessions(now, limit).await
    }
}

#[async_trait]
impl RevocationFeed for Flawed {
    async fn read_revocations(
        &self,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<FeedPage, StoreError> {
        let mut page = self.inner.read_revocations(after, limit).await?;
        if self.is(Flaw::LosesTheEndOfAPage) && !page.complete && page.records.len() > 1 {
            page.records.pop();
        }
        if self.is(Flaw::WritesNoRecordOnReuse) {
            let mut kept = Vec::new();
            for record in page.records {
                let reused = match record.target {
                    Target::Session(id) => self.inner.find_session(&id).await?,
                    _ => None,
                };
                let reused = reused.and_then(|row| row.state.ended);
                if !matches!(reused, Some((_, EndReason::Reused))) {
                    kept.push(record);
                }
            }
            page.records = kept;
        }
        Ok(page)
    }

    async fn changed(&self) {
        self.inner.changed().await;
    }

    fn subscribe(&self, sink: Weak<dyn RevocationSink>) {
        if !self.is(Flaw::ForgetsToPublish) {
            self.inner.subscribe(sink);
        }
    }
}

#[async_trait]
impl RevocationStore for Flawed {
    async fn raise_retention(&self, retention: Duration) -> Result<Duration, StoreError> {
        let kept = self.inner.raise_retention(retention).await?;
        Ok(if self.is(Flaw::KeepsTheLastRetention) { retention } else { kept })
    }

    async fn revoke(&self, target: &Target, now: Timestamp) -> Result<(), StoreError> {
        self.inner.revoke(target, now).await
    }

    async fn revoke_owner(
        &self,
        owner: &Owner,
        reach: Reach,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<EndedCounts, StoreError> {
        self.inner.revoke_owner(owner, reach, reason, now).await
    }

    async fn prune_revocations(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        self.inner.prune_revocations(now, limit).await
    }
}
