//! Knows the statements of what works once, codes and single-use values, and of signing keys.
//! Must not know what a presented code means: `decide_redemption` and its twin in SQL do.

use async_trait::async_trait;
use tokio_postgres::Row;

use super::{
    PostgresStore,
    error::Error,
    rows::{Values, instant, millis, params, session, session_values},
    run::{Params, Repeatable},
};
use crate::{
    clock::Timestamp,
    id::{ClientId, KeyId},
    key::KeyTimes,
    store::{
        Attempt, CodeRecord, CodeRefusal, CodeStore, CodeUse, RedeemOutcome, Redemption,
        ReplayStore, RevocationRecord, SigningKeyRecord, SigningKeySet, SigningKeyStore,
        StoreError, Target, decide_redemption,
    },
};

fn code_values(code: &CodeRecord) -> Result<Values, Error> {
    let mut values = session_values(&code.session)?;
    let (used, used_by) = match code.used {
        None => (None, None),
        Some(CodeUse::Redeemed(by)) => (Some("redeemed"), Some(by.as_bytes().to_vec())),
        Some(CodeUse::Burnt) => (Some("burnt"), None),
    };
    values.push(Box::new(code.id.to_vec()));
    values.push(Box::new(code.redirect_uri.clone()));
    values.push(Box::new(code.challenge.clone()));
    values.push(Box::new(millis(code.expires_at)));
    values.push(Box::new(code.extra.clone()));
    values.push(Box::new(used));
    values.push(Box::new(used_by));
    values.push(Box::new(millis(code.prune_after())));
    Ok(values)
}

/// Reads a code from the columns that the redemption returns.
fn code(row: &Row, id: [u8; 18]) -> Result<CodeRecord, Error> {
    let (used, by): (Option<&str>, Option<&[u8]>) = (row.try_get(10)?, row.try_get(11)?);
    let by = by.map(|by| by.try_into().map(Attempt::from_bytes));
    let used = match (used, by) {
        (None, None) => None,
        (Some("redeemed"), Some(Ok(by))) => Some(CodeUse::Redeemed(by)),
        (Some("burnt"), None) => Some(CodeUse::Burnt),
        _ => return Err(Error::row("used")),
    };
    Ok(CodeRecord {
        id,
        redirect_uri: row.try_get(6)?,
        challenge: row.try_get(7)?,
        expires_at: instant("code_expires_at", row.try_get(8)?)?,
        session: session(row, 12)?,
        extra: row.try_get(9)?,
        used,
    })
}

/// What `decide_redemption` says of the row as it was locked, if the server decided the same.
fn redeemed(
    row: &Row,
    redemption: &Redemption,
    now: Timestamp,
) -> Result<(RedeemOutcome, Option<RevocationRecord>), Error> {
    let line: &str = row.try_get(0)?;
    let (written, revoked): (bool, Option<i64>) = (row.try_get(1)?, row.try_get(3)?);
    let revoked = revoked.map(|at| instant("not_before", at)).transpose()?;
    let before = code(row, redemption.id)?;
    let decision = decide_redemption(Some(&before), redemption, revoked, now);
    let agrees = match decision.outcome {
        RedeemOutcome::Redeemed(_) if decision.opens => matches!(line, "redeemed" | "taken"),
        RedeemOutcome::Redeemed(_) => line == "redeemed_before",
        RedeemOutcome::Replayed { .. } => line == "replayed",
        RedeemOutcome::Refused(CodeRefusal::OtherClient) => line == "other_client",
        RedeemOutcome::Refused(CodeRefusal::Expired) => line == "expired",
        RedeemOutcome::Refused(CodeRefusal::Mismatch) => line == "burnt",
        RedeemOutcome::Refused(CodeRefusal::Used) => line == "used",
        RedeemOutcome::Refused(CodeRefusal::Revoked) => line == "revoked",
        RedeemOutcome::Refused(CodeRefusal::Unknown) => false,
    };
    if !agrees || written != decision.write.is_some() {
        return Err(Error::Answer("the server's decision is not ours"));
    }
    let (since, until): (Option<i64>, Option<i64>) = (row.try_get(4)?, row.try_get(5)?);
    let record = match (since, until) {
        (Some(since), Some(until)) => Some(RevocationRecord {
            target: Target::Session(before.session.id),
            not_before: instant("ended_at", since)?,
            expires_at: instant("expires_at", until)?,
        }),
        _ => None,
    };
    // Somebody has the session already. Whoever it is, this caller has not.
    let taken = line == "taken";
    let outcome = if taken { RedeemOutcome::Refused(CodeRefusal::Used) } else { decision.outcome };
    Ok((outcome, record))
}

#[async_trait]
impl CodeStore for PostgresStore {
    async fn insert_code(&self, code: &CodeRecord) -> Result<bool, StoreError> {
        self.inner.may_write()?;
        let values = code_values(code)?;
        let sql = &self.inner.server.insert_code;
        let rows = self.inner.query(sql, &params(&values), Repeatable::No).await?;
        Ok(!rows.is_empty())
    }

    async fn redeem_code(
        &self,
        redemption: &Redemption,
        now: Timestamp,
    ) -> Result<RedeemOutcome, StoreError> {
        self.inner.may_write()?;
        let (id, attempt) = (redemption.id.as_slice(), redemption.attempt.as_bytes().as_slice());
        let client = ClientId::as_str(&redemption.client);
        let at = millis(now);
        let sql = &self.inner.server.redeem_code;
        let params: Params<'_> =
            &[&id, &client, &redemption.redirect_uri, &redemption.challenge, &attempt, &at];
        // It recognises its own attempt.
        let rows = self.inner.query(sql, params, Repeatable::Yes).await?;
        let Some(row) = rows.first() else {
            return Ok(decide_redemption(None, redemption, None, now).outcome);
        };
        let (outcome, record) = redeemed(row, redemption, now)?;
        self.inner.publish(record.as_slice());
        Ok(outcome)
    }

    async fn prune_codes(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        Ok(self.inner.prune(&self.inner.server.prune_codes, now, limit).await?)
    }
}

#[async_trait]
impl ReplayStore for PostgresStore {
    async fn consume_once(
        &self,
        key: &[u8; 32],
        attempt: Attempt,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.inner.may_write()?;
        let (key, attempt) = (key.as_slice(), attempt.as_bytes().as_slice());
        let sql = &self.inner.server.consume_once;
        let params: Params<'_> = &[&key, &attempt, &millis(expires_at), &millis(now)];
        let rows = self.inner.query(sql, params, Repeatable::Yes).await?;
        Ok(!rows.is_empty())
    }

    async fn prune_replays(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        Ok(self.inner.prune(&self.inner.server.prune_replays, now, limit).await?)
    }
}

fn signing_keys(row: &Row) -> Result<SigningKeySet, Error> {
    let version: i64 = row.try_get(0)?;
    let kids: Vec<&str> = row.try_get(1)?;
    let (jwks, sealed): (Vec<String>, Vec<Vec<u8>>) = (row.try_get(2)?, row.try_get(3)?);
    let times = |at: usize| row.try_get::<_, Vec<Option<i64>>>(at);
    let (published, active, retire, gone) = (times(4)?, times(5)?, times(6)?, times(7)?);
    let lengths =
        [jwks.len(), sealed.len(), published.len(), active.len(), retire.len(), gone.len()];
    if lengths.iter().any(|length| *length != kids.len()) {
        return Err(Error::row("kid"));
    }
    let read = |at: Option<i64>| at.map(|at| instant("times", at)).transpose();
    let mut keys = Vec::new();
    let times = published.into_iter().zip(active).zip(retire).zip(gone);
    for (((kid, public_jwk), sealed_private), (((published, active), retire), gone)) in
        kids.into_iter().zip(jwks).zip(sealed).zip(times)
    {
        let mut times = KeyTimes::published(read(published)?.ok_or(Error::row("published_at"))?);
        times.active_at = read(active)?;
        times.retire_at = read(retire)?;
        times.gone_at = read(gone)?;
        let kid = KeyId::parse(kid).map_err(|error| Error::row_because("kid", error))?;
        keys.push(SigningKeyRecord { kid, public_jwk, sealed_private, times });
    }
    let version = u64::try_from(version).map_err(|_| Error::row("version"))?;
    Ok(SigningKeySet { version, keys })
}

#[async_trait]
impl SigningKeyStore for PostgresStore {
    async fn load_signing_keys(&self) -> Result<SigningKeySet, StoreError> {
        let sql = &self.inner.server.load_signing_keys;
        let rows = self.inner.query(sql, &[], Repeatable::Yes).await?;
        Ok(signing_keys(rows.first().ok_or(Error::Answer("no signing keys"))?)?)
    }

    async fn replace_signing_keys(
        &self,
        set: &SigningKeySet,
        withdrawn: &[KeyId],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.inner.may_write()?;
        let version = i64::try_from(set.version).unwrap_or(-1);
        let kids: Vec<&str> = set.keys.iter().map(|key| key.kid.as_str()).collect();
        let jwks: Vec<&str> = set.keys.iter().map(|key| key.public_jwk.as_str()).collect();
        let sealed: Vec<&[u8]> = set.keys.iter().map(|key| &*key.sealed_private).collect();
        let times = |of: fn(&KeyTimes) -> Option<Timestamp>| -> Vec<Option<i64>> {
            set.keys.iter().map(|key| of(&key.times).map(millis)).collect()
        };
        let published = times(|times| Some(times.published_at));
        let (active, retire, gone) = (
            times(|times| times.active_at),
            times(|times| times.retire_at),
            times(|times| times.gone_at),
        );
        let gone_kids: Vec<&str> = withdrawn.iter().map(KeyId::as_str).collect();
        let at = millis(now);
        let sql = &self.inner.server.replace_signing_keys;
        let params: Params<'_> = &[
            &version, &kids, &jwks, &sealed, &published, &active, &retire, &gone, &gone_kids, &at,
        ];
        let rows = self.inner.query(sql, params, Repeatable::No).await?;
        let Some(row) = rows.first() else { return Ok(false) };
        let expires_at = instant("expires_at", row.try_get(0).map_err(Error::Driver)?)?;
        let record = |kid: &KeyId| RevocationRecord {
            target: Target::SigningKey(kid.clone()),
            not_before: now,
            expires_at,
        };
        self.inner.publish(&withdrawn.iter().map(record).collect::<Vec<_>>());
        Ok(true)
    }
}
