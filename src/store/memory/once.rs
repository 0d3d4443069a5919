//! Knows what works once in the memory store: codes, single-use values; and the signing keys.
//! Must not know what a presented code means: `decide_redemption` does.

use std::collections::HashMap;

use async_trait::async_trait;

use super::{
    super::{
        StoreError,
        code::{CodeRecord, CodeStore, CodeUse},
        ended::EndReason,
        presented::Attempt,
        redemption::{CodeRefusal, RedeemOutcome, Redemption, decide_redemption},
        replay::ReplayStore,
        revocation::Target,
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
                if decision.opens && !self.sessions.insert(&row.session) {
                    // Somebody has the session already. Whoever it is, this caller has not.
                    row.used = Some(CodeUse::Burnt);
                    return Ok(RedeemOutcome::Refused(CodeRefusal::Used));
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        id::{Audience, ClientId, SessionId, Subject},
        scope::Scope,
        store::{
            CarriedClaims, InsertOutcome, SessionPolicy, SessionRecord, SessionState, SessionStore,
        },
    };

    fn session(now: Timestamp) -> SessionRecord {
        let (long, short) = (Duration::from_secs(86_400), Duration::from_secs(60));
        SessionRecord {
            id: SessionId::from_parts(now, [7; 12]),
            subject: Subject::parse("ada").unwrap(),
            client: ClientId::parse("app").unwrap(),
            scope: Scope::parse("invoice:*:read").unwrap(),
            audience: vec![Audience::parse("https://api.example").unwrap()],
            claims: CarriedClaims::default(),
            cnf: None,
            label: None,
            policy: SessionPolicy {
                access_lifetime: short,
                retry_window: short,
                retry_after_loss: short,
                idle: long,
                max_skew: short,
                rotation: true,
                strict: false,
                client_proof: false,
            },
            absolute_expires_at: now + long,
            state: SessionState {
                generation: 0,
                sealing_key: 1,
                attempt: None,
                rotated_at: None,
                confirmed_at: None,
                idle_expires_at: now + long,
                ended: None,
            },
        }
    }

    /// Failing closed: whoever has the session, the presenter of this code has not.
    #[tokio::test]
    async fn a_code_whose_session_is_taken_is_refused_and_burnt() {
        let (store, now) = (MemoryStore::new(), Timestamp::from_unix_seconds(1_800_000_000));
        let theirs = SessionRecord { subject: Subject::parse("bob").unwrap(), ..session(now) };
        assert_eq!(store.insert_session(&theirs).await.unwrap(), InsertOutcome::Inserted);
        let code = CodeRecord {
            id: [1; 18],
            redirect_uri: "https://app.example/cb".to_owned(),
            challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned(),
            expires_at: now + Duration::from_secs(60),
            session: session(now),
            extra: "{}".to_owned(),
            used: None,
        };
        assert!(store.insert_code(&code).await.unwrap());
        let redemption = Redemption {
            id: code.id,
            client: code.session.client.clone(),
            redirect_uri: code.redirect_uri.clone(),
            challenge: code.challenge.clone(),
            attempt: Attempt::from_bytes([9; 8]),
        };
        let used = RedeemOutcome::Refused(CodeRefusal::Used);
        for attempt in [9, 9, 8] {
            let again =
                Redemption { attempt: Attempt::from_bytes([attempt; 8]), ..redemption.clone() };
            assert_eq!(store.redeem_code(&again, now).await.unwrap(), used);
        }
        assert_eq!(store.find_session(&theirs.id).await.unwrap(), Some(theirs));
    }
}
