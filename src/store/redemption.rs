//! Knows what presenting an authorization code means: one pure function, the same for every store.
//! Must not know a store, a clock or the code itself.

use super::{
    code::{CodeRecord, CodeUse},
    presented::Attempt,
};
use crate::{
    clock::Timestamp,
    id::{ClientId, SessionId},
};

/// One presentation of a code whose seal has been checked.
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # use hallpass::store::SessionStore as _;
/// # use std::{sync::Arc, time::Duration};
/// use hallpass::store::{Attempt, CodeRecord, CodeStore as _, Redemption};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = Arc::new(MemoryStore::new());
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .store(store.clone())
/// #     .build()?;
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// # let id = authority.issue(grant).await?.session_id();
/// # let now = id.born();
/// # let mut session = store.find_session(&id).await?.unwrap();
/// # session.id = hallpass::id::SessionId::from_parts(now, [9; 12]);
/// # let (client, id) = (session.client.clone(), [7; 18]);
/// # let redirect_uri = "com.example.app:/cb".to_owned();
/// # let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned();
/// # let attempt = Attempt::from_bytes([1; 8]);
/// # let request = Redemption { id, client, redirect_uri, challenge, attempt };
/// # let (redirect_uri, challenge) = (request.redirect_uri.clone(), request.challenge.clone());
/// # let (expires_at, extra) = (now + Duration::from_secs(60), String::new());
/// use hallpass::store::{CodeRefusal, RedeemOutcome};
///
/// # let code = CodeRecord { id, redirect_uri, challenge, expires_at, session, extra, used: None };
/// # store.insert_code(&code).await?;
/// // Another client has come by the code, and presents it under its own name.
/// let other = Redemption { client: "other".parse()?, ..request.clone() };
/// let outcome = store.redeem_code(&other, now).await?;
/// assert_eq!(outcome, RedeemOutcome::Refused(CodeRefusal::OtherClient));
/// // It has changed nothing for the client that the code was made for.
/// assert!(matches!(store.redeem_code(&request, now).await?, RedeemOutcome::Redeemed(_)));
/// # Ok(()) }
/// ```
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
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # use hallpass::store::SessionStore as _;
/// # use std::{sync::Arc, time::Duration};
/// use hallpass::store::{Attempt, CodeRecord, CodeStore as _, Redemption};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = Arc::new(MemoryStore::new());
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .store(store.clone())
/// #     .build()?;
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// # let id = authority.issue(grant).await?.session_id();
/// # let now = id.born();
/// # let mut session = store.find_session(&id).await?.unwrap();
/// # session.id = hallpass::id::SessionId::from_parts(now, [9; 12]);
/// # let (client, id) = (session.client.clone(), [7; 18]);
/// # let redirect_uri = "com.example.app:/cb".to_owned();
/// # let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned();
/// # let attempt = Attempt::from_bytes([1; 8]);
/// # let request = Redemption { id, client, redirect_uri, challenge, attempt };
/// # let (redirect_uri, challenge) = (request.redirect_uri.clone(), request.challenge.clone());
/// # let (expires_at, extra) = (now + Duration::from_secs(60), String::new());
/// use hallpass::store::RedeemOutcome;
///
/// # let code = CodeRecord { id, redirect_uri, challenge, expires_at, session, extra, used: None };
/// # store.insert_code(&code).await?;
/// assert!(matches!(store.redeem_code(&request, now).await?, RedeemOutcome::Redeemed(_)));
/// // The same attempt again is the same redemption; another one is a code used twice.
/// assert!(matches!(store.redeem_code(&request, now).await?, RedeemOutcome::Redeemed(_)));
/// let twice = Redemption { attempt: Attempt::from_bytes([2; 8]), ..request };
/// let session = code.session.id;
/// assert_eq!(store.redeem_code(&twice, now).await?, RedeemOutcome::Replayed { session });
/// assert!(store.find_session(&session).await?.is_some_and(|row| !row.is_live(now)));
/// # Ok(()) }
/// ```
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
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # use hallpass::store::SessionStore as _;
/// # use std::{sync::Arc, time::Duration};
/// use hallpass::store::{Attempt, CodeRecord, CodeStore as _, Redemption};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = Arc::new(MemoryStore::new());
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .store(store.clone())
/// #     .build()?;
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// # let id = authority.issue(grant).await?.session_id();
/// # let now = id.born();
/// # let mut session = store.find_session(&id).await?.unwrap();
/// # session.id = hallpass::id::SessionId::from_parts(now, [9; 12]);
/// # let (client, id) = (session.client.clone(), [7; 18]);
/// # let redirect_uri = "com.example.app:/cb".to_owned();
/// # let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned();
/// # let attempt = Attempt::from_bytes([1; 8]);
/// # let request = Redemption { id, client, redirect_uri, challenge, attempt };
/// # let (redirect_uri, challenge) = (request.redirect_uri.clone(), request.challenge.clone());
/// # let (expires_at, extra) = (now + Duration::from_secs(60), String::new());
/// use hallpass::store::{CodeRefusal, RedeemOutcome};
///
/// # let code = CodeRecord { id, redirect_uri, challenge, expires_at, session, extra, used: None };
/// # store.insert_code(&code).await?;
/// let elsewhere = Redemption { redirect_uri: "https://evil.example".into(), ..request.clone() };
/// let outcome = store.redeem_code(&elsewhere, now).await?;
/// assert_eq!(outcome, RedeemOutcome::Refused(CodeRefusal::Mismatch));
/// // That has burnt it: whoever guesses has one guess.
/// let outcome = store.redeem_code(&request, now).await?;
/// assert_eq!(outcome, RedeemOutcome::Refused(CodeRefusal::Used));
/// # Ok(()) }
/// ```
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
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # use hallpass::store::SessionStore as _;
/// # use std::{sync::Arc, time::Duration};
/// use hallpass::store::{Attempt, CodeRecord, CodeStore as _, Redemption};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = Arc::new(MemoryStore::new());
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .store(store.clone())
/// #     .build()?;
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// # let id = authority.issue(grant).await?.session_id();
/// # let now = id.born();
/// # let mut session = store.find_session(&id).await?.unwrap();
/// # session.id = hallpass::id::SessionId::from_parts(now, [9; 12]);
/// # let (client, id) = (session.client.clone(), [7; 18]);
/// # let redirect_uri = "com.example.app:/cb".to_owned();
/// # let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned();
/// # let attempt = Attempt::from_bytes([1; 8]);
/// # let request = Redemption { id, client, redirect_uri, challenge, attempt };
/// # let (redirect_uri, challenge) = (request.redirect_uri.clone(), request.challenge.clone());
/// # let (expires_at, extra) = (now + Duration::from_secs(60), String::new());
/// use hallpass::store::{CodeUse, decide_redemption};
///
/// # let code = CodeRecord { id, redirect_uri, challenge, expires_at, session, extra, used: None };
/// let wrong = Redemption { challenge: "another".into(), ..request };
/// let decision = decide_redemption(Some(&code), &wrong, None, now);
/// assert_eq!(decision.write, Some(CodeUse::Burnt)); // the code's new use
/// assert!(!decision.opens && !decision.ends); // no session comes, none goes
/// # Ok(()) }
/// ```
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
///
/// ```
/// # use hallpass::{Algorithm, Authority, Grant, MemoryStore, SigningKey};
/// # use hallpass::store::SessionStore as _;
/// # use std::{sync::Arc, time::Duration};
/// use hallpass::store::{Attempt, CodeRecord, CodeStore as _, Redemption};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = Arc::new(MemoryStore::new());
/// # let authority = Authority::builder("https://auth.example.com")
/// #     .audience("https://api.example.com")
/// #     .signing_key(SigningKey::generate(Algorithm::EdDSA)?)
/// #     .store(store.clone())
/// #     .build()?;
/// # let grant = Grant::new("ada", "invoice:*:read".parse()?).client("web");
/// # let id = authority.issue(grant).await?.session_id();
/// # let now = id.born();
/// # let mut session = store.find_session(&id).await?.unwrap();
/// # session.id = hallpass::id::SessionId::from_parts(now, [9; 12]);
/// # let (client, id) = (session.client.clone(), [7; 18]);
/// # let redirect_uri = "com.example.app:/cb".to_owned();
/// # let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned();
/// # let attempt = Attempt::from_bytes([1; 8]);
/// # let request = Redemption { id, client, redirect_uri, challenge, attempt };
/// # let (redirect_uri, challenge) = (request.redirect_uri.clone(), request.challenge.clone());
/// # let (expires_at, extra) = (now + Duration::from_secs(60), String::new());
/// use hallpass::store::{CodeRefusal, RedeemOutcome, decide_redemption};
///
/// # let code = CodeRecord { id, redirect_uri, challenge, expires_at, session, extra, used: None };
/// let decision = decide_redemption(Some(&code), &request, None, now);
/// assert!(decision.opens && decision.write.is_some()); // both in the step that read the code
///
/// // The same code, had its subject been revoked since: the mark covers the session's birth.
/// let decision = decide_redemption(Some(&code), &request, Some(now), now);
/// assert_eq!(decision.outcome, RedeemOutcome::Refused(CodeRefusal::Revoked));
/// assert!(!decision.opens && decision.write.is_none());
/// # Ok(()) }
/// ```
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
