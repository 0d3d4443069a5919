//! Knows the revocation feed and its writers as calls of scripts.
//! Must not know who reads the feed.

use std::{
    sync::{Weak, atomic::Ordering},
    time::Duration,
};

use async_trait::async_trait;

use super::{
    RedisStore,
    error::Error,
    feed_record::{self, record},
    field,
    reply::Reply,
    script::{
        PRUNE_REVOCATIONS, RAISE_RETENTION, READ_REVOCATIONS, REVOKE, REVOKE_OWNER, SWEEP_OWNER,
    },
};
use crate::{
    clock::Timestamp,
    store::{
        Cursor, EndReason, EndedCounts, FeedPage, Owner, Reach, RevocationFeed, RevocationRecord,
        RevocationSink, RevocationStore, StoreError, Target,
    },
};

#[async_trait]
impl RevocationFeed for RedisStore {
    async fn read_revocations(
        &self,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<FeedPage, StoreError> {
        // A cursor names the run of the server it was read from, and the last number read.
        let (run, number) = match after {
            None => ("", 0),
            Some(cursor) => parse_cursor(cursor).ok_or(Error::Cursor)?,
        };
        let limit = limit.clamp(1, 10_000);
        let call = self.call(&READ_REVOCATIONS).arg(run).arg(number).arg(limit);
        let (_, mut reply) = Reply::open(self.read(call).await?)?;
        let mut texts = reply.next_list()?;
        let mut records = Vec::new();
        while !texts.is_empty() {
            records.push(feed_record::read(&texts.text()?)?);
        }
        let cursor = format!("{} {}", reply.text()?, reply.text()?);
        let complete = reply.integer()? == 1;
        Ok(FeedPage { records, cursor: Cursor::from_bytes(cursor.as_bytes()), complete })
    }

    async fn changed(&self) {
        self.inner.news.notified().await;
    }

    fn subscribe(&self, sink: Weak<dyn RevocationSink>) {
        self.inner.sinks.subscribe(sink);
    }
}

fn parse_cursor(cursor: &Cursor) -> Option<(&str, u64)> {
    let (run, number) = str::from_utf8(cursor.as_bytes()).ok()?.split_once(' ')?;
    Some((run, number.parse().ok()?))
}

#[async_trait]
impl RevocationStore for RedisStore {
    async fn raise_retention(&self, retention: Duration) -> Result<Duration, StoreError> {
        let call = self.call(&RAISE_RETENTION).arg(field::millis(retention));
        let (_, mut reply) = Reply::open(self.write(&call).await?)?;
        let raised = reply.count()?;
        self.inner.retention.fetch_max(raised, Ordering::Relaxed);
        Ok(Duration::from_millis(raised))
    }

    async fn revoke(&self, target: &Target, now: Timestamp) -> Result<(), StoreError> {
        if let Target::Owner(owner) = target {
            self.revoke_owner(owner, Reach::Sessions, EndReason::Administrative, now).await?;
            return Ok(());
        }
        let (kind, text) = feed_record::target(target);
        let call = self.call(&REVOKE).arg(kind).arg(text).arg(field::time(now));
        let (value, replicated) = self.write_for_good(&call).await?;
        let (_, mut reply) = Reply::open(value)?;
        let expires_at = Timestamp::from_unix_millis(reply.count()?);
        self.publish(record(target.clone(), now, expires_at));
        Ok(replicated?)
    }

    async fn revoke_owner(
        &self,
        owner: &Owner,
        reach: Reach,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<EndedCounts, StoreError> {
        let name = feed_record::owner(owner);
        let (kind, text) = feed_record::target(&Target::Owner(owner.clone()));
        let reach = match reach {
            Reach::Sessions => "sessions",
            Reach::Everything => "everything",
        };
        let call = self
            .call(&REVOKE_OWNER)
            .arg(&name)
            .arg(kind)
            .arg(text)
            .arg(reach)
            .arg(reason.as_str())
            .arg(field::time(now))
            .once();
        let (value, replicated) = self.write_for_good(&call).await?;
        let (_, mut reply) = Reply::open(value)?;
        let counts = self.owner_ended(owner, reply.next_list()?).await?;
        replicated?;
        Ok(counts)
    }

    async fn prune_revocations(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        Ok(self.prune(&PRUNE_REVOCATIONS, now, limit).await?)
    }
}

impl RedisStore {
    /// Tells the sinks of an owner's end, and writes it into the rows that the first script left:
    /// they are dead already. An empty answer says that nothing ended.
    pub(super) async fn owner_ended(
        &self,
        owner: &Owner,
        mut reply: Reply,
    ) -> Result<EndedCounts, Error> {
        if reply.is_empty() {
            return Ok(EndedCounts::default());
        }
        let mut counts = EndedCounts { sessions: reply.count()?, api_keys: reply.count()? };
        let not_before = Timestamp::from_unix_millis(reply.count()?);
        let expires_at = Timestamp::from_unix_millis(reply.count()?);
        let target = Target::Owner(owner.clone());
        self.publish(RevocationRecord { target, not_before, expires_at });
        let name = feed_record::owner(owner);
        if reply.integer()? == 0 {
            counts.sessions += self.sweep('s', &name).await?;
        }
        if reply.integer()? == 0 {
            counts.api_keys += self.sweep('k', &name).await?;
        }
        Ok(counts)
    }

    /// Goes on with a sweep until it is done; says how many rows were live.
    async fn sweep(&self, kind: char, owner: &str) -> Result<u64, Error> {
        let mut lived = 0;
        loop {
            let call = self.call(&SWEEP_OWNER).arg(format!("{kind}{owner}")).once();
            let (_, mut reply) = Reply::open(self.write(&call).await?)?;
            lived += reply.count::<u64>()?;
            if reply.integer()? == 1 {
                return Ok(lived);
            }
        }
    }
}
