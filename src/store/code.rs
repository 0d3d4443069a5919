//! Knows what is remembered of an authorization code, and what presenting one means.
//! Must not know the code itself: it is named by a hash of its secret.

use std::fmt::Debug;

use async_trait::async_trait;

use super::{StoreError, presented::Attempt, session::SessionRecord};
use crate::{
    clock::Timestamp,
    id::{ClientId, SessionId},
};

/// An authorization code (RFC 6749 §4.1.2) and the session it will open.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "engines build it from their rows")]
pub struct CodeRecord {
    /// The hash of the code's secret.
    pub id: [u8; 18],
    /// Where the code was sent, exactly as it was asked for.
    pub redirect_uri: String,
    /// The S256 challenge (RFC 7636 §4.2).
    pub challenge: String,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// The session that redeeming it creates. Its secret is derived from the code's, so that its
    /// id is known before it exists.
    pub session: SessionRecord,
    /// What the answer needs besides, as the JSON text its reader wrote.
    pub extra: String,
    /// How it was used, if it was.
    pub used: Option<CodeUse>,
}

/// How a code was used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "engines write it in their rows")]
pub enum CodeUse {
    /// Redeemed, by this attempt.
    Redeemed(Attempt),
    /// Presented by its own client with a wrong redirect or verifier.
    Burnt,
}

/// One presentation of a code whose seal has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "tests of an engine build it")]
pub struct Redemption {
    /// Which code.
    pub id: [u8; 18],
    /// The client that presents it, authenticated where it must be.
    pub client: ClientId,
    /// The redirect address it names.
    pub redirect_uri: String,
    /// The S256 challenge of the verifier it presents.
    pub challenge: String,
    /// The mark of this attempt.
    pub attempt: Attempt,
}

/// What a store answers to a [`Redemption`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a caller must handle every answer")]
pub enum RedeemOutcome {
    /// The session exists now.
    Redeemed(Box<CodeRecord>),
    /// The code was redeemed before, and its own client presents it again with the right
    /// verifier: the session it had opened has ended (RFC 6749 §4.1.2).
    Replayed {
        /// The session.
        session: SessionId,
    },
    /// `invalid_grant`, for any other reason.
    Refused(CodeRefusal),
}

/// Why a code gets nothing. A client reads `invalid_grant` for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "every way to lose access must be handled")]
pub enum CodeRefusal {
    /// There is no such code.
    Unknown,
    /// It belongs to another client. Nothing changed.
    OtherClient,
    /// It has expired.
    Expired,
    /// The redirect or the verifier is wrong: the code is burnt (RFC 7636 §4.6).
    Mismatch,
    /// It was used before.
    Used,
    /// Its subject or client was revoked after it was made.
    Revoked,
}

/// What [`decide_redemption`] says: the answer, and what to write in the same step.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "engines read it")]
pub struct RedeemDecision {
    /// The answer.
    pub outcome: RedeemOutcome,
    /// The code's new use, if it changes.
    pub write: Option<CodeUse>,
    /// Whether the code's session is created in this step.
    pub opens: bool,
    /// Whether the code's session is ended in this step.
    pub ends: bool,
}

/// Decides what a presented code gets: one pure function, the same for every store.
///
/// `revoked_until` is the latest mark of the session's owners; a session born at or before it is
/// not opened.
#[must_use]
pub fn decide_redemption(
    row: Option<&CodeRecord>,
    redemption: &Redemption,
    revoked_until: Option<Timestamp>,
    now: Timestamp,
) -> RedeemDecision {
    let Some(row) = row else { return refused(CodeRefusal::Unknown) };
    if row.session.client != redemption.client {
        return refused(CodeRefusal::OtherClient);
    }
    let fits = row.redirect_uri == redemption.redirect_uri && row.challenge == redemption.challenge;
    match row.used {
        Some(CodeUse::Redeemed(attempt)) if attempt == redemption.attempt => {
            outcome(RedeemOutcome::Redeemed(Box::new(row.clone())))
        }
        Some(CodeUse::Redeemed(_)) if fits => RedeemDecision {
            ends: true,
            ..outcome(RedeemOutcome::Replayed { session: row.session.id })
        },
        Some(_) => refused(CodeRefusal::Used),
        None if now >= row.expires_at => refused(CodeRefusal::Expired),
        None if !fits => {
            RedeemDecision { write: Some(CodeUse::Burnt), ..refused(CodeRefusal::Mismatch) }
        }
        None if revoked_until.is_some_and(|mark| row.session.id.born() <= mark) => {
            refused(CodeRefusal::Revoked)
        }
        None => {
            let used = CodeUse::Redeemed(redemption.attempt);
            let row = CodeRecord { used: Some(used), ..row.clone() };
            RedeemDecision {
                write: Some(used),
                opens: true,
                ..outcome(RedeemOutcome::Redeemed(Box::new(row)))
            }
        }
    }
}

fn outcome(outcome: RedeemOutcome) -> RedeemDecision {
    RedeemDecision { outcome, write: None, opens: false, ends: false }
}

fn refused(why: CodeRefusal) -> RedeemDecision {
    outcome(RedeemOutcome::Refused(why))
}

/// Remembers authorization codes.
#[async_trait]
pub trait CodeStore: Debug + Send + Sync + 'static {
    /// Remembers a new code; says whether its id was free.
    ///
    /// # Errors
    /// [`StoreError`]; the code may or may not be remembered, and must not be given out.
    async fn insert_code(&self, code: &CodeRecord) -> Result<bool, StoreError>;

    /// Applies [`decide_redemption`] to the row, as one atomic step: linearizable, and durable
    /// before it returns. Opening the session, or ending it with
    /// [`EndReason::CodeReplayed`](super::EndReason::CodeReplayed) and its revocation record, is
    /// part of the same step.
    ///
    /// # Errors
    /// [`StoreError`]; the redemption may or may not have happened. The same [`Redemption`] sent
    /// again returns the first outcome.
    async fn redeem_code(
        &self,
        redemption: &Redemption,
        now: Timestamp,
    ) -> Result<RedeemOutcome, StoreError>;

    /// Forgets up to `limit` codes that can say nothing more: a redeemed one when the session it
    /// opened has reached its absolute deadline, any other when it expired at or before `now`.
    ///
    /// # Errors
    /// [`StoreError`]; what was forgotten stays forgotten.
    async fn prune_codes(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError>;
}

impl CodeRecord {
    /// From when on the record may be forgotten.
    #[must_use]
    pub fn prune_after(&self) -> Timestamp {
        match self.used {
            Some(CodeUse::Redeemed(_)) => self.session.prune_after(),
            _ => self.expires_at,
        }
    }
}
