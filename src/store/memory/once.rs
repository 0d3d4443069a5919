//! Knows what works once in the memory store: codes, single-use values; and the signing keys.
//! Must not know what a presented code means: `decide_redemption` does.

use std::collections::HashMap;

use async_trait::async_trait;

use super::{
    super::{
        StoreError,
        code::{CodeRecord, CodeStore, RedeemOutcome, Redemption, decide_redemption},
        presented::Attempt,
        replay::ReplayStore,
        revocation::Target,
        session::EndReason,
        signing_key::{SigningKeySet, SigningKeyStore},
    },
    MemoryStore, lock, read,
};
use crate::{clock::Timestamp, id::KeyId};

#[derive(Debug, Default)]
pub(super) struct Once {
    codes: HashMap<[u8; 18], CodeRecord>,
    values: HashMap<[u8; 32], (Attempt, Timestamp)>,
}

#[async_trait]
impl CodeStore for MemoryStore {
    async fn insert_code(&self, code: &CodeRecord) -> Result<bool, StoreError> {
        let mut once = lock(&self.once);
        let free = !once.codes.contains_key(&code.id);
        if free {
            once.codes.insert(code.id, code.clone());
        }
        Ok(free)
    }

    async fn redeem_code(
        &self,
        redemption: &Redemption,
        now: Timestamp,
    ) -> Result<RedeemOutcome, StoreError> {
        let (outcome, record) = {
            let marks = read(&self.marks);
            let mut once = lock(&self.once);
            let row = once.codes.get_mut(&redemption.id);
            let revoked_until = row
                .as_ref()
                .and_then(|row| marks.not_before(&row.session.subject, &row.session.client));
            let decision = decide_redemption(row.as_deref(), redemption, revoked_until, now);
            let mut record = None;
            if let Some(row) = row {
                row.used = decision.write.or(row.used);
                if decision.opens {
                    self.sessions.insert(&row.session);
                }
                let id = row.session.id;
                if decision.ends {
                    let ended = self.sessions.end(&self.feed, &id, EndReason::CodeReplayed, now);
                    record = ended.map(|(_, record)| record);
                }
            }
            (decision.outcome, record)
        };
        if let Some(record) = record {
            self.publish(record);
        }
        Ok(outcome)
    }

    async fn prune_codes(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        let mut once = lock(&self.once);
        let mut pruned = 0;
        once.codes.retain(|_, code| {
            let goes = pruned < limit && code.prune_after() <= now;
            pruned += u32::from(goes);
            !goes
        });
        Ok(pruned)
    }
}

#[async_trait]
impl ReplayStore for MemoryStore {
    async fn consume_once(
        &self,
        key: &[u8; 32],
        attempt: Attempt,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut once = lock(&self.once);
        match once.values.get(key) {
            Some((by, until)) if now < *until => Ok(*by == attempt),
            _ => {
                once.values.insert(*key, (attempt, expires_at));
                Ok(true)
            }
        }
    }

    async fn prune_replays(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        let mut once = lock(&self.once);
        let mut pruned = 0;
        once.values.retain(|_, (_, until)| {
            let goes = pruned < limit && *until <= now;
            pruned += u32::from(goes);
            !goes
        });
        Ok(pruned)
    }
}

#[async_trait]
impl SigningKeyStore for MemoryStore {
    async fn load_signing_keys(&self) -> Result<SigningKeySet, StoreError> {
        Ok(lock(&self.signing_keys).clone())
    }

    async fn replace_signing_keys(
        &self,
        set: &SigningKeySet,
        withdrawn: &[KeyId],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let records = {
            let mut known = lock(&self.signing_keys);
            if known.version != set.version {
                return Ok(false);
            }
            *known = SigningKeySet { version: set.version + 1, keys: set.keys.clone() };
            let mut feed = self.feed();
            let records = withdrawn.iter().map(|kid| Target::SigningKey(kid.clone()));
            records.map(|target| feed.append(target, now, now)).collect::<Vec<_>>()
        };
        for record in records {
            self.publish(record);
        }
        Ok(true)
    }
}
