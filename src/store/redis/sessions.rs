//! Knows the session operations as calls of scripts.
//! Must not know what a presented token means: `scripts/rotate_session.lua` applies `decide`.

use std::time::Duration;

use async_trait::async_trait;
use redis::Value;

use super::{
    RedisStore,
    error::Error,
    feed_record::{self, record},
    field,
    packed::Pack,
    reply::Reply,
    script::{
        CONFIRM_SESSION, END_SESSION, FIND_SESSION, INSERT_SESSION, LIST_SESSIONS, PRUNE_SESSIONS,
        ROTATE_SESSION,
    },
    session_row,
};
use crate::{
    clock::Timestamp,
    id::SessionId,
    store::{
        EndReason, Granted, InsertOutcome, Owner, Persistence, Refusal, Reuse, RotateOutcome,
        Rotation, SessionRecord, SessionStore, StoreError, Target,
    },
};

#[async_trait]
impl SessionStore for RedisStore {
    fn persistence(&self) -> Persistence {
        Persistence::Durable
    }

    async fn insert_session(&self, session: &SessionRecord) -> Result<InsertOutcome, StoreError> {
        let call = self
            .call(&INSERT_SESSION)
            .arg(field::hex(session.id.as_bytes()))
            .arg(session.subject.as_str())
            .arg(session.client.as_str())
            .arg(field::time(session.prune_after()))
            .arg(session_row::fields(session)?)
            .once();
        Ok(inserted(Reply::open(self.write(&call).await?)?)?)
    }

    async fn find_session(&self, id: &SessionId) -> Result<Option<SessionRecord>, StoreError> {
        let call = self.call(&FIND_SESSION).arg(field::hex(id.as_bytes()));
        match Reply::open(self.read(call).await?)? {
            (word, _) if word == "none" => Ok(None),
            (_, mut reply) => Ok(Some(session_row::read(*id, reply.next_list()?)?)),
        }
    }

    async fn rotate_session(
        &self,
        rotation: &Rotation,
        now: Timestamp,
    ) -> Result<RotateOutcome, StoreError> {
        let packed = Pack::default()
            .count(rotation.presented)
            .byte(rotation.sealing_key)
            .byte(rotation.fast_forward.into())
            .millis(field::time(now))
            .bytes(rotation.attempt.as_bytes())
            .done();
        let mut call =
            self.call(&ROTATE_SESSION).arg(field::hex(rotation.id.as_bytes())).arg(packed);
        if rotation.client.is_some() || rotation.proof.is_some() {
            call = call
                .arg(rotation.client.as_ref().map_or("", |client| client.as_str()))
                .arg(session_row::proof(rotation.proof.as_ref()));
        }
        let (outcome, end) = outcome(rotation, now, self.write(&call).await?)?;
        self.tell(Target::Session(rotation.id), now, end);
        if matches!(outcome, RotateOutcome::Reused(_)) && self.inner.replicas.is_some() {
            // The same attempt again: it finds itself done, or does it where a failover lost it.
            let (_, replicated) = self.write_for_good(&call).await?;
            replicated?;
        }
        Ok(outcome)
    }

    async fn confirm_session(
        &self,
        id: &SessionId,
        generation: u32,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let call = self
            .call(&CONFIRM_SESSION)
            .arg(field::hex(id.as_bytes()))
            .arg(generation)
            .arg(field::time(now));
        Reply::open(self.write(&call).await?)?;
        Ok(())
    }

    async fn end_session(
        &self,
        id: &SessionId,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let call = self
            .call(&END_SESSION)
            .arg(field::hex(id.as_bytes()))
            .arg(reason.as_str())
            .arg(field::time(now))
            .once();
        let (value, replicated) = self.write_for_good(&call).await?;
        let (lived, end) = ended(Reply::open(value)?)?;
        self.tell(Target::Session(*id), now, end);
        replicated?;
        Ok(lived)
    }

    async fn list_sessions(
        &self,
        owner: &Owner,
        after: Option<&SessionId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        let mut found = Vec::new();
        let mut from = after.map(|id| field::hex(id.as_bytes())).unwrap_or_default();
        loop {
            let left = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
            if left == 0 {
                return Ok(found);
            }
            let call = self
                .call(&LIST_SESSIONS)
                .arg(feed_record::owner(owner))
                .arg(&from)
                .arg(left)
                .arg(field::time(now));
            let (_, mut reply) = Reply::open(self.read(call).await?)?;
            let mut rows = reply.next_list()?;
            while !rows.is_empty() {
                let mut pair = rows.next_list()?;
                let id = SessionId::from_bytes(field::unhex(&pair.text()?, "id")?);
                found.push(session_row::read(id, pair.next_list()?)?);
            }
            from = reply.text()?;
            if from.is_empty() {
                return Ok(found);
            }
        }
    }

    async fn prune_sessions(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        Ok(self.prune(&PRUNE_SESSIONS, now, limit).await?)
    }
}

/// What a script that inserts has answered.
pub(super) fn inserted((word, mut reply): (String, Reply)) -> Result<InsertOutcome, Error> {
    match word.as_str() {
        "inserted" => Ok(InsertOutcome::Inserted),
        "conflict" => Ok(InsertOutcome::Conflict),
        "revoked" => Ok(InsertOutcome::BornRevoked { not_before: time(reply.number()?) }),
        _ => Err(Error::Reply),
    }
}

/// An end that an answer speaks of.
#[derive(Clone, Copy)]
pub(super) enum End {
    /// There is none.
    None,
    /// This call wrote it, and its record expires then.
    Written(Timestamp),
    /// Another call had written it, then.
    Found(Timestamp),
}

/// What a script that ends one thing has answered: whether it was live, and its end.
pub(super) fn ended((word, mut reply): (String, Reply)) -> Result<(bool, End), Error> {
    match word.as_str() {
        "done" => Ok((reply.integer()? == 1, End::Written(time(reply.count()?)))),
        "ended" => Ok((false, End::Found(time(reply.number()?)))),
        "none" => Ok((false, End::None)),
        _ => Err(Error::Reply),
    }
}

impl RedisStore {
    /// Tells the sinks of an end. One that another call has written may not have reached them
    /// yet, and what this call answers must not be ahead of them.
    pub(super) fn tell(&self, target: Target, now: Timestamp, end: End) {
        match end {
            End::None => {}
            End::Written(expires_at) => self.publish(record(target, now, expires_at)),
            End::Found(at) => {
                let expires_at = at + self.inner.retention();
                self.publish(record(target, at, expires_at));
            }
        }
    }
}

/// The outcome, and the end that it speaks of.
fn outcome(
    rotation: &Rotation,
    now: Timestamp,
    value: Value,
) -> Result<(RotateOutcome, End), Error> {
    if let Value::BulkString(fixed) = value {
        let session = Box::new(session_row::read_rotated(rotation, now, &fixed)?);
        let how = Granted::Rotated { skew: None };
        return Ok((RotateOutcome::Granted { how, session }, End::None));
    }
    let (word, mut reply) = Reply::open(value)?;
    let mut end = End::None;
    let outcome = match word.as_str() {
        "granted" => {
            let how = reply.text()?;
            let skew = reply.optional_time()?.map(|ahead| millis(ahead.as_unix_millis()));
            let how = match how.as_str() {
                "rotated" => Granted::Rotated { skew },
                "coalesced" => Granted::Coalesced,
                "replayed" => Granted::Replayed,
                "kept" => Granted::Kept,
                _ => return Err(Error::Reply),
            };
            let session = Box::new(session_row::read(rotation.id, reply.next_list()?)?);
            RotateOutcome::Granted { how, session }
        }
        "refused" => {
            let refusal = refusal(&mut reply)?;
            if let Refusal::Ended(_) = refusal {
                end = End::Found(time(reply.number()?));
            }
            RotateOutcome::Refused(refusal)
        }
        "reused" => {
            let reuse = Reuse {
                session: rotation.id,
                distance: reply.count()?,
                age: millis(reply.count()?),
            };
            if let Some(expires_at) = reply.optional_time()? {
                end = End::Written(expires_at);
            }
            RotateOutcome::Reused(reuse)
        }
        "rollback" => RotateOutcome::StateRollback { row: u32::try_from(reply.integer()?).ok() },
        _ => return Err(Error::Reply),
    };
    Ok((outcome, end))
}

fn refusal(reply: &mut Reply) -> Result<Refusal, Error> {
    let why = reply.text()?;
    Ok(match why.as_str() {
        "ended" => Refusal::Ended(field::parse_reason(&reply.text()?)?),
        "expired" => Refusal::Expired,
        "idle" => Refusal::Idle,
        "other_client" => Refusal::OtherClient,
        "client_required" => Refusal::ClientRequired,
        "proof_required" => Refusal::ProofRequired,
        "clock_skew" => Refusal::ClockSkew { ahead: millis(reply.number()?) },
        _ => return Err(Error::Reply),
    })
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn time(millis: u64) -> Timestamp {
    Timestamp::from_unix_millis(millis)
}
