//! Knows the operations on what works once, codes and single values, as calls of scripts.
//! Must not know what a presented code means: `scripts/redeem_code.lua` applies
//! `decide_redemption`.

use async_trait::async_trait;

use super::{
    RedisStore,
    error::Error,
    field,
    reply::Reply,
    script::{CONSUME_ONCE, INSERT_CODE, PRUNE_CODES, PRUNE_REPLAYS, REDEEM_CODE},
    session_row,
    sessions::ended,
};
use crate::{
    clock::Timestamp,
    id::SessionId,
    store::{
        Attempt, CodeRecord, CodeRefusal, CodeStore, CodeUse, RedeemOutcome, Redemption,
        ReplayStore, StoreError, Target,
    },
};

#[async_trait]
impl CodeStore for RedisStore {
    async fn insert_code(&self, code: &CodeRecord) -> Result<bool, StoreError> {
        let session = &code.session;
        let call = self
            .call(&INSERT_CODE)
            .arg(field::hex(&code.id))
            .arg(session.client.as_str())
            .arg(session.subject.as_str())
            .arg(field::hex(session.id.as_bytes()))
            .arg(&code.redirect_uri)
            .arg(&code.challenge)
            .arg(field::time(code.expires_at))
            .arg(field::time(session.prune_after()))
            .arg(&code.extra)
            .arg(used(code.used))
            .arg(session_row::fields(session)?)
            .once();
        let (word, _) = Reply::open(self.write(&call).await?)?;
        Ok(word == "inserted")
    }

    async fn redeem_code(
        &self,
        redemption: &Redemption,
        now: Timestamp,
    ) -> Result<RedeemOutcome, StoreError> {
        let call = self
            .call(&REDEEM_CODE)
            .arg(field::hex(&redemption.id))
            .arg(redemption.client.as_str())
            .arg(&redemption.redirect_uri)
            .arg(&redemption.challenge)
            .arg(field::hex(redemption.attempt.as_bytes()))
            .arg(field::time(now));
        let (value, replicated) = self.write_for_good(&call).await?;
        let (word, mut reply) = Reply::open(value)?;
        let outcome = match word.as_str() {
            "redeemed" => {
                let code = read(redemption.id, reply.next_list()?, reply.next_list()?)?;
                RedeemOutcome::Redeemed(Box::new(code))
            }
            "replayed" => {
                let session = SessionId::from_bytes(field::unhex(&reply.text()?, "session")?);
                let (_, end) = ended(Reply::from_list(reply.next_list()?)?)?;
                self.tell(Target::Session(session), now, end);
                RedeemOutcome::Replayed { session }
            }
            _ => RedeemOutcome::Refused(refusal(&reply.text()?)?),
        };
        replicated?;
        Ok(outcome)
    }

    async fn prune_codes(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        Ok(self.prune(&PRUNE_CODES, now, limit).await?)
    }
}

#[async_trait]
impl ReplayStore for RedisStore {
    async fn consume_once(
        &self,
        key: &[u8; 32],
        attempt: Attempt,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let call = self
            .call(&CONSUME_ONCE)
            .arg(field::hex(key))
            .arg(field::hex(attempt.as_bytes()))
            .arg(field::time(expires_at))
            .arg(field::time(now));
        let (_, mut reply) = Reply::open(self.write(&call).await?)?;
        Ok(reply.integer()? == 1)
    }

    async fn prune_replays(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        Ok(self.prune(&PRUNE_REPLAYS, now, limit).await?)
    }
}

/// How a code was used, as its row says it.
fn used(used: Option<CodeUse>) -> String {
    match used {
        None => String::new(),
        Some(CodeUse::Burnt) => "burnt".to_owned(),
        Some(CodeUse::Redeemed(attempt)) => format!("r{}", field::hex(attempt.as_bytes())),
    }
}

fn parse_used(text: &str) -> Result<Option<CodeUse>, Error> {
    match text.strip_prefix('r') {
        Some(attempt) => {
            let attempt = Attempt::from_bytes(field::unhex(attempt, "used")?);
            Ok(Some(CodeUse::Redeemed(attempt)))
        }
        None if text.is_empty() => Ok(None),
        None if text == "burnt" => Ok(Some(CodeUse::Burnt)),
        None => Err(Error::Field("used")),
    }
}

fn read(id: [u8; 18], mut row: Reply, session: Reply) -> Result<CodeRecord, Error> {
    // Its version, client and subject: the script has checked them, and the session has them too.
    for _ in 0..3 {
        row.text()?;
    }
    let session_id = SessionId::from_bytes(field::unhex(&row.text()?, "session")?);
    let (redirect_uri, challenge) = (row.text()?, row.text()?);
    let expires_at = field::parse_time(&row.text()?, "expires")?;
    row.text()?;
    let extra = row.text()?;
    let used = parse_used(&row.text()?)?;
    let session = session_row::read(session_id, session)?;
    Ok(CodeRecord { id, redirect_uri, challenge, expires_at, session, extra, used })
}

fn refusal(why: &str) -> Result<CodeRefusal, Error> {
    Ok(match why {
        "unknown" => CodeRefusal::Unknown,
        "other_client" => CodeRefusal::OtherClient,
        "expired" => CodeRefusal::Expired,
        "mismatch" => CodeRefusal::Mismatch,
        "used" => CodeRefusal::Used,
        "revoked" => CodeRefusal::Revoked,
        _ => return Err(Error::Reply),
    })
}
