//! Knows what is remembered of an authorization code, and what a store promises about it.
//! Must not know the code itself, which is named by a hash of its secret, nor what presenting one
//! means: `redemption` does.

use std::fmt::Debug;

use async_trait::async_trait;

use super::{
    StoreError,
    presented::Attempt,
    redemption::{RedeemOutcome, Redemption},
    session::SessionRecord,
};
use crate::clock::Timestamp;

/// An authorization code (RFC 6749 §4.1.2) and the session it will open.
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
/// let code = CodeRecord {
///     id, // a hash, as the session's: the store sees no secret
///     redirect_uri,
///     challenge,
///     expires_at,
///     session, // complete: redeeming the code needs nothing else
///     extra,
///     used: None,
/// };
/// assert!(store.insert_code(&code).await?);
/// assert_eq!(code.prune_after(), code.expires_at); // once redeemed, the session's deadline
/// # Ok(()) }
/// ```
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
/// use hallpass::store::{CodeRefusal, CodeUse, RedeemOutcome};
///
/// # let code = CodeRecord { id, redirect_uri, challenge, expires_at, session, extra, used: None };
/// // Its own client has presented it with a wrong verifier: nobody gets anything for it any more.
/// let burnt = CodeRecord { used: Some(CodeUse::Burnt), ..code };
/// store.insert_code(&burnt).await?;
/// let outcome = store.redeem_code(&request, now).await?;
/// assert_eq!(outcome, RedeemOutcome::Refused(CodeRefusal::Used));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "engines write it in their rows")]
pub enum CodeUse {
    /// Redeemed, by this attempt.
    Redeemed(Attempt),
    /// Presented by its own client with a wrong redirect or verifier.
    Burnt,
}

/// Remembers authorization codes.
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
/// use hallpass::store::{CodeUse, RedeemOutcome};
///
/// # let code = CodeRecord { id, redirect_uri, challenge, expires_at, session, extra, used: None };
/// assert!(store.insert_code(&code).await?);
/// assert!(store.find_session(&code.session.id).await?.is_none()); // not yet
///
/// let outcome = store.redeem_code(&request, now).await?;
/// let RedeemOutcome::Redeemed(row) = outcome else { panic!("refused") };
/// assert_eq!(row.used, Some(CodeUse::Redeemed(request.attempt)));
/// assert!(store.find_session(&code.session.id).await?.is_some()); // in the same step
/// # Ok(()) }
/// ```
#[async_trait]
pub trait CodeStore: Debug + Send + Sync + 'static {
    /// Remembers a new code; says whether its id was free.
    ///
    /// # Errors
    /// [`StoreError`]; the code may or may not be remembered, and must not be given out.
    async fn insert_code(&self, code: &CodeRecord) -> Result<bool, StoreError>;

    /// Applies [`decide_redemption`](super::decide_redemption) to the row, as one atomic step:
    /// linearizable, and durable before it returns. Opening the session, or ending it with
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
