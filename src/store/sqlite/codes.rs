//! Knows what works once in the SQLite store: authorization codes, and single-use values.
//! Must not know what a presented code means: `decide_redemption` does.

use async_trait::async_trait;
use rusqlite::{Row, params, params_from_iter, types::Value};

use super::{
    super::{
        StoreError,
        code::{CodeRecord, CodeStore, CodeUse},
        ended::EndReason,
        presented::Attempt,
        redemption::{CodeRefusal, RedeemOutcome, Redemption, decide_redemption},
        replay::ReplayStore,
    },
    SqliteStore,
    error::Error,
    owners,
    row::{self, Columns, at},
    sessions::{self, prune},
    statement,
    step::Step,
};
use crate::clock::Timestamp;

#[async_trait]
impl CodeStore for SqliteStore {
    async fn insert_code(&self, code: &CodeRecord) -> Result<bool, StoreError> {
        let code = code.clone();
        self.write(move |step| insert(step, &code)).await
    }

    async fn redeem_code(
        &self,
        redemption: &Redemption,
        now: Timestamp,
    ) -> Result<RedeemOutcome, StoreError> {
        let redemption = redemption.clone();
        self.write(move |step| redeem(step, &redemption, now)).await
    }

    async fn prune_codes(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        self.write(move |step| prune(step, statement::PRUNE_CODES, now, limit)).await
    }
}

#[async_trait]
impl ReplayStore for SqliteStore {
    async fn consume_once(
        &self,
        key: &[u8; 32],
        attempt: Attempt,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = *key;
        self.write(move |step| {
            let known = step.find(statement::FIND_ONCE, [&key], |row| {
                let mut columns = Columns::of(row);
                Ok((Attempt::from_bytes(columns.bytes()?), columns.instant()?))
            })?;
            match known {
                Some((by, until)) if now < until => Ok(by == attempt),
                _ => {
                    let used = params![key, attempt.as_bytes(), at(expires_at)];
                    step.execute(statement::PUT_ONCE, used)?;
                    Ok(true)
                }
            }
        })
        .await
    }

    async fn prune_replays(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        self.write(move |step| prune(step, statement::PRUNE_ONCE, now, limit)).await
    }
}

/// Decides and opens or ends the session, within the one transaction that may write.
fn redeem(
    step: &Step<'_>,
    redemption: &Redemption,
    now: Timestamp,
) -> Result<RedeemOutcome, Error> {
    let row = step.find(statement::FIND_CODE, [&redemption.id], code)?;
    let revoked_until = match &row {
        Some(row) => owners::not_before(step, &row.session.subject, &row.session.client)?,
        None => None,
    };
    let mut decision = decide_redemption(row.as_ref(), redemption, revoked_until, now);
    if let Some(mut row) = row {
        let mut used = decision.write;
        if decision.opens && !row::insert_session(step, &row.session)? {
            // Somebody has the session already. Whoever it is, this caller has not.
            used = Some(CodeUse::Burnt);
            decision.outcome = RedeemOutcome::Refused(CodeRefusal::Used);
        }
        if let Some(used) = used {
            row.used = Some(used);
            let (word, by) = in_columns(row.used);
            let used = params![row.id, word, by, at(row.prune_after())];
            step.execute(statement::USE_CODE, used)?;
        }
        if decision.ends {
            sessions::end(step, &row.session.id, EndReason::CodeReplayed, now)?;
        }
    }
    Ok(decision.outcome)
}

fn insert(step: &Step<'_>, code: &CodeRecord) -> Result<bool, Error> {
    let (word, by) = in_columns(code.used);
    let mut values = row::session_values(&code.session)?;
    values.extend::<[Value; 8]>([
        code.id.to_vec().into(),
        code.redirect_uri.clone().into(),
        code.challenge.clone().into(),
        at(code.expires_at).into(),
        code.extra.clone().into(),
        word.map(str::to_owned).into(),
        by.map(|by| by.to_vec()).into(),
        at(code.prune_after()).into(),
    ]);
    Ok(step.execute(statement::INSERT_CODE, params_from_iter(values))? == 1)
}

fn in_columns(used: Option<CodeUse>) -> (Option<&'static str>, Option<[u8; 8]>) {
    match used {
        None => (None, None),
        Some(CodeUse::Burnt) => (Some("burnt"), None),
        Some(CodeUse::Redeemed(by)) => (Some("redeemed"), Some(*by.as_bytes())),
    }
}

fn code(row: &Row<'_>) -> Result<CodeRecord, Error> {
    let mut columns = Columns::of(row);
    let session = row::session_of(&mut columns)?;
    Ok(CodeRecord {
        session,
        id: columns.bytes()?,
        redirect_uri: columns.text()?.to_owned(),
        challenge: columns.text()?.to_owned(),
        expires_at: columns.instant()?,
        extra: columns.text()?.to_owned(),
        used: match (columns.maybe_text()?, columns.maybe_bytes()?) {
            (None, None) => None,
            (Some("burnt"), None) => Some(CodeUse::Burnt),
            (Some("redeemed"), Some(by)) => Some(CodeUse::Redeemed(Attempt::from_bytes(by))),
            _ => return Err(columns.wrong("unknown use of a code")),
        },
    })
}
